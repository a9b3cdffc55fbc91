import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Server } from '../part.ts';
import { logToConsole } from './log4j.ts';

const run = promisify(execFile);

/** For what has ended before Java's second compiler and its threads for collecting are of any use. */
const OF_A_MOMENT = ['-XX:TieredStopAtLevel=1', '-XX:+UseSerialGC'];

/** A broker that is also a controller, as of KRaft. */
export interface Broker {
  /** 1-based. */
  readonly id: number;
  readonly port: number;
  readonly controllerPort: number;
}

export interface KafkaOptions {
  readonly folder: string;
  readonly java: string;
  readonly classPath: string;
  /** 16 bytes as base64url, the same for all brokers and for ever. */
  readonly clusterId: string;
  readonly brokers: readonly Broker[];
}

/** Kafka: one broker, or several that copy each other's partitions, so that one of three may be away. */
export function kafkaServers(options: KafkaOptions): readonly Server[] {
  const { java, classPath, clusterId, brokers } = options;
  return brokers.map((broker) => {
    const name = `kafka-${broker.id}`;
    const folder = join(options.folder, name);
    const properties = join(folder, 'server.properties');
    const data = join(folder, 'data');
    return {
      name,
      part: 'kafka',
      port: broker.port,
      command: [
        java,
        '-Xms256m',
        '-Xmx512m',
        '-XX:+UseG1GC',
        `-Dlog4j2.configurationFile=${join(folder, 'log4j2.properties')}`,
        '-cp',
        classPath,
        'kafka.Kafka',
        properties,
      ],
      workingFolder: folder,
      readyText: 'Kafka Server started',
      stage: 0,
      async prepare() {
        await mkdir(data, { recursive: true });
        await writeFile(join(folder, 'log4j2.properties'), logToConsole('warn', { 'kafka.server': 'info' }));
        await writeFile(properties, propertiesOf(broker, brokers, data));
        if (existsSync(join(data, 'meta.properties'))) return;
        // One of 64 ids begins with a hyphen, and is a flag where it stands alone.
        const format = ['format', `--cluster-id=${clusterId}`, '--config', properties, '--ignore-formatted'];
        await run(java, [...OF_A_MOMENT, '-cp', classPath, 'kafka.tools.StorageTool', ...format]);
      },
    };
  });
}

function propertiesOf(broker: Broker, brokers: readonly Broker[], data: string): string {
  const copies = Math.min(3, brokers.length);
  // A write is acknowledged when all copies but one have it.
  const copiesMin = Math.max(1, copies - 1);
  const address = (port: number): string => `127.0.0.1:${port}`;
  return `process.roles=broker,controller
node.id=${broker.id}
controller.quorum.voters=${brokers.map(({ id, controllerPort }) => `${id}@${address(controllerPort)}`).join(',')}
listeners=PLAINTEXT://${address(broker.port)},CONTROLLER://${address(broker.controllerPort)}
advertised.listeners=PLAINTEXT://${address(broker.port)}
inter.broker.listener.name=PLAINTEXT
controller.listener.names=CONTROLLER
listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT
log.dirs=${data}
auto.create.topics.enable=false
default.replication.factor=${copies}
min.insync.replicas=${copiesMin}
offsets.topic.replication.factor=${copies}
offsets.topic.num.partitions=8
transaction.state.log.replication.factor=${copies}
transaction.state.log.min.isr=${copiesMin}
share.coordinator.state.topic.replication.factor=${copies}
share.coordinator.state.topic.min.isr=${copiesMin}
group.initial.rebalance.delay.ms=0
`;
}
