import { access, constants, open, stat, writeFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import type { Writable } from 'node:stream';
import { DaybookError } from '../base/errors.ts';
import type { Plan } from '../plan/plan.ts';
import type { Clock } from '../ports/clock.ts';
import type { Acceptance, Runtime } from '../ports/runtime.ts';
import { makeAnswerKey } from '../sources/generator/answer-key.ts';
import type { PlaceNotFound } from '../sources/generator/catalogue.ts';
import type { SalesChunk } from '../sources/generator/generate.ts';
import { generateSales } from '../sources/generator/generate.ts';
import { openCatalogue } from '../sources/generator/open-catalogue.ts';
import { kafkaConnection } from './kafka-connection.ts';
import { openRemoteToSend } from './remote.ts';
import { writeFailure } from './write-failure.ts';

const LINE_FEED = 10;
const BATCH_LINES = 500;
/** Each batch waits for all copies of several partitions. */
const KAFKA_BATCH_LINES = 10_000;
/** At a rate, records are sent in so many batches a second, or one by one. */
const BATCHES_PER_SECOND = 10;
const RETRY_WAIT_MS_MIN = 100;
const RETRY_WAIT_MS_MAX = 5000;
const RETRY_TOTAL_MS_MAX = 120_000;
const UNREACHABLE: ReadonlySet<string> = new Set(['UNREACHABLE', 'KAFKA_UNREACHABLE']);

export type GenerateTarget =
  | { readonly kind: 'http'; readonly url: string }
  | { readonly kind: 'runtime'; readonly runtime: Pick<Runtime, 'accept'> }
  | { readonly kind: 'kafka'; readonly brokers: string }
  | { readonly kind: 'file'; readonly path: string }
  | { readonly kind: 'stream'; readonly stream: Writable };

export interface GenerateOptions {
  readonly plan: Plan;
  /** Days, both included. */
  readonly from: string;
  readonly to: string;
  readonly perDay: number;
  /** Records a second; undefined: as fast as the target takes them. */
  readonly rate?: number;
  readonly seed: number;
  /** A CSV of order lines; undefined: the furniture store's own catalogue. */
  readonly catalog?: string;
  /** Shares of the sales, 0 to 1. */
  readonly duplicates: number;
  readonly late: number;
  readonly corrupt: number;
  readonly target: GenerateTarget;
  /** A file for the exact reports that the records must give. */
  readonly answerKey?: string;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** @param share  of all, 0 to 1 */
  readonly onProgress: (records: number, share: number) => void;
}

export interface Generated {
  readonly records: number;
  /** What a Daybook or Kafka answered; undefined when the records went to a file. */
  readonly acceptance:
    | { readonly accepted: number; readonly duplicates: number; readonly quarantined: number }
    | undefined;
  /** Ended by the signal, before the last record; there is no answer key then. */
  readonly isStopped: boolean;
  readonly placesNotFound: readonly PlaceNotFound[];
}

/** Where records go. `write` resolves once they are taken, with what a Daybook answered. */
interface Sink {
  write(lines: Uint8Array): Promise<Acceptance | undefined>;
  close(): Promise<void>;
}

/**
 * Makes up sales and hands them to a file, a stream or a Daybook.
 * @throws DaybookError `GENERATE_DAYS`, `GENERATE_STREAM`, `GENERATE_OUT` (the file cannot be written), the catalogue's
 *   errors, and what a Daybook answers once it is not worth another try
 */
export async function generate(options: GenerateOptions): Promise<Generated> {
  const { clock, rate, signal, onProgress } = options;
  if (options.answerKey !== undefined) await requireWritable(options.answerKey);
  const catalogue = await openCatalogue(options.catalog);
  const answerKey = options.answerKey === undefined ? undefined : makeAnswerKey(options.plan);
  const sums = { accepted: 0, duplicates: 0, quarantined: 0 };
  let records = 0;
  const sink = await openSink(options);
  try {
    const startMs = clock.nowMs();
    const batches = batchesOf(generateSales({ ...options, catalogue }, answerKey), batchLines(options));
    for (const { lines, count, share } of batches) {
      if (rate !== undefined) await clock.sleep(startMs + (records / rate) * 1000 - clock.nowMs(), signal);
      if (signal.aborted) break;
      const acceptance = await sink.write(lines);
      records += count;
      sums.accepted += acceptance?.accepted ?? 0;
      sums.duplicates += acceptance?.duplicates ?? 0;
      sums.quarantined += acceptance?.quarantined.length ?? 0;
      onProgress(records, share);
    }
  } finally {
    await sink.close();
  }
  if (answerKey !== undefined && options.answerKey !== undefined && !signal.aborted) {
    await writeKey(options.answerKey, answerKey.json());
  }
  return {
    records,
    acceptance: options.target.kind === 'file' || options.target.kind === 'stream' ? undefined : sums,
    isStopped: signal.aborted,
    placesNotFound: catalogue.placesNotFound,
  };
}

function batchLines({ rate, target }: GenerateOptions): number {
  const linesMax = target.kind === 'kafka' ? KAFKA_BATCH_LINES : BATCH_LINES;
  if (rate === undefined) return linesMax;
  return Math.max(1, Math.min(linesMax, Math.floor(rate / BATCHES_PER_SECOND)));
}

/** The same lines, so many at a time. */
function* batchesOf(chunks: Iterable<SalesChunk>, linesMax: number): Generator<SalesChunk> {
  for (const { lines, share } of chunks) {
    let start = 0;
    let count = 0;
    for (let end = lines.indexOf(LINE_FEED); end >= 0; end = lines.indexOf(LINE_FEED, end + 1)) {
      if (++count < linesMax) continue;
      yield { lines: lines.subarray(start, end + 1), count, share };
      start = end + 1;
      count = 0;
    }
    if (count > 0) yield { lines: lines.subarray(start), count, share };
  }
}

async function openSink(options: GenerateOptions): Promise<Sink> {
  const { target } = options;
  switch (target.kind) {
    case 'runtime':
      return acceptingSink(inProcess(target.runtime), options);
    case 'http':
      return acceptingSink(await openRemoteToSend(options.plan, target.url), options);
    case 'kafka': {
      const { openKafkaIntake } = await import('./kafka-intake.ts');
      return acceptingSink(openKafkaIntake({ ...options, connection: kafkaConnection(target.brokers) }), options);
    }
    case 'file':
      return fileSink(target.path);
    case 'stream':
      // Standard output stays open: it is not ours.
      return { write: (lines) => writeTo(target.stream, lines), close: () => Promise.resolve() };
  }
}

/** Who is busy is offered the same batch again: a record counts once however often it comes. */
function acceptingSink(door: Pick<Runtime, 'accept' | 'close'>, { clock, signal }: GenerateOptions): Sink {
  // Before the first answer, who cannot be reached is more likely a wrong address than a restart.
  let hasAnswered = false;
  return {
    close: () => door.close(),
    write: async (lines) => {
      for (let waitMs = RETRY_WAIT_MS_MIN, waitedMs = 0; ; waitMs = Math.min(waitMs * 2, RETRY_WAIT_MS_MAX)) {
        try {
          const acceptance = await door.accept({ origin: 'generator', lines });
          hasAnswered = true;
          return acceptance;
        } catch (error) {
          if (!(error instanceof DaybookError) || !error.retryable || signal.aborted) throw error;
          if (waitedMs >= RETRY_TOTAL_MS_MAX || (UNREACHABLE.has(error.code) && !hasAnswered)) throw error;
          await clock.sleep(waitMs, signal);
          waitedMs += waitMs;
        }
      }
    },
  };
}

/** The bytes of a batch belong to who takes them, and another try needs them again. Whoever opened the runtime closes it. */
function inProcess(runtime: Pick<Runtime, 'accept'>): Pick<Runtime, 'accept' | 'close'> {
  return {
    accept: (intake) => runtime.accept({ ...intake, lines: Buffer.from(intake.lines) }),
    close: () => Promise.resolve(),
  };
}

async function fileSink(path: string): Promise<Sink> {
  const orFail = async <T>(work: Promise<T>): Promise<T> => {
    try {
      return await work;
    } catch (error) {
      throw writeFailure('GENERATE_OUT', path, error);
    }
  };
  const file = await orFail(open(path, 'w'));
  return {
    write: async (lines) => {
      await orFail(file.appendFile(lines));
      return undefined;
    },
    close: () => orFail(file.close()),
  };
}

/** Resolves when they were not written, too: whoever has the stream is told that by it, and gives the signal. */
function writeTo(stream: Writable, lines: Uint8Array): Promise<undefined> {
  return new Promise((done) => void stream.write(lines, () => done(undefined)));
}

/** The answer key comes last, and what it is of may take hours. */
async function requireWritable(path: string): Promise<void> {
  try {
    const found = await stat(path).catch(() => undefined);
    if (found?.isDirectory() === true) throw Object.assign(new Error('it is a folder'), { code: 'EISDIR' });
    // One that is there, a device say, may be written though no other could be made beside it.
    await access(found === undefined ? dirname(resolve(path)) : path, constants.W_OK);
  } catch (error) {
    throw writeFailure('GENERATE_OUT', path, error);
  }
}

async function writeKey(path: string, json: string): Promise<void> {
  try {
    await writeFile(path, json);
  } catch (error) {
    throw writeFailure('GENERATE_OUT', path, error);
  }
}
