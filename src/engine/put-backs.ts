import { DaybookError } from '../base/errors.ts';
import type { Disk } from '../ports/disk.ts';
import type { PutBack } from '../ports/runtime.ts';

/** A line of JSON for each entry that was put back, in the order in which that happened. */
const PATH = 'quarantine-put-back.ndjson';
const LINE_FEED = 10;

type StoredPutBack = PutBack & { readonly id: number };

/**
 * Which entries of the quarantine were put right. A mark is written after its record is durable: a crash between the two
 * leaves the entry open, and whoever sends the record again is told that it is there. One that the disk does not take holds
 * all the same until then, and is written with the next.
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

  /** Reads what is there; a line that a crash cut off is as if it had never been. */
  static async load(disk: Disk): Promise<PutBacks> {
    const putBacks = new PutBacks(disk);
    const bytes = Buffer.from((await disk.read(PATH)) ?? []);
    putBacks.#size = bytes.lastIndexOf(LINE_FEED) + 1;
    for (const line of bytes.toString('utf8', 0, putBacks.#size).split('\n')) {
      if (line !== '') putBacks.#remember(JSON.parse(line) as StoredPutBack);
    }
    return putBacks;
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

  /** Marks an entry at once; durable once it resolves. One that was accepted stays so. @throws DaybookError of the disk */
  async note(id: number, putBack: PutBack): Promise<void> {
    if (this.#marks.get(id)?.outcome === 'accepted') return;
    const stored: StoredPutBack = { id, ...putBack };
    this.#remember(stored);
    this.#unwritten.push(Buffer.from(`${JSON.stringify(stored)}\n`));
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
