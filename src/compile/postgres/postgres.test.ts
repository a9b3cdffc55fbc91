import { describe, expect, it } from 'vitest';
import { daybook } from '../../../daybook.config.ts';
import { everyMeasure } from '../../../test/definitions/every-measure.ts';
import { present } from '../../base/assert.ts';
import type { Definition } from '../../definition/daybook.ts';
import { count, ratio } from '../../definition/measures.ts';
import type { Report } from '../../definition/report.ts';
import { makePlan } from '../../plan/normalise.ts';
import type { PostgresMigration, PostgresState } from './migration.ts';
import { OWN_TABLES } from './own-tables.ts';
import { postgresSql } from './postgres.ts';
import { countStatement, rowsStatement, totalsStatement } from './readings.ts';
import { tableOf } from './tables.ts';

const furnitureStore: PostgresState = {
  versions: [1, 2, 3, 4, 5],
  ownTables: OWN_TABLES,
  tables: [
    {
      name: 'daily_pu_rev',
      key: ['ts_date'],
      columns: [
        { name: 'ts_date', type: 'date', nullable: false },
        { name: 'daily_pu', type: 'bigint', nullable: false },
        { name: 'daily_rev', type: 'numeric(38,6)', nullable: false },
        { name: 'daily_profit', type: 'numeric(38,6)', nullable: false },
        { name: 'frame', type: 'bigint', nullable: false },
      ],
    },
  ],
};

/** The furniture store with its first report alone. */
const oneReport: Definition = { ...daybook, reports: daybook.reports.slice(0, 1), dashboard: { title: '', tiles: [] } };

function migrate(
  change: (columns: PostgresState['tables'][number]['columns']) => PostgresState['tables'][number]['columns'],
  drop: readonly string[] = [],
): PostgresMigration {
  const tables = furnitureStore.tables.map((table) => ({ ...table, columns: change(table.columns) }));
  return postgresSql(makePlan(oneReport)).migrate({ ...furnitureStore, tables }, drop);
}

