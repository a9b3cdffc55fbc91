import { expect, it } from 'vitest';
import type { PartitionExtent, TopicPlace, TopicReader } from './messages.ts';
import { messagesBetween } from './messages-between.ts';

const EXTENT: PartitionExtent = { topic: 't', topicId: 'id', partition: 0, firstOffset: 0, endOffset: 3 };

it('gives what is between two offsets of one topic, and nothing that came meanwhile', async () => {
  const places: TopicPlace[] = [];
  const reader: TopicReader = {
    read: async (asked) => {
      places.push(...asked);
      return asked.map((place) => {
        const messages = [0, 1].map((index) => {
          return { offset: place.nextOffset + index, timestampMs: 0, key: null, value: null };
        });
        return { ...place, messages, nextOffset: place.nextOffset + 2, endOffset: 9 };
      });
    },
    extents: async () => [EXTENT],
    [Symbol.asyncDispose]: async () => undefined,
  };
  const offsets: number[] = [];
  for await (const messages of messagesBetween(reader, EXTENT, 0, EXTENT.endOffset)) {
    offsets.push(...messages.map(({ offset }) => offset));
  }
  expect(offsets).toEqual([0, 1, 2]);
  expect(places.map(({ topicId, nextOffset }) => [topicId, nextOffset])).toEqual([
    ['id', 0],
    ['id', 2],
  ]);
});

/** Gives the one message that a partition has once it was asked so often, and leaves the partition out until then. */
function lateReader(answersFrom: number): TopicReader {
  let asked = 0;
  return {
    read: async (places) => {
      if (++asked < answersFrom) return [];
      return places.map((place) => {
        const messages = [{ offset: place.nextOffset, timestampMs: 0, key: null, value: null }];
        return { ...place, messages, nextOffset: place.nextOffset + 1, endOffset: 3 };
      });
    },
    extents: async () => [EXTENT],
    [Symbol.asyncDispose]: async () => undefined,
  };
}

it('waits for what a broker does not give at once, and says so when it is lost', async () => {
  const offsets: number[] = [];
  const read = async (reader: TopicReader): Promise<void> => {
    for await (const messages of messagesBetween(reader, EXTENT, 0, EXTENT.endOffset)) {
      offsets.push(...messages.map(({ offset }) => offset));
    }
  };
  await read(lateReader(4));
  expect(offsets).toEqual([0, 1, 2]);
  await expect(read(lateReader(Infinity))).rejects.toMatchObject({
    code: 'KAFKA_UNREACHABLE',
    retryable: true,
    details: { topic: 't', partition: 0, nextOffset: 0 },
    message: expect.stringContaining("topic 't', partition 0, from offset 0 on") as string,
  });
});
