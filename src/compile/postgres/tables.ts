import { present } from '../../base/assert.ts';
import { MICROS_PER_UNIT } from '../../base/decimal.ts';
import { DaybookError } from '../../base/errors.ts';
import type { ColumnKind, ColumnPlan, MeasurePlan, ReportPlan } from '../../plan/plan.ts';
import { isSummedInBigint } from '../../plan/ranges.ts';
import { REPORTS_SCHEMA } from '../../plan/shared-names.ts';
import { listed, qualified, quotedName, quotedText } from '../../base/sql-text.ts';
import { FRAME, KEY_HASH, LONG_SCHEMA, READER_ROLE } from './sql.ts';

/** Columns that each table of PostgreSQL has, and ours. */
const TAKEN_NAMES: readonly string[] = ['tableoid', 'xmin', 'cmin', 'xmax', 'cmax', 'ctid', KEY_HASH];

/** A column of a report's table. */
export interface PostgresColumn {
  readonly name: string;
  /** As `format_type` of the catalogue says it. */
  readonly type: string;
  readonly nullable: boolean;
}

/** A report's table. */
export interface PostgresTable {
  readonly name: string;
  /** In the table's order: the report's columns, then the frame. */
  readonly columns: readonly PostgresColumn[];
  /** The columns by which a row is known: the dimensions. */
  readonly key: readonly string[];
  /** Whether texts are in the key: their rows may be too long for an index. */
  readonly hasLongKeys: boolean;
}

/**
 * The table of a report.
 * @throws DaybookError `DEFINITION_WRONG` for a column whose name PostgreSQL, or the sink, has for one of its own
 */
export function tableOf(report: ReportPlan): PostgresTable {
  checkNames(report);
  const columns = report.columns.map((column) => ({
    name: column.name,
    type: typeOf(report, column),
    nullable: column.nullable,
  }));
  return {
    name: report.name,
    columns: [...columns, { name: FRAME, type: 'bigint', nullable: false }],
    key: report.dimensions.map((field) => field.name),
    hasLongKeys: report.dimensions.some((field) => field.kind === 'text'),
  };
}

function checkNames({ name, columns }: ReportPlan): void {
  const taken = columns.filter((column) => TAKEN_NAMES.includes(column.name));
  if (taken.length === 0) return;
  const mistakes = taken.map(
    (column) => `report '${name}': its table in PostgreSQL has a column '${column.name}' of its own`,
  );
  throw new DaybookError('DEFINITION_WRONG', `${mistakes.join('; ')}. Give it another name in the definition.`, {
    details: { mistakes },
  });
}

function typeOf(report: ReportPlan, column: ColumnPlan): string {
  const measure = report.measures.find((each) => column.role === 'measure' && each.name === column.name);
  return measure === undefined ? kindType(column.kind) : measureType(measure, column.kind);
}

function kindType(kind: ColumnKind): string {
  switch (kind) {
    case 'date':
      return 'date';
    case 'text':
      return 'text';
    case 'integer':
      return 'bigint';
    case 'decimal':
      return 'numeric(18,6)';
    case 'number':
      return 'double precision';
  }
}

/** The largest whole and decimal numbers that columns have room for, by type, in micro-units. */
const LARGEST: Readonly<Record<string, bigint>> = {
  bigint: (2n ** 63n - 1n) * MICROS_PER_UNIT,
  'numeric(38,0)': (10n ** 38n - 1n) * MICROS_PER_UNIT,
  'numeric(18,6)': 10n ** 18n - 1n,
  'numeric(38,6)': 10n ** 38n - 1n,
};

/** How far from zero a report's whole and decimal numbers may be, by column, in micro-units; none is more for another store. */
export function largestNumbers(report: ReportPlan): ReadonlyMap<string, bigint> {
  return new Map(
    report.columns.flatMap((column) => {
      const largest = LARGEST[typeOf(report, column)];
      return largest === undefined ? [] : [[column.name, largest] as const];
    }),
  );
}

/** Wide enough for what a measure can come to: a sum, and a ratio of sums, has no limit; whole numbers have 16 digits. */
function measureType(measure: MeasurePlan, kind: ColumnKind): string {
  if (measure.kind === 'ratio') return 'numeric(38,6)';
  if (measure.kind === 'avg' && measure.field.kind === 'integer') return 'numeric(38,6)';
  if (measure.kind !== 'sum') return kindType(kind);
  if (kind === 'decimal') return 'numeric(38,6)';
  return isSummedInBigint(measure.field) ? 'bigint' : 'numeric(38,0)';
}

/** Statements that create a report's table, with its part for long keys, and let the readers read it. */
export function createTable(table: PostgresTable, title: string): readonly string[] {
  const name = qualified(REPORTS_SCHEMA, table.name);
  return [
    `CREATE TABLE IF NOT EXISTS ${name} (\n${listed([...table.columns.map(columnSql), keySql(table)])}\n)`,
    ...(table.hasLongKeys
      ? [
          `CREATE TABLE IF NOT EXISTS ${qualified(LONG_SCHEMA, table.name)} (\n` +
            `  ${quotedName(KEY_HASH)} bytea PRIMARY KEY\n) INHERITS (${name})`,
        ]
      : []),
    `COMMENT ON TABLE ${name} IS ${quotedText(title)}`,
    `GRANT SELECT ON ${name} TO ${quotedName(READER_ROLE)}`,
  ];
}

/** Statements that take a report's table away, with all its rows. */
export function dropTable(name: string): readonly string[] {
  return [
    `DROP TABLE IF EXISTS ${qualified(LONG_SCHEMA, name)}`,
    `DROP TABLE IF EXISTS ${qualified(REPORTS_SCHEMA, name)}`,
  ];
}

export function columnSql({ name, type, nullable }: PostgresColumn): string {
  return `${quotedName(name)} ${type}${nullable ? '' : ' NOT NULL'}`;
}

/** A primary key refuses nulls; where a dimension may be null, a constraint to which nulls are equal is as good. */
function keySql({ columns, key }: PostgresTable): string {
  const names = key.map(quotedName).join(', ');
  const isNullable = key.some(
    (name) =>
      present(
        columns.find((column) => column.name === name),
        'a key is a column',
      ).nullable,
  );
  return isNullable ? `UNIQUE NULLS NOT DISTINCT (${names})` : `PRIMARY KEY (${names})`;
}
