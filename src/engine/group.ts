import { present } from '../base/assert.ts';
import type { NewFrame } from '../ports/log.ts';
import type { Acceptance, Intake } from '../ports/runtime.ts';
import type { RecordColumns, ScannedLines } from '../record/columns.ts';
import type { Claim } from './key-index.ts';
import type { Quarantine, Refused } from './quarantine.ts';
import { printEntries } from './quarantine.ts';

const LINE_FEED = 10;
const CARRIAGE_RETURN = 13;
const LINE_END = Uint8Array.of(LINE_FEED);

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
  readonly frame: NewFrame;
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
      records: prepared.flatMap(({ batch, picked }) => runsOf(batch.columns, picked)),
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

/** The picked records' lines as they came, each ended by a line feed; lines that stand behind each other are one piece. */
function runsOf({ bytes, starts, ends }: RecordColumns, picked: Int32Array): readonly Uint8Array[] {
  const runs: Uint8Array[] = [];
  for (let first = 0, next = 0; first < picked.length; first = next) {
    const start = starts[picked[first] as number] as number;
    let end = 0;
    let isPlain = true;
    do {
      end = ends[picked[next++] as number] as number;
      isPlain = bytes[end] === LINE_FEED && bytes[end - 1] !== CARRIAGE_RETURN;
    } while (isPlain && next < picked.length && starts[picked[next] as number] === end + 1);
    if (isPlain) runs.push(bytes.subarray(start, end + 1));
    else runs.push(bytes.subarray(start, bytes[end - 1] === CARRIAGE_RETURN ? end - 1 : end), LINE_END);
  }
  return runs;
}
