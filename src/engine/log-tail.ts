import type { Clock } from '../ports/clock.ts';
import type { WrittenFrame } from '../ports/log.ts';
import type { TailChunk, TopicRecord } from '../ports/topics.ts';
import type { WaitingBatch } from './group.ts';

const CARRIAGE_RETURN = 13;
/** A chunk has no more records: what eyes can follow. */
const RECORDS_MAX = 50;
const INTERVAL_MS = 200;

interface Follower {
  records: TopicRecord[];
  /** Records that came and are not among them. */
  skipped: number;
  nextOffset: number;
  wake: () => void;
}

/** Tells followers what is written to the log. Without any, a frame costs nothing. */
export class LogTail {
  readonly #clock: Clock;
  readonly #followers = new Set<Follower>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Notes a durable frame, whose records are those of batches; what is kept of it is copied. */
  note(frame: WrittenFrame, batches: readonly WaitingBatch[]): void {
    if (this.#followers.size === 0 || frame.recordCount === 0) return;
    const newest = newestOf(frame, batches);
    for (const follower of this.#followers) {
      const all = [...follower.records, ...newest];
      follower.skipped += frame.recordCount - newest.length + Math.max(0, all.length - RECORDS_MAX);
      follower.records = all.slice(-RECORDS_MAX);
      follower.nextOffset = frame.firstOffset + frame.recordCount;
      follower.wake();
    }
  }

  async *follow(nextOffset: number, signal: AbortSignal): AsyncGenerator<TailChunk> {
    const follower: Follower = { records: [], skipped: 0, nextOffset, wake: () => undefined };
    this.#followers.add(follower);
    try {
      yield { records: [], skipped: 0, nextOffset };
      while (!signal.aborted) {
        if (follower.records.length === 0) await woken(follower, signal);
        if (signal.aborted) return;
        const { records, skipped } = follower;
        follower.records = [];
        follower.skipped = 0;
        yield { records, skipped, nextOffset: follower.nextOffset };
        await this.#clock.sleep(INTERVAL_MS, signal);
      }
    } finally {
      this.#followers.delete(follower);
    }
  }
}

function woken(follower: Follower, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const wake = (): void => {
      signal.removeEventListener('abort', wake);
      resolve();
    };
    follower.wake = wake;
    signal.addEventListener('abort', wake, { once: true });
  });
}

/** The last records of a frame, oldest first. */
function newestOf(
  { recordCount, firstOffset }: WrittenFrame,
  batches: readonly WaitingBatch[],
): readonly TopicRecord[] {
  const texts: string[] = [];
  for (let batch = batches.length - 1; batch >= 0 && texts.length < RECORDS_MAX; batch--) {
    const { columns, claim } = batches[batch] as WaitingBatch;
    const { buffer, byteOffset, length } = columns.bytes;
    const bytes = Buffer.from(buffer, byteOffset, length);
    for (let at = claim.picked.length - 1; at >= 0 && texts.length < RECORDS_MAX; at--) {
      const record = claim.picked[at] as number;
      const end = columns.ends[record] as number;
      texts.push(bytes.toString('utf8', columns.starts[record], bytes[end - 1] === CARRIAGE_RETURN ? end - 1 : end));
    }
  }
  const first = firstOffset + recordCount - texts.length;
  return texts.toReversed().map((value, index) => ({ partition: 0, offset: first + index, atMs: undefined, value }));
}
