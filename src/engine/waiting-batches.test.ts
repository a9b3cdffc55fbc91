import fc from 'fast-check';
import { expect, it } from 'vitest';
import { FaultyDisk } from '../../test/disk/faulty-disk.ts';
import { keyColumns, keyOf, keyThatLooksLike } from '../../test/intake/key-columns.ts';
import { KEY_WORDS } from '../record/columns.ts';
import { KeyIndex } from './key-index.ts';
import type { NewBatch } from './waiting-batches.ts';
import { WaitingBatches } from './waiting-batches.ts';

/** Each second key looks like the one before it, so that it is doubtful once that one has left memory. */
const keys = Array.from({ length: 30 }, (_, i) => keyOf(i)).flatMap((key) => [key, keyThatLooksLike(key)]);

function batchOf(numbers: readonly number[]): NewBatch {
  const intake = { origin: 'test', lines: new Uint8Array(numbers.length) };
  return {
    intake,
    columns: keyColumns(numbers.map((number) => keys[number] ?? keyOf(number))),
    refused: [],
    entryIds: [],
    journey: { sinceMs: 0, records: 0 },
    resolve: () => {},
    reject: () => {},
  };
}

it('tells new records from repeats as if each batch came once those before it were durable or lost', async () => {
  const numbers = fc.array(fc.nat(59), { maxLength: 20, size: 'max' });
  const step = fc.oneof(
    fc.record({ push: numbers }),
    // What comes while the group is being written, and whether that is looked up before the group is kept or undone.
    fc.record({
      commit: fc.boolean(),
      meanwhile: fc.array(numbers, { maxLength: 2, size: 'max' }),
      isFast: fc.boolean(),
    }),
    fc.constant('spill'),
    fc.constant('save'),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 30, size: 'max' }), async (steps) => {
      const disk = new FaultyDisk();
      const index = new KeyIndex();
      const failures: unknown[] = [];
      const onFailure = (error: unknown): void => void failures.push(error);
      let wake = (): void => {};
      const waiting = new WaitingBatches({
        keys: index,
        disk,
        onReady: () => wake(),
        onLookedUp: () => {},
        onFailure,
        refusalOf: () => undefined,
      });
      const durable = new Set<number>();
      const sent: (readonly number[])[] = [];
      const push = (numbers: readonly number[]): void => {
        sent.push(numbers);
        waiting.push(batchOf(numbers));
      };
      /** Resolves when all that were sent can be taken, but those that were. */
      const allReady = async (taken: number): Promise<void> => {
        while (taken + waiting.length < sent.length) await new Promise<void>((resolve) => void (wake = resolve));
      };
      for (const each of steps) {
        if (each === 'spill') {
          index.retire();
          await index.spill(disk);
        } else if (each === 'save') {
          let words = 0;
          for (const saved of index.save().arrays.flat()) words += saved.length;
          expect(words / KEY_WORDS + index.spilled).toBe(durable.size);
        } else if ('push' in each) push(each.push);
        else {
          await allReady(0);
          const group = waiting.take();
          each.meanwhile.forEach(push);
          if (each.isFast) await allReady(group.length);
          const batches = sent.splice(0, group.length);
          const seen = new Set(durable);
          const expected = batches.map((batch) => batch.filter((key) => !seen.has(key) && seen.add(key)));
          expect(group.map(({ claim }, at) => [...claim.picked].map((record) => batches[at]?.[record]))).toEqual(
            expected,
          );
          if (!each.commit) waiting.undo();
          else {
            waiting.keep(group);
            for (const key of expected.flat()) durable.add(key);
          }
        }
      }
      expect(index.size - index.undoable).toBe(durable.size);
      expect(failures).toEqual([]);
    }),
  );
});
