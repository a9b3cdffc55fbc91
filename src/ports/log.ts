/** What a frame begins with. Its first and its last byte are none of UTF-8, and packed records are without these four. */
export const FRAME_MAGIC = Buffer.from([0xf9, 0x44, 0x42, 0xfe]);

/** The most that a frame's records and quarantine may have together. */
export const FRAME_BODY_BYTES_MAX = 64 * 1024 * 1024;

/**
 * What one group commit writes: accepted records, what was quarantined with them, and how many repeats were left out.
 * One frame is one write and one fsync, and the next is written only after it: a damaged frame with a whole one behind
 * it is therefore damage to durable data, never a torn write.
 */
export interface LogFrame {
  /** The offset of the first record; the others follow without gaps. */
  readonly firstOffset: number;
  readonly recordCount: number;
  /** NDJSON: each record ended by a line feed; nothing else. */
  readonly records: Uint8Array;
  readonly duplicateCount: number;
  /** How many entries `quarantine` holds. */
  readonly quarantineCount: number;
  /** NDJSON of quarantine entries, as the engine writes and reads them; opaque to the log. */
  readonly quarantine: Uint8Array;
  /** Up to where the sources of these records have been read, as the engine writes it; opaque to the log. */
  readonly places?: Uint8Array;
}

/** A frame to be written, its records in one piece or in several that are written behind each other. */
export interface NewFrame extends Omit<LogFrame, 'firstOffset' | 'records'> {
  readonly records: Uint8Array | readonly Uint8Array[];
  /** Whether they are packed (`packed-records.ts`): who reads them gets them unpacked. They are not, unless told. */
  readonly isPacked?: boolean;
}

/** Where a frame stands. */
export interface FramePlace {
  /** The offset of its first record. */
  readonly firstOffset: number;
  readonly at: LogPosition;
  /** Where the frame behind it stands, or will. */
  readonly next: LogPosition;
  /** Of all that the frame holds, and of its first offset. */
  readonly checksum: number;
}

/** A frame that was written. */
export type WrittenFrame = NewFrame & FramePlace;

/** A place between two frames: a segment's name and a byte position in it. */
export interface LogPosition {
  readonly segment: string;
  readonly position: number;
}

/** A place that a log has reached. */
export interface LogReach {
  /** The offset of the next record. */
  readonly offset: number;
  /** Where the next frame stands, if that is known. */
  readonly next?: LogPosition | undefined;
}

/** A place in a log, with what tells this log from another one that has frames up to the same place. */
export interface LogMark extends LogReach {
  readonly next: LogPosition;
  /** The chained checksums of the frames before it in its segment; gaps have none. */
  readonly checksum: number;
}

/** A frame as it stands in the log. */
export interface StoredFrame extends LogFrame, FramePlace {}

export interface LogStatus {
  readonly segments: number;
  readonly bytes: number;
  readonly nextOffset: number;
  /** The segments, oldest first. */
  readonly files: readonly { readonly name: string; readonly firstOffset: number; readonly bytes: number }[];
}

/** The durable, ordered list of accepted records. One process writes; others may read. */
export interface Log {
  readonly nextOffset: number;

  /**
   * Appends a frame and resolves once it is durable. One call at a time.
   * On failure nothing of the frame is in the log, and the log goes on with the next call.
   * @throws DaybookError `DISK_FULL` (retryable: when there is room the same call succeeds), `LOG_FAILED`,
   *   `LOG_FRAME_TOO_LARGE`
   */
  append<F extends NewFrame>(frame: F): Promise<F & FramePlace>;

  /**
   * Durable frames in order, from the given place (one that `append` or `read` gave, else the log's beginning).
   * Ends at what was durable when it began.
   * @throws DaybookError `LOG_POSITION_UNKNOWN` when the place is not in the log
   */
  read(from?: LogPosition): AsyncIterable<StoredFrame>;

  /** The frame that stands at a place. */
  readFrame(at: LogPosition): Promise<StoredFrame>;

  status(): LogStatus;
  close(): Promise<void>;
}
