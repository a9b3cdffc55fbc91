import { describe, expect, it } from 'vitest';
import { daybook } from '../../../daybook.config.ts';
import { everyMeasure } from '../../../test/definitions/every-measure.ts';
import { text } from '../../definition/fields.ts';
import { makePlan } from '../../plan/normalise.ts';
import { cassandraCql } from './cassandra.ts';
import type { CassandraState } from './migration.ts';
import type { CassandraTable } from './tables.ts';
import { dataTables } from './tables.ts';

const plan = makePlan(daybook);
const all: CassandraState = { versions: [1, 2, 3], tables: dataTables(plan), dropped: [] };
const { migrate } = cassandraCql(plan);
const filling = (topic: string): string => `INSERT INTO "daybook"."fillings" (topic, id) VALUES ('${topic}', uuid())`;
const withTable = (name: string, change: (table: CassandraTable) => CassandraTable): CassandraState => ({
  ...all,
  tables: all.tables.map((table) => (table.name === name ? change(table) : table)),
});

describe('the CQL for Cassandra', () => {
  it.each([
    ['furniture-store', daybook],
    ['every-measure', everyMeasure],
  ])('is that of %s, as it was looked over', async (name, definition) => {
    await expect(cassandraCql(makePlan(definition)).script).toMatchFileSnapshot(`./${name}.golden.cql`);
  });

  it('is nothing for a cluster that has all of it', () => {
    expect(migrate(all, [])).toEqual({ statements: [], fillings: [], notes: [], refusals: [] });
  });

  it('adds a column for a new measure, and has the topic read again', () => {
    const state = withTable('daily_pu_rev', (table) => ({
      ...table,
      columns: table.columns.filter(({ name }) => name !== 'daily_profit'),
    }));
    const { statements, fillings } = migrate(state, []);
    expect(statements).toEqual([
      filling('daily_pu_rev'),
      'ALTER TABLE "spark_streams"."daily_pu_rev" ADD "daily_profit" decimal',
    ]);
    expect(fillings).toEqual(['daily_pu_rev']);
  });

  it('does not add a column again that was dropped, where what was written before that would stay hidden', () => {
    const without = (name: string, column: string, type: string): CassandraState => ({
      ...withTable(name, (table) => ({ ...table, columns: table.columns.filter((each) => each.name !== column) })),
      dropped: [{ table: name, name: column, type }],
    });
    expect(migrate(without('daily_pu_rev', 'daily_profit', 'decimal'), [])).toEqual({
      statements: [],
      fillings: [],
      notes: [],
      refusals: [
        "spark_streams.daily_pu_rev: column 'daily_profit' was dropped before, and Cassandra would show nothing in it of rows " +
          'from before that; --drop daily_pu_rev takes it away and creates it again, to be filled from its topic',
      ],
    });
    // Raw records are written as of now.
    const records = (type: string) => migrate(without('daily_records', 'quantity', type), []);
    expect(records('bigint').statements).toEqual([
      filling('daily_records'),
      'ALTER TABLE "spark_streams"."daily_records" ADD "quantity" bigint',
    ]);
    expect(records('text').refusals).toEqual([
      "spark_streams.daily_records: column 'quantity' was text when it was dropped, and Cassandra takes no bigint for it; " +
        '--drop daily_records takes it away and creates it again, to be filled from its topic',
    ]);
  });

  it('has the topic of a table read again that is made, but in a cluster that no sink has seen', () => {
    const tables = all.tables.filter(({ name }) => name !== 'daily_pu_rev');
    expect(migrate({ ...all, tables }, []).statements[0]).toBe(filling('daily_pu_rev'));
    expect(migrate({ ...all, versions: [], tables }, []).statements).not.toContain(filling('daily_pu_rev'));
  });

  it('takes nothing away unless it is told to', () => {
    const tips = { name: 'tips', type: 'bigint', kind: 'regular', position: -1 } as const;
    const state = withTable('daily_pu_rev', (table) => ({ ...table, columns: [...table.columns, tips] }));
    expect(migrate(state, [])).toMatchObject({
      statements: [],
      refusals: [
        "spark_streams.daily_pu_rev: column 'tips' is in the definition no more. --drop daily_pu_rev.tips takes it away with what it holds",
      ],
    });
    expect(migrate(state, ['daily_pu_rev.tips']).statements).toEqual([
      'ALTER TABLE "spark_streams"."daily_pu_rev" DROP "tips"',
    ]);
    const old = { ...all, tables: [...all.tables, { name: 'daily_segment', columns: [] }] };
    expect(migrate(old, [])).toMatchObject({ statements: [], refusals: [] });
    expect(migrate(old, ['daily_segment']).statements).toEqual([
      filling('daily_segment'),
      'DROP TABLE IF EXISTS "spark_streams"."daily_segment"',
    ]);
    expect(migrate(all, ['nothing']).refusals).toEqual(["there is no 'nothing' to drop in keyspace spark_streams"]);
  });

  it('leaves tables of other systems and of newer versions alone', () => {
    const foreign = withTable('daily_records', (table) => ({
      ...table,
      columns: [{ name: 'ts_id', type: 'text', kind: 'partition_key', position: 0 }],
    }));
    expect(migrate(foreign, []).refusals.join()).toContain('its primary key is another one');
    expect(migrate({ ...all, versions: [9] }, []).refusals.join()).toContain('set up by a newer Daybook');
  });

  it('is refused for a name that Cassandra does not take', () => {
    const [report, ...others] = daybook.reports;
    const long = { ...daybook, reports: [{ ...report, name: `x${'y'.repeat(50)}` }, ...others] } as typeof daybook;
    expect(() => cassandraCql(makePlan({ ...long, dashboard: { title: '', tiles: [] } }))).toThrow(
      'is too long a name for a table of Cassandra',
    );
  });

  it.each([
    [
      'a report',
      'product_name',
      text({ maxLength: 20_000 }),
      /^report 'daily_category_product': 'category', .* 16\d{3}\./,
    ],
    [
      'a report with nulls',
      'category',
      text({ nullable: true, maxLength: 9_000 }),
      /^report 'daily_category_product': .* 10\d{3}\./,
    ],
    ['the primary key', 'ts_id', text({ maxLength: 16_384 }), /^stream 'daily_records': 'ts_id' .* 16\d{3}\./],
  ])('is refused for a text that a key has no room for: %s', (_, name, field, message) => {
    const fields = { ...daybook.stream.fields, [name]: field };
    const wide = { ...daybook, stream: { ...daybook.stream, fields } } as typeof daybook;
    expect(() => cassandraCql(makePlan(wide))).toThrow(message);
  });
});
