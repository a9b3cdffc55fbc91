import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { describe, expect, it } from 'vitest';
import { daybook } from '../../../daybook.config.ts';
import { handedOver, RecordingClock, RecordingRuntime } from '../../../test/intake/recording-runtime.ts';
import { temporaryFolder } from '../../../test/process/daybook-process.ts';
import { makePlan } from '../../plan/normalise.ts';
import { importFile } from './import-file.ts';

const plan = makePlan(daybook);

/**
 * What comes out of a Parquet file that holds the rows of a query.
 * @param changed  makes another file of it, which DuckDB itself does not write
 */
async function importRows(select: string, changed?: (file: Buffer) => void): Promise<RecordingRuntime> {
  await using folder = await temporaryFolder();
  // A name in which DuckDB would see a pattern.
  const path = join(folder.path, 'sales [a-z]*?.parquet');
  const instance = await DuckDBInstance.create(':memory:');
  const connection = await instance.connect();
  await connection.run(`COPY (${select}) TO '${path}' (FORMAT parquet, COMPRESSION uncompressed)`);
  connection.closeSync();
  instance.closeSync();
  if (changed !== undefined) {
    const file = await readFile(path);
    changed(file);
    await writeFile(path, file);
  }
  const runtime = new RecordingRuntime(plan);
  const findPlace = (): undefined => undefined;
  const summary = await importFile({ path, runtime, clock: new RecordingClock(), findPlace });
  expect(summary.lines).toBe(runtime.records.length + runtime.unreadable.length);
  return runtime;
}

const NAMES = `'c' AS customer_id, 'n' AS customer_name, 's' AS segment, 'u' AS country, 'Salem' AS city,
  'Furniture' AS category, 'Chairs' AS sub_category, 'Shelf, 36" wide' AS product_name`;

/** The columns of a record, each with an expression; what is given is instead of one, or a further one. */
function recordOf(given: Readonly<Record<string, string>> = {}): string {
  const columns: Readonly<Record<string, string>> = {
    ts_id: "'1'",
    ts: "'2024-03-10 10:00:00'",
    customer_id: "'c'",
    customer_name: "'n'",
    segment: "'s'",
    country: "'u'",
    city: "'Salem'",
    category: "'Furniture'",
    sub_category: "'Chairs'",
    product_name: "'Shelf'",
    price: '1',
    quantity: '1',
    discount: '0',
    revenue: '1',
    profit: '1',
    latitude: 'NULL',
    longitude: 'NULL',
    ...given,
  };
  return Object.entries(columns)
    .map(([name, value]) => `${value} AS ${name}`)
    .join(', ');
}

/** Replaces bytes wherever they stand, by as many others. */
function replaceAll(file: Buffer, from: Buffer, to: Buffer): void {
  for (let at = file.indexOf(from); at !== -1; at = file.indexOf(from, at)) at += to.copy(file, at);
}

/** Declares decimals of 38 digits, two of them behind the point, as such of 54: their scale and precision as Thrift has them. */
const widen = (file: Buffer): void =>
  replaceAll(file, Buffer.from([0x15, 4, 0x15, 38 * 2]), Buffer.from([0x15, 4, 0x15, 54 * 2]));

