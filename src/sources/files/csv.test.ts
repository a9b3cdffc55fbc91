import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { ByteSource } from './byte-source.ts';
import { chunkBytes } from './byte-source.ts';
import type { ColumnSet } from './columns.ts';
import { csvBatches } from './csv.ts';

const HEADER = 'a,b\n';

/** Any table's columns: a row is the JSON of its cells. */
const columns: ColumnSet = {
  name: 'record',
  used: [],
  prepare: () => Promise.resolve(),
  convert: (cells) => JSON.stringify(cells),
  placesNotFound: () => [],
};

it('gives a row as it stands in the file, wherever it was cut while it was read', async () => {
  const piece = fc.constantFrom('a', ',', '""', '\n', '\r\n', '\r', ' ', 'é', '😀', 'x'.repeat(100_000));
  const cell = fc.array(piece, { maxLength: 5 }).map((pieces) => `"${pieces.join('')}"`);
  const row = fc.tuple(fc.oneof(cell, fc.constantFrom('', 'a', '漢 "b"')), cell).map((cells) => cells.join(','));
  const odd = fc.constantFrom('one cell', '', '"wrong" quotes,b');
  const end = fc.constantFrom('\n', '\r\n');
  const rows = fc.array(fc.tuple(fc.oneof({ arbitrary: row, weight: 5 }, odd), end), { maxLength: 20 });
  await fc.assert(
    fc.asyncProperty(rows, fc.boolean(), fc.integer({ min: 1, max: 2_000_000 }), async (given, isEnded, batchBytes) => {
      const text = HEADER + given.flat().join('');
      const file = Buffer.from(isEnded ? text : text.replace(/\r?\n$/, ''));
      const chunks = async function* (): AsyncGenerator<Uint8Array> {
        yield await Promise.resolve(file);
      };
      const batches = await Array.fromAsync(csvBatches(chunkBytes(chunks()), () => columns, batchBytes));
      let line = 2;
      const expected = given.flatMap(([each, ending]) => {
        const at = line;
        line += (each + ending).split('\n').length - 1;
        return each === '' ? [] : [[at, each] as const];
      });
      const found = batches.flatMap(({ lines, firstLine, unreadable, originalOf }) => [
        ...Buffer.from(lines)
          .toString()
          .split('\n')
          .flatMap((json, index) => (json === '' ? [] : [firstLine + index]))
          .map((at) => [at, Buffer.from(originalOf?.(at) ?? '').toString()] as const),
        ...unreadable.map((each) => [each.line, each.record.toString()] as const),
      ]);
      expect(found.toSorted(([a], [b]) => a - b)).toEqual(expected);
    }),
    { numRuns: 150 },
  );
});

it('holds of a file what is being read, however long it is', async () => {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  const rooms: WeakRef<object>[] = [];
  const rows = Buffer.from(`${'x'.repeat(100)},y\n`.repeat(600));
  const source: ByteSource = {
    readInto: (room) => {
      rooms.push(new WeakRef(room.buffer));
      if (rooms.length > 300) return Promise.resolve(0);
      const bytes = rooms.length === 1 ? Buffer.from(HEADER) : rows.subarray(0, room.length);
      room.set(bytes);
      return Promise.resolve(bytes.length);
    },
  };
  let held = Infinity;
  for await (const _ of csvBatches(source, () => columns, 1024 * 1024)) {
    if (held < Infinity || rooms.length < 250) continue;
    collect();
    held = new Set(rooms.map((room) => room.deref())).size;
  }
  expect(held).toBeLessThan(10);
});
