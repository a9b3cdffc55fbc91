import { counted } from '../base/counted.ts';
import { DaybookError } from '../base/errors.ts';
import type { Disk } from '../ports/disk.ts';
import type { PutBack } from '../ports/runtime.ts';

/** A line of JSON for each entry that was put back, in the order in which that happened. */
const PATH = 'quarantine-put-back.ndjson';
const LINE_FEED = 10;

type StoredPutBack = PutBack & { readonly id: number };

/** What the file of marks holds. */
export interface StoredPutBacks {
  readonly marks: readonly StoredPutBack[];
  /** Lines that are no marks: something else has written them, or the disk has lost them. */
  readonly damagedLines: number;
  /** Up to where it holds whole lines; one that a crash cut off is as if it had never been. */
  readonly bytes: number;
}

/** Reads the marks of a data folder. */
export async function readPutBacks(disk: Disk): Promise<StoredPutBacks> {
  const file = Buffer.from((await disk.read(PATH)) ?? []);
  const bytes = file.lastIndexOf(LINE_FEED) + 1;
  const lines = file.toString('utf8', 0, bytes).split('\n').slice(0, -1);
  const marks = lines.flatMap((line) => markOf(line) ?? []);
  return { marks, damagedLines: lines.length - marks.length, bytes };
}

function markOf(line: string): StoredPutBack | undefined {
  let mark: Partial<StoredPutBack> | null;
  try {
    mark = JSON.parse(line) as Partial<StoredPutBack> | null;
  } catch {
    return undefined;
  }
  const { id, atMs, outcome, offset } = mark ?? {};
  const isWhole = [id, atMs, outcome === 'accepted' ? offset : 0].every(Number.isSafeInteger);
  return isWhole && (outcome === 'accepted' || outcome === 'duplicate') ? (mark as StoredPutBack) : undefined;
}

/**
 * Which entries of the quarantine were put right. A mark is written after its record is durable: a crash between the two
 * leaves the entry open, and whoever sends the record again is told that it is there. One that the disk does not take holds
 * all the same, and is written when the disk is well, at the latest at the end.
 */
export class PutBacks {
  readonly #disk: Disk;
  readonly #marks = new Map<number, PutBack>();
  /** Up to where the file holds whole lines. */
  #size = 0;
  #unwritten: Buffer[] = [];
  #writing: Promise<void> = Promise.resolve();

  private constructor(disk: Disk) {
    this.#disk = disk;
  }

  /** Reads what is there. A file that is damaged is set aside, which is told, and its whole lines are written anew. */
  static async load(disk: Disk, onNotice: (sentence: string) => void = () => undefined): Promise<PutBacks> {
    const putBacks = new PutBacks(disk);
    const { marks, damagedLines, bytes } = await readPutBacks(disk);
    for (const mark of marks) putBacks.#remember(mark);
    if (damagedLines === 0) putBacks.#size = bytes;
    else onNotice(damagedSentence(damagedLines, await putBacks.#beginAnew(marks)));
    return putBacks;
  }

  /** @returns where the file so far is kept. Without its marks entries are open for nothing, which costs a look */
  async #beginAnew(marks: readonly StoredPutBack[]): Promise<string> {
    const taken = new Set(await this.#disk.list(''));
    let path = `${PATH}.damaged`;
    for (let number = 2; taken.has(path); number++) path = `${PATH}.damaged.${number}`;
    await this.#disk.rename(PATH, path);
    await this.#disk.syncFolder('');
    this.#unwritten = marks.map(lineOf);
    await this.#append();
    return path;
  }

  /** How many entries are marked. */
  get size(): number {
    return this.#marks.size;
  }

  of(id: number): PutBack | undefined {
    return this.#marks.get(id);
  }

  /** Why no further record may count for an entry: one did. A repeat did not, so that a right one may still come. */
  refusalOf(id: number): DaybookError | undefined {
    const mark = this.#marks.get(id);
    if (mark?.outcome !== 'accepted') return undefined;
    return new DaybookError(
      'ALREADY_CORRECTED',
      `Entry ${id} of the quarantine was put right at ${new Date(mark.atMs).toISOString()}, at offset ${mark.offset}; ` +
        'nothing was counted. Send a record that has nothing to do with it without corrects.',
      { details: { id, ...mark } },
    );
  }

  /** Marks an entry at once, and durably with the next `write`. One that was accepted stays so. */
  note(id: number, putBack: PutBack): void {
    if (this.#marks.get(id)?.outcome === 'accepted') return;
    const stored: StoredPutBack = { id, ...putBack };
    this.#remember(stored);
    this.#unwritten.push(lineOf(stored));
  }

  /** Resolves when all that was noted is durable. When it fails, it can be called again. @throws DaybookError of the disk */
  async write(): Promise<void> {
    // Whoever was before has said what failed.
    this.#writing = this.#writing.catch(() => {}).then(() => this.#append());
    await this.#writing;
  }

  async #append(): Promise<void> {
    const lines = [...this.#unwritten];
    // Those of several that came together are written with the first.
    if (lines.length === 0) return;
    const file = await this.#disk.open(PATH, 'append');
    try {
      await file.truncate(this.#size);
      await file.writeAt(this.#size, lines);
      await file.sync();
    } finally {
      await file.close();
    }
    if (this.#size === 0) await this.#disk.syncFolder('');
    for (const { length } of lines) this.#size += length;
    this.#unwritten = this.#unwritten.slice(lines.length);
  }

  #remember({ id, ...putBack }: StoredPutBack): void {
    this.#marks.set(id, putBack);
  }
}

function lineOf(mark: StoredPutBack): Buffer {
  return Buffer.from(`${JSON.stringify(mark)}\n`);
}

function damagedSentence(lines: number, savedAs: string): string {
  return (
    `${PATH}, which says which refused records were put right, is damaged in ${counted(lines, 'line')}: those records are open ` +
    `again, and the other marks hold. The file is kept as ${savedAs}.`
  );
}

/**
 * Moves all marks away, durably, when entries may have other ids than they name.
 * @param placeFor  gives the path for a file of this name
 * @returns that path; undefined when there are no marks
 */
export async function setPutBacksAside(
  disk: Disk,
  placeFor: (name: string) => Promise<string>,
): Promise<string | undefined> {
  if (!(await disk.list('')).includes(PATH)) return undefined;
  const path = await placeFor(PATH);
  await disk.rename(PATH, path);
  await disk.syncFolder('');
  return path;
}
