import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { daybook as definition } from '../../daybook.config.ts';
import { makePlan } from '../../src/plan/normalise.ts';
import type { QuarantineEntry, Runtime } from '../../src/ports/runtime.ts';
import { openEmbedded } from '../../src/runtimes/embedded.ts';
import { machineClock } from '../../src/runtimes/machine/clock.ts';
import { openRemote } from '../../src/runtimes/remote.ts';
import type { ImportSummary } from '../../src/sources/files/import-file.ts';
import { importFile } from '../../src/sources/files/import-file.ts';
import { FaultyDisk } from '../disk/faulty-disk.ts';
import { wholeQuarantine } from '../intake/whole-quarantine.ts';
import { temporaryFolder } from '../process/daybook-process.ts';
import { expectReportsOf } from '../process/reports-of-runtime.ts';
import { mixedSales } from '../sales/mixed-sales.ts';
import type { ServedDaybook } from '../server/serve-embedded.ts';
import { serveEmbedded } from '../server/serve-embedded.ts';

const MIB = 1024 * 1024;
const clock = machineClock();
const plan = makePlan(definition);
/** Small, so that a file is several batches. */
const BATCH_BYTES = 16 * 1024;

type Sale = Readonly<Record<string, string | number | null>>;

let folder: AsyncDisposable & { readonly path: string };

beforeAll(async () => {
  folder = await temporaryFolder();
});

afterAll(() => folder[Symbol.asyncDispose]());

function salesOf(seed: number): readonly Sale[] {
  return mixedSales(200, { repeats: 0, seed }).map((line) => JSON.parse(line) as Sale);
}

/** A file of sales as they are exported, with rows between that are none. */
function csvOf(sales: readonly Sale[]): Buffer {
  const columns = Object.keys(sales.find((sale) => 'ts_date' in sale) ?? {});
  const cell = (value: string | number | null | undefined): string => `"${String(value ?? '').replaceAll('"', '""')}"`;
  const rows = sales.map((sale) => columns.map((column) => cell(sale[column])).join(','));
  // No two are alike: of those that are, one is kept, and which one depends on whose request comes first.
  const odd = (index: number): string =>
    [
      `${index},"quote that" is wrong,b`,
      `too,few,${index}`,
      '',
      `"over\n\ntwo lines","${`wide ${index}`.repeat(500)}"`,
      rows[7]?.replace(/"[^"]*"$/, `"no number ${index}"`) ?? '',
    ][(index / 5) % 5] ?? '';
  const lines = [columns.join(','), ...rows.flatMap((row, index) => (index % 5 === 0 ? [odd(index), row] : [row]))];
  const text = Buffer.from(lines.join('\n'));
  return Buffer.concat([text, Buffer.from('\n"bad \xff bytes",x\n', 'latin1'), Buffer.from('"open to the end')]);
}

/** What in `jsonOf` is no record, in bytes that are no text. */
const BROKEN = ['{"a": "\xff\n"}', '{"a": "\xfe\n"}', '{"a":\n "\xfd'].map((text) => Buffer.from(text, 'latin1'));

/** A file of records as people print them, some of them broken. */
function jsonOf(sales: readonly Sale[]): Buffer {
  const pieces = sales.map((sale, index) =>
    Buffer.from((index % 20 === 0 ? `[1,\n${index}]\n` : '') + JSON.stringify(sale, null, 2)),
  );
  return Buffer.concat(
    [Buffer.from('['), ...pieces, ...BROKEN].flatMap((piece) => [piece, Buffer.from('\n')]).slice(0, -1),
  );
}

/** A file of lines, with some between that are no records. */
function ndjsonOf(sales: readonly Sale[]): Buffer {
  const lines = sales.flatMap((sale, index) => {
    const line = JSON.stringify(sale);
    if (index % 10 !== 0) return [line];
    return [
      line,
      [`{${index}`, '', `"text ${index}"`, `{"ts_id":"${index}"}`, `[${index}]`][(index / 10) % 5] ?? '',
      line,
    ];
  });
  return Buffer.concat([Buffer.from(lines.join('\n')), Buffer.from('\n{"bad \xff": 1}\n', 'latin1')]);
}

async function importInto(runtime: Pick<Runtime, 'plan' | 'accept'>, name: string): Promise<ImportSummary> {
  return importFile({ path: join(folder.path, name), runtime, clock, batchBytes: BATCH_BYTES });
}

/** All entries, but for when they came. */
async function quarantineOf(runtime: Pick<Runtime, 'quarantine'>): Promise<readonly Omit<QuarantineEntry, 'atMs'>[]> {
  return (await wholeQuarantine(runtime)).map(({ atMs: _, ...entry }) => entry);
}

