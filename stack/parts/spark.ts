import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Server } from '../part.ts';
import { logToConsole } from './log4j.ts';

const ADDRESS = '127.0.0.1';
const CORES_OF_A_WORKER = '1';
const MEMORY_OF_A_WORKER = '1g';
/** Master and workers hold no data themselves. Connect would take it for its own memory. */
const DAEMON = { SPARK_DAEMON_MEMORY: '256m' };
/** In a heap this small, Java's usual collector marks it over and over beside the work, which takes a sixth of the CPU time. */
const COLLECTOR = '-XX:+UseParallelGC';
const MEMORY_OF_CONNECT = '1g';
/**
 * A heap that begins small is marked as a whole, which takes a third of a second, each time before it grows. In large pages, where
 * the system has them, all that Spark does takes a little less; Java knows them on Linux alone.
 */
const WHOLE_HEAP = `-Xms${MEMORY_OF_CONNECT}${process.platform === 'linux' ? ' -XX:+UseTransparentHugePages' : ''}`;
/** Hadoop's own class starts a process to set the rights of each file that it makes, four a file of a checkpoint. */
const LOCAL_FILES = 'com.globalmentor.apache.hadoop.fs.BareLocalFileSystem';

export interface SparkOptions {
  readonly folder: string;
  readonly java: string;
  readonly sparkHome: string;
  /** The folder of what its own distribution lacks. */
  readonly jars: string;
  /** Of Spark Connect. */
  readonly port: number;
  /** A standalone cluster; undefined: all in Connect's own process, on two cores. */
  readonly cluster: { readonly masterPort: number; readonly workerPorts: readonly number[] } | undefined;
}

/** Spark Connect and, for a cluster, the master and its workers, which must be started before it. */
export async function sparkServers(options: SparkOptions): Promise<readonly Server[]> {
  const { cluster } = options;
  if (cluster === undefined) return [await connectServer(options, 'local[2]')];
  const masterUrl = `spark://${ADDRESS}:${cluster.masterPort}`;
  return [
    masterServer(options, cluster.masterPort),
    ...cluster.workerPorts.map((port, index) => workerServer(options, index + 1, port, masterUrl)),
    await connectServer(options, masterUrl),
  ];
}

async function connectServer(options: SparkOptions, master: string): Promise<Server> {
  const { sparkHome, port } = options;
  const own = folderOf(options, 'spark-connect');
  const jars = (await readdir(options.jars)).filter((name) => name.endsWith('.jar'));
  const classPath = jars.map((name) => join(options.jars, name)).join(':');
  const settings = {
    'spark.ui.enabled': 'false',
    'spark.driver.host': ADDRESS,
    'spark.driver.bindAddress': ADDRESS,
    'spark.sql.session.timeZone': 'UTC',
    'spark.sql.shuffle.partitions': '2',
    'spark.sql.warehouse.dir': join(own.folder, 'warehouse'),
    'spark.driver.extraClassPath': classPath,
    'spark.executor.extraClassPath': classPath,
    'spark.hadoop.fs.file.impl': LOCAL_FILES,
    'spark.driver.extraJavaOptions': `${COLLECTOR} ${WHOLE_HEAP}`,
    'spark.executor.memory': '768m',
    'spark.executor.extraJavaOptions': COLLECTOR,
    'spark.connect.grpc.binding.address': ADDRESS,
    'spark.connect.grpc.binding.port': String(port),
    // A session that is closed for idleness takes its running queries with it.
    'spark.connect.session.manager.defaultSessionTimeout': '-1',
  };
  return {
    ...own,
    part: 'spark',
    port,
    command: [
      join(sparkHome, 'bin/spark-submit'),
      '--master',
      master,
      '--driver-memory',
      MEMORY_OF_CONNECT,
      ...Object.entries(settings).flatMap(([name, value]) => ['--conf', `${name}=${value}`]),
      '--class',
      'org.apache.spark.sql.connect.service.SparkConnectServer',
      'spark-internal',
    ],
    readyText: 'Spark Connect server started',
    stage: 2,
  };
}

/** What runs a part of a standalone cluster; its page is at any port that is free. */
function daemonCommand({ sparkHome }: SparkOptions, name: string, port: number): Server['command'] {
  return [join(sparkHome, 'bin/spark-class'), name, '--host', ADDRESS, '--port', String(port), '--webui-port', '0'];
}

function masterServer(options: SparkOptions, port: number): Server {
  const own = folderOf(options, 'spark-master');
  return {
    ...own,
    environment: { ...own.environment, ...DAEMON },
    part: 'spark',
    port,
    command: daemonCommand(options, 'org.apache.spark.deploy.master.Master', port),
    stage: 0,
    readyText: 'I have been elected leader! New state: ALIVE',
  };
}

function workerServer(options: SparkOptions, id: number, port: number, masterUrl: string): Server {
  const own = folderOf(options, `spark-worker-${id}`);
  return {
    ...own,
    environment: { ...own.environment, ...DAEMON },
    part: 'spark',
    port,
    command: [
      ...daemonCommand(options, 'org.apache.spark.deploy.worker.Worker', port),
      '--cores',
      CORES_OF_A_WORKER,
      '--memory',
      MEMORY_OF_A_WORKER,
      '--work-dir',
      join(own.folder, 'work'),
      masterUrl,
    ],
    stage: 1,
    readyText: 'Successfully registered with master',
  };
}

type Own = Pick<Server, 'name' | 'environment' | 'workingFolder' | 'prepare'> & {
  readonly folder: string;
};

function folderOf({ folder: stack, sparkHome, java }: SparkOptions, name: string): Own {
  const folder = join(stack, name);
  const settings = join(folder, 'conf');
  const local = join(folder, 'local');
  return {
    name,
    folder,
    workingFolder: folder,
    environment: {
      SPARK_HOME: sparkHome,
      SPARK_CONF_DIR: settings,
      SPARK_LOCAL_IP: ADDRESS,
      SPARK_LOCAL_DIRS: local,
      JAVA_HOME: dirname(dirname(java)),
    },
    async prepare() {
      await mkdir(settings, { recursive: true });
      // State and shuffles of one that was killed, which no other takes up.
      await rm(local, { recursive: true, force: true });
      const levels = {
        'org.apache.spark.deploy.master.Master': 'info',
        'org.apache.spark.deploy.worker.Worker': 'info',
        'org.apache.spark.sql.connect.service.SparkConnectServer': 'info',
      };
      await writeFile(join(settings, 'log4j2.properties'), logToConsole('warn', levels));
    },
  };
}
