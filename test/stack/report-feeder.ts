import { DaybookError } from '../../src/base/errors.ts';
import { framesTopic } from '../../src/compile/kafka/topics.ts';

import type { Plan, ReportPlan } from '../../src/plan/plan.ts';
import type { FrameChanges, Row } from '../../src/ports/rows.ts';
import type { Runtime } from '../../src/ports/runtime.ts';
import type { TopicPlace } from '../../src/ports/messages.ts';
import { openEmbedded } from '../../src/runtimes/embedded.ts';
import { machineClock } from '../../src/runtimes/machine/clock.ts';
import { openDisk } from '../../src/runtimes/machine/disk.ts';
import type { NewMessage } from '../../src/sources/kafka/producer.ts';
import { openTopicProducer } from '../../src/sources/kafka/producer.ts';
import { rowPrinter } from '../../src/server/row-text.ts';
import { openTopicReader } from '../../src/sources/kafka/topic-reader.ts';
import { temporaryFolder } from '../process/daybook-process.ts';

const LINE_FEED = Buffer.from('\n');
const LINES_AT_ONCE = 60_000;
/** Kafka that is away is asked again after so long, and for so long: then the test ends with what it says. */
const AGAIN_MS = 100;
const PATIENCE_MS = 200_000;

/** An embedded engine in the place of Spark: reads the stream's topic, fills the reports' topics and announces frames. */
export interface ReportFeeder extends AsyncDisposable {
  readonly runtime: Runtime;
  /** The newest frame that was announced. */
  readonly frame: number;
  /** Accepts lines and writes one frame of what they changed. */
  feed(lines: readonly string[]): Promise<void>;
  /** Reads the stream's topic from its beginning, a frame each time that something came, until it rests or is disposed of. */
  follow(): void;
  rest(): Promise<void>;
}

export async function openFeeder(plan: Plan, broker: string): Promise<ReportFeeder> {
  const folder = await temporaryFolder();
  const runtime = await openEmbedded({ plan, disk: openDisk(folder.path), clock: machineClock() });
  const connection = { bootstrapBrokers: broker.split(',') };
  const producer = openTopicProducer(connection, 'feeder');
  const printers = new Map(plan.reports.map((report) => [report.name, rowPrinter(report)]));
  let stopping = new AbortController();
  let following: Promise<void> = Promise.resolve();
  let newest = Date.now() * 1000;
  // What changed and was not sent yet, up to the offset.
  const unsent = { changes: [] as FrameChanges[], offset: 0 };
  let changed = Promise.withResolvers<void>();
  runtime.subscribe(({ reports, offset }) => {
    unsent.changes.push(...reports);
    unsent.offset = offset;
    changed.resolve();
    changed = Promise.withResolvers<void>();
  });
  const send = (messages: readonly NewMessage[]): Promise<unknown> => untilReached(() => producer.send(messages));
  const messageOf = (report: ReportPlan, row: Row): NewMessage => {
    const text = printers.get(report.name)?.(row) ?? '';
    const parsed = JSON.parse(text) as Readonly<Record<string, unknown>>;
    const key = Object.fromEntries(report.dimensions.map(({ name }) => [name, parsed[name]]));
    return {
      topic: report.name,
      key: Buffer.from(JSON.stringify(key)),
      value: Buffer.from(`${text.slice(0, -1)},"frame":${newest}}`),
    };
  };
  const accept = async (lines: Buffer, places: readonly TopicPlace[] = []): Promise<void> => {
    const { accepted, offset } = await runtime.accept({ origin: 'feeder', lines });
    if (accepted === 0) return;
    // A frame may come that is of what was before: repeats alone make one, too.
    while (unsent.offset < offset) await changed.promise;
    const reports = unsent.changes.splice(0);
    newest = Math.max(newest + 1, Date.now() * 1000);
    const messages = [];
    for (const { report, rows } of reports) {
      const all = rows ?? (await runtime.query(report.name, {})).rows;
      for (const row of all) messages.push(messageOf(report, row));
    }
    await send(messages);
    const { accepted: total } = await runtime.status();
    const readTo = Object.fromEntries(places.map(({ partition, nextOffset }) => [partition, nextOffset]));
    const value = JSON.stringify({
      stream: plan.stream.name,
      frame: newest,
      accepted: total,
      rows: messages.length,
      readTo,
    });
    await send([{ topic: framesTopic(plan), key: Buffer.from(plan.stream.name), value: Buffer.from(value) }]);
  };
  const follow = async (): Promise<void> => {
    await using reader = openTopicReader(connection, 'feeder');
    let places: readonly TopicPlace[] = (await reader.extents([plan.stream.name])).map((extent) => ({
      ...extent,
      nextOffset: extent.firstOffset,
    }));
    let waiting: Uint8Array[] = [];
    let reachedMs = Date.now();
    while (!stopping.signal.aborted) {
      try {
        const read = await reader.read(places, 100);
        reachedMs = Date.now();
        const values = read.flatMap(({ messages }) => messages.flatMap(({ value }) => [onOneLine(value), LINE_FEED]));
        waiting.push(...values);
        places = places.map(
          (place) =>
            read.find(({ topic, partition }) => topic === place.topic && partition === place.partition) ?? place,
        );
        // Who catches up makes few large frames, as Spark does.
        const isBehind = read.some(({ nextOffset, endOffset }) => nextOffset < endOffset);
        if (waiting.length === 0 || (isBehind && waiting.length < LINES_AT_ONCE * 2)) continue;
        const lines = Buffer.concat(waiting);
        waiting = [];
        await accept(lines, places);
      } catch (error) {
        await waitToTryAgain(error, reachedMs);
      }
    }
  };
  const rest = (): Promise<void> => {
    stopping.abort();
    return following;
  };
  return {
    runtime,
    get frame() {
      return newest;
    },
    feed: (lines) => accept(Buffer.from(`${lines.join('\n')}\n`)),
    follow: () => {
      stopping = new AbortController();
      following = follow();
    },
    rest,
    async [Symbol.asyncDispose]() {
      await rest();
      await producer[Symbol.asyncDispose]();
      await runtime.close();
      await folder[Symbol.asyncDispose]();
    },
  };
}

/** A record may be written over several lines. */
function onOneLine(value: Uint8Array | null): Uint8Array {
  const bytes = value ?? LINE_FEED;
  return bytes.includes(LINE_FEED[0] ?? 0) ? Buffer.from(Buffer.from(bytes).toString().replaceAll('\n', ' ')) : bytes;
}

/** Does something with Kafka until it is reached: what a call that failed has written all the same is then there twice. */
export async function untilReached<R>(work: () => Promise<R>): Promise<R> {
  const beganMs = Date.now();
  for (;;) {
    try {
      return await work();
    } catch (error) {
      await waitToTryAgain(error, beganMs);
    }
  }
}

/** @throws the error, where it is not worth another try, or was for long */
async function waitToTryAgain(error: unknown, sinceMs: number): Promise<void> {
  if (!(error instanceof DaybookError) || !error.retryable || Date.now() - sinceMs > PATIENCE_MS) throw error;
  await machineClock().sleep(AGAIN_MS);
}
