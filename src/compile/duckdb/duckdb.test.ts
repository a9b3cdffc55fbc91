import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import type { DuckDBConnection } from '@duckdb/node-api';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { daybook } from '../../../daybook.config.ts';
import type { ZoneOffset } from '../../base/zone-offsets.ts';
import { everyMeasure } from '../../../test/definitions/every-measure.ts';
import { makePlan } from '../../plan/normalise.ts';
import type { Plan } from '../../plan/plan.ts';
import { duckDbSql } from './duckdb.ts';
import { MACROS, zoneOffsetsSql } from './macros.ts';

/** Few and made up, so that no golden file depends on what governments decide. */
const OFFSETS: readonly ZoneOffset[] = [
  { sinceS: 0, offsetS: 37_800 },
  { sinceS: 4_102_444_800, offsetS: undefined },
];

/** As it stands in a file: each member is a text. */
const VISIT = {
  '#': '0',
  id: '0B7D1A2E-5f1c-4c8e-9d53-2f60a1c3b4d5',
  at: '2026-03-04T03:59:59+11:00',
  order: "it's",
  guest: 'Zoë',
  booked: '2026-01-01',
  rooms: '2.0',
  paid: '0.0999999499999999999999',
  cost: null,
  height: '-1e-7',
};

function script(plan: Plan): string {
  const { setUp, insertRecords, findRepeats, reports, countCompared } = duckDbSql(plan, OFFSETS);
  const statements = [
    ...setUp,
    insertRecords('records.ndjson'),
    findRepeats,
    ...reports.flatMap(({ compare, differences }) => [compare, countCompared, differences]),
  ];
  return statements.map((statement) => `${statement};\n`).join('\n');
}

let instance: DuckDBInstance;
let connection: DuckDBConnection;
beforeAll(async () => {
  instance = await DuckDBInstance.create(':memory:', { threads: '1', autoload_known_extensions: 'false' });
  connection = await instance.connect();
  for (const macro of MACROS) await connection.run(macro);
});
afterAll(() => {
  connection.closeSync();
  instance.closeSync();
});

async function valueOf(expression: string): Promise<unknown> {
  return (await connection.runAndReadAll(`SELECT ${expression}`)).getRowsJson()[0]?.[0];
}

describe('the SQL for DuckDB', () => {
  it.each([
    ['furniture-store', makePlan(daybook)],
    ['every-measure', makePlan(everyMeasure)],
  ])('of %s is as it was looked over', async (name, plan) => {
    await expect(script(plan)).toMatchFileSnapshot(`./${name}.golden.sql`);
  });

  it('is taken by DuckDB, statement by statement', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'daybook-test-'));
    const database = await DuckDBInstance.create(':memory:', { threads: '1', autoload_known_extensions: 'false' });
    const own = await database.connect();
    try {
      const path = join(folder, "it's.ndjson");
      await writeFile(path, `${JSON.stringify(VISIT)}\n`);
      const sql = duckDbSql(makePlan(everyMeasure), OFFSETS);
      for (const statement of [...sql.setUp, sql.insertRecords(path), sql.findRepeats]) await own.run(statement);
      const compared: unknown[] = [];
      for (const { compare, differences } of sql.reports) {
        await own.run(compare, { slice: 0, from: '-infinity', to: 'infinity', below: 1 });
        const counts = await own.runAndReadAll(sql.countCompared);
        const rows = await own.runAndReadAll(differences, { most: 10 });
        compared.push([...counts.getRowsJson(), ...rows.getRowObjectsJson()]);
      }
      expect(compared).toMatchInlineSnapshot(`
        [
          [
            [
              "1",
              "1",
            ],
            {
              "#kept": null,
              "#recomputed": true,
              "a_bed": "50000",
              "a_bed#kept": null,
              "a_guest": "1000000",
              "a_guest#kept": null,
              "beds": "2",
              "beds#kept": null,
              "booked": "2026-01-01",
              "bottom": -1e-7,
              "bottom#kept": null,
              "cost": null,
              "day": "2026-03-03",
              "days": "1",
              "days#kept": null,
              "guest": "Zoë",
              "guests": "1",
              "guests#kept": null,
              "height": -1e-7,
              "high": "100000",
              "high#kept": null,
              "least": "2",
              "least#kept": null,
              "low": "100000",
              "low#kept": null,
              "mean": "100000",
              "mean#kept": null,
              "mean_rooms": "2000000",
              "mean_rooms#kept": null,
              "order": "it's",
              "records": "1",
              "records#kept": null,
              "rooms": "2",
              "spread": "50000",
              "spread#kept": null,
              "takings": "100000",
              "takings#kept": null,
              "top": -1e-7,
              "top#kept": null,
            },
          ],
          [
            [
              "0",
              "0",
            ],
          ],
        ]
      `);
    } finally {
      own.closeSync();
      database.closeSync();
      await rm(folder, { recursive: true });
    }
  });
});

