import { DaybookError } from '../../base/errors.ts';
import type { KafkaConnection } from '../../sources/kafka/connection.ts';

const LOGIN_MODULES = {
  PLAIN: 'org.apache.kafka.common.security.plain.PlainLoginModule',
  'SCRAM-SHA-256': 'org.apache.kafka.common.security.scram.ScramLoginModule',
  'SCRAM-SHA-512': 'org.apache.kafka.common.security.scram.ScramLoginModule',
} as const;

/**
 * A connection to Kafka as options of Spark's source and sink, so that Spark reaches it as Daybook does. They may hold
 * secrets.
 * Source: "Structured Streaming + Kafka Integration Guide" of Spark; configuration of Kafka's clients
 */
export function sparkKafkaOptions({ bootstrapBrokers, tls, sasl }: KafkaConnection): Readonly<Record<string, string>> {
  const security = `${sasl === undefined ? '' : 'SASL_'}${tls === undefined ? 'PLAINTEXT' : 'SSL'}`;
  return {
    'kafka.bootstrap.servers': bootstrapBrokers.join(','),
    'kafka.security.protocol': security,
    ...(tls?.ca !== undefined && {
      'kafka.ssl.truststore.type': 'PEM',
      'kafka.ssl.truststore.certificates': pem(tls.ca),
    }),
    ...(tls?.cert !== undefined &&
      tls.key !== undefined && {
        'kafka.ssl.keystore.type': 'PEM',
        'kafka.ssl.keystore.certificate.chain': pem(tls.cert),
        'kafka.ssl.keystore.key': pem(tls.key),
      }),
    ...(sasl !== undefined && {
      'kafka.sasl.mechanism': sasl.mechanism,
      'kafka.sasl.jaas.config': `${LOGIN_MODULES[sasl.mechanism]} required username=${quoted(sasl.username)} password=${quoted(sasl.password)};`,
    }),
  };
}

function pem(text: unknown): string {
  if (typeof text === 'string') return text;
  throw new DaybookError('SETTING_WRONG', 'Spark takes certificates and keys of Kafka as PEM text alone.');
}

function quoted(text: string): string {
  return `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`;
}
