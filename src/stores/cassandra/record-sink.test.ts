import { expect, it } from 'vitest';
import { batchesOf } from './record-sink.ts';

const ITEMS = 200;
const MI = 1024 * 1024;

it('rows of one partition are written together, so many and so long that Cassandra takes them at once', () => {
  const items = Array.from({ length: ITEMS }, (_, at) => ({ at, partition: String(at % 3), length: (at * 7919) % MI }));
  const batches = batchesOf(
    items,
    ({ partition }) => partition,
    ({ length }) => length,
  );
  for (const batch of batches) {
    expect(new Set(batch.map(({ partition }) => partition)).size).toBe(1);
    expect(batch.length).toBeLessThanOrEqual(50);
    if (batch.length > 1) expect(batch.reduce((sum, { length }) => sum + length, 0)).toBeLessThanOrEqual(MI);
  }
  const all = batches.flat();
  expect(all.toSorted((a, b) => a.at - b.at)).toEqual(items);
  for (const partition of ['0', '1', '2']) {
    const own = all.filter((each) => each.partition === partition).map(({ at }) => at);
    expect(own).toEqual(own.toSorted((a, b) => a - b));
  }
  expect(batchesOf(items, ({ partition }) => partition).map(({ length }) => length)).toEqual([50, 50, 50, 17, 17, 16]);
});
