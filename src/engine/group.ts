import { present } from '../base/assert.ts';
import type { LogFrame } from '../ports/log.ts';
import type { Acceptance, Intake } from '../ports/runtime.ts';
import type { RecordColumns, ScannedLines } from '../record/columns.ts';
import type { Claim } from './key-index.ts';
import type { Quarantine, Refused } from './quarantine.ts';
import { printEntries } from './quarantine.ts';

const LINE_FEED = 10;
const CARRIAGE_RETURN = 13;

/** A scanned batch that waits for its commit. */
export interface WaitingBatch {
  readonly intake: Intake;
  readonly columns: RecordColumns;
  /** What cannot be accepted, in the order of the lines. */
  readonly refused: readonly Refused[];
  readonly resolve: (answer: Acceptance) => void;
  readonly reject: (error: unknown) => void;
}

/** A batch whose new records are known. */
export interface PreparedBatch {
  readonly batch: WaitingBatch;
  /** The numbers of the records whose primary key is new, in order. */
  readonly picked: Int32Array;
}

/** Batches that become one frame of the log. */
export interface PreparedGroup {
  readonly batches: readonly PreparedBatch[];
  readonly frame: Omit<LogFrame, 'firstOffset'>;
  /** Of the frame's quarantine entries, in their order. */
  readonly fingerprints: readonly string[];
  /** Nothing was sent that the log would have to hold. */
  readonly isEmpty: boolean;
}

/** What a batch's scanner and its source could not accept, in the order of the lines. */
export function refusedOf({ origin, lines, unreadable }: Intake, { refused }: ScannedLines): readonly Refused[] {
  const scanned = refused.map(({ line, start, end, refusal }): Refused => {
    return { refusal, line, origin, bytes: lines.subarray(start, end) };
  });
  const sourced = (unreadable ?? []).map(({ line, record, ...refusal }): Refused => {
    return { refusal, line, origin, bytes: Buffer.from(record) };
  });
  return sourced.length === 0 ? scanned : [...scanned, ...sourced].sort((a, b) => a.line - b.line);
}

/**
 * Lays out a group's frame.
 * @param claims  of the batches' columns, one a batch, with no doubt left
 */
export function prepareGroup(
  batches: readonly WaitingBatch[],
  claims: readonly Claim[],
  quarantine: Quarantine,
  nowMs: number,
): PreparedGroup {
  const prepared = batches.map((batch, index) => {
    return { batch, picked: present(claims[index], 'each batch has its claim').picked };
  });
  const { picked, fingerprints } = quarantine.pick(batches.flatMap((batch) => batch.refused));
  const recordCount = prepared.reduce((sum, each) => sum + each.picked.length, 0);
  const duplicateCount = batches.reduce((sum, batch) => sum + batch.columns.count, 0) - recordCount;
  return {
    batches: prepared,
    frame: {
      recordCount,
      records: rawRecords(prepared),
      duplicateCount,
      quarantineCount: picked.length,
      quarantine: printEntries(picked, nowMs),
    },
    fingerprints,
    isEmpty: recordCount + duplicateCount + picked.length === 0,
  };
}

export function answerOf({ batch, picked }: PreparedBatch, offset: number): Acceptance {
  return {
    accepted: picked.length,
    duplicates: batch.columns.count - picked.length,
    quarantined: batch.refused.map(({ refusal, line }) => ({ line, ...refusal })),
    offset,
  };
}

/** The picked records' lines as they came, each ended by a line feed. */
function rawRecords(prepared: readonly PreparedBatch[]): Uint8Array {
  const whole = onlyBatchWhole(prepared);
  if (whole !== undefined) return whole;
  let size = 0;
  for (const { batch, picked } of prepared) {
    const { starts, ends } = batch.columns;
    for (const record of picked) size += (ends[record] as number) - (starts[record] as number) + 1;
  }
  const raw = new Uint8Array(size);
  let at = 0;
  for (const { batch, picked } of prepared) {
    const { bytes, starts, ends } = batch.columns;
    for (const record of picked) {
      const start = starts[record] as number;
      const end =
        bytes[(ends[record] as number) - 1] === CARRIAGE_RETURN
          ? (ends[record] as number) - 1
          : (ends[record] as number);
      raw.set(bytes.subarray(start, end), at);
      at += end - start;
      raw[at++] = LINE_FEED;
    }
  }
  return raw.subarray(0, at);
}

/** The bytes of a single batch of which every line was accepted: nothing to pick, so nothing to copy. */
function onlyBatchWhole(prepared: readonly PreparedBatch[]): Uint8Array | undefined {
  const [only] = prepared;
  if (prepared.length !== 1 || only === undefined) return undefined;
  const { bytes, starts, ends, count } = only.batch.columns;
  if (only.picked.length !== count || count === 0 || bytes[bytes.length - 1] !== LINE_FEED) return undefined;
  let next = 0;
  for (let record = 0; record < count; record++) {
    if (starts[record] !== next || bytes[(ends[record] as number) - 1] === CARRIAGE_RETURN) return undefined;
    next = (ends[record] as number) + 1;
  }
  return next === bytes.length ? bytes : undefined;
}
