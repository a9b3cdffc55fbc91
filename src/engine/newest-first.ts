import { DaybookError } from '../base/errors.ts';
import type { TopicChunk, TopicRecord } from '../ports/topics.ts';

/** So many offsets of each partition are looked at before a reading says how far it is. */
const STRETCH_MAX = 20_000;
/** The first stretch is as long as the limit, as every record may pass; each further one is so many times as long. */
const STRETCH_GROWS = 4;

/** A stretch of a partition: its offsets from `from` on, below `to`. */
export interface Stretch {
  readonly partition: number;
  readonly from: number;
  readonly to: number;
}

export interface NewestFirstOptions {
  /** All that there is of each partition that is looked into, in their order. */
  readonly partitions: readonly Stretch[];
  /** The offset in each of them below which to begin; undefined: at its end. */
  readonly before: readonly number[] | undefined;
  /** Ends after so many records. */
  readonly limit: number;
  /** The records of some stretches that are wanted, those of one partition in the order of their offsets. */
  readonly read: (stretches: readonly Stretch[]) => AsyncIterable<TopicRecord>;
  /** An offset at or below another one, from which reading leaves the least to be read again; that one itself unless told. */
  readonly startAt?: (offset: number) => number;
  readonly signal: AbortSignal;
}

/**
 * Records from the newest on, though they can only be read forwards: stretch by stretch, a chunk each. Those of a partition
 * come in the order of their offsets, the highest first; among several the one that was taken later.
 * @throws DaybookError `BAD_QUERY` when `before` is not of these partitions
 */
export async function* newestFirst(options: NewestFirstOptions): AsyncGenerator<TopicChunk> {
  const { partitions, before, limit, read, startAt = (offset) => offset, signal } = options;
  if (before !== undefined) requireOneEach({ name: 'before', alone: "'end'" }, before, partitions);
  let edges = partitions.map(({ from, to }, index) => Math.min(Math.max(before?.[index] ?? to, from), to));
  const toLook = (): number => partitions.reduce((sum, { from }, index) => sum + (edges[index] ?? from) - from, 0);
  const of = toLook();
  let [left, length] = [limit, limit];
  do {
    const stretches = partitions.map(({ partition, from }, index) => {
      const to = edges[index] ?? from;
      return { partition, from: Math.max(from, startAt(to - length)), to, found: [] as TopicRecord[] };
    });
    for await (const record of read(stretches.filter(({ from, to }) => from < to))) {
      const found = stretches.find(({ partition }) => partition === record.partition)?.found ?? [];
      found.push(record);
      // One more than can be given: it says that the partition has more.
      if (found.length > left + 1) found.shift();
    }
    if (signal.aborted) return;
    const records = takeNewest(stretches, left);
    left -= records.length;
    edges = stretches.map(({ from, found }) => (found.at(-1)?.offset ?? from - 1) + 1);
    length = Math.min(length * STRETCH_GROWS, STRETCH_MAX);
    const unseen = toLook();
    yield { records, scanned: of - unseen, of, nextOffset: undefined, nextBefore: unseen === 0 ? undefined : edges };
  } while (left > 0 && toLook() > 0);
}

/**
 * Places in partitions are an offset for each of them.
 * @param parameter  that they were asked for by, and the word that it may be instead
 * @throws DaybookError `BAD_QUERY`
 */
export function requireOneEach(
  { name, alone }: { readonly name: string; readonly alone: string },
  offsets: readonly number[],
  partitions: readonly { readonly partition: number }[],
): void {
  if (offsets.length === partitions.length) return;
  const numbers = partitions.map(({ partition }) => partition).join(', ');
  const message = `'${name}' is '${offsets.join(',')}'; it must be ${alone}, or have an offset for each partition that is read: ${numbers}.`;
  throw new DaybookError('BAD_QUERY', message);
}

/** Takes the newest records out of what was found, the last of a partition first. */
function takeNewest(stretches: readonly { readonly found: TopicRecord[] }[], most: number): readonly TopicRecord[] {
  const taken: TopicRecord[] = [];
  while (taken.length < most) {
    const { found } = stretches.reduce((a, b) => (timeOf(b.found.at(-1)) > timeOf(a.found.at(-1)) ? b : a));
    const newest = found.pop();
    if (newest === undefined) break;
    taken.push(newest);
  }
  return taken;
}

function timeOf(record: TopicRecord | undefined): number {
  return record === undefined ? -Infinity : (record.atMs ?? 0);
}
