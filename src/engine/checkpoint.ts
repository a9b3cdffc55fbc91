import { crc32 } from 'node:zlib';
import type { Disk, DiskFile } from '../ports/disk.ts';
import type { CheckpointInfo } from '../ports/pipeline.ts';
import type { LogMark, LogReach } from '../ports/log.ts';
import type { Plan } from '../plan/plan.ts';
import type { AmendmentFacts } from './amendments.ts';
import type { DayFilingFacts } from './day-filing.ts';
import type { QuarantineFacts } from './quarantine.ts';
import { bytesOf, packSections, peekFacts, PREFIX_BYTES, prefixOf, unpackSections } from './sections.ts';
import type { Chunk, PackedSections, Section, SectionArray } from './sections.ts';
import type { SourcePlaceFacts } from './source-places.ts';
import type { StateFacts } from './state.ts';

export const FOLDER = 'checkpoints';
const FORMAT = 9;
const NAME = /^(\d{20})\.checkpoint$/;
const UNFINISHED = /^\d{20}\.checkpoint\.tmp$/;
/** The one before the newest stays, in case the newest is damaged. */
const KEPT = 2;
/** So many are written at once; between two writes others have their turn. */
const WRITE_BYTES = 1024 * 1024;

/** All that the engine knows as of one place in the log, to be written. */
export interface NewCheckpoint {
  readonly facts: CheckpointFacts;
  readonly arrays: readonly Section[];
}

/** The same as it was read. */
export interface Checkpoint extends NewCheckpoint {
  readonly arrays: readonly SectionArray[];
}

export interface CheckpointFacts extends LogMark {
  readonly format: number;
  readonly fingerprint: string;
  readonly atMs: number;
  readonly logBytes: number;
  readonly duplicates: number;
  readonly quarantine: QuarantineFacts;
  /** Not in checkpoints of logs that had no sources yet. */
  readonly places?: SourcePlaceFacts;
  readonly amendments: AmendmentFacts;
  readonly filing: DayFilingFacts;
  readonly state: StateFacts;
}

/** The format that this version writes. */
export const CHECKPOINT_FORMAT = FORMAT;

/** How many bytes the arrays of a checkpoint have: nearly all of it. */
export function checkpointBytes({ arrays }: NewCheckpoint): number {
  return arrays.reduce((sum, section) => sum + bytesOf(section), 0);
}

/**
 * Writes a checkpoint so that a crash at any moment leaves either all of it or none, and removes those that are no
 * longer needed. The arrays must stay as they are until it is written.
 */
export async function writeCheckpoint(disk: Disk, checkpoint: NewCheckpoint): Promise<void> {
  await disk.makeFolder(FOLDER);
  const name = pathAt(checkpoint.facts.offset);
  const temporary = `${name}.tmp`;
  await disk.remove(temporary);
  try {
    await writeFile(disk, temporary, packSections(checkpoint.facts, checkpoint.arrays));
  } catch (error) {
    // A half-written one is of no use, and on a full disk it is in the way of the log.
    await disk.remove(temporary);
    throw error;
  }
  await disk.rename(temporary, name);
  await disk.syncFolder(FOLDER);
  const outdated = (await checkpointNames(disk)).slice(KEPT);
  for (const old of outdated) await disk.remove(`${FOLDER}/${old}`);
}

async function writeFile(disk: Disk, path: string, packed: PackedSections): Promise<void> {
  const file = await disk.open(path, 'create');
  let writing = Promise.resolve();
  try {
    let position = PREFIX_BYTES;
    let crc = 0;
    for (const chunks of inWrites(packed.body)) {
      // While those before are being written.
      for (const chunk of chunks) crc = crc32(chunk, crc);
      await writing;
      writing = file.writeAt(position, chunks);
      position += chunks.reduce((sum, chunk) => sum + chunk.length, 0);
    }
    await writing;
    await file.writeAt(0, [prefixOf(packed, crc)]);
    await file.sync();
  } finally {
    // Where something else has failed, it still is under way, and what becomes of it matters no more.
    await Promise.allSettled([writing]);
    await file.close();
  }
}

/** Chunks as they are written together: a few bytes or many, none of them large. */
function* inWrites(chunks: readonly Chunk[]): Generator<readonly Uint8Array[]> {
  let some: Uint8Array[] = [];
  let bytes = 0;
  for (const chunk of chunks) {
    const whole = typeof chunk === 'function' ? chunk() : chunk;
    for (let at = 0; at < whole.length; at += WRITE_BYTES) {
      const part = whole.subarray(at, at + WRITE_BYTES);
      some.push(part);
      bytes += part.length;
      if (bytes < WRITE_BYTES) continue;
      yield some;
      some = [];
      bytes = 0;
    }
  }
  if (some.length > 0) yield some;
}

/**
 * Whole checkpoints of this plan, newest first. One that cannot be read, is damaged, or of another definition or format
 * is left out and said so.
 */
