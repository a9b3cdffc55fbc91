import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { dailyRecords, daybook } from '../daybook.config.ts';
import { text as textField } from '../src/definition/fields.ts';
import { makePlan } from '../src/plan/normalise.ts';
import { importFile } from '../src/sources/files/import-file.ts';
import { writeDayFiles } from '../src/stores/parquet/day-files.ts';
import { RecordingClock, RecordingRuntime } from './intake/recording-runtime.ts';

const stream = { ...dailyRecords, fields: { ...dailyRecords.fields, note: textField({ nullable: true }) } };
const plan = makePlan({ ...daybook, stream });

/** Sales of three days with whatever texts and numbers are awkward to write down. */
function saleOf(index: number): Record<string, string | number | null> {
  const names = ['Shelf, 36" wide', 'Zoë "Zed"', 'a\nb\r\nc', ' spaced ', "'; --", '漢😀', '\\', ''];
  const hex = index.toString(16).padStart(12, '0');
  return {
    ts_id: `00000000-0000-4000-8000-${hex}`,
    ts: `2024-02-${27 + (index % 3)} 10:00:${String(index % 60).padStart(2, '0')}`,
    ts_date: `2024-02-${27 + (index % 3)}`,
    customer_id: `C-${index % 7}`,
    customer_name: names[index % names.length] ?? '',
    segment: 'Consumer',
    country: 'United States',
    city: 'Salem',
    category: 'Furniture',
    sub_category: 'Chairs',
    product_name: names[(index * 3) % names.length] ?? '',
    price: (index * 1001) / 64,
    quantity: 1 + (index % 20),
    discount: String((index % 5) / 8),
    revenue: index / 8,
    profit: -(index + 1) / 16,
    latitude: index % 4 === 0 ? null : 44.123456789 + index / 1e6,
    longitude: index % 4 === 0 ? null : 1e-7 * index,
    note: index % 3 === 0 ? null : (names[index % names.length] ?? ''),
  };
}

async function* chunk(text: string): AsyncGenerator<Uint8Array> {
  yield await Promise.resolve(Buffer.from(text));
}

describe('a day that was exported', () => {
  const sales = Array.from({ length: 5000 }, (_, index) => saleOf(index));
  const text = sales.map((sale) => `${JSON.stringify(sale)}\n`).join('');

  for (const format of ['ndjson', 'csv', 'parquet'] as const) {
    it(`comes back from ${format} as the same records, so that importing it changes nothing`, async () => {
      const folder = await mkdtemp(join(tmpdir(), 'daybook-round-trip-'));
      const runtime = new RecordingRuntime(plan);
      await runtime.accept({ origin: 'test', lines: Buffer.from(text) });
      runtime.intakes.length = 0;
      const files = await writeDayFiles({ records: chunk(text), plan, folder, format, openDays: () => false });
      for (const { path, records } of files) {
        const summary = await importFile({ path, runtime, clock: new RecordingClock() });
        expect(summary).toMatchObject({ lines: records, accepted: 0, duplicates: records, quarantined: 0 });
      }
      const back = runtime.records.map((record) => JSON.parse(record.text) as Record<string, unknown>);
      const expected = Array.from({ length: 3 }, (_, day) => sales.filter((_sale, index) => index % 3 === day)).flat();
      expect(files.reduce((sum, file) => sum + file.records, 0)).toBe(sales.length);
      // Parquet knows a discount as a decimal, so `"0.5"` comes back as `"0.500000"`.
      const plain = (sale: Record<string, unknown>): unknown => ({ ...sale, discount: Number(sale.discount) });
      expect(back.map(plain)).toEqual(expected.map(plain));
      await rm(folder, { recursive: true });
    });
  }
});
