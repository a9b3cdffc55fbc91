import { DaybookError } from '../base/errors.ts';
import { lengthOf } from '../base/joined.ts';
import type { NewFrame } from '../ports/log.ts';
import { FRAME_BODY_BYTES_MAX } from '../ports/log.ts';
import type { Acceptance, Intake, Refusal, Unreadable } from '../ports/runtime.ts';
import type { RecordColumns, RefusedLine, ScannedLines } from '../record/columns.ts';
import { frameRecords } from './frame-records.ts';
import type { Claim } from './key-index.ts';
import type { Journey } from './pipeline-watch.ts';
import type { Quarantine, QuarantinePart, Refused } from './quarantine.ts';
import { REFUSED_BYTES_MAX } from './quarantine.ts';
import { printPlaces } from './source-places.ts';

/** A scanned batch that waits for its commit; see `WaitingBatches`. */
export interface WaitingBatch {
  readonly intake: Intake;
  readonly columns: RecordColumns;
  /** Which of its records are new, if all batches before it become durable. */
  claim: Claim;
  /** What cannot be accepted, in the order of the lines. */
  readonly refused: readonly RefusedOfBatch[];
  /** The ids of what is kept of them in the quarantine, in their order, once the batch is laid out. */
  readonly entryIds: (number | undefined)[];
  readonly journey: Journey;
  readonly resolve: (answer: Acceptance) => void;
  readonly reject: (error: unknown) => void;
}

/** A line of the batch, or what its source made it of, or could not make one of. */
type RefusedOfBatch = RefusedLine | SourcedRefusal;

interface SourcedRefusal extends Pick<Unreadable, 'line' | 'record' | 'converted'> {
  readonly refusal: Refusal;
}

/** One of the frames that a group becomes. */
export interface GroupFrame {
  readonly frame: NewFrame;
  /** Those whose records it holds; the last frame of a group has all of them. */
  readonly batches: readonly WaitingBatch[];
  readonly isLast: boolean;
  /** Nothing was sent that the log would have to hold. */
  readonly isEmpty: boolean;
}

/**
 * What a batch's scanner and its source could not accept, in the order of the lines.
 * @throws DaybookError `BATCH_TOO_LARGE` when the batch cannot be written as it is; not retryable
 */
export function refusedOf(intake: Intake, scanned: ScannedLines): readonly RefusedOfBatch[] {
  const { lines, unreadable = [] } = intake;
  const refused = inFile(intake, scanned.refused);
  let acceptedBytes = lines.length;
  for (const { line, start, end } of refused) {
    acceptedBytes -= end - start;
    if (end - start > REFUSED_BYTES_MAX) throw batchTooLarge(`line ${line} has ${end - start}`, REFUSED_BYTES_MAX);
  }
  // The last record is ended by a line feed, if it was not.
  if (acceptedBytes + 1 > FRAME_BODY_BYTES_MAX)
    throw batchTooLarge(`its records have ${acceptedBytes}`, FRAME_BODY_BYTES_MAX);
  const originals = withOriginals(intake, refused);
  if (unreadable.length === 0) return originals;
  const sourced = unreadable.map(({ line, record, converted, ...refusal }) =>
    checked({ line, refusal, record, ...(converted !== undefined && { converted }) }),
  );
  return [...originals, ...sourced].sort((a, b) => a.line - b.line);
}

/** Refused lines with what their source made them of. */
function withOriginals({ lines, originalOf }: Intake, refused: readonly RefusedLine[]): readonly RefusedOfBatch[] {
  if (originalOf === undefined) return refused;
  return refused.map(({ line, refusal, start, end }) => {
    const converted = Buffer.from(lines.buffer, lines.byteOffset + start, end - start).toString();
    return checked({ line, refusal, record: originalOf(line), converted });
  });
}

function checked(refused: SourcedRefusal): SourcedRefusal {
  const bytes = Buffer.byteLength(refused.record);
  if (bytes > REFUSED_BYTES_MAX) throw batchTooLarge(`line ${refused.line} has ${bytes}`, REFUSED_BYTES_MAX);
  return refused;
}

