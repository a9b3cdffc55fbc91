import { existsSync } from 'node:fs';
import { mkdir, readFile, rename } from 'node:fs/promises';
import { connect } from 'node:net';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { DaybookError } from '../src/base/errors.ts';
import type { Clock } from '../src/ports/clock.ts';
import { stepBackProcess } from '../src/runtimes/machine/priority.ts';
import type { Packages } from './cache.ts';
import { fetchPackages } from './cache.ts';
import type { Ports } from './free-ports.ts';
import { freePorts } from './free-ports.ts';
import type { Layout, Size, State } from './layout.ts';
import { layOut, portsOf, readState, writeState } from './layout.ts';
import type { Part, Server } from './part.ts';
import { PARTS } from './part.ts';
import { cassandraServer } from './parts/cassandra.ts';
import { kafkaServers } from './parts/kafka.ts';
import { postgresServer, postgresUrl } from './parts/postgres.ts';
import { sparkServers } from './parts/spark.ts';
import { isRunning, signalProcess, startProcess, untilEnded } from './process.ts';
import { checkNeeds, pathOf } from './programs.ts';
import { inTurn } from './turns.ts';

const POLL_MS = 50;
const READY_MS_MAX = 180_000;
const STOP_MS_MAX = 20_000;
const STOP_BROKER_MS_MAX = 3000;
const CONNECT_MS_MAX = 2000;
/** How often a server is started whose predecessor's last processes are still there. */
const STARTS_MAX = 20;
const LOG_SHOWN = 1500;
/** What the servers get of this process's environment; Java reads flags from its own variable. */
const ENVIRONMENT = ['PATH', 'HOME', 'USER', 'LANG', 'LC_ALL', 'TMPDIR', 'JAVA_TOOL_OPTIONS'];

export interface StackOptions {
  /** Where configuration, data, logs and the list of processes are; made when it is not there. */
  readonly folder: string;
  readonly clock: Clock;
  /** Where servers listen that did not run yet: where clients usually look, else, or only, in a range. */
  readonly ports: Ports;
  /** Told in sentences what is done. */
  readonly onNotice?: (sentence: string) => void;
  /** Told again and again what takes long. */
  readonly onFetch?: (title: string, elapsedMs: number) => void;
}

/** Where the parts that run are reached, as clients of each take it. PostgreSQL's holds its password. */
export type Addresses = { readonly [part in Part]?: string };

/** A server as it is now. */
export interface ServerStatus {
  readonly name: string;
  readonly part: Part;
  readonly port: number;
  readonly pid: number | undefined;
  readonly isRunning: boolean;
  readonly logFile: string;
}

/** Whether a server is of use; `ended`: without being told to. */
export interface ServerHealth extends ServerStatus {
  readonly state: 'answers' | 'silent' | 'ended' | 'at rest';
}

/**
 * Real servers on this machine, in a folder of their own; several stacks do not meet. The servers outlive the process that
 * starts them. Everything here may be called again, and by several processes: each waits for its turn.
 */
export interface Stack {
  readonly folder: string;
  /**
   * Starts what does not run yet of some parts, and waits until each server answers.
   * @throws DaybookError `STACK_NEEDS`, `STACK_FETCH`, `STACK_PORTS`, `STACK_SIZE` (it has another size and data already),
   *   `STACK_FAILED` (a server ended or did not answer; the message ends with what it wrote)
   */
  up(parts?: readonly Part[], size?: Size): Promise<void>;
  /** Stops what runs of some parts: cleanly, and by force what does not end within 20 s. */
  down(parts?: readonly Part[]): Promise<void>;
  /** Kills one server as a power cut would, if it runs. @throws DaybookError `STACK_SERVER` when there is no such server */
  kill(server: string): Promise<void>;
  /** Starts one server again, as `up` does. @throws DaybookError as `up` and `kill` do */
  start(server: string): Promise<void>;
  /** All servers that this stack ever had, in the order in which they are started. */
  servers(): Promise<readonly ServerStatus[]>;
  /** The same servers, asked whether they answer. */
  health(): Promise<readonly ServerHealth[]>;
  /** Where the parts are reached whose servers run and answer. */
  addresses(): Promise<Addresses>;
}

/** The folder of the stack that `daybook stack` works with: DAYBOOK_STACK, or this user's place for what programs keep. */
export function defaultStackFolder(): string {
  const { DAYBOOK_STACK: own, XDG_STATE_HOME: xdg } = process.env;
  if (own !== undefined && own !== '') return own;
  // Root's home is closed to the user as whom PostgreSQL runs.
  if (process.getuid?.() === 0) return '/var/lib/daybook/stack';
  return join(xdg === undefined || xdg === '' ? join(homedir(), '.local/state') : xdg, 'daybook/stack');
}

