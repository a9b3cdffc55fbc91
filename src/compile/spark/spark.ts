import type { ZoneOffset } from '../../base/zone-offsets.ts';
import type { Plan } from '../../plan/plan.ts';
import { daysTopic } from '../../plan/shared-names.ts';
import { KEY_NAME, PLACE, recordsSql } from './records.ts';
import { reportsSql } from './reports.ts';
import { quotedName, quotedText } from './sql.ts';

/** The views that the queries name. The first one is the topic itself, by Spark's Kafka source. */
const MESSAGES = 'messages';
const RECORDS = 'records';
const FIRSTS = 'firsts';

/** What a Spark session is told so that it keeps the reports. */
export interface SparkSql {
  /** Settings without which the queries are not exact, not safe, or slow. */
  readonly settings: Readonly<Record<string, string>>;
  /** The view of the topic's messages, and of the records in them, by `recordsSql`. */
  readonly messages: string;
  readonly records: { readonly view: string; readonly sql: string };
  /**
   * The view of the records without repeats: `keys` are the columns by which a record is a repeat, whenever it came
   * before.
   */
  readonly firsts: { readonly view: string; readonly keys: readonly string[] };
  /** The query of the stream, in update mode: topic, key, value, and what `metrics` are of. */
  readonly reports: string;
  /** What is known of each batch, by name: its frame, how many records there are, how many rows it wrote. */
  readonly metrics: Readonly<Record<'frame' | 'accepted' | 'rows', string>>;
  /** The query that computes days again from the whole topic; the view of records is a table for it. */
  readonly daysAgain: (days: readonly string[]) => string;
  /** The messages of days that were computed again. @param view  of `daysAgain`'s rows @param frame  the rows' frame */
  readonly againMessages: (view: string, frame: number) => string;
}

/** Rules of Spark's optimizer that find nothing in these queries, or nothing worth what they cost. */
const RULES_LEFT_OUT = [
  'SimplifyConditionals',
  'CollapseProject',
  'RemoveRedundantAliases',
  'PushFoldableIntoBranches',
];

const SETTINGS = {
  // Business days are dates, and no moment of ours has another zone.
  'spark.sql.session.timeZone': 'UTC',
  // What the queries' texts mean, and what numbers out of range give, is Spark's default, whatever a cluster has.
  'spark.sql.ansi.enabled': 'true',
  'spark.sql.parser.escapedStringLiterals': 'false',
  // A member that stands twice in a record has its last value, as in JSON.parse.
  'spark.sql.mapKeyDedupPolicy': 'LAST_WIN',
  'spark.sql.streaming.stateStore.providerClass':
    'org.apache.spark.sql.execution.streaming.state.RocksDBStateStoreProvider',
  'spark.sql.streaming.stateStore.rocksdb.changelogCheckpointing.enabled': 'true',
  // Of all state stores of a process together, however much they hold.
  'spark.sql.streaming.stateStore.rocksdb.boundedMemoryUsage': 'true',
  // Without news there is nothing to say; such a batch would keep the next record waiting.
  'spark.sql.streaming.noDataMicroBatches.enabled': 'false',
  // Spark plans all of a query anew for each batch, so what is spared here is spared once a batch.
  'spark.sql.optimizer.excludedRules': RULES_LEFT_OUT.map(
    (rule) => `org.apache.spark.sql.catalyst.optimizer.${rule}`,
  ).join(','),
  'spark.sql.lightweightPlanChangeValidation': 'false',
  'spark.sql.ui.explainMode': 'simple',
  // Groups of a batch are kept in a table in memory, some 50 MB at most; beyond so many they are sorted, which takes longer.
  'spark.sql.objectHashAggregate.sortBased.fallbackThreshold': '65536',
} as const;

/** Compiles a plan to what Spark runs. @param offsets  of the stream's time zone, oldest first */
export function sparkSql(plan: Plan, offsets: readonly ZoneOffset[]): SparkSql {
  return {
    settings: SETTINGS,
    messages: MESSAGES,
    records: { view: RECORDS, sql: recordsSql(plan, offsets, MESSAGES) },
    firsts: { view: FIRSTS, keys: [KEY_NAME] },
    reports: reportsSql(plan, FIRSTS, { kind: 'stream' }),
    metrics: {
      frame: 'max(frame)',
      accepted: 'max(accepted)',
      rows: `count(CASE WHEN topic <> ${quotedText(daysTopic(plan))} THEN 1 END)`,
    },
    daysAgain: (days) => reportsSql(plan, `(\n${firstsOfTable()}\n)`, { kind: 'days', days }),
    againMessages: (view, frame) => `SELECT topic, key, concat(value, '${frame}}') AS value FROM ${view}`,
  };
}

/**
 * Of records with one key the first one: in a partition the one that stands there first, as the stream has it; and of
 * several partitions, in which only a producer without keys puts them, the one that was written first.
 */
function firstsOfTable(): string {
  const { partition, offset, written } = PLACE;
  const key = quotedName(KEY_NAME);
  return `  SELECT * FROM (
    SELECT * FROM ${RECORDS}
    QUALIFY row_number() OVER (PARTITION BY ${key}, ${partition} ORDER BY ${offset}) = 1
  )
  QUALIFY row_number() OVER (PARTITION BY ${key} ORDER BY ${written}, ${partition}) = 1`;
}

/** All of it as a script for people to read; what is no SQL in Spark stands in comments. */
export function sparkScript(
  { settings, messages, records, firsts, reports, daysAgain }: SparkSql,
  stream: string,
): string {
  const kept = Object.entries(settings).map(([key, value]) => `SET ${key}=${value};`);
  return `${kept.join('\n')}

-- ${messages}: the topic ${stream}, read as a stream by Spark's Kafka source, from its beginning on.

CREATE OR REPLACE TEMPORARY VIEW ${records.view} AS
${records.sql};

-- ${firsts.view}: ${records.view} without repeats, as dropDuplicates(${firsts.keys.map((key) => `"${key}"`).join(', ')}) gives them.

-- The query, in update mode; its rows are messages to Kafka:
${reports};

-- Days that got records behind the watermark, once more from the whole topic; ${records.view} is a table then:
${daysAgain(['2026-03-04'])};
`;
}