describe('the SQL for PostgreSQL', () => {
  it.each([
    ['furniture-store', daybook],
    ['every-measure', everyMeasure],
  ])('is that of %s, as it was looked over', async (name, definition) => {
    await expect(postgresSql(makePlan(definition)).script).toMatchFileSnapshot(`./${name}.golden.sql`);
  });

  it('takes NUL in what is asked for as the mark that rows have in its place', () => {
    const [report] = makePlan(everyMeasure).reports;
    const { values } = rowsStatement(present(report, 'it has reports'), { search: 'a\0', equals: { guest: ['b\0'] } });
    expect(values).toEqual([['b\u2400'], 'a\u2400']);
  });

  it('is none for what the embedded engine refuses', () => {
    const [, products, addresses] = makePlan(daybook).reports;
    const report = present(products, 'that of products');
    const places = present(addresses, 'that of addresses');
    const by = ['category'];
    const measure = 'daily_rev';
    const refusals: readonly (readonly [() => unknown, RegExp])[] = [
      [() => rowsStatement(report, { from: '2026-02-30' }), /^'from' is '2026-02-30'; it must be a day that exists/],
      [() => rowsStatement(report, { limit: -1 }), /^'limit' is -1; it must be a whole number/],
      [() => rowsStatement(report, { equals: { price: ['1'] } }), /^'price' is no dimension/],
      [() => rowsStatement(places, { equals: { latitude: [' 5'] } }), /^'latitude' is ' 5'; it must be a number/],
      [() => rowsStatement(report, { sort: [{ column: 'x', descending: true }] }), /^'x' is no column/],
      [() => countStatement(report, {}, 'category'), /^'category' is no measure/],
      [() => totalsStatement(report, { by, measure: 'price' }), /^'price' is no measure .* can be summed up; it has/],
      [() => totalsStatement(report, { by, measure: '' }), /^'measure' is missing/],
      [() => totalsStatement(report, { by: ['category', ...by], measure }), /^'category' is named twice/],
      [() => totalsStatement(report, { by, measure, sort: [{ column: 'x', descending: true }] }), /^'x' is none of/],
    ];
    for (const [ask, message] of refusals) expect(ask).toThrow(message);
  });

  it('is nothing for a database that has all of it', () => {
    expect(migrate((columns) => columns)).toEqual({ statements: [], notes: [], refusals: [] });
  });

  it('adds a column for a new measure, and has the topic read again', () => {
    const { statements, refusals } = migrate((columns) => columns.filter(({ name }) => name !== 'daily_profit'));
    expect(refusals).toEqual([]);
    expect(statements).toEqual([
      'ALTER TABLE "daily_report"."daily_pu_rev"\n  ADD COLUMN "daily_profit" numeric(38,6)',
      `DELETE FROM "daybook"."offsets" WHERE topic = 'daily_pu_rev'`,
    ]);
  });

  it('has the topic of a table read again that is made, but in a database that no sink has seen', () => {
    const { migrate: migrateTo } = postgresSql(makePlan(oneReport));
    const forgotten = `DELETE FROM "daybook"."offsets" WHERE topic = 'daily_pu_rev'`;
    expect(migrateTo({ ...furnitureStore, tables: [] }, []).statements[0]).toBe(forgotten);
    expect(migrateTo({ versions: [], ownTables: [], tables: [] }, []).statements).not.toContain(forgotten);
  });

  it('keeps the figures of a measure that is gone until it is told to drop them', () => {
    const withTips = (columns: PostgresState['tables'][number]['columns']): typeof columns => [
      ...columns,
      { name: 'tips', type: 'bigint', nullable: true },
    ];
    expect(migrate(withTips)).toEqual({
      statements: [],
      notes: [],
      refusals: [
        "daily_report.daily_pu_rev: column 'tips' is of no measure any more. --drop daily_pu_rev.tips takes it away with its figures",
      ],
    });
    expect(migrate(withTips, ['daily_pu_rev.tips']).statements).toEqual([
      'ALTER TABLE "daily_report"."daily_pu_rev"\n  DROP COLUMN "tips"',
    ]);
  });

  it('widens a column, and refuses to narrow one', () => {
    const as = (type: string) => (columns: PostgresState['tables'][number]['columns']) =>
      columns.map((column) => (column.name === 'daily_rev' ? { ...column, type } : column));
    expect(migrate(as('numeric(18,6)')).statements).toEqual([
      'ALTER TABLE "daily_report"."daily_pu_rev"\n  ALTER COLUMN "daily_rev" TYPE numeric(38,6)',
    ]);
    expect(migrate(as('double precision')).refusals).toEqual([
      "daily_report.daily_pu_rev: column 'daily_rev' is double precision and would become numeric(38,6), which may " +
        'lose digits; --drop daily_pu_rev takes it away and creates it again, to be filled from its topic',
    ]);
  });

  it('lets a column be null that may be now, and has a table made anew whose key may', () => {
    const ratioOf = (report: Report): Report => ({
      ...report,
      measures: { ...report.measures, daily_rev: ratio('daily_profit', 'daily_pu') },
    });
    const { migrate } = postgresSql(makePlan({ ...oneReport, reports: oneReport.reports.map(ratioOf) }));
    expect(migrate(furnitureStore, []).statements).toEqual([
      'ALTER TABLE "daily_report"."daily_pu_rev"\n  ALTER COLUMN "daily_rev" DROP NOT NULL',
    ]);
    const plan = makePlan(daybook);
    const { name, columns, key } = tableOf(present(plan.reports[2], 'that of addresses'));
    const before = { name, key, columns: columns.map((column) => ({ ...column, nullable: false })) };
    const { statements, refusals } = postgresSql(plan).migrate({ ...furnitureStore, tables: [before] }, []);
    expect(statements.join()).not.toContain('"daily_address"');
    expect(refusals.join()).toContain(
      "'latitude', 'longitude' may be null now, and its rows are known by a key that takes no null; --drop daily_address",
    );
  });

  it('leaves a table alone that is not ours, or has another key', () => {
    const foreign = migrate((columns) => columns.filter(({ name }) => name !== 'frame'));
    expect(foreign.statements).toEqual([]);
    expect(foreign.refusals.join()).toContain('this table is not of Daybook');
    const [table] = furnitureStore.tables;
    const otherKey = postgresSql(makePlan(oneReport)).migrate(
      { ...furnitureStore, tables: table === undefined ? [] : [{ ...table, key: ['ts_date', 'segment'] }] },
      [],
    );
    expect(otherKey.refusals.join()).toContain("its rows are known by ts_date, segment, the report's by ts_date");
  });

  it('keeps the table of a report that is gone until it is told to drop it', () => {
    const old = { name: 'daily_segment', key: ['ts_date'], columns: [] };
    const state = { ...furnitureStore, tables: [...furnitureStore.tables, old] };
    const { migrate } = postgresSql(makePlan(oneReport));
    expect(migrate(state, [])).toEqual({
      statements: [],
      notes: ['daily_report.daily_segment is of no report; it stays until --drop daily_segment'],
      refusals: [],
    });
    expect(migrate(state, ['daily_segment']).statements).toEqual([
      'DROP TABLE IF EXISTS "daily_report_long"."daily_segment"',
      'DROP TABLE IF EXISTS "daily_report"."daily_segment"',
      `DELETE FROM "daybook"."offsets" WHERE topic = 'daily_segment'`,
    ]);
    expect(migrate(state, ['daily_segmnt']).refusals).toEqual([
      "there is no 'daily_segmnt' to drop in schema daily_report",
    ]);
  });

  it('has no column by the name of one that each table of PostgreSQL has, or that the sink keeps there', () => {
    for (const name of ['xmin', 'ctid', 'tableoid', 'key_hash']) {
      const [report] = oneReport.reports as readonly [Report];
      const taken = { ...oneReport, reports: [{ ...report, measures: { [name]: count() } }] };
      expect(() => postgresSql(makePlan(taken))).toThrow(
        `report 'daily_pu_rev': its table in PostgreSQL has a column '${name}' of its own. Give it another name`,
      );
    }
  });

  it('leaves a database alone that a newer Daybook has set up', () => {
    const { refusals } = postgresSql(makePlan(oneReport)).migrate(
      { ...furnitureStore, versions: [1, 2, 3, 4, 5, 99] },
      [],
    );
    expect(refusals.join()).toContain('set up by a newer Daybook (version 99');
  });

  it('makes a table of the sink’s own anew that is gone, as far as the database had come', () => {
    const sql = postgresSql(makePlan(oneReport));
    const without = (gone: string): PostgresState => ({
      ...furnitureStore,
      versions: [1, 2],
      ownTables: OWN_TABLES.filter((name) => name !== gone),
    });
    const { statements, notes } = sql.migrate(without('offsets'), []);
    const [first = '', second, third] = statements;
    expect(first).toContain('CREATE TABLE "daybook"."offsets" (');
    expect(second).toBe('ALTER TABLE "daybook"."offsets" ADD COLUMN topic_id text');
    // Of version 3.
    expect(third).toBe('ALTER TABLE "daybook"."quarantine" ADD COLUMN converted bytea');
    expect(statements.at(-1)).toContain('INSERT INTO "daybook"."offsets"');
    expect(notes[0]).toMatch(/^daybook\.offsets: it was gone, and is made anew/);
    expect(sql.migrate(without('quarantine'), []).statements[0]).toContain('CREATE TABLE "daybook"."quarantine" (');
  });

  it('asks for a decimal as it is kept, with 6 places', () => {
    const [report] = makePlan(everyMeasure).reports;
    const { values } = rowsStatement(present(report, 'it has reports'), { equals: { cost: ['1.0000004'] } });
    expect(values).toEqual([['1']]);
  });

  it('asks for a float that is too near to zero as for zero, and not for what PostgreSQL refuses to read', () => {
    const places = present(
      makePlan(daybook).reports.find(({ name }) => name === 'daily_address'),
      'it has places',
    );
    const { values } = rowsStatement(places, { equals: { latitude: ['1e-400', '37.50'] } });
    expect(values).toEqual([['0', '37.5']]);
  });

  it('asks for null and for an empty text apart, as keys spell them', () => {
    const { reports } = makePlan(everyMeasure);
    const report = present(
      reports.find(({ dimensions }) => dimensions.some(({ name }) => name === 'guest')),
      'a report is by guest',
    );
    expect(rowsStatement(report, { equals: { guest: ['""', 'Ann'] } })).toMatchObject({
      text: expect.stringContaining('WHERE "guest" = ANY($1::text[])') as string,
      values: [['', 'Ann']],
    });
    expect(rowsStatement(report, { equals: { guest: [''] } })).toMatchObject({
      text: expect.stringContaining('"guest" IS NULL') as string,
      values: [[]],
    });
  });
});
