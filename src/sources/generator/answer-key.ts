import { parseDay } from '../../base/calendar.ts';
import { divideHalfEven, MICROS_PER_UNIT, microsText, parseMicros } from '../../base/decimal.ts';
import type { ConditionPlan, FieldPlan, MeasurePlan, Plan, ReportPlan } from '../../plan/plan.ts';
import type { SentLine } from './faults.ts';

type Value = string | number | null;
type Values = Readonly<Record<string, Value>>;

/** What became, or must become, of the lines that were sent. */
export interface SentCounts {
  readonly sent: number;
  readonly accepted: number;
  readonly duplicates: number;
  readonly quarantined: number;
}

/** The exact reports that sent lines must give. It shares nothing with the engine: Maps, Sets and BigInts, a record at a time. */
export interface AnswerKey {
  /** Takes the lines in the order in which they are sent; of equal primary keys the first counts. */
  add(line: SentLine): void;
  counts(): SentCounts;
  /**
   * One JSON object: `records`, the counts; `reports`, by name the rows as the API gives them, sorted by their
   * dimensions (null first, numbers by size, texts by UTF-16 code units). Decimals are exact.
   */
  json(): string;
}

export function makeAnswerKey(plan: Plan): AnswerKey {
  const ids = new Set<string>();
  const reports = plan.reports.map((report) => ({ report, rows: new Map<string, RowSums>() }));
  let sent = 0;
  let quarantined = 0;
  let duplicates = 0;
  return {
    add({ sale }) {
      sent++;
      if (sale === undefined) {
        quarantined++;
        return;
      }
      if (ids.has(sale.ts_id)) {
        duplicates++;
        return;
      }
      ids.add(sale.ts_id);
      const values: Values = { ...sale };
      for (const { report, rows } of reports) addTo(report, rows, values);
    },
    counts: () => ({ sent, accepted: ids.size, duplicates, quarantined }),
    json() {
      const texts = reports.map(({ report, rows }) => `${JSON.stringify(report.name)}:[${rowsText(report, rows)}]`);
      const records = JSON.stringify({ sent, accepted: ids.size, duplicates, quarantined });
      return `{"records":${records},"reports":{${texts.join(',')}}}\n`;
    },
  };
}

/** A report's row: its dimensions, and what its records hold in the fields that are measured. */
interface RowSums {
  readonly dimensions: readonly Value[];
  count: bigint;
  /** By field. Sums, smallest and largest are in micro-units. */
  readonly fields: Map<string, FieldSums>;
}

interface FieldSums {
  /** Of the values that are not null. */
  count: bigint;
  sum: bigint;
  min: bigint | undefined;
  max: bigint | undefined;
  readonly distinct: Set<Value>;
}

function addTo(report: ReportPlan, rows: Map<string, RowSums>, values: Values): void {
  if (!report.where.every((condition) => holds(condition, values))) return;
  const dimensions = report.dimensions.map((field) => dimensionValue(field, values));
  const key = JSON.stringify(dimensions);
  let row = rows.get(key);
  if (row === undefined) {
    row = { dimensions, count: 0n, fields: new Map() };
    rows.set(key, row);
  }
  row.count += 1n;
  const fields = new Set(report.measures.flatMap((measure) => ('field' in measure ? [measure.field] : [])));
  for (const field of fields) addToField(row, field, values);
}

function addToField(row: RowSums, field: FieldPlan, values: Values): void {
  let sums = row.fields.get(field.name);
  if (sums === undefined) {
    sums = { count: 0n, sum: 0n, min: undefined, max: undefined, distinct: new Set() };
    row.fields.set(field.name, sums);
  }
  const value = values[field.name] ?? null;
  if (value === null) return;
  sums.distinct.add(comparable(field, value));
  if (field.kind !== 'decimal' && field.kind !== 'integer') return;
  const micros = microsOf(value);
  sums.count += 1n;
  sums.sum += micros;
  if (sums.min === undefined || micros < sums.min) sums.min = micros;
  if (sums.max === undefined || micros > sums.max) sums.max = micros;
}

