import fc from 'fast-check';
import { expect, it } from 'vitest';
import {
  count,
  date,
  defineDashboard,
  defineDaybook,
  defineReport,
  defineStream,
  integer,
  tableTile,
  text,
  timestamp,
  uuid,
} from 'daybook';
import { daybook } from '../../daybook.config.ts';
import { mixedSales } from '../../test/sales/mixed-sales.ts';
import { packedBlock } from '../engine/frame-records.ts';
import type { Plan } from '../plan/plan.ts';
import { makePlan } from '../plan/normalise.ts';
import { makeDictionaries } from '../record/dictionaries.ts';
import { Scanner } from '../record/scanner.ts';
import { unpacked } from './unpacking.ts';

const plan = makePlan(daybook);

const stream = defineStream({
  name: 'visits',
  primaryKey: 'id',
  eventTime: 'at',
  businessDate: 'day',
  timeZone: 'UTC',
  currency: 'EUR',
  fields: { id: uuid(), at: timestamp(), day: date(), floor: integer({ nullable: true }), note: text() },
});
/** Visits, grouped by some of their fields. */
function planOfVisits(dimensions: readonly ('day' | 'floor' | 'note')[]): Plan {
  const report = defineReport(stream, { name: 'some_visits', dimensions, measures: { visits: count() } });
  const tiles = [tableTile(report, 'visits', { title: 'Visits', format: 'count' })];
  return makePlan(defineDaybook({ stream, reports: [report], dashboard: defineDashboard({ title: 'Visits', tiles }) }));
}

/** The floor may be missing. */
const visits = planOfVisits(['day', 'floor']);

/** Scans batches one behind the other, as a process does. */
function scannerOf(ofPlan: Plan): Scanner {
  return new Scanner(ofPlan, makeDictionaries(ofPlan));
}

/** A block of all records of a batch. */
function blockOf(scanner: Scanner, lines: readonly string[]): Buffer {
  const text = lines.map((line) => `${line}\n`).join('');
  const { columns, refused } = scanner.scan(Buffer.from(text), 1, undefined, true);
  expect(refused).toEqual([]);
  const { packed } = columns;
  if (packed === undefined) expect.fail('records that were packed');
  const rows = Int32Array.from({ length: columns.count }, (_, row) => row);
  const { head, records } = packedBlock(packed, rows, Buffer.byteLength(text));
  return Buffer.concat([...head, ...records]);
}

function linesOf(packed: Uint8Array): readonly string[] | undefined {
  const bytes = unpacked(packed);
  return bytes && Buffer.from(bytes).toString().split('\n').slice(0, -1);
}

it('unpacks each block by itself to what came, in a third of the room', () => {
  const scanner = scannerOf(plan);
  const batches = [1, 2, 3, 4].map((seed) => mixedSales(3000, { repeats: 0.1, seed }));
  const blocks = batches.map((lines) => blockOf(scanner, lines));
  batches.forEach((lines, at) => expect(linesOf(blocks[at] as Buffer)).toEqual(lines));
  expect(linesOf(Buffer.concat(blocks))).toEqual(batches.flat());
  const bytes = batches.flat().reduce((sum, line) => sum + Buffer.byteLength(line) + 1, 0);
  expect(Buffer.concat(blocks).length / bytes).toBeLessThan(0.5);
});

function visit(floor: number | null): string {
  const id = '9bc372a4-c119-400f-bbec-5d70e1539831';
  return JSON.stringify({ id, at: '2026-10-01 10:00:00', day: '2026-10-01', floor, note: 'a' });
}

/** Many times the same, of which a shape is learned that there is room for. */
function visitsOf(floor: number): readonly string[] {
  return Array.from({ length: 10 }, () => visit(floor));
}

it('a value that is missing is not taken for the one that ended there in the batch before', () => {
  const scanner = scannerOf(visits);
  blockOf(scanner, visitsOf(1234));
  for (const floors of [[1234], [null, 1234]]) {
    const lines = floors.map(visit);
    expect(linesOf(blockOf(scanner, lines))).toEqual(lines);
  }
});

