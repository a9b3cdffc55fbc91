import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { makeDurableFolder, openDisk } from './disk.ts';

let root = '';
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'daybook-disk-'));
});
afterEach(() => rm(root, { recursive: true }));

const bytes = (text: string): Uint8Array => Buffer.from(text);
const textOf = (content: Uint8Array | undefined): string => Buffer.from(content ?? []).toString();

/** Bytes in memory that threads share, others at each place. */
function patterned(length: number, seed: number): Uint8Array {
  const made = new Uint8Array(new SharedArrayBuffer(length));
  for (let at = 0; at < length; at++) made[at] = (at * 31 + (at >> 9) + seed) & 0xff;
  return made;
}

describe("the machine's disk", () => {
  it('makes folders, also its own, and lists what is in them', async () => {
    const disk = openDisk(join(root, 'not', 'yet'));
    expect(await disk.list('a')).toEqual([]);
    await disk.makeFolder('a/b');
    await disk.makeFolder('a/b');
    for (const name of ['z', 'c']) await (await disk.open(`a/b/${name}`, 'create')).close();
    await disk.syncFolder('a/b');
    expect(await disk.list('a/b')).toEqual(['c', 'z']);
    expect(await disk.list('a')).toEqual(['b']);
  });

  it('writes at a position, in as many pieces as it is given, and reads back', async () => {
    const disk = openDisk(root);
    const file = await disk.open('file', 'append');
    const pieces = Array.from({ length: 3000 }, (_, index) => bytes(index % 3 === 0 ? '' : `${index},`));
    await file.writeAt(0, [bytes('hello '), ...pieces]);
    await file.writeAt(0, [bytes('HE'), bytes('LL')]);
    await file.sync();
    const expected = `HELLo ${pieces.map(textOf).join('')}`;
    expect(textOf(await disk.read('file'))).toBe(expected);
    expect(await file.size()).toBe(expected.length);
    expect(textOf(await file.readAt(2, 3))).toBe(expected.slice(2, 5));
    expect(textOf(await file.readAt(expected.length - 2, 100))).toBe(expected.slice(-2));
    expect(textOf(await file.readAt(expected.length + 5, 10))).toBe('');
    await file.truncate(4);
    await file.close();
    const again = await disk.open('file', 'append');
    expect(await again.size()).toBe(4);
    await again.close();
  });

  it('writes what is long in parts, each where it belongs', async () => {
    const disk = openDisk(root);
    const file = await disk.open('file', 'append');
    const pieces = Array.from({ length: 7 }, (_, index) => new Uint8Array(5_000_000 + index).fill(index + 1));
    await file.writeAt(3, [...pieces, bytes('end')]);
    await file.sync();
    await file.close();
    const written = Buffer.from((await disk.read('file')) ?? []);
    expect(written.equals(Buffer.concat([new Uint8Array(3), ...pieces, bytes('end')]))).toBe(true);
  });

  it('writes long and short, one behind the other, wherever they begin, from memory that threads share', async () => {
    const disk = openDisk(root);
    const length = fc.oneof(fc.nat(5_000), fc.integer({ min: 1_000_000, max: 20_000_000 }), fc.constant(8 * 2 ** 20));
    await fc.assert(
      fc.asyncProperty(
        fc.nat(9_000),
        fc.array(fc.array(length, { maxLength: 3 }), { maxLength: 3 }),
        async (at, writes) => {
          const file = await disk.open('file', 'append');
          let end = at;
          const expected = [Buffer.alloc(at)];
          for (const lengths of writes) {
            const chunks = lengths.map((bytes, index) => patterned(bytes, end + index));
            await file.writeAt(end, chunks);
            await file.sync();
            for (const chunk of chunks) end += expected[expected.push(Buffer.from(chunk)) - 1]?.length ?? 0;
          }
          if (end === at) await file.truncate(at);
          await file.close();
          expect(Buffer.concat(expected).equals((await disk.read('file')) ?? new Uint8Array())).toBe(true);
          await disk.remove('file');
        },
      ),
      { numRuns: 20 },
    );
  });

  it('writes long to several files at once', async () => {
    const disk = openDisk(root);
    const names = ['a', 'b', 'c'];
    const chunks = [patterned(17_000_000, 1), patterned(3, 2)];
    await Promise.all(
      names.map(async (name) => {
        const file = await disk.open(name, 'create');
        await file.writeAt(0, chunks);
        await file.close();
      }),
    );
    for (const name of names)
      expect(Buffer.concat(chunks).equals((await disk.read(name)) ?? new Uint8Array())).toBe(true);
  });

  it('creates, renames and removes', async () => {
    const disk = openDisk(root);
    await (await disk.open('a', 'create')).close();
    await expect(disk.open('a', 'create')).rejects.toMatchObject({ code: 'DISK_FAILED' });
    await disk.rename('a', 'b');
    expect(await disk.read('a')).toBeUndefined();
    await disk.remove('b');
    await disk.remove('b');
    expect(await disk.list('')).toEqual([]);
  });

  it('says which path and which operation failed, and why', async () => {
    const disk = openDisk(root);
    await writeFile(join(root, 'file'), '');
    await expect(disk.open('none', 'read')).rejects.toMatchObject({
      code: 'DISK_FAILED',
      retryable: false,
      details: { path: join(root, 'none'), operation: 'open' },
      cause: { code: 'ENOENT' },
    });
    await expect(disk.list('file')).rejects.toMatchObject({
      details: { operation: 'list' },
      cause: { code: 'ENOTDIR' },
    });
    const file = await disk.open('file', 'read');
    await expect(file.writeAt(0, [bytes('x')])).rejects.toMatchObject({ details: { operation: 'write' } });
    await file.close();
  });

  it.runIf(existsSync('/dev/full'))('tells a full disk from other failures', async () => {
    const file = await openDisk('/dev').open('full', 'append');
    for (const content of [bytes('x'), new Uint8Array(2_000_000)]) {
      await expect(file.writeAt(0, [content])).rejects.toMatchObject({
        code: 'DISK_FULL',
        retryable: true,
        details: { path: '/dev/full', operation: 'write' },
        cause: { code: 'ENOSPC' },
      });
    }
    await file.close();
  });

  it('tries whether there is room, and leaves nothing', async () => {
    const disk = openDisk(root);
    await disk.tryRoom(3_000_001);
    await disk.tryRoom(0);
    await expect(disk.tryRoom(2 ** 60)).rejects.toMatchObject({
      code: 'DISK_FULL',
      retryable: true,
      details: { operation: 'write' },
    });
    expect(await disk.list('')).toEqual([]);
  });
});

