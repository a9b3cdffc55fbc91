import { existsSync } from 'node:fs';
import type { Logger } from 'pino';
import { pino } from 'pino';
import { DaybookError } from '../base/errors.ts';
import type { Engine } from '../engine/engine.ts';
import type { Plan } from '../plan/plan.ts';
import type { Clock } from '../ports/clock.ts';
import type { Runtime } from '../ports/runtime.ts';
import { checkAddress, startServer } from '../server/server.ts';
import type { Catalogue } from '../sources/generator/catalogue.ts';
import type { KafkaConnection } from '../sources/kafka/connection.ts';
import { openSpilledDays } from '../stores/parquet/spilled-days.ts';
import { openEmbedded } from './embedded.ts';
import { kafkaConnection } from './kafka-connection.ts';
import { makeDurableFolder, openDisk } from './machine/disk.ts';
import { takeFolderLock } from './machine/lock.ts';
import { startFailure } from './port-holder.ts';
import { scanThread } from './scan-thread.ts';
import { checkSchedules } from './schedules/run-schedules.ts';
import { untilAborted } from './until-aborted.ts';

export interface ServeOptions {
  readonly plan: Plan;
  /** The data folder, a path of this machine; made when it is not there. */
  readonly root: string;
  readonly host: string;
  /** Names besides its own that it is called by, as by a proxy. */
  readonly allowHosts: readonly string[];
  /** 0: one that is free. */
  readonly port: number;
  /** The folder of the built pages. */
  readonly pages: string;
  readonly logLevel: string;
  /** About what the state may hold of memory, in bytes. */
  readonly stateBytesMax: number;
  /** A topic of records that is read all the time. */
  readonly topic: { readonly brokers: string; readonly name: string | undefined } | undefined;
  /** undefined: only what is sent, imported or read from a topic. */
  readonly generate: { readonly rate: number; readonly seed: number; readonly catalog?: string } | undefined;
  /** Whether the definition's schedules are kept. */
  readonly isScheduled: boolean;
  readonly clock: Clock;
  /** Aborted when it is to end. */
  readonly signal: AbortSignal;
  readonly onReady: (url: string) => void;
  readonly onNotice: (sentence: string) => void;
  readonly onProgress: (records: number, total: number) => void;
}

/**
 * The embedded Daybook in one process: holds the folder, opens log and engine, serves, and generates sales if it is told
 * to, until the signal; then ends in the opposite order, so that nothing is taken in that cannot be finished.
 * @throws DaybookError `FOLDER_HELD`, `PORT_TAKEN`, what `kafkaConnection`, `openCatalogue`, `openEmbedded` and `readTopic` throw
 */
export async function serve(options: ServeOptions): Promise<void> {
  const { plan, root, host, allowHosts, port, pages, clock, signal, onReady, onNotice, onProgress } = options;
  const logger = pino({ level: options.logLevel }, process.stderr);
  checkSchedules(plan.schedules, plan.stream.timeZone);
  const connection = options.topic === undefined ? undefined : kafkaConnection(options.topic.brokers);
  const catalogue = await givenCatalogue(options);
  await using stack = new AsyncDisposableStack();
  const failure = async (error: unknown): Promise<never> => {
    throw await startFailure(error, host, port, clock);
  };
  // No folder is made by who cannot serve. One that is held is told of before its port, which is taken then as well.
  if (!existsSync(root)) await checkAddress(host, port).catch(failure);
  await makeDurableFolder(root);
  const lock = stack.use(await takeFolderLock(root));
  // Known before the log is read, which may take a while.
  await checkAddress(host, port).catch(failure);
  const runtime = await openEmbedded({
    plan,
    disk: openDisk(root),
    clock,
    onNotice,
    onProgress,
    stateBytesMax: options.stateBytesMax,
    dayFiles: openSpilledDays({ stream: plan.stream, disk: openDisk(root), root }),
    scanElsewhere: scanThread(plan),
  });
  stack.defer(() => runtime.close());
  runtime.prepareToAccept();
  const server = await startServer({ runtime, host, allowHosts, port, pages, logger, clock }).catch(failure);
  stack.defer(() => server.close());
  await lock.announce(server.url);
  onReady(server.url);
  if (server.isOpen) {
    onNotice(
      `Whoever reaches this machine at port ${new URL(server.url).port} may read all records and send some: there is no login.`,
    );
  }
  const failed = new AbortController();
  const ended = AbortSignal.any([signal, failed.signal]);
  const parts = [
    untilAborted(ended),
    generateUntil(ended, options, catalogue, runtime, logger),
    scheduleUntil(ended, options, runtime, logger),
    readTopicUntil(ended, options, connection, runtime),
  ];
  try {
    await Promise.all(parts);
  } finally {
    // One that fails ends the others: a schedule that waits for its time would keep the process.
    failed.abort();
    await Promise.allSettled(parts);
  }
}

async function readTopicUntil(
  signal: AbortSignal,
  { topic, plan, clock, onNotice }: ServeOptions,
  connection: KafkaConnection | undefined,
  engine: Engine,
): Promise<void> {
  if (connection === undefined) return;
  // Loaded only when it is wanted.
  const { readTopic } = await import('./read-topic.ts');
  await readTopic({ engine, connection, topic: topic?.name ?? plan.stream.name, clock, signal, onNotice });
}

/** The user's own catalogue, which had better be wrong before anything is started. */
async function givenCatalogue({ generate }: ServeOptions): Promise<Catalogue | undefined> {
  if (generate?.catalog === undefined) return undefined;
  const { openCatalogue } = await import('../sources/generator/open-catalogue.ts');
  return openCatalogue(generate.catalog);
}

async function generateUntil(
  signal: AbortSignal,
  options: ServeOptions,
  given: Catalogue | undefined,
  runtime: Runtime,
  logger: Logger,
): Promise<void> {
  const { generate, clock, onNotice } = options;
  if (generate === undefined) return;
  try {
    // Loaded only when it is wanted, as its names and places take a while.
    const { openCatalogue } = await import('../sources/generator/open-catalogue.ts');
    const { runGenerator } = await import('../sources/generator/live.ts');
    const catalogue = given ?? (await openCatalogue(undefined));
    await runGenerator({ runtime, clock, rate: generate.rate, seed: generate.seed, catalogue, signal });
  } catch (error) {
    // The Daybook serves on without its generator; whoever watches is told.
    logger.error({ err: error }, 'the generator ended');
    onNotice(`The generator ended: ${error instanceof DaybookError ? error.message : String(error)}`);
  }
}

async function scheduleUntil(
  signal: AbortSignal,
  { plan, isScheduled, clock, onNotice }: ServeOptions,
  runtime: Runtime,
  logger: Logger,
): Promise<void> {
  if (!isScheduled || plan.schedules.length === 0) return;
  // Loaded only when it is wanted: it brings DuckDB.
  const { keepSchedules } = await import('./schedules/schedules.ts');
  await keepSchedules({ runtime, clock, signal, logger, onNotice });
}
