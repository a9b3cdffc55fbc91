import type { FieldPlan, Plan, ReportPlan } from '../../plan/plan.ts';
import { conditionSql } from './conditions.ts';
import type { ReportScope } from './measures.ts';
import { Aggregates } from './measures.ts';
import { countMessage, DAY, DimensionTexts, FRAME, rowMessage } from './messages.ts';
import { AT } from './records.ts';
import { listed } from '../../base/sql-text.ts';
import { quotedName, quotedText } from './sql.ts';

/** By how much more than the lateness the watermark stays behind: a day is closed when it is below it, not at it. */
const DAY_IS_OPEN = '1 MILLISECOND';
const SET = quotedName('#set');
const MESSAGE = quotedName('#message');

/**
 * What is made of the records: all reports, batch by batch, with frames; or some days (`YYYY-MM-DD`) at once, as rows whose
 * texts end where their frame is to follow.
 */
export type Purpose = { readonly kind: 'stream' } | { readonly kind: 'days'; readonly days: readonly string[] };

/** A group by some columns, and the messages that are made of each of its rows. */
interface GroupingSet {
  readonly columns: readonly string[];
  readonly messages: readonly string[];
}

/**
 * All reports in one query, so that a record is read, checked and looked up once: there is a group for each set of
 * dimensions, and of each of its rows a message for each report of that set. Three more messages count records: of a day
 * those that came (`seen`) and those that its rows have (`kept`), and all.
 *
 * A day's groups leave the state when the watermark passes it, and records for it are left out from then on; but not of
 * what is `seen`. So the two differ just for the days that must be computed once more.
 * @param firsts  a view of the records without repeats
 * @returns a query for messages: topic, key, value; of a stream also `frame`, and `accepted`, which one of a batch's rows has
 */
export function reportsSql(plan: Plan, firsts: string, purpose: Purpose): string {
  const aggregates = new Aggregates();
  const fields = groupedFields(plan);
  const dimensions = fields.map(({ name }) => quotedName(name));
  const grouped = [AT, DAY, ...dimensions];
  const texts = new DimensionTexts(fields, plan);
  const sets = groupingSets(plan, grouped, texts, aggregates, purpose);
  const branches = sets.map(
    ({ columns, messages }) => `WHEN ${groupingId(grouped, columns)} THEN array(\n${listed(messages, '      ')}\n    )`,
  );
  const isStream = purpose.kind === 'stream';
  const columns = [
    `grouping_id() AS ${SET}`,
    ...grouped,
    ...aggregates.selected(),
    // One moment for all of a batch, which the checkpoint keeps: a batch that is run again has the same. A number would
    // stand in the code that Spark makes of the query, and have it compiled for each batch; a text does not.
    ...(isStream ? [`CAST(unix_micros(current_timestamp()) AS STRING) AS ${FRAME}`] : []),
  ];
  const selected = ['topic', 'key', 'value', ...(isStream ? ['accepted'] : [])].map((name) => `${MESSAGE}.${name}`);
  const { latenessDays } = plan.stream;
  return `SELECT ${[...selected, ...(isStream ? [`${FRAME} AS frame`] : [])].join(', ')}
FROM (
  SELECT
${listed(['*', ...texts.selected()], '    ')}
  FROM (
    SELECT
${listed(columns, '      ')}
    FROM (
      SELECT
${listed(['*', `CAST(${AT} AS DATE) AS ${DAY}`, ...conditionColumns(plan)], '        ')}
      FROM ${firsts}${isStream ? ` WATERMARK ${AT} DELAY OF INTERVAL ${latenessDays} DAYS ${DAY_IS_OPEN}` : ''}
    )${isStream ? '' : `\n    WHERE ${DAY} IN (${purpose.days.map((day) => `DATE${quotedText(day)}`).join(', ')})`}
    GROUP BY ${grouped.join(', ')} GROUPING SETS (
${listed(
  sets.map((set) => `(${set.columns.join(', ')})`),
  '      ',
)}
    )
  )
)
LATERAL VIEW explode(
  CASE ${SET}
    ${branches.join('\n    ')}
  END
) messages AS ${MESSAGE}
WHERE ${MESSAGE} IS NOT NULL`;
}

/** The fields that any report groups by besides the business day, in the stream's order. */
function groupedFields({ stream, reports }: Plan): readonly FieldPlan[] {
  const found = new Set(reports.flatMap((report) => report.dimensions.slice(1)));
  return stream.fields.filter((field) => found.has(field));
}

function groupingSets(
  plan: Plan,
  grouped: readonly string[],
  texts: DimensionTexts,
  aggregates: Aggregates,
  purpose: Purpose,
): readonly GroupingSet[] {
  const bySet = new Map<string, { columns: readonly string[]; messages: string[] }>();
  const setOf = (columns: readonly string[]): { columns: readonly string[]; messages: string[] } => {
    const id = groupingId(grouped, columns);
    const set = bySet.get(id) ?? { columns, messages: [] };
    bySet.set(id, set);
    return set;
  };
  for (const report of plan.reports) {
    const names = new Set([AT, ...report.dimensions.slice(1).map(({ name }) => quotedName(name))]);
    const columns = grouped.filter((column) => names.has(column));
    const scope: ReportScope = {
      report,
      counts: report.where.length === 0 ? undefined : conditionColumn(report),
      isGrouped: `grouping_id() = ${groupingId(grouped, columns)}`,
    };
    setOf(columns).messages.push(rowMessage(scope, texts, aggregates, purpose.kind === 'stream' ? FRAME : undefined));
  }
  if (purpose.kind === 'stream') {
    const records = aggregates.column('count(*)');
    setOf([AT]).messages.push(countMessage(plan, 'kept', records));
    setOf([DAY]).messages.push(countMessage(plan, 'seen', records));
    setOf([]).messages.push(countMessage(plan, 'all', records));
  }
  return [...bySet.values()];
}

/** What `grouping_id()` is in a grouping set: a bit for each column that is not in it, the first column's the highest. */
function groupingId(grouped: readonly string[], columns: readonly string[]): string {
  return grouped.reduce((id, column) => id * 2n + (columns.includes(column) ? 0n : 1n), 0n).toString();
}

function conditionColumn({ index }: ReportPlan): string {
  return quotedName(`#counts${index}`);
}

/** Whether a record counts in each report that has conditions. */
function conditionColumns({ reports }: Plan): readonly string[] {
  return reports
    .filter(({ where }) => where.length > 0)
    .map((report) => `${report.where.map(conditionSql).join(' AND ')} AS ${conditionColumn(report)}`);
}
