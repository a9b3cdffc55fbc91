import { present } from '../../base/assert.ts';
import { formatDay } from '../../base/calendar.ts';
import { microsText } from '../../base/decimal.ts';
import { textOfKey } from '../../base/key-text.ts';
import { dayParameter, numberParameter, wholeParameter } from '../../base/query-values.ts';
import type { FieldPlan, Plan, ReportPlan } from '../../plan/plan.ts';
import {
  dimensionNamed,
  dimensionsNamed,
  measureNamed,
  requireColumn,
  requireTotalsColumn,
  summableNamed,
} from '../../plan/query-names.ts';
import { REPORTS_SCHEMA } from '../../plan/shared-names.ts';
import { qualified, quotedName, quotedText } from '../../base/sql-text.ts';
import { OWN_SCHEMA, READING_ORDER } from './sql.ts';

/** A statement with its values. */
export interface Statement {
  readonly text: string;
  readonly values: readonly unknown[];
}

/** Which rows are wanted; as `ReportQuery` of the ports. */
export interface RowsWanted {
  readonly from?: string;
  readonly to?: string;
  readonly equals?: Readonly<Record<string, readonly string[]>>;
  readonly search?: string;
  readonly sort?: readonly { readonly column: string; readonly descending: boolean }[];
  readonly limit?: number;
  readonly offset?: number;
}

/** Which totals are wanted; as `TotalsQuery` of the ports. */
export interface TotalsWanted extends RowsWanted {
  readonly by: readonly string[];
  readonly measure: string;
}

/** Lower case as everywhere, whatever the database's language. */
const ANY_LANGUAGE = '"und-x-icu"';

/** A report's rows that are wanted, in their order: its columns. @throws DaybookError `BAD_QUERY` */
export function rowsStatement(report: ReportPlan, wanted: RowsWanted): Statement {
  const where = new Where(report, wanted);
  const columns = report.columns.map(({ name }) => quotedName(name));
  const [day, ...others] = report.dimensions;
  const order = [
    ...(wanted.sort ?? []).map(({ column, descending }) => {
      requireColumn(report, column);
      return orderBy(report, column, descending);
    }),
    `${quotedName(day?.name ?? '')} DESC`,
    ...others.map(({ name }) => orderBy(report, name, false)),
  ];
  const text = `SELECT ${columns.join(', ')} FROM ${tableName(report)}${where.sql} ORDER BY ${order.join(', ')}${where.page(wanted)}`;
  return { text, values: where.values };
}

/**
 * How many rows match, `total`, and of a measure the least and greatest value, `least` and `greatest`.
 * @throws DaybookError `BAD_QUERY`
 */
export function countStatement(report: ReportPlan, wanted: RowsWanted, extentOf: string | undefined): Statement {
  const where = new Where(report, wanted);
  if (extentOf !== undefined) measureNamed(report, extentOf);
  const column = extentOf === undefined ? 'NULL' : quotedName(extentOf);
  const text = `SELECT count(*) AS total, min(${column}) AS least, max(${column}) AS greatest FROM ${tableName(report)}${where.sql}`;
  return { text, values: where.values };
}

/** A report's totals in their order: the dimensions, and the measure. @throws DaybookError `BAD_QUERY` */
export function totalsStatement(report: ReportPlan, wanted: TotalsWanted): Statement {
  const where = new Where(report, wanted);
  return { text: totalsSql(report, wanted, where), values: where.values };
}

/** How many totals there are, and the least and greatest of them. @throws DaybookError `BAD_QUERY` */
export function totalsCountStatement(report: ReportPlan, wanted: TotalsWanted): Statement {
  const where = new Where(report, wanted);
  const { limit: _limit, offset: _offset, sort: _sort, ...all } = wanted;
  const measure = quotedName(wanted.measure);
  const text = `SELECT count(*) AS total, min(${measure}) AS least, max(${measure}) AS greatest FROM (${totalsSql(report, all, where)}) g`;
  return { text, values: where.values };
}

/**
 * The days of each total that `totalsStatement` gives: its place among them, `at` (from 1), the day, and the measure.
 * @param first  the first day of these, `YYYY-MM-DD`
 * @throws DaybookError `BAD_QUERY`
 */
export function trendsStatement(report: ReportPlan, wanted: TotalsWanted, first: string): Statement {
  const where = new Where(report, wanted);
  const same = wanted.by.map((name) => `t.${quotedName(name)} IS NOT DISTINCT FROM g.${quotedName(name)}`);
  const day = quotedName(report.dimensions[0]?.name ?? '');
  const text = `WITH page AS (SELECT *, row_number() OVER () AS "#at" FROM (${totalsSql(report, wanted, where)}) p)
SELECT g."#at" AS at, t.${day} AS day, sum(t.${quotedName(wanted.measure)}) AS value
FROM page g JOIN (SELECT * FROM ${tableName(report)}${where.sql}) t ON ${[`t.${day} >= ${quotedText(first)}`, ...same].join(' AND ')}
GROUP BY 1, 2`;
  return { text, values: where.values };
}

/** The first and the last day with rows in the range, whatever else is wanted of them. @throws DaybookError `BAD_QUERY` */
export function daysStatement(report: ReportPlan, { from, to }: RowsWanted): Statement {
  const where = new Where(report, { ...(from !== undefined && { from }), ...(to !== undefined && { to }) });
  const day = quotedName(report.dimensions[0]?.name ?? '');
  return {
    text: `SELECT min(${day}) AS first, max(${day}) AS last FROM ${tableName(report)}${where.sql}`,
    values: where.values,
  };
}

/**
 * What the tables are whole as of: `frame`; null when they are between two frames. A report of which no place is noted is to be filled,
 * unless no sink has ever come.
 */
