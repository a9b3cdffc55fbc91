import { lengthOf } from '../base/joined.ts';
import { encodeBlockHeader } from '../ports/packed-records.ts';
import type { PackedRecords } from '../record/columns.ts';
import type { WaitingBatch } from './group.ts';

const LINE_FEED = 10;
const CARRIAGE_RETURN = 13;
const LINE_END = Uint8Array.of(LINE_FEED);

/** The records of a batch that are new, as they are written. */
interface Block {
  readonly batch: WaitingBatch;
  /** How long their lines are, each ended by a line feed. */
  readonly lineBytes: number;
  /** As they are packed, if that is shorter. */
  readonly packed: PackedBlock | undefined;
}

/** A block, in pieces. */
interface PackedBlock {
  /** Block header, templates and forms, which stand before the records. */
  readonly head: readonly Uint8Array[];
  readonly records: readonly Uint8Array[];
}

/** The records of a frame, in pieces. */
interface FrameRecords {
  readonly records: readonly Uint8Array[];
  readonly isPacked: boolean;
}

/** The records of batches that are new, packed where that is shorter. */
export function frameRecords(batches: readonly WaitingBatch[]): FrameRecords {
  const blocks = batches.filter(({ claim }) => claim.picked.length > 0).map(blockOf);
  if (blocks.every(({ packed }) => packed === undefined)) {
    return { records: blocks.flatMap(({ batch }) => lineRuns(batch)), isPacked: false };
  }
  return { records: blocks.flatMap(piecesOf), isPacked: true };
}

function blockOf(batch: WaitingBatch): Block {
  const { packed: by } = batch.columns;
  const lineBytes = lineBytesOf(batch);
  const packed = by && packedBlock(by, batch.claim.picked, lineBytes);
  const isShorter = packed !== undefined && lengthOf(packed.head) + lengthOf(packed.records) < lineBytes;
  return { batch, lineBytes, packed: isShorter ? packed : undefined };
}

/**
 * A block of some of a batch's records.
 * @param picked     which of them, in their order
 * @param lineBytes  how long their lines are together, each with a line feed and without a carriage return
 */
export function packedBlock(by: PackedRecords, picked: Int32Array, lineBytes: number): PackedBlock {
  const { templates, forms } = by;
  const records = packedRuns(by, picked);
  const lengths = { templates: templates.length, forms: forms.length, records: lengthOf(records) };
  return { head: [encodeBlockHeader({ ...lengths, unpacked: lineBytes }), templates, forms], records };
}

function piecesOf({ batch, lineBytes, packed }: Block): readonly Uint8Array[] {
  if (packed !== undefined) return [...packed.head, ...packed.records];
  return [encodeBlockHeader({ templates: 0, forms: 0, records: lineBytes, unpacked: lineBytes }), ...lineRuns(batch)];
}

/** How long `lineRuns` are. */
function lineBytesOf(batch: WaitingBatch): number {
  const { columns, claim } = batch;
  const { starts, ends } = columns;
  if (!columns.isPlain) return lengthOf(lineRuns(batch));
  let bytes = claim.picked.length;
  for (const record of claim.picked) bytes += (ends[record] as number) - (starts[record] as number);
  return bytes;
}

/** The picked records' lines as they came, each ended by a line feed; lines that stand behind each other are one piece. */
function lineRuns({ intake, columns, claim }: WaitingBatch): readonly Uint8Array[] {
  const { bytes, starts, ends } = columns;
  const { picked } = claim;
  const { length } = intake.lines;
  const runs: Uint8Array[] = [];
  for (let first = 0, next = 0; first < picked.length; first = next) {
    const start = starts[picked[first] as number] as number;
    let end = 0;
    let isPlain = true;
    do {
      end = ends[picked[next++] as number] as number;
      // What stands behind the lines is somebody else's, even where it is a line feed.
      isPlain = columns.isPlain || (end < length && bytes[end] === LINE_FEED && bytes[end - 1] !== CARRIAGE_RETURN);
    } while (isPlain && next < picked.length && starts[picked[next] as number] === end + 1);
    if (isPlain) runs.push(bytes.subarray(start, end + 1));
    else runs.push(bytes.subarray(start, bytes[end - 1] === CARRIAGE_RETURN ? end - 1 : end), LINE_END);
  }
  return runs;
}

/** Some records as they are packed, in their order; those that stand behind each other are one piece. */
function packedRuns({ records, ends }: PackedRecords, picked: Int32Array): readonly Uint8Array[] {
  const runs: Uint8Array[] = [];
  for (let first = 0, next = 0; first < picked.length; first = next) {
    const row = picked[first] as number;
    let last = row;
    next++;
    while (next < picked.length && picked[next] === last + 1) last = picked[next++] as number;
    runs.push(records.subarray(row === 0 ? 0 : ends[row - 1], ends[last]));
  }
  return runs;
}
