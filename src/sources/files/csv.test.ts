import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, it } from 'vitest';
import type { ByteSource } from './byte-source.ts';
import type { ColumnSet } from './columns.ts';
import { csvBatches } from './csv.ts';

const HEADER = 'a,b\n';

/** Any table's columns: a row is the JSON of its cells. */
const columns: ColumnSet = {
  name: 'record',
  prepare: () => Promise.resolve(),
  convert: (cells) => JSON.stringify(cells),
  placesNotFound: () => [],
};

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