describe('a decimal', () => {
  it.each([
    ['0', '0'],
    ['-0', '0'],
    ['-0.0e5', '0'],
    ['12', '12000000'],
    ['-0.5', '-500000'],
    ['422.23999999999995', '422240000'],
    ['1.2e3', '1200000000'],
    ['1.2E+3', '1200000000'],
    ['12e-1', '1200000'],
    ['-1234.5678901e-2', '-12345679'],
    ['0.00000000000000001e17', '1000000'],
    ['9007199254.740991', '9007199254740991'],
    ['-9007199254.740991', '-9007199254740991'],
    ['0e99999999999999999999', '0'],
    ['1e-99999999999999999999', '0'],
    ['1e-400', '0'],
  ])('%s is %s millionths', async (text, micros) => {
    expect(await valueOf(`micros('${text}')`)).toBe(micros);
  });

  it.each([
    ['0.0000005', '0'],
    ['0.0000015', '2'],
    ['-0.0000015', '-2'],
    ['-0.0000025', '-2'],
    ['0.1234565', '123456'],
    ['0.1234575', '123458'],
    ['0.12345650000000000001', '123457'],
    ['0.12345649999999999999', '123456'],
    ['0.1234565000000000000000000000000', '123456'],
    ['5e-7', '0'],
    ['5.0000000000000000001e-7', '1'],
    ['15e-7', '2'],
    ['9.9e-7', '1'],
    ['9e-8', '0'],
    ['999999999.9999995', '1000000000000000'],
  ])('%s is rounded half-even to %s millionths', async (text, micros) => {
    expect(await valueOf(`micros('${text}')`)).toBe(micros);
  });
});

describe('a whole number', () => {
  it.each([
    ['3', '3'],
    ['-3.000', '-3'],
    ['30', '30'],
    ['3e2', '300'],
    ['300e-2', '3'],
    ['-0', '0'],
    ['9007199254740991', '9007199254740991'],
  ])('%s is %s', async (text, whole) => {
    expect(await valueOf(`whole(plain('${text}'))`)).toBe(whole);
  });
});

describe('a division', () => {
  it.each([
    [7, 2, '4'],
    [5, 2, '2'],
    [-5, 2, '-2'],
    [5, -2, '-2'],
    [-7, -2, '4'],
    [1, 3, '0'],
    [2, 3, '1'],
    [0, 5, '0'],
    [0, 0, null],
    [1, 0, null],
  ])('of %i by %i gives %s', async (dividend, divisor, quotient) => {
    expect(await valueOf(`half_even(CAST(${dividend} AS HUGEINT), ${divisor})`)).toBe(quotient);
  });
});

describe('a business day', () => {
  it.each([
    ['2026-03-04 10:11:12', 'America/New_York', 0, '2026-03-04'],
    ['2026-03-04 02:59:59', 'America/New_York', 3, '2026-03-03'],
    ['2026-03-04 03:00:00', 'America/New_York', 3, '2026-03-04'],
    ['2026-03-04T23:59:59.999999999', 'America/New_York', 0, '2026-03-04'],
    ['2026-03-04t04:59:59Z', 'America/New_York', 0, '2026-03-03'],
    ['2026-03-04 05:00:00z', 'America/New_York', 0, '2026-03-04'],
    ['2026-03-08T03:59:59.5-00:30', 'America/New_York', 0, '2026-03-07'],
    ['2026-07-04T04:00:00+0000', 'America/New_York', 0, '2026-07-04'],
    ['2026-01-01T00:00:00+14:00', 'Pacific/Kiritimati', 0, '2026-01-01'],
    ['2026-01-01T00:00:00.123+05:45', 'Asia/Kathmandu', 1, '2025-12-31'],
  ])('of %s in %s, ending at %i, is %s', async (moment, zone, endHour, day) => {
    expect(await valueOf(`CAST(business_day('${moment}', '${zone}', ${endHour}) AS VARCHAR)`)).toBe(day);
  });

  it.each([
    ['2026-03-31T22:59:59Z', '2026-03-31'],
    ['2026-03-31T23:00:00Z', '2026-04-01'],
    ['2026-04-30T23:00:00Z', '2026-04-30'],
    // Before and behind what is said.
    ['1969-12-31T23:00:00Z', '1970-01-01'],
    ['2027-06-30T22:30:00Z', '2027-07-01'],
  ])('of %s is %s by offsets that DuckDB does not know', async (moment, day) => {
    const own = await instance.connect();
    const offsets = [
      { sinceS: 0, offsetS: 3600 },
      { sinceS: Date.UTC(2026, 3, 15) / 1000, offsetS: 0 },
      { sinceS: Date.UTC(2027, 0, 1) / 1000, offsetS: undefined },
    ];
    for (const statement of zoneOffsetsSql(offsets)) await own.run(statement);
    const result = await own.runAndReadAll(`SELECT CAST(business_day('${moment}', 'Europe/Paris', 0) AS VARCHAR)`);
    expect(result.getRowsJson()).toEqual([[day]]);
    own.closeSync();
  });
});
