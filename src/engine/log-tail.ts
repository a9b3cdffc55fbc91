import type { Clock } from '../ports/clock.ts';
import type { WrittenFrame } from '../ports/log.ts';
import type { TailChunk, TopicRecord } from '../ports/topics.ts';

const LINE_FEED = 10;
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

  /** Notes a durable frame; what is kept of it is copied. */
  note(frame: WrittenFrame): void {
    if (this.#followers.size === 0 || frame.recordCount === 0) return;
    const newest = newestOf(frame);
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
function newestOf({ records, recordCount, firstOffset }: WrittenFrame): readonly TopicRecord[] {
  const pieces = records instanceof Uint8Array ? [records] : records;
  const texts: string[] = [];
  for (let index = pieces.length - 1; index >= 0 && texts.length < RECORDS_MAX; index--) {
    const piece = pieces[index] as Uint8Array;
    const bytes = Buffer.from(piece.buffer, piece.byteOffset, piece.length);
    let end = bytes.length;
    while (end > 0 && texts.length < RECORDS_MAX) {
      // A line without a line feed of its own has it as the piece behind.
      if (bytes[end - 1] === LINE_FEED) end--;
      if (end === 0) break;
      const start = bytes.lastIndexOf(LINE_FEED, end - 1) + 1;
      texts.push(bytes.toString('utf8', start, end));
      end = start;
    }
  }
  const first = firstOffset + recordCount - texts.length;
  return texts.toReversed().map((value, index) => ({ partition: 0, offset: first + index, atMs: undefined, value }));
}
