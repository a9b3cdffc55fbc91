import { expect, it } from 'vitest';
import { FaultyDisk } from '../../test/disk/faulty-disk.ts';
import { fileOf } from '../../test/disk/through-a-file.ts';
import { daybook } from '../../daybook.config.ts';
import { makePlan } from '../plan/normalise.ts';
import type { Disk } from '../ports/disk.ts';
import { CHECKPOINT_FORMAT, listCheckpoints, readCheckpoints } from './checkpoint.ts';

const FOLDER = 'checkpoints';
const nameOf = (offset: number): string => `${String(offset).padStart(20, '0')}.checkpoint`;

async function diskWith(offsets: readonly number[]): Promise<FaultyDisk> {
  const disk = new FaultyDisk();
  await disk.makeFolder(FOLDER);
  for (const offset of offsets) {
    const file = await disk.open(`${FOLDER}/${nameOf(offset)}`, 'create');
    await file.writeAt(0, [new Uint8Array(offset)]);
    await file.close();
  }
  return disk;
}

/** The disk, on which a file goes as soon as the folder was listed. */
function losing(disk: Disk, offset: number): Disk {
  return {
    ...methodsOf(disk),
    list: async (folder) => {
      const names = await disk.list(folder);
      await disk.remove(`${folder}/${nameOf(offset)}`);
      return names;
    },
  };
}

function methodsOf(disk: Disk): Disk {
  return {
    list: (folder) => disk.list(folder),
    makeFolder: (folder) => disk.makeFolder(folder),
    read: (path) => disk.read(path),
    open: (path, mode) => disk.open(path, mode),
    rename: (from, to) => disk.rename(from, to),
    remove: (path) => disk.remove(path),
    syncFolder: (folder) => disk.syncFolder(folder),
    tryRoom: (bytes) => disk.tryRoom(bytes),
  };
}

it('lists the checkpoints, newest first, without one that gives way to a newer one meanwhile', async () => {
  const disk = await diskWith([3, 5, 9]);
  const listed = await listCheckpoints(losing(disk, 3), new Map([[9, 70]]));
  expect(listed).toEqual([
    { offset: 9, atMs: 70, bytes: 9 },
    { offset: 5, atMs: undefined, bytes: 5 },
  ]);
});

it('does not take a disk that fails for a checkpoint that is gone', async () => {
  const disk = await diskWith([3]);
  const failing: Disk = { ...methodsOf(disk), open: () => Promise.reject(new Error('no such sector')) };
  await expect(listCheckpoints(failing, new Map())).rejects.toThrow('no such sector');
});

it('tells of each when it was written, as its file says, but where that cannot be read', async () => {
  const disk = await diskWith([4]);
  const put = (offset: number, facts: unknown): void =>
    disk.tamper(`${FOLDER}/${nameOf(offset)}`, () => fileOf(facts, [Uint8Array.of(1, 2, 3)]));
  put(3, { format: CHECKPOINT_FORMAT - 1, atMs: 30 });
  put(5, { format: CHECKPOINT_FORMAT, atMs: 50 });
  put(9, { format: CHECKPOINT_FORMAT, atMs: 90 });
  const timesOn = async (on: Disk): Promise<readonly (readonly [number, number | undefined])[]> =>
    (await listCheckpoints(on, new Map([[9, 91]]))).map(({ offset, atMs }) => [offset, atMs]);
  expect(await timesOn(disk)).toEqual([
    [9, 91],
    [5, 50],
    [4, undefined],
    [3, undefined],
  ]);
  const failing: Disk = {
    ...methodsOf(disk),
    open: async (path, mode) => ({
      ...(await disk.open(path, mode)),
      readAt: () => Promise.reject(new Error('no such sector')),
    }),
  };
  expect(await timesOn(failing)).toEqual([
    [9, 91],
    [5, undefined],
    [4, undefined],
    [3, undefined],
  ]);
});

it('leaves out one of another version, and says so', async () => {
  const disk = new FaultyDisk();
  const plan = makePlan(daybook);
  for (const format of [CHECKPOINT_FORMAT, CHECKPOINT_FORMAT - 1]) {
    const { fingerprint } = plan;
    disk.tamper(`${FOLDER}/${nameOf(CHECKPOINT_FORMAT - format)}`, () => fileOf({ format, fingerprint }, []));
  }
  const notices: string[] = [];
  const found = await Array.fromAsync(readCheckpoints(disk, plan, (sentence) => notices.push(sentence)));
  expect(found).toMatchObject([{ facts: { format: CHECKPOINT_FORMAT } }]);
  expect(notices).toEqual([
    `The checkpoint ${FOLDER}/${nameOf(1)} is of another version of Daybook; the reports are computed again from the log.`,
  ]);
});

it('is read in pieces, as no more than 2 GiB of a file can be read at once', async () => {
  const real = new FaultyDisk();
  const { fingerprint } = makePlan(daybook);
  const arrays = [Uint8Array.of(1, 2, 3), Int32Array.from({ length: 5_000_000 }, (_, index) => index)];
  real.tamper(`${FOLDER}/${nameOf(1)}`, () => fileOf({ format: CHECKPOINT_FORMAT, fingerprint }, arrays));
  let mostBytes = 0;
  const disk: Disk = {
    ...methodsOf(real),
    read: () => Promise.reject(new Error('File size (20000104) is greater than 2 GiB')),
    open: async (path, mode) => {
      const file = await real.open(path, mode);
      const readAt = (position: number, length: number): Promise<Uint8Array> => {
        mostBytes = Math.max(mostBytes, length);
        return file.readAt(position, length);
      };
      return { ...file, readAt };
    },
  };
  const notices: string[] = [];
  const found = await Array.fromAsync(readCheckpoints(disk, makePlan(daybook), (sentence) => notices.push(sentence)));
  expect(notices).toEqual([]);
  // Not by toEqual, which takes many seconds for so many numbers.
  const bytesOf = ({ buffer }: { readonly buffer: ArrayBufferLike }): Buffer => Buffer.from(buffer);
  expect(found[0]?.arrays.map((array, index) => bytesOf(array).equals(bytesOf(arrays[index] ?? array)))).toEqual([
    true,
    true,
  ]);
  expect(mostBytes).toBeLessThanOrEqual(8 * 1024 * 1024);
});