describe('a data folder', () => {
  it('is made with those above it, by as many as want it at once', async () => {
    const folder = join(root, 'a', 'b', 'c');
    await Promise.all([makeDurableFolder(folder), makeDurableFolder(folder), makeDurableFolder(join(root, 'a', 'd'))]);
    await makeDurableFolder(folder);
    expect([existsSync(folder), existsSync(join(root, 'a', 'd'))]).toEqual([true, true]);
  });

  it('that is a file, or below one, is said to be', async () => {
    await writeFile(join(root, 'file'), '');
    await expect(makeDurableFolder(join(root, 'file'))).rejects.toMatchObject({
      code: 'FOLDER_UNUSABLE',
      message: expect.stringContaining('file cannot be used: it is a file, not a folder') as string,
    });
    await expect(makeDurableFolder(join(root, 'file', 'below'))).rejects.toMatchObject({ code: 'FOLDER_UNUSABLE' });
  });

  it.runIf(process.platform === 'linux')('where none can be made ends with a sentence, and not never', async () => {
    const made = makeDurableFolder('/proc/daybook/data');
    await expect(made).rejects.toMatchObject({
      code: 'FOLDER_UNUSABLE',
      message: expect.stringContaining('/proc/daybook/data cannot be used') as string,
    });
  });
});
