/** One moment of the pipeline's last minutes. */
export interface PipelineMoment {
  readonly atMs: number;
  /** Records accepted a second since the moment before. */
  readonly perSecond: number;
  /** Records that were handed over and do not show in the reports yet, and how long the oldest of them has waited. */
  readonly lagRecords: number;
  readonly lagMs: number;
  /** From a record's arrival to the frame that shows it; undefined when nothing came. */
  readonly freshnessP50Ms: number | undefined;
  readonly freshnessP99Ms: number | undefined;
}

/** What one part is doing, in a sentence for people. */
export interface PipelinePart {
  readonly name: string;
  readonly state: 'idle' | 'working' | 'trouble';
  readonly doing: string;
}

/** An engine that is a process of its own, as far as it says how it is. */
export interface EngineStatus {
  /** `silent`: it said that it lives every few seconds, and does no more; or it has never said anything. */
  readonly state: 'starting' | 'running' | 'trouble' | 'stopped' | 'silent';
  /** When it was last heard of. */
  readonly heardAtMs: number | undefined;
  /** Why it is in trouble, or has stopped unasked. */
  readonly reason: string | undefined;
}

export interface CheckpointInfo {
  readonly offset: number;
  /** Undefined where only its name is known. */
  readonly atMs: number | undefined;
  readonly bytes: number | undefined;
}

/** A consumer group's place in a partition. */
export interface ConsumerPlace {
  readonly group: string;
  readonly topic: string;
  readonly partition: number;
  readonly committed: number;
  readonly next: number;
}

/** A micro-batch of a streaming query. */
export interface BatchInfo {
  readonly id: number;
  readonly atMs: number;
  readonly durationMs: number;
  readonly inputRows: number;
  readonly outputRows: number;
  /** Rows that its watermark dropped. */
  readonly lateRows: number;
}

/** A business day that got records when it was closed. */
export interface LateDay {
  readonly day: string;
  /** All its records, each once. */
  readonly records: number;
  /** How many of them came when it was closed. */
  readonly late: number;
  /** How many of those are in none of its rows yet, as the day waits to be computed again. */
  readonly waiting: number;
}

/** All that is known of how records get into the reports; what a runtime does not have is empty. */
export interface PipelineDetails {
  /** Oldest first, a few minutes. */
  readonly moments: readonly PipelineMoment[];
  readonly parts: readonly PipelinePart[];
  readonly checkpoints: readonly CheckpointInfo[];
  /** Files of spilled days. */
  readonly dayFiles: readonly { readonly name: string; readonly bytes: number | undefined }[];
  readonly consumers: readonly ConsumerPlace[];
  readonly batches: readonly BatchInfo[];
  /** Oldest first. */
  readonly lateDays: readonly LateDay[];
}