/** The same in the order of their lines: what two batches have refused may come in either order. */
async function linesOfQuarantine(
  runtime: Pick<Runtime, 'quarantine'>,
): Promise<readonly Omit<QuarantineEntry, 'atMs' | 'id'>[]> {
  const entries = await quarantineOf(runtime);
  return entries.map(({ id: _, ...entry }) => entry).toSorted((a, b) => a.line - b.line);
}

async function throughServer(served: ServedDaybook, name: string): Promise<ImportSummary> {
  return importInto(openRemote(plan, served.server.url), name);
}

describe('a file imported through a Daybook that is running', () => {
  it.each([
    ['sales.csv', csvOf],
    ['sales.ndjson', ndjsonOf],
    ['sales.json', jsonOf],
  ] as const)('is what it is when the folder is opened for it: %s', async (name, fileOf) => {
    const sales = salesOf(name.length);
    await writeFile(join(folder.path, name), fileOf(sales));
    const here = await openEmbedded({ plan, disk: new FaultyDisk(), clock });
    await using served = await serveEmbedded();

    const summary = await importInto(here, name);
    expect(summary.quarantined).toBeGreaterThan(5);
    expect(await throughServer(served, name)).toEqual(summary);
    const quarantine = await linesOfQuarantine(here);
    expect(new Set(quarantine.map(({ origin }) => origin))).toEqual(new Set([name]));
    expect(await linesOfQuarantine(served.runtime)).toEqual(quarantine);
    await expectReportsOf(here, sales);
    await expectReportsOf(served.runtime, sales);

    // And the one way after the other it counts once.
    await importInto(served.runtime, name);
    await throughServer(served, name);
    expect(await linesOfQuarantine(served.runtime)).toEqual(quarantine);
    await here.close();
  });

  it('has what is no record kept to the byte, though it is no text', async () => {
    await using served = await serveEmbedded();
    await writeFile(join(folder.path, 'odd.json'), jsonOf([]));
    expect(await throughServer(served, 'odd.json')).toMatchObject({ quarantined: 3 });
    const rows = ['"a \xff b",c', 'a,"b \xfe" c', '"\xfd'].map((row) => Buffer.from(row, 'latin1'));
    const [columns] = csvOf(salesOf(1)).toString().split('\n');
    await writeFile(
      join(folder.path, 'odd.csv'),
      Buffer.from([columns, ...rows.map((row) => row.toString('latin1'))].join('\n'), 'latin1'),
    );
    expect(await throughServer(served, 'odd.csv')).toMatchObject({ quarantined: 3 });
    const kept = (await quarantineOf(served.runtime)).map(({ record, encoding }) => [encoding, record]);
    expect(kept.toReversed()).toEqual([...BROKEN, ...rows].map((bytes) => ['base64', bytes.toString('base64')]));
  });

  it.each([
    ['ndjson', (records: readonly string[]) => `${records.join('\n')}\n`],
    ['json', (records: readonly string[]) => `[${records.join(',\n')}]`],
  ])('may have records of megabytes, and one that is far too long stops nothing: %s', async (extension, fileOf) => {
    await using served = await serveEmbedded();
    const here = await openEmbedded({ plan, disk: new FaultyDisk(), clock });
    const [sale = {}, next = {}] = salesOf(3);
    /** A record of so many bytes. */
    const record = (bytes: number): string => {
      const without = Buffer.byteLength(JSON.stringify({ ...sale, note: '' }));
      return JSON.stringify({ ...sale, note: 'x'.repeat(bytes - without) });
    };
    // As large as one may be that is kept whole.
    const large = record(16 * MIB - 64 * 1024);
    const huge = record(40 * MIB);
    const records = ['{}', record(MIB), large, '{"a":1}', huge, JSON.stringify(next)];
    const name = `long.${extension}`;
    await writeFile(join(folder.path, name), fileOf(records));
    const summary = await importInto(here, name);
    expect(summary).toMatchObject({ lines: 6, accepted: 2, quarantined: 4 });
    expect(await throughServer(served, name)).toEqual(summary);
    const quarantine = await linesOfQuarantine(here);
    // Quickly told: they are large.
    expect(isDeepStrictEqual(await linesOfQuarantine(served.runtime), quarantine)).toBe(true);
    const kept = quarantine.map(({ record: text, encoding }) => Buffer.from(text, encoding));
    expect(quarantine.map(({ line, code }, index) => [line, code, kept[index]?.length])).toEqual([
      [1, 'MISSING_FIELD', 2],
      [3, 'TOO_LONG', 16 * MIB - 64 * 1024],
      [4, 'MISSING_FIELD', 7],
      [5, 'TOO_LONG', 64 * 1024],
    ]);
    expect(kept[1]?.equals(Buffer.from(large))).toBe(true);
    expect(kept[3]?.equals(Buffer.from(huge).subarray(0, 64 * 1024))).toBe(true);
    expect(quarantine[3]?.reason).toBe(
      `the record has ${40 * MIB} bytes; at most 1048576 are taken, and of one above 16711680 the first 65536 are kept`,
    );
    await here.close();
  });
});
