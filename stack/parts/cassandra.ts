import { readdir } from 'node:fs/promises';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Server } from '../part.ts';

/** What Cassandra 5.0 opens of Java 17, which Java keeps closed unless told. */
const OPENS = [
  ...[
    'io',
    'lang',
    'lang.module',
    'lang.reflect',
    'net',
    'nio',
    'nio.channels',
    'util',
    'util.concurrent',
    'util.concurrent.atomic',
  ].map((name) => `java.base/java.${name}`),
  ...['loader', 'ref', 'reflect', 'math', 'module', 'util.jar'].map((name) => `java.base/jdk.internal.${name}`),
  'java.base/sun.nio.ch',
  'java.rmi/sun.rmi.transport.tcp',
  'jdk.management/com.sun.management.internal',
];
const EXPORTS = [
  ...['jdk.internal.misc', 'jdk.internal.ref', 'sun.nio.ch', 'java.lang.ref', 'jdk.internal.util'].map(
    (name) => `java.base/${name}`,
  ),
  'java.management.rmi/com.sun.jmx.remote.internal.rmi',
  'java.rmi/sun.rmi.registry',
  'java.rmi/sun.rmi.server',
  'java.sql/java.sql',
  'jdk.attach/sun.tools.attach',
  ...['api', 'code', 'file', 'parser', 'tree', 'util'].map((name) => `jdk.compiler/com.sun.tools.javac.${name}`),
];
const FOLDERS = {
  data_file_directories: ['data'],
  commitlog_directory: 'commitlog',
  saved_caches_directory: 'saved_caches',
  hints_directory: 'hints',
  cdc_raw_directory: 'cdc_raw',
} as const;

export interface CassandraOptions {
  readonly folder: string;
  readonly java: string;
  readonly classPath: string;
  readonly port: number;
  /** Where nodes talk to each other; there is only this one. */
  readonly storagePort: number;
  readonly sslStoragePort: number;
}

/** Cassandra: one node, without JMX. */
export async function cassandraServer(options: CassandraOptions): Promise<Server> {
  const { java, classPath, port } = options;
  const folder = join(options.folder, 'cassandra');
  const logback = join(folder, 'logback.xml');
  const yaml = join(folder, 'cassandra.yaml');
  return {
    name: 'cassandra',
    part: 'cassandra',
    port,
    command: [
      java,
      '-ea',
      `-javaagent:${await agentOf(classPath)}`,
      ...OPENS.map((each) => `--add-opens=${each}=ALL-UNNAMED`),
      ...EXPORTS.map((each) => `--add-exports=${each}=ALL-UNNAMED`),
      '-Xms1g',
      '-Xmx1g',
      '-Xss384k',
      '-XX:+UseG1GC',
      '-XX:MaxDirectMemorySize=512m',
      '-Djdk.attach.allowAttachSelf=true',
      '-Dio.netty.tryReflectionSetAccessible=true',
      '-Djava.net.preferIPv4Stack=true',
      '-Djna.nosys=true',
      `-Dcassandra.config=file:${yaml}`,
      `-Dcassandra.storagedir=${folder}`,
      `-Dlogback.configurationFile=file:${logback}`,
      // A node that is alone has nobody to wait for.
      '-Dcassandra.ring_delay_ms=1000',
      '-Dcassandra.skip_wait_for_gossip_to_settle=0',
      '-Dcassandra.superuser_setup_delay_ms=0',
      '-Dcassandra-foreground=yes',
      '-cp',
      classPath,
      'org.apache.cassandra.service.CassandraDaemon',
    ],
    workingFolder: folder,
    // No page waits for raw records; what pages do wait for goes first.
    isSteppedBack: true,
    readyText: 'Startup complete',
    stage: 0,
    async prepare() {
      await mkdir(folder, { recursive: true });
      await writeFile(logback, LOGBACK);
      // YAML is a superset of JSON.
      await writeFile(yaml, JSON.stringify(settingsOf(options, folder), undefined, 2));
    },
  };
}

function settingsOf({ port, storagePort, sslStoragePort }: CassandraOptions, folder: string): unknown {
  return {
    cluster_name: 'daybook',
    num_tokens: 1,
    partitioner: 'org.apache.cassandra.dht.Murmur3Partitioner',
    endpoint_snitch: 'SimpleSnitch',
    seed_provider: [
      {
        class_name: 'org.apache.cassandra.locator.SimpleSeedProvider',
        parameters: [{ seeds: `127.0.0.1:${storagePort}` }],
      },
    ],
    listen_address: '127.0.0.1',
    rpc_address: '127.0.0.1',
    storage_port: storagePort,
    ssl_storage_port: sslStoragePort,
    start_native_transport: true,
    native_transport_port: port,
    // It answers when the log is on the disk: what a node that is alone acknowledges is nowhere else. Writes of 10 ms share
    // one sync, as each costs the cores that others wait for; a write holds its thread until then, so there are more of them.
    commitlog_sync: 'group',
    commitlog_sync_group_window: '10ms',
    concurrent_writes: 64,
    disk_failure_policy: 'die',
    commit_failure_policy: 'die',
    memtable_heap_space: '128MiB',
    memtable_offheap_space: '128MiB',
    ...Object.fromEntries(
      Object.entries(FOLDERS).map(([setting, name]) => [
        setting,
        typeof name === 'string' ? join(folder, name) : name.map((each) => join(folder, each)),
      ]),
    ),
  };
}

async function agentOf(classPath: string): Promise<string> {
  const libraries = dirname(classPath);
  const name = (await readdir(libraries)).find((each) => /^jamm-.*\.jar$/.test(each));
  return join(libraries, name ?? 'jamm.jar');
}

const LOGBACK = `<configuration>
  <appender name="console" class="ch.qos.logback.core.ConsoleAppender">
    <encoder><pattern>%date{ISO8601} %level %logger{1}: %msg%n</pattern></encoder>
  </appender>
  <root level="INFO"><appender-ref ref="console"/></root>
</configuration>
`;
