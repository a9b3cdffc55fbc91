import { expect, it } from 'vitest';
import type { PartitionExtent } from '../../ports/messages.ts';
import type { WorkedPlace } from '../../ports/stored-records.ts';
import { untilStored } from './until-stored.ts';

const COUNTS = { accepted: 0, duplicates: 0, refused: 0 };

function extent(partition: number, firstOffset: number, endOffset: number): PartitionExtent {
  return { topic: 'sales', topicId: 'a', partition, firstOffset, endOffset };
}

function place(partition: number, nextOffset: number, topicId: string | undefined = 'a'): WorkedPlace {
  return { topic: 'sales', topicId, partition, nextOffset, ...COUNTS };
}

/** How many messages are missing in the end, and how long that was waited for. */
async function waited(extents: readonly PartitionExtent[], ...answers: readonly (readonly WorkedPlace[])[]) {
  let nowMs = 0;
  let asked = 0;
  const clock = { nowMs: () => nowMs, sleep: async (ms: number) => void (nowMs += ms) };
  const places = async (): Promise<readonly WorkedPlace[]> => answers[Math.min(asked++, answers.length - 1)] ?? [];
  const missing = await untilStored({
    extents,
    places,
    clock,
    waitMs: 60_000,
    ended: new AbortController().signal,
  }).then(
    () => 0,
    (error: { readonly details?: { readonly missing: number } }) => error.details?.missing,
  );
  return { missing, waitedMs: nowMs };
}

it('waits for the sink until it has what was in the topic, and no longer than it is told to', async () => {
  const extents = [extent(0, 0, 10), extent(1, 0, 5), extent(2, 0, 0)];
  expect(await waited(extents, [place(0, 10), place(1, 7)])).toEqual({ missing: 0, waitedMs: 0 });
  expect(await waited(extents, [], [place(0, 10)], [place(0, 10), place(1, 5)])).toEqual({ missing: 0, waitedMs: 500 });
  expect(await waited(extents, [place(0, 8)])).toEqual({ missing: 7, waitedMs: 60_000 });
});

it('does not wait for messages that are gone, and knows a place of another topic', async () => {
  expect((await waited([extent(0, 10, 10)], [])).missing).toBe(0);
  expect((await waited([extent(0, 8, 10)], [place(0, 3)])).missing).toBe(2);
  expect((await waited([extent(0, 0, 4)], [place(0, 100, 'b')])).missing).toBe(4);
  expect((await waited([extent(0, 0, 4)], [{ ...place(0, 4), topicId: undefined }])).missing).toBe(0);
});