/** A stack in a folder. Nothing is started or changed by opening it. */
export function openStack(options: StackOptions): Stack {
  const { folder, clock } = options;
  const inFolder = async <T>(work: () => Promise<T>): Promise<T> => {
    await mkdir(folder, { recursive: true });
    return inTurn(folder, clock, work, () =>
      options.onNotice?.(`Waiting for another command that works on ${folder}.`),
    );
  };
  return {
    folder,
    async up(parts = PARTS, size = {}) {
      await checkNeeds(parts);
      const packages = await fetchPackages(parts, options);
      await inFolder(() => up(options, packages, parts, size));
    },
    down: (parts = PARTS) => (existsSync(folder) ? inFolder(() => down(options, parts)) : Promise.resolve()),
    kill: (name) => inFolder(() => kill(options, name)),
    async start(name) {
      const { part } = await serverNamed(options, name);
      const packages = await fetchPackages([part], options);
      await inFolder(async () => {
        const server = (await serversOf(options, await readState(folder), [part], packages)).find(
          (each) => each.name === name,
        );
        if (server !== undefined) await startServer(server, options, newWriter(folder));
      });
    },
    servers: () => statuses(options),
    health: () => health(options),
    addresses: () => addresses(options),
  };
}

/** Changes the state one after the other, though servers start at the same time. */
type ChangeState = (change: (state: State) => State) => Promise<void>;

function newWriter(folder: string): ChangeState {
  let last = Promise.resolve();
  return (change) => {
    last = last.then(async () => writeState(folder, change(await readState(folder))));
    return last;
  };
}

async function up(options: StackOptions, packages: Packages, parts: readonly Part[], size: Size): Promise<void> {
  const { folder } = options;
  let state = await readState(folder);
  const resting = parts.filter((part) => !namesOf(part, state).some((name) => runs(state, name)));
  const ports = freePorts(
    options.ports,
    PARTS.filter((part) => !resting.includes(part)).flatMap((part) => portsOf(part, state)),
  );
  for (const part of parts) checkSize(part, state, size, resting.includes(part));
  for (const part of resting) state = await layOut(part, state, size, ports);
  await writeState(folder, state);
  const change = newWriter(folder);
  const begun = await Promise.allSettled(
    parts.map(async (part) => {
      const servers = await serversOf(options, state, [part], packages);
      for (const together of Object.values(Object.groupBy(servers, ({ stage }) => stage))) {
        await Promise.all((together ?? []).map((server) => startServer(server, options, change)));
      }
    }),
  );
  const failure = begun.find((each) => each.status === 'rejected');
  if (failure !== undefined) throw failure.reason;
}

/** Data that is laid out for some brokers is not for more or fewer. */
function checkSize(part: Part, state: State, size: Size, isResting: boolean): void {
  const brokers = state.kafka?.brokers.length;
  if (part === 'kafka' && brokers !== undefined && (size.brokers ?? brokers) !== brokers) {
    const message = `This stack's Kafka has ${brokers} broker(s), and data for so many. For ${size.brokers}, choose another folder with --folder.`;
    throw new DaybookError('STACK_SIZE', message, { details: { brokers } });
  }
  const workers = state.spark?.cluster?.workerPorts.length ?? 0;
  if (part === 'spark' && !isResting && (size.sparkWorkers ?? workers) !== workers) {
    const message = `Spark runs with ${workers} worker(s). For ${size.sparkWorkers}, stop it first: daybook stack down --only spark`;
    throw new DaybookError('STACK_SIZE', message, { details: { workers } });
  }
}

async function startServer(server: Server, options: StackOptions, change: ChangeState): Promise<void> {
  const { folder, clock, onNotice } = options;
  const known = (await readState(folder)).processes[server.name];
  if (known?.isReady === true && isRunning(known)) {
    onNotice?.(`${server.name} runs already, at 127.0.0.1:${server.port}.`);
    return;
  }
  const startMs = clock.nowMs();
  onNotice?.(`${server.name} is starting.`);
  for (let starts = 1; ; starts++) {
    const process = known !== undefined && starts === 1 && isRunning(known) ? known : await begin(server, folder);
    await change((state) => withProcess(state, server.name, { ...process, isReady: false }));
    const ended = await untilReady(server, process, options);
    if (ended === undefined) {
      if (server.isSteppedBack === true) await stepBackProcess(process.pid);
      await change((state) => withProcess(state, server.name, { ...process, isReady: true }));
      onNotice?.(
        `${server.name} answers at 127.0.0.1:${server.port}, after ${((clock.nowMs() - startMs) / 1000).toFixed(1)} s.`,
      );
      return;
    }
    if (starts < STARTS_MAX && server.predecessorText?.test(ended) === true) {
      await clock.sleep(POLL_MS * starts);
      continue;
    }
    await change((state) => withProcess(state, server.name, undefined));
    throw new DaybookError(
      'STACK_FAILED',
      `${server.name} did not start. ${logFile(folder, server.name)} ends with:\n${endOf(ended)}`,
      { details: { server: server.name } },
    );
  }
}