describe('importing Parquet', () => {
  it('prints every type as a record has it, with all digits', async () => {
    const runtime =
      await importRows(`SELECT '1' AS ts_id, TIMESTAMPTZ '2024-03-10 10:00:00.5+02:00' AS ts, NULL::DATE AS ts_date,
      ${NAMES}, 12345678901.123456::DECIMAL(18,6) AS price, 3::BIGINT AS quantity, 0.1::DOUBLE AS discount,
      422.23999999999995::DOUBLE AS revenue, 'nan'::DOUBLE AS profit, 1e-7::DOUBLE AS latitude, NULL::DOUBLE AS longitude`);
    expect(runtime.records.map(({ text }) => text)).toEqual([
      '{"ts_id":"1","ts":"2024-03-10 08:00:00.5Z","customer_id":"c","customer_name":"n","segment":"s","country":"u",' +
        '"city":"Salem","category":"Furniture","sub_category":"Chairs","product_name":"Shelf, 36\\" wide",' +
        '"price":12345678901.123456,"quantity":3,"discount":"0.1","revenue":422.23999999999995,"profit":"nan",' +
        '"latitude":1e-07,"longitude":null}',
    ]);
  });

  it('takes order lines of the superstore, and says which row cannot be a sale', async () => {
    const runtime =
      await importRows(`SELECT i AS row_id, 'O' AS order_id, DATE '2019-03-09' AS order_date, ${NAMES}, 'Maine' AS state,
      10.0::DOUBLE AS sales, CASE i WHEN 2 THEN 0 ELSE 4 END AS quantity, 0.5::DECIMAL(4,2) AS discount, 1 AS profit
      FROM range(1, 4) rows(i)`);
    expect(runtime.records.map(({ line }) => line)).toEqual([1, 3]);
    expect(JSON.parse(runtime.records[0]?.text ?? '')).toMatchObject({
      ts: '2019-03-09 00:00:00',
      price: 5,
      revenue: 10,
    });
    expect(runtime.unreadable).toMatchObject([{ line: 2, field: 'quantity', code: 'CANNOT_BE_CONVERTED' }]);
    expect(JSON.parse((runtime.unreadable[0]?.record ?? '') as string)).toMatchObject({
      row_id: '2',
      quantity: '0',
      sales: '10.0',
    });
  });

  it('gives rows that became records with all their columns, also once the file was let go', async () => {
    const runtime =
      await importRows(`SELECT i::VARCHAR AS ts_id, '2024-03-10 10:00:00' AS ts, NULL AS ts_date, ${NAMES},
      1 AS price, 1 AS quantity, 0 AS discount, 1 AS revenue, 1 AS profit, NULL AS latitude, NULL AS longitude,
      'a further one, ' || i AS further FROM range(0, 9000) rows(i)`);
    const rows = runtime.intakes.flatMap((intake) =>
      handedOver(intake).map(({ line }) => JSON.parse(String(intake.originalOf?.(line))) as Record<string, unknown>),
    );
    expect(rows.length).toBe(9000);
    for (const [index, row] of rows.entries()) {
      expect(row).toMatchObject({ ts_id: String(index), further: `a further one, ${index}`, latitude: null });
    }
  });

  it('keeps a byte order mark at the beginning of a text, and of a column', async () => {
    const named = NAMES.replace(`'c' AS customer_id`, `[chr(65279) || 'C1', 'C1', chr(65279)][i] AS customer_id`);
    const runtime =
      await importRows(`SELECT i::VARCHAR AS ts_id, '2024-03-10 10:00:00' AS ts, NULL AS ts_date, ${named},
      1 AS price, 1 AS quantity, 0 AS discount, 1 AS revenue, 1 AS profit, NULL AS latitude, NULL AS longitude,
      'a further one' AS "\uFEFFcity" FROM range(1, 4) rows(i)`);
    const ids = runtime.records.map(({ text }) => (JSON.parse(text) as { readonly customer_id: string }).customer_id);
    expect(ids).toEqual(['\uFEFFC1', 'C1', '\uFEFF']);
  });

  it('knows an order line again whose row_id is a DOUBLE, and whose day a TIMESTAMP', async () => {
    const line = { order_id: "'O'", state: "'Maine'", sales: '10' };
    const whole = recordOf({ ...line, row_id: '7', order_date: "DATE '2019-03-09'" });
    const other = recordOf({ ...line, row_id: '7::DOUBLE', order_date: "TIMESTAMP '2019-03-09 00:00:00'" });
    const texts = await Promise.all(
      [whole, other].map(async (columns) => {
        const { records } = await importRows(`SELECT * EXCLUDE (ts_id) FROM (SELECT ${columns})`);
        return records.map(({ text }) => text);
      }),
    );
    expect(texts[0]).toHaveLength(1);
    expect(texts[1]).toEqual(texts[0]);
  });

  it('takes a moment at midnight for a day where a field is one, as programs that know no days write it', async () => {
    const dayOf = async (ts_date: string): Promise<unknown> => {
      const { records } = await importRows(`SELECT ${recordOf({ ts_date })}`);
      return (JSON.parse(records[0]?.text ?? '') as Readonly<Record<string, unknown>>)['ts_date'];
    };
    expect(await dayOf("TIMESTAMP '2024-03-10 00:00:00'")).toBe('2024-03-10');
    expect(await dayOf("TIMESTAMP_NS '2024-03-10 00:00:00'")).toBe('2024-03-10');
    // Any other is no day, and one of a time zone is of another day elsewhere.
    expect(await dayOf("TIMESTAMP '2024-03-10 00:00:01'")).toBe('2024-03-10 00:00:01');
    expect(await dayOf("TIMESTAMPTZ '2024-03-10 00:00:00Z'")).toBe('2024-03-10 00:00:00Z');
  });

  it('refuses a column with decimals of more than 38 digits, which DuckDB reads wrong', async () => {
    const wide = '12.34::DECIMAL(38,2)';
    const refused = {
      code: 'IMPORT_COLUMNS',
      message: expect.stringMatching(/'revenue'.*38.*decimal\(18,6\)/) as string,
    };
    await expect(importRows(`SELECT ${recordOf({ revenue: wide })}`, widen)).rejects.toMatchObject(refused);
    const line = recordOf({ row_id: '1', order_id: "'O'", order_date: "'2019-03-09'", state: "'Maine'", sales: wide });
    const withoutRecord = line.replace("'1' AS ts_id, ", '');
    await expect(importRows(`SELECT ${withoutRecord}`, widen)).rejects.toThrow(/'sales'/);
    expect((await importRows(`SELECT ${recordOf({ revenue: wide })}`)).records[0]?.text).toContain('"revenue":12.34,');
  });

  it('takes records beside decimals that cannot be read, and keeps no wrong value of these', async () => {
    const further = {
      tax: '12.34::DECIMAL(38,2)',
      parts: "{'tax': [12.34::DECIMAL(38,2)]}",
      last: '5.5::DECIMAL(9,2)',
    };
    const runtime = await importRows(`SELECT ${recordOf(further)}`, widen);
    const original = JSON.parse(String(runtime.intakes[0]?.originalOf?.(1))) as Record<string, unknown>;
    const unread = '(not read: decimals of more than 38 digits)';
    expect(original).toMatchObject({ ts_id: '1', tax: unread, parts: unread, last: '5.50' });
  });

  it('takes records beside bytes that are no text, and keeps these in hex', async () => {
    const further = {
      photo: "'\\xFF\\x00'::BLOB",
      note: "'caf\\xC3\\xA9'::BLOB",
      none: 'NULL::BLOB',
      deep: "{'a': '\\xFF'::BLOB}",
    };
    const runtime = await importRows(`SELECT ${recordOf({ ...further, customer_id: "'\\xC3\\xA9'::BLOB" })}`);
    expect(runtime.records.map(({ text }) => text)).toEqual([expect.stringContaining('"customer_id":"é"')]);
    const original = JSON.parse(String(runtime.intakes[0]?.originalOf?.(1))) as Record<string, unknown>;
    expect(original).toMatchObject({ photo: '\\xff00', note: 'café', none: null, deep: "{'a': \\xFF}" });
  });

  it('refuses the one row in which a text is of bytes that are none', async () => {
    const customer_id = "CASE i WHEN 2 THEN '\\xFF\\xFE'::BLOB ELSE 'C'::BLOB END";
    const runtime = await importRows(`SELECT ${recordOf({ ts_id: 'i', customer_id })} FROM range(1, 4) rows(i)`);
    expect(runtime.records.map(({ line }) => line)).toEqual([1, 3]);
    expect(runtime.unreadable).toMatchObject([{ line: 2, code: 'NOT_UNICODE', field: 'customer_id' }]);
    expect(runtime.unreadable[0]?.reason).toBe("column 'customer_id' is not UTF-8");
    expect(JSON.parse(String(runtime.unreadable[0]?.record))).toMatchObject({ ts_id: '2', customer_id: '\\xfffe' });
  });

  it('names the column that is declared as text and has bytes that are none', async () => {
    const damage = (file: Buffer): void => replaceAll(file, Buffer.from('damaged'), Buffer.alloc(7, 0xff));
    const importing = importRows(`SELECT ${recordOf({ city: "'damaged'", note: "'damaged, too'" })}`, damage);
    await expect(importing).rejects.toMatchObject({ code: 'IMPORT_ENCODING' });
    await expect(importing).rejects.toThrow(/ column 'city' .* not UTF-8/);
    await expect(importing).rejects.not.toThrow(/write it again/);
  });

  it('keeps of a very long row its start alone, and takes it where the record of it is short', async () => {
    const long = "repeat('é', 9000000)";
    const runtime = await importRows(
      `SELECT ${recordOf({
        ts_id: 'i',
        customer_id: "CASE i WHEN 1 THEN '\\xFF'::BLOB ELSE 'C'::BLOB END",
        customer_name: `CASE i WHEN 2 THEN ${long} ELSE 'n' END`,
        note: `CASE i WHEN 2 THEN '' ELSE ${long} END`,
      })} FROM range(1, 4) rows(i)`,
    );
    expect(runtime.unreadable).toMatchObject([
      { line: 1, code: 'NOT_UNICODE', field: 'customer_id' },
      { line: 2, code: 'TOO_LONG' },
    ]);
    for (const { reason } of runtime.unreadable)
      expect(reason).toMatch(/, and of .* above 8388608 .* the first 6553[56] are kept$/);
    expect(runtime.records.map(({ line }) => line)).toEqual([3]);
    const original = runtime.intakes.find(({ lines }) => lines.length > 0)?.originalOf?.(3) ?? '';
    for (const [index, start] of [...runtime.unreadable.map(({ record }) => record), original].entries()) {
      expect(Buffer.byteLength(start)).toBeGreaterThan(65_530);
      expect(Buffer.byteLength(start)).toBeLessThanOrEqual(65_536);
      expect(String(start)).toMatch(new RegExp(`^\\{"ts_id":"${index + 1}".*é$`));
    }
  });

  it('hands large records over a few at a time', async () => {
    const runtime = await importRows(
      `SELECT ${recordOf({ ts_id: 'i', customer_name: "repeat('n', 900000)" })} FROM range(1, 21) rows(i)`,
    );
    expect(runtime.records.map(({ line }) => line)).toEqual(Array.from({ length: 20 }, (_, index) => index + 1));
    expect(Math.max(...runtime.intakes.map(({ lines }) => lines.length))).toBeLessThan(6_000_000);
    for (const intake of runtime.intakes) {
      for (const { line } of handedOver(intake)) {
        expect(String(intake.originalOf?.(line)).slice(0, 30)).toContain(`"ts_id":"${line}"`);
      }
    }
  });

  it('says in the words of Parquet which columns it lacks', async () => {
    await expect(importRows(`SELECT 1 AS "a;b;c", 2 AS "x\u0007y"`)).rejects.toThrow(
      /^Its columns \(a;b;c, x\uFFFDy\) are none of those that are needed\. They are .* Name the columns so, in any order; further ones are left out\.$/,
    );
    await expect(importRows(`SELECT '1' AS ts_id, ${NAMES}`)).rejects.toThrow(
      /^Its columns are not those that are needed\. Nearest are the columns of a record, of which it lacks ts, .* It has ts_id, customer_id, .* Name the columns so,/,
    );
  });
});
