import type { ConnectionOptions as TlsOptions } from 'node:tls';

/** How a Kafka cluster is reached, as the library takes it. Holds secrets: it is never logged. */
export interface KafkaConnection {
  /** `host:port` each; any of them leads to the others. */
  readonly bootstrapBrokers: string[];
  readonly tls?: TlsOptions;
  readonly sasl?: {
    readonly mechanism: SaslMechanism;
    readonly username: string;
    readonly password: string;
  };
}

/** How a client may prove who it is. */
export type SaslMechanism = 'PLAIN' | 'SCRAM-SHA-256' | 'SCRAM-SHA-512';