async function begin(server: Server, folder: string): Promise<{ pid: number; began: string }> {
  await server.prepare();
  await mkdir(join(folder, 'logs'), { recursive: true });
  const log = logFile(folder, server.name);
  if (existsSync(log)) await rename(log, join(folder, 'logs', `${server.name}.previous.log`));
  return startProcess({
    command: server.command,
    environment: { ...ownEnvironment(), ...server.environment },
    workingFolder: server.workingFolder,
    logFile: log,
  });
}

function ownEnvironment(): Readonly<Record<string, string>> {
  return Object.fromEntries(ENVIRONMENT.flatMap((name) => (process.env[name] ? [[name, process.env[name]]] : [])));
}

/** @returns what it wrote when it ended, or did not answer in time, and so was killed; undefined once it answers */
async function untilReady(
  server: Server,
  process: { readonly pid: number; readonly began: string },
  { folder, clock }: StackOptions,
): Promise<string | undefined> {
  const endMs = clock.nowMs() + READY_MS_MAX;
  for (;;) {
    const isGone = !isRunning(process);
    const log = await readFile(logFile(folder, server.name), 'utf8');
    if (isGone) return log;
    if (log.includes(server.readyText) && (await answers(server.port))) return undefined;
    if (clock.nowMs() > endMs) {
      signalProcess(process, 'SIGKILL');
      return `${log}\nIt did not answer within ${READY_MS_MAX / 1000} s.`;
    }
    await clock.sleep(POLL_MS);
  }
}

async function down(options: StackOptions, parts: readonly Part[]): Promise<void> {
  const state = await readState(options.folder);
  const change = newWriter(options.folder);
  await Promise.all(
    parts.map(async (part) => {
      // What depends on others is stopped before them; brokers hand over to those that are still there.
      for (const name of namesOf(part, state).toReversed()) await stopServer(name, part, state, options, change);
    }),
  );
}

async function stopServer(
  name: string,
  part: Part,
  state: State,
  { clock, onNotice }: StackOptions,
  change: ChangeState,
): Promise<void> {
  const known = state.processes[name];
  if (known === undefined) return;
  // SIGTERM has PostgreSQL wait for its clients, and a broker for the others, which are stopped as well.
  const waitMs = (state.kafka?.brokers.length ?? 1) > 1 && part === 'kafka' ? STOP_BROKER_MS_MAX : STOP_MS_MAX;
  if (signalProcess(known, part === 'postgres' ? 'SIGINT' : 'SIGTERM')) {
    if (await untilEnded(known, waitMs, clock)) {
      onNotice?.(`${name} is stopped.`);
    } else {
      signalProcess(known, 'SIGKILL');
      await untilEnded(known, STOP_MS_MAX, clock);
      onNotice?.(`${name} did not end within ${waitMs / 1000} s and was killed.`);
    }
  }
  await change((now) => withProcess(now, name, undefined));
}

async function kill(options: StackOptions, name: string): Promise<void> {
  await serverNamed(options, name);
  const known = (await readState(options.folder)).processes[name];
  if (known === undefined) return;
  signalProcess(known, 'SIGKILL');
  await untilEnded(known, STOP_MS_MAX, options.clock);
  await newWriter(options.folder)((state) => withProcess(state, name, undefined));
}

async function serverNamed(options: StackOptions, name: string): Promise<ServerStatus> {
  const servers = await statuses(options);
  const server = servers.find((each) => each.name === name);
  if (server !== undefined) return server;
  const names = servers.map((each) => each.name).join(', ');
  throw new DaybookError('STACK_SERVER', `This stack has no server '${name}'. It has: ${names || 'none yet'}.`);
}

async function statuses({ folder }: StackOptions): Promise<readonly ServerStatus[]> {
  const state = await readState(folder);
  return PARTS.flatMap((part) =>
    namesOf(part, state).map((name) => {
      const known = state.processes[name];
      const isAlive = runs(state, name);
      return {
        name,
        part,
        port: portOf(name, state),
        pid: isAlive ? known?.pid : undefined,
        isRunning: isAlive,
        logFile: logFile(folder, name),
      };
    }),
  );
}

