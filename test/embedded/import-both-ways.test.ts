import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { daybook as definition } from '../../daybook.config.ts';
import { DaybookError } from '../../src/base/errors.ts';
import { makePlan } from '../../src/plan/normalise.ts';
import type { QuarantineEntry, Runtime } from '../../src/ports/runtime.ts';
import { openEmbedded } from '../../src/runtimes/embedded.ts';
import { machineClock } from '../../src/runtimes/machine/clock.ts';
import { openRemote } from '../../src/runtimes/remote.ts';
import type { ImportSummary } from '../../src/sources/files/import-file.ts';
import { importFile } from '../../src/sources/files/import-file.ts';
import { FaultyDisk } from '../disk/faulty-disk.ts';
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
  const odd = [
    'a,"quote that" is wrong,b',
    'too,few,cells',
    '',
    `"over\n\ntwo lines","${'wide '.repeat(500)}"`,
    rows[7]?.replace(/"[^"]*"$/, '"not a number"') ?? '',
  ];
  const lines = [
    columns.join(','),
    ...rows.flatMap((row, index) => (index % 5 === 0 ? [odd[(index / 5) % 5] ?? '', row] : [row])),
  ];
  const text = Buffer.from(lines.join('\n'));
  return Buffer.concat([text, Buffer.from('\n"bad \xff bytes",x\n', 'latin1'), Buffer.from('"open to the end')]);
}

/** What in `jsonOf` is no record, in bytes that are no text. */
const BROKEN = ['{"a": "\xff\n"}', '{"a": "\xfe\n"}', '{"a":\n "\xfd'].map((text) => Buffer.from(text, 'latin1'));

/** A file of records as people print them, some of them broken. */
function jsonOf(sales: readonly Sale[]): Buffer {
  const pieces = sales.map((sale, index) =>
    Buffer.from((index % 20 === 0 ? '[1,\n2]\n' : '') + JSON.stringify(sale, null, 2)),
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
    return [line, ['{', '', '"a text"', `{"ts_id":"${index}"}`, '[1,2]'][(index / 10) % 5] ?? '', line];
  });
  return Buffer.concat([Buffer.from(lines.join('\n')), Buffer.from('\n{"bad \xff": 1}\n', 'latin1')]);
}

async function importInto(runtime: Pick<Runtime, 'plan' | 'accept'>, name: string): Promise<ImportSummary> {
  return importFile({ path: join(folder.path, name), runtime, clock, batchBytes: BATCH_BYTES });
}

/** All entries, but for when they came. */
async function quarantineOf(runtime: Pick<Runtime, 'quarantine'>): Promise<readonly Omit<QuarantineEntry, 'atMs'>[]> {
  const { entries } = await runtime.quarantine({ limit: 1_000, offset: 0 });
  return entries.map(({ atMs: _, ...entry }) => entry);
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
    const quarantine = await quarantineOf(here);
    expect(new Set(quarantine.map(({ origin }) => origin))).toEqual(new Set([name]));
    expect(await quarantineOf(served.runtime)).toEqual(quarantine);
    await expectReportsOf(here, sales);
    await expectReportsOf(served.runtime, sales);

    // And the one way after the other it counts once.
    await importInto(served.runtime, name);
    await throughServer(served, name);
    expect(await quarantineOf(served.runtime)).toEqual(quarantine);
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

  it('may have lines of megabytes, and those that are too long are refused before they are sent', async () => {
    await using served = await serveEmbedded();
    const [sale = {}] = salesOf(3);
    const line = (bytes: number): string => JSON.stringify({ ...sale, note: 'x'.repeat(bytes) });
    await writeFile(join(folder.path, 'long.ndjson'), `{}\n${line(1_000_000)}\n${line(7 * MIB)}\n`);
    expect(await throughServer(served, 'long.ndjson')).toMatchObject({ accepted: 1, quarantined: 2 });
    expect(await quarantineOf(served.runtime)).toMatchObject([
      { line: 3, code: 'TOO_LONG', origin: 'long.ndjson' },
      { line: 1, code: 'MISSING_FIELD', origin: 'long.ndjson' },
    ]);
    await writeFile(join(folder.path, 'longer.ndjson'), `{}\n${line(17 * MIB)}\n`);
    for (const runtime of [served.runtime, openRemote(plan, served.server.url)]) {
      const error = await importInto(runtime, 'longer.ndjson').catch((thrown: unknown) => thrown);
      expect(error).toBeInstanceOf(DaybookError);
      expect(error).toMatchObject({ code: 'IMPORT_LINE_TOO_LONG', details: { line: 2 } });
    }
  });
});
