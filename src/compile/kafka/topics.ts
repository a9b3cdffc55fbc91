import type { ColumnKind, FieldPlan, Plan, ReportPlan } from '../../plan/plan.ts';
import { daysTopic, ownTopic } from '../../plan/shared-names.ts';

/** Records and rows have one; unless told, the stream's topic is split into so many, which so many cores can share. */
const PARTITIONS_DEFAULT = 6;
/** A refused record is kept whole, however long it was. */
const QUARANTINE_BYTES_MAX = 64 * 1024 * 1024;
/** Segments that are written to are never compacted, so they must not be large. */
const COMPACTED_SEGMENT_BYTES = 64 * 1024 * 1024;

/** A topic and what its messages hold. */
export interface KafkaTopic {
  readonly name: string;
  readonly role: 'stream' | 'report' | 'quarantine' | 'frames' | 'days';
  readonly holds: string;
  readonly partitions: number;
  /** Settings of the topic; those of the broker hold for the rest. */
  readonly config: Readonly<Record<string, string>>;
  /** The message's key: the text of one field, or the JSON of an object with these members in this order; none: no key. */
  readonly key: { readonly text: string } | { readonly json: readonly TopicColumn[] } | undefined;
  /** The message's value: JSON with these members in this order; undefined: as it came. */
  readonly value: readonly TopicColumn[] | undefined;
}

/** A member of a message's JSON. */
export interface TopicColumn {
  readonly name: string;
  /** `decimal`: a number with at most 6 decimals, exact as text. */
  readonly type: ColumnKind;
  readonly nullable?: true;
}

export interface TopicOptions {
  /** Of the stream's topic, and of the reports' when they are created. */
  readonly partitions?: number;
}

/** The topics of a definition: the stream's, one a report, the quarantine, the frames, and the days. */
export function kafkaTopics(plan: Plan, { partitions = PARTITIONS_DEFAULT }: TopicOptions = {}): readonly KafkaTopic[] {
  const { stream, reports } = plan;
  return [
    {
      name: stream.name,
      role: 'stream',
      holds: 'records that can be accepted, as they came, repeats among them',
      partitions,
      config: KEPT_FOR_EVER,
      key: { text: stream.primaryKey.name },
      value: undefined,
    },
    ...reports.map((report) => reportTopic(report, partitions)),
    {
      name: quarantineTopic(plan),
      role: 'quarantine',
      holds: 'records that cannot be accepted, whole, with the reason',
      partitions: 1,
      config: { ...KEPT_FOR_EVER, 'max.message.bytes': String(QUARANTINE_BYTES_MAX) },
      key: undefined,
      value: QUARANTINE_COLUMNS,
    },
    {
      name: framesTopic(plan),
      role: 'frames',
      holds: 'frames: the newest is the one that pages may show; how the engine is, every few seconds',
      partitions: 1,
      config: COMPACTED,
      key: { text: 'stream' },
      value: undefined,
    },
    {
      name: daysTopic(plan),
      role: 'days',
      holds: 'how many records each day has, and how many its rows have, by which late ones are found',
      // One partition, so that counts are read in the order of their frames.
      partitions: 1,
      config: COMPACTED,
      key: {
        json: [
          { name: stream.businessDate.name, type: 'date' },
          { name: 'of', type: 'text' },
        ],
      },
      value: undefined,
    },
  ];
}

/** The topic to which records go that cannot be accepted. */
export function quarantineTopic({ stream }: Plan): string {
  return ownTopic(stream, 'quarantine');
}

/** The topic that says which frames are whole. */
export function framesTopic({ stream }: Plan): string {
  return ownTopic(stream, 'frames');
}

function reportTopic(report: ReportPlan, partitions: number): KafkaTopic {
  const columns = report.columns.map(({ name, kind, nullable }): TopicColumn => {
    return { name, type: kind, ...(nullable && { nullable: true }) };
  });
  const isDimension = (name: string): boolean => report.dimensions.some((field: FieldPlan) => field.name === name);
  return {
    name: report.name,
    role: 'report',
    holds: `${report.title}: rows with their new values, the last one of a key holds`,
    partitions,
    config: COMPACTED,
    key: { json: columns.filter(({ name }) => isDimension(name)) },
    // The frame comes last, in microseconds, so that older consumers find what they know in its place.
    value: [...columns, { name: 'frame', type: 'integer' }],
  };
}

const KEPT_FOR_EVER = { 'cleanup.policy': 'delete', 'retention.ms': '-1', 'retention.bytes': '-1' };

const COMPACTED = { 'cleanup.policy': 'compact', 'segment.bytes': String(COMPACTED_SEGMENT_BYTES) };

/** As the API gives an entry of the quarantine, but for its number. */
const QUARANTINE_COLUMNS: readonly TopicColumn[] = [
  { name: 'atMs', type: 'integer' },
  { name: 'origin', type: 'text' },
  { name: 'line', type: 'integer' },
  { name: 'code', type: 'text' },
  { name: 'field', type: 'text', nullable: true },
  { name: 'reason', type: 'text' },
  { name: 'record', type: 'text' },
  { name: 'encoding', type: 'text' },
  { name: 'converted', type: 'text', nullable: true },
];