async function health(options: StackOptions): Promise<readonly ServerHealth[]> {
  const { processes } = await readState(options.folder);
  return Promise.all(
    (await statuses(options)).map(async (server): Promise<ServerHealth> => {
      if (server.isRunning) return { ...server, state: (await answers(server.port)) ? 'answers' : 'silent' };
      return { ...server, state: processes[server.name] === undefined ? 'at rest' : 'ended' };
    }),
  );
}

async function addresses(options: StackOptions): Promise<Addresses> {
  const running = (await statuses(options)).filter((each) => each.isRunning);
  const answering = (await Promise.all(running.map(async (each) => ((await answers(each.port)) ? [each] : [])))).flat();
  const at = (name: string): string | undefined => {
    const found = answering.find((each) => each.name === name);
    return found && `127.0.0.1:${found.port}`;
  };
  const kafka = answering.filter(({ part }) => part === 'kafka').map(({ port }) => `127.0.0.1:${port}`);
  const spark = at('spark-connect');
  const cassandra = at('cassandra');
  const postgres = answering.find(({ name }) => name === 'postgres');
  return {
    ...(kafka.length > 0 && { kafka: kafka.join(',') }),
    ...(spark !== undefined && { spark: `sc://${spark}` }),
    ...(cassandra !== undefined && { cassandra }),
    ...(postgres !== undefined && { postgres: await postgresUrl(options.folder, postgres.port) }),
  };
}

async function serversOf(
  { folder }: StackOptions,
  layout: Layout,
  parts: readonly Part[],
  packages: Packages,
): Promise<readonly Server[]> {
  const { kafka, cassandra, postgres, spark, clusterId } = layout;
  const has = (part: Part): boolean => parts.includes(part);
  const java = has('kafka') || has('cassandra') || has('spark') ? await pathOf('Java') : '';
  return [
    ...(has('kafka') && kafka ? kafkaServers({ folder, java, classPath: packages.kafka, clusterId, ...kafka }) : []),
    ...(has('cassandra') && cassandra
      ? [await cassandraServer({ folder, java, classPath: packages.cassandra, ...cassandra })]
      : []),
    ...(has('postgres') && postgres
      ? [await postgresServer({ folder, initdb: await pathOf('PostgreSQL'), ...postgres })]
      : []),
    ...(has('spark') && spark
      ? await sparkServers({
          folder,
          java,
          sparkHome: packages.spark,
          jars: packages.sparkJars,
          port: spark.port,
          cluster: spark.cluster,
        })
      : []),
  ];
}

/** The names of a part's servers, in the order in which they are started. */
function namesOf(part: Part, layout: Layout): readonly string[] {
  return [...portsByName(layout)].filter(([name]) => name.startsWith(part)).map(([name]) => name);
}

function portOf(name: string, layout: Layout): number {
  return portsByName(layout).get(name) ?? 0;
}

function portsByName({ kafka, cassandra, postgres, spark }: Layout): ReadonlyMap<string, number> {
  return new Map([
    ...(kafka?.brokers ?? []).map(({ id, port }) => [`kafka-${id}`, port] as const),
    ...(cassandra === undefined ? [] : ([['cassandra', cassandra.port]] as const)),
    ...(postgres === undefined ? [] : ([['postgres', postgres.port]] as const)),
    ...(spark?.cluster === undefined ? [] : ([['spark-master', spark.cluster.masterPort]] as const)),
    ...(spark?.cluster?.workerPorts ?? []).map((port, index) => [`spark-worker-${index + 1}`, port] as const),
    ...(spark === undefined ? [] : ([['spark-connect', spark.port]] as const)),
  ]);
}

function runs(state: State, name: string): boolean {
  const known = state.processes[name];
  return known !== undefined && isRunning(known);
}

function withProcess(state: State, name: string, process: State['processes'][string] | undefined): State {
  const { [name]: _before, ...others } = state.processes;
  return { ...state, processes: process === undefined ? others : { ...others, [name]: process } };
}

function logFile(folder: string, name: string): string {
  return join(folder, 'logs', `${name}.log`);
}

/** The last that a server wrote, without the places in its code. */
function endOf(log: string): string {
  return log
    .replaceAll(/^\s+(at |\.\.\. \d).*\n/gm, '')
    .slice(-LOG_SHOWN)
    .trim();
}

/** Whether somebody accepts connections there. */
function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port, timeout: CONNECT_MS_MAX });
    const end = (isThere: boolean): void => {
      socket.destroy();
      resolve(isThere);
    };
    socket
      .once('connect', () => end(true))
      .once('error', () => end(false))
      .once('timeout', () => end(false));
  });
}
