import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FaultyDisk } from '../../test/disk/faulty-disk.ts';
import { throughAFile } from '../../test/disk/through-a-file.ts';
import { keyColumns, keyOf, keyThatLooksLike } from '../../test/intake/key-columns.ts';
import type { RecordColumns } from '../record/columns.ts';
import { keyHash, keyPrint, shardOf } from '../record/key-hash.ts';
import type { Claim } from './key-index.ts';
import { KeyIndex } from './key-index.ts';
import { KeyPrints } from './key-prints.ts';
import { SectionReader } from './sections.ts';

function columnsOf(numbers: readonly number[]): RecordColumns {
  return keyColumns(numbers.map(keyOf));
}

async function reload(disk: FaultyDisk, saved: ReturnType<KeyIndex['save']>): Promise<KeyIndex> {
  const { facts, arrays } = await throughAFile(saved);
  const sections = new SectionReader(arrays);
  return KeyIndex.load(disk, facts, sections.int32());
}

async function look(index: KeyIndex, disk: FaultyDisk, columns: RecordColumns): Promise<Claim> {
  return index.claim(columns, await index.lookUp(disk, columns, index.doubtful(columns)));
}

async function claim(index: KeyIndex, disk: FaultyDisk, batches: readonly (readonly number[])[]): Promise<number[][]> {
  const picked: number[][] = [];
  for (const numbers of batches) {
    const { length } = picked;
    picked.push(
      [...(await look(index, disk, columnsOf(numbers))).picked].map((record) => batches[length]?.[record] ?? NaN),
    );
  }
  index.keep(picked.flat().length);
  return picked;
}

describe('an index of keys', () => {
  it('knows exactly the keys that came, in memory, on their way and in files, saved or not', async () => {
    const numbers = fc.array(fc.nat(300), { maxLength: 40 });
    const step = fc.oneof(
      fc.record({ accept: fc.array(numbers, { maxLength: 3 }) }),
      fc.record({ fail: numbers }),
      fc.constant('retire'),
      fc.constant('spill'),
      fc.constant('fail to spill'),
      fc.constant('restart'),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 30 }), async (steps) => {
        const disk = new FaultyDisk();
        let index = new KeyIndex();
        const known = new Set<number>();
        for (const each of steps) {
          if (each === 'retire') index.retire();
          else if (each === 'spill') {
            index.retire();
            await index.spill(disk);
          } else if (each === 'fail to spill') {
            index.retire();
            disk.syncsToFail = 1;
            await expect(index.spill(disk)).rejects.toMatchObject({ code: 'DISK_FAILED' });
          } else if (each === 'restart') {
            index = await reload(disk, index.save());
          } else if ('fail' in each) {
            await look(index, disk, columnsOf(each.fail));
            index.undo();
          } else {
            const expected = each.accept.map((batch) => batch.filter((key) => !known.has(key) && known.add(key)));
            expect(await claim(index, disk, each.accept)).toEqual(expected);
          }
          expect(index.size).toBe(known.size);
        }
      }),
    );
  });

  it('asks the files for little besides keys that are in them, and finds those among many', async () => {
    const disk = new FaultyDisk();
    const index = new KeyIndex();
    const upTo = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, i) => from + i);
    for (let file = 0; file < 4; file++) {
      await claim(index, disk, [upTo(file * 20_000, file * 20_000 + 20_000)]);
      index.retire();
      await index.spill(disk);
    }
    expect(index.spilled).toBe(80_000);
    expect(index.doubtful(columnsOf(upTo(80_000, 160_000))).length).toBeLessThan(3);
    const mixed = upTo(0, 3_000).map((i) => (i * 53) % 159_000);
    const [picked] = await claim(index, disk, [mixed]);
    expect(picked).toEqual(mixed.filter((key) => key >= 80_000));
  });

  it('takes a key for new that looks like one in a file', async () => {
    const disk = new FaultyDisk();
    const index = new KeyIndex();
    const keys = Array.from({ length: 50 }, (_, i) => keyOf(i));
    const lookAlikes = keys.map(keyThatLooksLike);
    await look(index, disk, keyColumns(keys));
    index.keep(keys.length);
    index.retire();
    await index.spill(disk);
    const columns = keyColumns([...lookAlikes, ...keys, ...lookAlikes]);
    expect(index.doubtful(columns).length).toBe(150);
    expect([...(await look(index, disk, columns)).picked]).toEqual(keys.map((_, i) => i));
  });

  it('says so when a file is damaged or gone, whether it is opened or asked', async () => {
    const disk = new FaultyDisk();
    const index = new KeyIndex();
    await claim(index, disk, [Array.from({ length: 1_000 }, (_, i) => i)]);
    index.retire();
    await index.spill(disk);
    const saved = index.save();
    const name = 'keys/00001.keys';
    const whole = disk.peek(name) ?? new Uint8Array();
    for (let at = 0; at < whole.length; at += 97) {
      disk.tamper(name, (bytes) => bytes.with(at, (bytes[at] ?? 0) ^ 1));
      await expect(reload(disk, saved)).rejects.toMatchObject({ code: 'KEYS_DAMAGED' });
      disk.tamper(name, () => whole);
    }
    disk.tamper(name, (bytes) => bytes.with(700, (bytes[700] ?? 0) ^ 1));
    const asked = columnsOf(Array.from({ length: 1_000 }, (_, i) => i));
    await expect(look(index, disk, asked)).rejects.toMatchObject({ code: 'KEYS_DAMAGED' });
    disk.lose(name);
    await expect(reload(disk, saved)).rejects.toMatchObject({ code: 'KEYS_DAMAGED' });
  });
});

describe('prints of keys', () => {
  it('give the files of each key, and forget those of a file that is dropped', () => {
    const prints = new KeyPrints();
    const keys = columnsOf(Array.from({ length: 5_000 }, (_, i) => i)).keys;
    const each = (look: (shard: number, print: number, file: number) => void): void => {
      for (let at = 0; at < keys.length; at += 4) look(shardOf(keyHash(keys, at)), keyPrint(keys, at), 1 + (at % 3));
    };
    each((shard, print, file) => prints.add(shard, Uint32Array.of(print), file));
    each((shard, print, file) => expect(prints.filesOf(shard, print)).toContain(file));
    prints.drop(2);
    each((shard, print, file) => {
      if (file === 2) expect(prints.filesOf(shard, print)).not.toContain(2);
      else expect(prints.has(shard, print)).toBe(true);
    });
    expect(prints.size).toBe(3_333);
    expect(prints.bytes).toBeLessThan(5_000 * 20);
  });
});