export async function* readCheckpoints(
  disk: Disk,
  plan: Plan,
  onNotice: (sentence: string) => void,
): AsyncGenerator<Checkpoint> {
  for (const name of await checkpointNames(disk)) {
    let unpacked: Awaited<ReturnType<typeof unpackSections>>;
    try {
      unpacked = await unpackFile(disk, `${FOLDER}/${name}`);
    } catch (error) {
      // All of it can be computed again from the log, so one bad sector here need not keep Daybook from starting.
      const reason = error instanceof Error ? error.message : String(error);
      onNotice(`The checkpoint ${FOLDER}/${name} cannot be read and is left out. ${reason}`);
      continue;
    }
    if (unpacked === undefined) {
      onNotice(`The checkpoint ${FOLDER}/${name} is damaged and is left out.`);
      continue;
    }
    const facts = unpacked.facts as CheckpointFacts;
    if (facts.format !== FORMAT || facts.fingerprint !== plan.fingerprint) {
      const other = facts.format === FORMAT ? 'definition' : 'version of Daybook';
      onNotice(`The checkpoint ${FOLDER}/${name} is of another ${other}; the reports are computed again from the log.`);
      continue;
    }
    yield { facts, arrays: unpacked.arrays };
  }
}

async function unpackFile(disk: Disk, path: string): ReturnType<typeof unpackSections> {
  const file = await disk.open(path, 'read');
  try {
    return await unpackSections(file);
  } finally {
    await file.close();
  }
}

/** Removes what a crash left of checkpoints that were being written. */
export async function removeUnfinishedCheckpoints(disk: Disk): Promise<void> {
  const names = (await disk.list(FOLDER)).filter((name) => UNFINISHED.test(name));
  for (const name of names) await disk.remove(`${FOLDER}/${name}`);
}

/**
 * The offset of the newest checkpoint, of whatever definition, whole or damaged: its name is there only when all before
 * it was durable in the log. 0 when there is none.
 */
export async function newestCheckpointOffset(disk: Disk): Promise<number> {
  const [newest] = await checkpointNames(disk);
  return newest === undefined ? 0 : offsetIn(newest);
}

/** Up to where the newest checkpoint, of whatever definition, knows the log; of a damaged one its name is all that counts. */
export async function newestReach(disk: Disk): Promise<LogReach> {
  const offset = await newestCheckpointOffset(disk);
  if (offset === 0) return { offset };
  return (await factsOf(disk, pathAt(offset))) ?? { offset };
}

/** A checkpoint's file, read through; `facts` is undefined when it is damaged or of another format. */
export interface CheckpointFile {
  readonly path: string;
  readonly offset: number;
  readonly facts: CheckpointFacts | undefined;
}

/** All checkpoints, of whatever definition, newest first. */
export async function inspectCheckpoints(disk: Disk): Promise<readonly CheckpointFile[]> {
  const files: CheckpointFile[] = [];
  for (const name of await checkpointNames(disk)) {
    const path = `${FOLDER}/${name}`;
    const facts = await factsOf(disk, path);
    // A Daybook that runs may have removed it meanwhile.
    const isThere = facts !== undefined || (await checkpointNames(disk)).includes(name);
    if (isThere) files.push({ path, offset: offsetIn(name), facts });
  }
  return files;
}

async function factsOf(disk: Disk, path: string): Promise<CheckpointFacts | undefined> {
  try {
    const facts = (await unpackFile(disk, path))?.facts as CheckpointFacts | undefined;
    return facts?.format === FORMAT ? facts : undefined;
  } catch {
    // A start leaves it out as well.
    return undefined;
  }
}

/** Removes the checkpoint at an offset. */
export async function removeCheckpoint(disk: Disk, offset: number): Promise<void> {
  await disk.remove(pathAt(offset));
  await disk.syncFolder(FOLDER);
}

/** Removes all checkpoints: after records were lost from the log, the reports are what the log still holds. */
export async function dropCheckpoints(disk: Disk): Promise<void> {
  const names = await checkpointNames(disk);
  for (const name of names) await disk.remove(`${FOLDER}/${name}`);
  if (names.length > 0) await disk.syncFolder(FOLDER);
}

/**
 * The checkpoints that are there, newest first.
 * @param known  when those at these offsets were written; of others it is read
 */
export async function listCheckpoints(
  disk: Disk,
  known: ReadonlyMap<number, number>,
): Promise<readonly CheckpointInfo[]> {
  const names = await checkpointNames(disk);
  const listed = await Promise.all(names.map((name) => infoOf(disk, name, known)));
  return listed.filter((info) => info !== undefined);
}

/** What is told of a checkpoint; undefined when it has given way to a newer one since it was listed. */
async function infoOf(
  disk: Disk,
  name: string,
  known: ReadonlyMap<number, number>,
): Promise<CheckpointInfo | undefined> {
  let file: DiskFile;
  try {
    file = await disk.open(`${FOLDER}/${name}`, 'read');
  } catch (error) {
    if (!(await checkpointNames(disk)).includes(name)) return undefined;
    throw error;
  }
  try {
    const offset = offsetIn(name);
    return { offset, atMs: known.get(offset) ?? (await writtenAtMs(file)), bytes: await file.size() };
  } finally {
    await file.close();
  }
}

/** When a checkpoint says that it was written; undefined where none of this format says so, or it cannot be read. */
async function writtenAtMs(file: DiskFile): Promise<number | undefined> {
  const facts = await peekFacts(file).then(
    (read) => read as Partial<CheckpointFacts> | undefined,
    // A start says so of the one that it needs; all others are told all the same.
    () => undefined,
  );
  return facts?.format === FORMAT && Number.isSafeInteger(facts.atMs) ? facts.atMs : undefined;
}

function pathAt(offset: number): string {
  return `${FOLDER}/${offset.toString().padStart(20, '0')}.checkpoint`;
}

function offsetIn(name: string): number {
  return Number(NAME.exec(name)?.[1]);
}

async function checkpointNames(disk: Disk): Promise<readonly string[]> {
  return (await disk.list(FOLDER)).filter((name) => NAME.test(name)).toReversed();
}
