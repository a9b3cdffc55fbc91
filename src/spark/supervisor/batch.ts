/** By partition of the stream's topic: the offset of the first message that the query has not read. */
export type ReadTo = Readonly<Record<string, number>>;

/** Of a message of the topic of frames; what is none there is left out. */
export function readToOf(value: unknown): ReadTo {
  const members = typeof value === 'object' && value !== null ? Object.entries(value) : [];
  return Object.fromEntries(members.filter((member): member is [string, number] => Number.isSafeInteger(member[1])));
}

/** Of two places in the topic the further one, partition by partition. */
export function furtherOf(a: ReadTo, b: ReadTo): ReadTo {
  const further = Object.entries(b).map(([partition, offset]) => [partition, Math.max(offset, a[partition] ?? 0)]);
  return { ...a, ...(Object.fromEntries(further) as ReadTo) };
}

/** What is known of a batch of the reports' query once it is whole. */
export interface Batch {
  readonly id: number;
  /** Undefined when it wrote nothing. */
  readonly frame: number | undefined;
  /** How many records there are, this batch's among them; undefined when it had none. */
  readonly accepted: number | undefined;
  /** Rows of reports that it wrote. */
  readonly rows: number;
  /** Messages that it read. */
  readonly messages: number;
  /** Undefined: Spark does not say. */
  readonly readTo: ReadTo | undefined;
  readonly messagesPerSecond: number;
  readonly tookMs: number;
  /** Messages of the partition that is furthest behind which were not read yet. */
  readonly lag: number;
  /** The time of the watermark, as Spark says it. */
  readonly watermark: string | undefined;
  /** Records of which Spark's counters say that they were behind the watermark; a group of a batch counts once. */
  readonly late: number;
  /** What the state holds: keys of records and groups. */
  readonly stateRows: number;
}

interface Progress {
  readonly batchId: number;
  readonly numInputRows?: number;
  readonly processedRowsPerSecond?: number;
  readonly durationMs?: { readonly triggerExecution?: number };
  readonly eventTime?: { readonly watermark?: string };
  readonly stateOperators?: readonly { readonly numRowsTotal: number; readonly numRowsDroppedByWatermark?: number }[];
  readonly sources?: readonly {
    /** JSON: by topic, of which there is one, `ReadTo`. */
    readonly endOffset?: string | null;
    readonly numInputRows?: number;
    readonly metrics?: { readonly maxOffsetsBehindLatest?: string } | null;
  }[];
  readonly observedMetrics?: Readonly<Record<string, Observed>>;
}

interface Observed {
  readonly values: readonly (number | string | null)[];
  readonly schema: { readonly fields: readonly { readonly name: string }[] };
}

/** The name under which the query's metrics are observed. */
export const OBSERVED = 'daybook';

/** Reads a progress event of Spark. Source: StreamingQueryProgress of Spark 4.2. */
export function readBatch(json: string): Batch {
  const progress = JSON.parse(json) as Progress;
  const sources = progress.sources ?? [];
  const operators = progress.stateOperators ?? [];
  const observed = progress.observedMetrics?.[OBSERVED];
  const metric = (name: string): number | undefined => {
    const at = observed?.schema.fields.findIndex((field) => field.name === name) ?? -1;
    const value = observed?.values[at] ?? undefined;
    return value === undefined ? undefined : Number(value);
  };
  return {
    id: progress.batchId,
    frame: metric('frame'),
    accepted: metric('accepted'),
    rows: metric('rows') ?? 0,
    messages: sumOf(sources, ({ numInputRows = 0 }) => numInputRows),
    readTo: Object.values(JSON.parse(sources[0]?.endOffset ?? '{}') as Readonly<Record<string, ReadTo>>)[0],
    messagesPerSecond: Math.round(progress.processedRowsPerSecond ?? 0),
    tookMs: progress.durationMs?.triggerExecution ?? 0,
    lag: sumOf(sources, ({ metrics }) => Number(metrics?.maxOffsetsBehindLatest ?? 0)),
    watermark: progress.eventTime?.watermark,
    late: sumOf(operators, ({ numRowsDroppedByWatermark = 0 }) => numRowsDroppedByWatermark),
    stateRows: sumOf(operators, ({ numRowsTotal }) => numRowsTotal),
  };
}

function sumOf<T>(list: readonly T[], value: (each: T) => number): number {
  return list.reduce((sum, each) => sum + value(each), 0);
}
