import { expect, it } from 'vitest';
import { Gathering, writeInTurns } from './direct-writes.ts';

/** A file whose writes end when and how the test says. */
class HeldFile {
  readonly writes: { readonly position: number; readonly length: number; readonly held: PromiseWithResolvers<void> }[] =
    [];

  async write(
    part: Buffer,
    from: number,
    length: number,
    position: number,
  ): Promise<{ bytesWritten: number; buffer: Buffer }> {
    const held = Promise.withResolvers<void>();
    this.writes.push({ position, length, held });
    await held.promise;
    return { bytesWritten: length, buffer: part };
  }
}

const rooms = [Buffer.alloc(4), Buffer.alloc(4)] as const;
const twelve = (): Gathering => new Gathering([Buffer.from('abcdefghijkl')], 0, 12);

/** Lets promises that are settled be noticed, also those that nobody waits for. */
function noticed(): Promise<void> {
  return new Promise((resolve) => void setImmediate(resolve));
}

function writing(file: HeldFile): Promise<void> {
  return writeInTurns(rooms, file as unknown as Parameters<typeof writeInTurns>[1], 100, twelve());
}

it('has two parts under way before anybody waits, and the next once the first is written', async () => {
  const file = new HeldFile();
  const written = writing(file);
  expect(file.writes.map(({ position }) => position)).toEqual([100, 104]);
  file.writes[0]?.held.resolve();
  await noticed();
  expect(file.writes.map(({ position }) => position)).toEqual([100, 104, 108]);
  for (const { held } of file.writes) held.resolve();
  await written;
});

it('fails with what a part failed with, whichever was waited for, and not before the other has ended', async () => {
  const file = new HeldFile();
  const written = writing(file);
  let isOver = false;
  const over = written.catch(() => (isOver = true));
  await noticed();
  file.writes[1]?.held.reject(new Error('no room'));
  await noticed();
  expect(isOver).toBe(false);
  file.writes[0]?.held.resolve();
  await noticed();
  file.writes[2]?.held.resolve();
  await over;
  await expect(written).rejects.toThrow('no room');
});
