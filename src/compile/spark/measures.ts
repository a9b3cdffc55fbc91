import { present } from '../../base/assert.ts';
import { measureOf } from '../../plan/computations.ts';
import type { FieldPlan, MeasurePlan, ReportPlan } from '../../plan/plan.ts';
import { floatText } from './numbers.ts';
import { lets, quotedName } from './sql.ts';

/** Whole numbers that a sum or a part of a ratio comes to, in micro-units too. */
const WIDE = 'DECIMAL(38, 0)';
/** Sums of whole numbers up to this many stay far below 2^63, however many there are. */
const SMALL_MAX = 2 ** 30;

/** Aggregates of records by the expression's text: the same one is computed once for all reports. */
export class Aggregates {
  readonly #names = new Map<string, string>();

  /** @returns the column that has an aggregate's value */
  column(expression: string): string {
    const name = this.#names.get(expression) ?? quotedName(`#${this.#names.size}`);
    this.#names.set(expression, name);
    return name;
  }

  /** All of them, as a query selects them. */
  selected(): readonly string[] {
    return [...this.#names].map(([expression, name]) => `${expression} AS ${name}`);
  }
}

/** How a report's records are told from others in a query of all reports. */
export interface ReportScope {
  readonly report: ReportPlan;
  /** A condition over the record; undefined when all count. */
  readonly counts: string | undefined;
  /** A condition that holds in the report's own grouping set. */
  readonly isGrouped: string;
}

/** The number of records of a group that count in a report. */
export function recordCount({ counts }: ReportScope): string {
  return counts === undefined ? 'count(*)' : `count(CASE WHEN ${counts} THEN 1 END)`;
}

/** A measure as JSON's text, over the columns of the aggregates that it adds. */
export function measureText(measure: MeasurePlan, scope: ReportScope, aggregates: Aggregates): string {
  switch (measure.kind) {
    case 'count':
    case 'countDistinct':
      return `CAST(${partOf(measure, scope, aggregates)} AS STRING)`;
    case 'sum':
    case 'min':
    case 'max':
      return numberText(partOf(measure, scope, aggregates), measure.field);
    case 'avg': {
      const sum = partOf({ kind: 'sum', name: measure.name, field: measure.field }, scope, aggregates);
      const count = aggregates.column(recordCount(scope));
      return quotientText(inMicros(sum), `CAST(${count} AS ${WIDE})`);
    }
    case 'ratio': {
      const [over, under] = [measure.numerator, measure.denominator].map((name) =>
        inMicros(partOf(measureOf(scope.report, name), scope, aggregates)),
      );
      return quotientText(`CAST(${over} * 1000000 AS ${WIDE})`, present(under, 'a ratio has two parts'));
    }
  }
}

/** A number's text in JSON: exact, without an exponent but for floats, null for null. */
export function numberText(value: string, { kind }: Pick<FieldPlan, 'kind'>): string {
  if (kind === 'decimal') return `rtrim('.', rtrim('0', CAST(${value} AS STRING)))`;
  return kind === 'number' ? floatText(value) : `CAST(${value} AS STRING)`;
}

/** The column of a measure that is one aggregate. */
function partOf(measure: MeasurePlan, scope: ReportScope, aggregates: Aggregates): string {
  if (!('field' in measure)) return aggregates.column(recordCount(scope));
  const { kind, field } = measure;
  if (kind === 'countDistinct') return countOfDistinct(field, scope, aggregates);
  const value = counted(quotedName(field.name), scope);
  if (kind !== 'sum') return aggregates.column(`${kind}(${value})`);
  const isSmall = field.kind === 'integer' && Math.max(-field.min, field.max) <= SMALL_MAX;
  return aggregates.column(`sum(${field.kind === 'decimal' || isSmall ? value : `CAST(${value} AS ${WIDE})`})`);
}

/** Sets are kept for the report's own groups alone: they are what is large. */
function countOfDistinct(field: FieldPlan, { counts, isGrouped }: ReportScope, aggregates: Aggregates): string {
  const condition = counts === undefined ? isGrouped : `${isGrouped} AND ${counts}`;
  return aggregates.column(`size(collect_set(CASE WHEN ${condition} THEN ${quotedName(field.name)} END))`);
}

function counted(value: string, { counts }: ReportScope): string {
  return counts === undefined ? value : `CASE WHEN ${counts} THEN ${value} END`;
}

/** By a decimal, as 64 bits are too few for a million times what a whole number may be. */
function inMicros(value: string): string {
  return `CAST(${value} * 1000000BD AS ${WIDE})`;
}

/** A quotient in micro-units, rounded half-even, as a decimal's text; `null` when it is divided by zero. All are whole. */
function quotientText(dividend: string, divisor: string): string {
  const micros = `(n - r) / d + CASE
        WHEN 2 * abs(r) > abs(d) OR (2 * abs(r) = abs(d) AND CAST((n - r) / d AS ${WIDE}) % 2 <> 0)
          THEN CASE WHEN (n < 0) = (d < 0) THEN 1 ELSE -1 END
        ELSE 0
      END`;
  const text = numberText(`CAST(CAST(${micros} AS ${WIDE}) * CAST('0.000001' AS DECIMAL(6, 6)) AS DECIMAL(38, 6))`, {
    kind: 'decimal',
  });
  return `CASE WHEN ${divisor} = 0 THEN 'null' ELSE ${lets(
    [
      ['n', dividend],
      ['d', divisor],
      ['r', `CAST(n % d AS ${WIDE})`],
    ],
    text,
  )} END`;
}