it('values of any length are unpacked as they came', () => {
  const scanner = scannerOf(visits);
  const notes = fc.array(fc.tuple(fc.string({ unit: 'grapheme', maxLength: 300 }), fc.uuid()), { minLength: 1 });
  fc.assert(
    fc.property(notes, (drawn) => {
      const noted = drawn.map(([note, id]) =>
        JSON.stringify({ id, at: '2026-10-01T10:00:00.5Z', day: '2026-10-01', floor: 1, note }),
      );
      // A batch of nothing but the first record of its shape, or of one that is too long, is not packed.
      const lines = [...visitsOf(1), ...noted];
      expect(linesOf(blockOf(scanner, lines))).toEqual(lines);
    }),
  );
});

it('a form is not taken for one of a block that had the same number long ago', () => {
  const scanner = scannerOf(visits);
  blockOf(scanner, visitsOf(1));
  blockOf(scanner, visitsOf(2));
  const other = Buffer.from(`${visit(1)}\n`);
  const room = new ArrayBuffer(4096);
  // Marks have room for 65,535 numbers.
  for (let block = 0; block < 65_534; block++) scanner.scan(other, 1, room, true);
  expect(linesOf(blockOf(scanner, visitsOf(2)))).toEqual(visitsOf(2));
});

it('a date is not taken for another one that stood at its place, once no more forms are remembered', () => {
  const noted = planOfVisits(['day', 'note']);
  const scanner = scannerOf(noted);
  let count = 0;
  const on = (day: string, note = `n${count++}`): string =>
    JSON.stringify({ ...JSON.parse(visit(1)), note, at: `${day} 10:00:00`, day });
  const scan = (lines: readonly string[]): void => {
    scanner.scan(Buffer.from(lines.map((line) => `${line}\n`).join('')), 1);
  };
  scan(Array.from({ length: 20 }, (_, at) => on(at < 10 ? '2026-01-01' : '2026-01-02')));
  // 262,144 forms are remembered.
  for (let batch = 0; batch < 27; batch++) scan(Array.from({ length: 10_000 }, () => on('2026-01-01')));
  scan([on('2026-01-02')]);
  scan([on('2026-01-03')]);
  const lines = [on('2026-01-03'), ...Array.from({ length: 11 }, () => on('2026-01-02'))];
  expect(linesOf(blockOf(scanner, lines))).toEqual(lines);
});

it('a batch in which a frame could seem to begin is not packed', () => {
  const scanner = scannerOf(visits);
  scanner.scan(Buffer.from(`${visitsOf(1).join('\n')}\n`), 1);
  const odd = visitsOf(1).map((line) => line.replace('9bc372a4-c119', 'fe4244f9-c119'));
  const { columns } = scanner.scan(Buffer.from(`${odd.join('\n')}\n`), 1, undefined, true);
  expect(columns.count).toBe(10);
  expect(columns.packed).toBeUndefined();
});

it('a record of very many members is taken, and is not packed', () => {
  const more = Object.fromEntries(Array.from({ length: 66_000 }, (_, at) => [`x${at}`, 0]));
  const line = JSON.stringify({ ...JSON.parse(visit(1)), ...more });
  const { columns, refused } = scannerOf(visits).scan(Buffer.from(`${line}\n${line}\n`), 1, undefined, true);
  expect(refused).toEqual([]);
  expect(columns.count).toBe(2);
});

it('bytes that are no packed records are told from those that are, whatever they are', () => {
  const block = blockOf(scannerOf(plan), mixedSales(30, { repeats: 0, seed: 1 }));
  const length = linesOf(block)?.join('\n').length ?? 0;
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.nat(block.length - 1), fc.nat(255)), { minLength: 1, maxLength: 4 }),
      (changes) => {
        const changed = Buffer.from(block);
        for (const [at, byte] of changes) changed[at] = byte;
        // Its length is all that can be known of it: the frame's checksum tells the rest.
        const found = unpacked(changed);
        if (found !== undefined && changed.readUInt32LE(12) === block.readUInt32LE(12)) {
          expect(found.length).toBeGreaterThanOrEqual(length);
        }
      },
    ),
    { numRuns: 2000 },
  );
  for (const end of [0, 1, 15, 16, 17, block.length - 1]) {
    expect(unpacked(block.subarray(0, end))).toEqual(end === 0 ? Buffer.alloc(0) : undefined);
  }
});