/** A number's micro-units, from the text that its JSON has. */
function microsOf(value: string | number): bigint {
  return parseMicros(String(value)) ?? 0n;
}

/** A value such that equal ones are the same: decimals by their micro-units, and no zero below zero. */
function comparable(field: FieldPlan, value: string | number): string | number {
  if (field.kind === 'decimal') return microsText(microsOf(value));
  return value === 0 ? 0 : value;
}

function dimensionValue(field: FieldPlan, values: Values): Value {
  const value = values[field.name] ?? null;
  return value === null ? null : comparable(field, value);
}

function holds({ field, test, values: wanted }: ConditionPlan, values: Values): boolean {
  const value = values[field.name] ?? null;
  const isAmong = wanted.some((each) => orderOf(field, each) === orderOf(field, value));
  if (test === 'in') return isAmong;
  if (test === 'notIn') return !isAmong;
  const own = orderOf(field, value);
  const limit = orderOf(field, wanted[0] ?? null);
  if (own === null || limit === null) return false;
  switch (test) {
    case 'above':
      return own > limit;
    case 'atLeast':
      return own >= limit;
    case 'below':
      return own < limit;
    case 'atMost':
      return own <= limit;
  }
}

/** What a value is compared by: decimals in micro-units, days by their number. */
function orderOf(field: FieldPlan, value: Value): bigint | Value {
  if (value === null) return null;
  if (field.kind === 'decimal') return microsOf(value);
  if (field.kind === 'date') return parseDay(String(value)) ?? null;
  return field.kind === 'integer' || field.kind === 'number' ? Number(value) : value;
}

function rowsText(report: ReportPlan, rows: Map<string, RowSums>): string {
  return [...rows.values()]
    .sort((a, b) => compareDimensions(a.dimensions, b.dimensions))
    .map((row) => {
      const dimensions = report.dimensions.map((field, at) => {
        return `${JSON.stringify(field.name)}:${JSON.stringify(row.dimensions[at] ?? null)}`;
      });
      const measures = report.measures.map(
        (measure) => `${JSON.stringify(measure.name)}:${measureText(report, measure, row)}`,
      );
      return `{${[...dimensions, ...measures].join(',')}}`;
    })
    .join(',\n');
}

function compareDimensions(a: readonly Value[], b: readonly Value[]): number {
  for (const [at, x] of a.entries()) {
    const y = b[at] ?? null;
    if (x === y) continue;
    if (x === null) return -1;
    if (y === null) return 1;
    return x < y ? -1 : 1;
  }
  return 0;
}

function measureText(report: ReportPlan, measure: MeasurePlan, row: RowSums): string {
  const micros = measureMicros(report, measure, row);
  return micros === undefined ? 'null' : microsText(micros);
}

/** A measure's value in micro-units; undefined: null. */
function measureMicros(report: ReportPlan, measure: MeasurePlan, row: RowSums): bigint | undefined {
  if (measure.kind === 'count') return row.count * MICROS_PER_UNIT;
  if (measure.kind === 'ratio') {
    const of = (name: string): bigint | undefined => {
      const other = report.measures.find((each) => each.name === name);
      return other && measureMicros(report, other, row);
    };
    const numerator = of(measure.numerator);
    const denominator = of(measure.denominator);
    if (numerator === undefined || denominator === undefined || denominator === 0n) return undefined;
    return divideHalfEven(numerator * MICROS_PER_UNIT, denominator);
  }
  const sums = row.fields.get(measure.field.name);
  switch (measure.kind) {
    case 'sum':
      return sums?.sum ?? 0n;
    case 'avg':
      return sums === undefined || sums.count === 0n ? undefined : divideHalfEven(sums.sum, sums.count);
    case 'min':
      return sums?.min;
    case 'max':
      return sums?.max;
    case 'countDistinct':
      return BigInt(sums?.distinct.size ?? 0) * MICROS_PER_UNIT;
  }
}