/** Refused lines with the numbers that they have in their file. */
function inFile(intake: Intake, refused: readonly RefusedLine[]): readonly RefusedLine[] {
  if (refused.length === 0) return refused;
  const before = (intake.firstLine ?? 1) - 1;
  return before === 0 ? refused : refused.map((each) => ({ ...each, line: each.line + before }));
}

/**
 * What of a refused batch goes to the quarantine, one by one, as there may be millions. A correction's entry is there already,
 * and stays as it is.
 */
export function* keptOf(
  intake: Intake,
  refused: readonly RefusedOfBatch[],
  ids?: (number | undefined)[],
): Generator<Refused> {
  const { origin, lines, corrects, originalsFollow } = intake;
  if (corrects !== undefined || originalsFollow === true) return;
  for (const each of refused) {
    const { line, refusal } = each;
    if ('record' in each)
      yield { refusal, line, origin, bytes: Buffer.from(each.record), converted: each.converted, ids };
    else yield { refusal, line, origin, bytes: lines.subarray(each.start, each.end), ids };
  }
}

function batchTooLarge(what: string, bytesMax: number): DaybookError {
  return new DaybookError(
    'BATCH_TOO_LARGE',
    `Nothing of the batch was taken: ${what} bytes, of at most ${bytesMax}. Hand its records over in several batches; ` +
      'a single line of that length is no record.',
    { details: { bytesMax } },
  );
}

/** How many of the batches' records are new. */
export function recordsOf(batches: readonly WaitingBatch[]): number {
  return batches.reduce((sum, { claim }) => sum + claim.picked.length, 0);
}

/**
 * Lays out a group's frames, each when it is asked for. All records are in the last one, so that they become durable
 * together, and none is if a frame cannot be written; what was refused and has no room there is in frames before it. Each
 * must be durable, and the quarantine told of it, before the next is asked for.
 */
export function* framesOf(
  batches: readonly WaitingBatch[],
  quarantine: Quarantine,
  nowMs: number,
): Generator<GroupFrame> {
  const recordCount = recordsOf(batches);
  const duplicateCount = batches.reduce((sum, { columns }) => sum + columns.count, 0) - recordCount;
  const records = frameRecords(batches);
  let last: QuarantinePart | undefined;
  for (const part of quarantine.claim(refusedRecords(batches), nowMs)) {
    if (last !== undefined) yield frameOfRefused(last);
    last = part;
  }
  if (last !== undefined && lengthOf(records.records) + last.bytes.length > FRAME_BODY_BYTES_MAX) {
    yield frameOfRefused(last);
    last = undefined;
  }
  const places = printPlaces(batches.flatMap(({ intake }) => intake.place ?? []));
  const { bytes: quarantined, count: quarantineCount } = last ?? { bytes: new Uint8Array(), count: 0 };
  yield {
    batches,
    frame: {
      recordCount,
      ...records,
      duplicateCount,
      quarantineCount,
      quarantine: quarantined,
      places,
    },
    isLast: true,
    isEmpty: recordCount + duplicateCount + quarantineCount + places.length === 0,
  };
}

function frameOfRefused({ bytes, count }: QuarantinePart): GroupFrame {
  return {
    batches: [],
    frame: { recordCount: 0, records: [], duplicateCount: 0, quarantineCount: count, quarantine: bytes },
    isLast: false,
    isEmpty: false,
  };
}

function* refusedRecords(batches: readonly WaitingBatch[]): Generator<Refused> {
  for (const { intake, refused, entryIds } of batches) yield* keptOf(intake, refused, entryIds);
}

export function answerOf({ columns, claim, refused, entryIds, intake }: WaitingBatch, offset: number): Acceptance {
  const idOf = (index: number): number | undefined => intake.corrects ?? entryIds[index];
  return {
    accepted: claim.picked.length,
    duplicates: columns.count - claim.picked.length,
    quarantined: refused.map(({ refusal, line }, index) => {
      const id = idOf(index);
      return { line, ...refusal, ...(id !== undefined && { id }) };
    }),
    offset,
  };
}
