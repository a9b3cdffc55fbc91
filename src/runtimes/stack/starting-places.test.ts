import { expect, it } from 'vitest';
import { startingPlaces } from './starting-places.ts';

it('what Kafka has not kept that a store does not have is told', () => {
  const extent = { topic: 'records', topicId: 'one', firstOffset: 7, endOffset: 9 };
  const extents = [0, 1, 2].map((partition) => ({ ...extent, partition }));
  const places = [0, 7, 9].map((nextOffset, partition) => ({ topic: 'records', partition, nextOffset }));
  const told: unknown[] = [];
  const logger = { warn: (...words: readonly unknown[]) => told.push(words) };
  const from = startingPlaces(places, { extents, store: 'Cassandra', fillAgain: () => '', logger });
  expect(from.map(({ nextOffset }) => nextOffset)).toEqual([7, 7, 9]);
  const gone = { topic: 'records', partition: 0, from: 0, to: 7 };
  expect(told).toEqual([[gone, expect.stringContaining('Cassandra')]]);
});
