import type { ColumnPlan, ReportPlan, StreamPlan } from '../../plan/plan.ts';
import { conditionSql } from './conditions.ts';
import { measureSql } from './measures.ts';
import { listed, quotedName } from '../../base/sql-text.ts';
import { DIFFERS, FOUND, POSITION, SLICE } from './sql.ts';

/** The statements that compare one report with the records. */
export interface ReportSql {
  /** Creates the table of the report's rows as the engine has them. */
  readonly createKept: string;
  /** That table's name; its columns are the slice's number and then the report's, in the plan's order. */
  readonly kept: string;
  /**
   * Creates the table `compared`: each row that the records give or the engine has, with both values, decimals as whole
   * micro-units in text. Made for one slice: `$slice` its number, `$from` and `$to` its days (both included), `$below`
   * the position of the first record that is not in it.
   */
  readonly compare: string;
}

/** @returns the statements for a report; floats are compared as floats, and all else as texts, which are exact */
export function reportSql(report: ReportPlan, stream: StreamPlan): ReportSql {
  const kept = `kept_${report.name}`;
  const columns = report.columns.map((column) => `${quotedName(column.name)} ${comparedType(column)}`);
  return {
    kept,
    createKept: `CREATE TABLE ${quotedName(kept)} (\n${listed([`${SLICE} INTEGER`, ...columns])}\n)`,
    compare: compareSql(report, kept, stream),
  };
}

function comparedType({ kind }: ColumnPlan): string {
  return kind === 'number' ? 'DOUBLE' : 'VARCHAR';
}

function compareSql(report: ReportPlan, kept: string, stream: StreamPlan): string {
  const dimensions = report.dimensions.map((field) => quotedName(field.name));
  const measures = report.measures.map((measure) => quotedName(measure.name));
  const differs = [
    `a.${FOUND} IS NULL`,
    `b.${FOUND} IS NULL`,
    ...measures.map((name) => `a.${name} IS DISTINCT FROM b.${name}`),
  ];
  return `CREATE OR REPLACE TABLE compared AS
WITH recomputed AS (
${recomputedSql(report, stream)}
), kept AS (
  SELECT *, TRUE AS ${FOUND} FROM ${quotedName(kept)} WHERE ${SLICE} = $slice
)
SELECT
${listed([
  `${differs.join(' OR ')} AS ${DIFFERS}`,
  `a.${FOUND} AS ${quotedName('#recomputed')}`,
  `b.${FOUND} AS ${quotedName('#kept')}`,
  ...dimensions.map((name) => `coalesce(a.${name}, b.${name}) AS ${name}`),
  ...measures.map((name) => `a.${name} AS ${name}`),
  ...report.measures.map(({ name }) => `b.${quotedName(name)} AS ${quotedName(`${name}#kept`)}`),
])}
FROM recomputed AS a
FULL JOIN kept AS b ON ${dimensions.map((name) => `a.${name} IS NOT DISTINCT FROM b.${name}`).join(' AND ')}`;
}

function recomputedSql(report: ReportPlan, stream: StreamPlan): string {
  const selected = report.columns.map((column, index) => {
    const field = report.dimensions[index];
    const measure = report.measures[index - report.dimensions.length];
    const value = measure === undefined ? `r.${quotedName(field?.name ?? '')}` : measureSql(measure, report);
    return `CAST(${value} AS ${comparedType(column)}) AS ${quotedName(column.name)}`;
  });
  const conditions = [
    `r.${quotedName(stream.businessDate.name)} BETWEEN CAST($from AS DATE) AND CAST($to AS DATE)`,
    `r.${POSITION} < CAST($below AS BIGINT)`,
    `r.${POSITION} NOT IN (SELECT ${POSITION} FROM repeats)`,
    ...report.where.map(conditionSql),
  ];
  return `  SELECT
${listed([...selected, `TRUE AS ${FOUND}`], '    ')}
  FROM records AS r
  WHERE ${conditions.join('\n    AND ')}
  GROUP BY ${report.dimensions.map((field) => `r.${quotedName(field.name)}`).join(', ')}`;
}

/** How many rows `compared` has, and how many differ. */
export const COUNT_COMPARED = `SELECT count(*), count(*) FILTER (WHERE ${DIFFERS}) FROM compared`;

/** The rows that differ, in the order of their dimensions, `$most` at most. */
export function differencesSql(report: ReportPlan): string {
  const order = report.dimensions.map((field) => quotedName(field.name)).join(', ');
  return `SELECT * EXCLUDE (${DIFFERS}) FROM compared WHERE ${DIFFERS} ORDER BY ${order} LIMIT $most`;
}