export function wholeFrameStatement({ stream, reports }: Plan): string {
  const names = reports.map(({ name }) => quotedText(name)).join(', ');
  const stands = `SELECT FROM ${qualified(OWN_SCHEMA, 'frames')} WHERE stream = ${quotedText(stream.name)}`;
  return `SELECT CASE
  WHEN count(*) = 0 AND NOT EXISTS (${stands}) THEN 0
  WHEN count(DISTINCT topic) = ${reports.length} AND count(frame) = count(*) AND min(frame) = max(frame) THEN min(frame)
END AS frame FROM ${qualified(OWN_SCHEMA, 'offsets')} WHERE topic IN (${names})`;
}

function totalsSql(report: ReportPlan, wanted: TotalsWanted, where: Where): string {
  dimensionsNamed(report, wanted.by);
  summableNamed(report, wanted.measure);
  const by = wanted.by.map(quotedName);
  const measure = quotedName(wanted.measure);
  const order = [
    ...(wanted.sort ?? []).map(({ column, descending }) => {
      requireTotalsColumn(wanted, column);
      return column === wanted.measure
        ? `${measure} ${descending ? 'DESC' : 'ASC'}`
        : orderBy(report, column, descending);
    }),
    ...wanted.by.map((name) => orderBy(report, name, false)),
  ];
  const group = by.length === 0 ? ' HAVING count(*) > 0' : ` GROUP BY ${by.join(', ')}`;
  const sorted = order.length === 0 ? '' : ` ORDER BY ${order.join(', ')}`;
  const inner = `SELECT ${[...by, `sum(${measure}) AS ${measure}`].join(', ')} FROM ${tableName(report)}${where.sql}${group}`;
  // Sorted outside, where a name is the sum and not the column that it is of.
  return `SELECT * FROM (${inner}) s${sorted}${where.page(wanted)}`;
}

/** The condition of what is wanted, and the values that it refers to. */
class Where {
  readonly sql: string;
  readonly values: unknown[] = [];
  readonly #report: ReportPlan;

  constructor(report: ReportPlan, { from, to, equals = {}, search = '' }: RowsWanted) {
    this.#report = report;
    const day = quotedName(report.dimensions[0]?.name ?? '');
    const wanted = search.trim().toLowerCase();
    const conditions = [
      ...(from === undefined ? [] : [`${day} >= ${this.#value(dayText('from', from))}::date`]),
      ...(to === undefined ? [] : [`${day} <= ${this.#value(dayText('to', to))}::date`]),
      ...Object.entries(equals).map(([name, values]) => this.#equals(fieldNamed(report, name), values)),
      ...(wanted === '' ? [] : [this.#contains(wanted)]),
    ];
    this.sql = conditions.length === 0 ? '' : ` WHERE ${conditions.join(' AND ')}`;
  }

  /** @throws DaybookError `BAD_QUERY` */
  page({ limit, offset }: RowsWanted): string {
    const sql = limit === undefined ? '' : ` LIMIT ${wholeParameter('limit', limit)}`;
    return offset === undefined ? sql : `${sql} OFFSET ${wholeParameter('offset', offset)}`;
  }

  #value(value: unknown): string {
    this.values.push(value);
    return `$${this.values.length}`;
  }

  #equals(field: FieldPlan, values: readonly string[]): string {
    const name = quotedName(field.name);
    const takesNull = field.nullable && values.includes('');
    const others = values.filter((value) => !(field.nullable && value === '')).map((value) => checked(field, value));
    const among = `${name} = ANY(${this.#value(others)}::${arrayType(field)})`;
    return takesNull ? `(${name} IS NULL OR ${among})` : among;
  }

  #contains(search: string): string {
    const texts = this.#report.dimensions.filter(({ kind }) => kind === 'text');
    if (texts.length === 0) return 'FALSE';
    const value = this.#value(withoutNul(search));
    const found = texts.map(
      ({ name }) => `position(${value}::text IN lower(${quotedName(name)} COLLATE ${ANY_LANGUAGE})) > 0`,
    );
    return `(${found.join(' OR ')})`;
  }
}

function tableName(report: ReportPlan): string {
  return qualified(REPORTS_SCHEMA, report.name);
}

/** Nulls are below all. */
function orderBy(report: ReportPlan, name: string, descending: boolean): string {
  const isText = report.columns.some((column) => column.name === name && column.kind === 'text');
  const order = isText ? ` COLLATE ${qualified(OWN_SCHEMA, READING_ORDER)}` : '';
  return `${quotedName(name)}${order} ${descending ? 'DESC NULLS LAST' : 'ASC NULLS FIRST'}`;
}

function fieldNamed(report: ReportPlan, name: string): FieldPlan {
  return present(report.dimensions[dimensionNamed(report, name)], 'a dimension is one of the report');
}

function arrayType({ kind }: FieldPlan): string {
  switch (kind) {
    case 'date':
      return 'date[]';
    case 'integer':
    case 'decimal':
      return 'numeric[]';
    case 'number':
      return 'double precision[]';
    case 'uuid':
    case 'timestamp':
    case 'text':
      return 'text[]';
  }
}

function checked(field: FieldPlan, value: string): string {
  if (field.kind === 'date') return dayText(field.name, value);
  if (field.kind === 'text') return withoutNul(textOfKey(value));
  const { value: float, micros } = numberParameter(field.name, field.kind, value);
  if (field.kind === 'decimal') return microsText(micros);
  return field.kind === 'number' ? String(float) : value;
}

/** PostgreSQL takes none in a text; rows have the same in its place. */
function withoutNul(text: string): string {
  return text.replaceAll('\0', '\u2400');
}

function dayText(name: string, text: string): string {
  return formatDay(dayParameter(name, text));
}
