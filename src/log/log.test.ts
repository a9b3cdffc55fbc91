import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { describe, expect, it } from 'vitest';

import { chanceFrom } from '../../test/chance.ts';
import { FaultyDisk } from '../../test/disk/faulty-disk.ts';
import type { Disk } from '../ports/disk.ts';
import type { Log, LogPosition, StoredFrame } from '../ports/log.ts';
import { openDisk } from '../runtimes/machine/disk.ts';
import { openLog } from './log.ts';

const text = new TextEncoder();
const FIRST_SEGMENT = '00000000000000000000.seg';

interface Line {
  readonly firstOffset: number;
  readonly records: string;
  readonly quarantine: string;
  readonly duplicates: number;
}

/** A frame of so many records with a name of its own. */
function frameOf(name: string, recordCount: number, quarantined = 0, duplicateCount = 0) {
  return {
    recordCount,
    records: text.encode(`{"sale":"${name} “é”"}\n`.repeat(recordCount)),
    quarantineCount: quarantined,
    quarantine: text.encode(`{"why":"${name}"}\n`.repeat(quarantined)),
    duplicateCount,
  };
}

async function linesOf(log: Log, from?: LogPosition): Promise<Line[]> {
  const lines: Line[] = [];
  for await (const frame of log.read(from)) lines.push(lineOf(frame));
  return lines;
}

function lineOf(frame: StoredFrame): Line {
  return {
    firstOffset: frame.firstOffset,
    records: Buffer.from(frame.records).toString(),
    quarantine: Buffer.from(frame.quarantine).toString(),
    duplicates: frame.duplicateCount,
  };
}

async function withMachineDisk(work: (disk: Disk, root: string) => Promise<void>): Promise<void> {
  const root = await mkdtemp(join(tmpdir(), 'daybook-log-'));
  try {
    await work(openDisk(root), root);
  } finally {
    await rm(root, { recursive: true });
  }
}

async function failureOf(work: () => Promise<unknown>): Promise<unknown> {
  try {
    await work();
  } catch (error) {
    return error;
  }
  throw new Error('It should have failed.');
}

describe('the log', () => {
  it('gives back what was appended, also after it was opened anew, on the real disk', async () => {
    await withMachineDisk(async (disk, root) => {
      const { log, cut } = await openLog(disk, { segmentBytesMax: 400 });
      expect(cut).toBeUndefined();
      const stored = [];
      for (const [index, count] of [3, 0, 1, 7, 2].entries()) {
        stored.push(await log.append(frameOf(`f${index}`, count, index % 2, index)));
      }
      expect(stored.map((frame) => frame.firstOffset)).toEqual([0, 3, 3, 4, 11]);
      expect(log.nextOffset).toBe(13);
      const expected = stored.map(lineOf);
      expect(await linesOf(log)).toEqual(expected);
      await log.close();

      const again = await openLog(disk, { segmentBytesMax: 400 });
      expect(again.cut).toBeUndefined();
      expect(again.log.nextOffset).toBe(13);
      expect(await linesOf(again.log)).toEqual(expected);
      expect(again.log.status().segments).toBe((await readdir(join(root, 'log'))).length);
      expect(again.log.status().segments).toBeGreaterThan(1);
      await again.log.close();
    });
  });

  it('reads on from the place behind any frame, and each frame at its place', async () => {
    const { log } = await openLog(new FaultyDisk(), { segmentBytesMax: 300 });
    const stored = [];
    for (let index = 0; index < 9; index += 1) stored.push(await log.append(frameOf(`f${index}`, index % 3, 1)));
    for (const [index, frame] of stored.entries()) {
      expect(await linesOf(log, frame.next)).toEqual(stored.slice(index + 1).map(lineOf));
      expect(await linesOf(log, frame.at)).toEqual(stored.slice(index).map(lineOf));
      expect(lineOf(await log.readFrame(frame.at))).toEqual(lineOf(frame));
    }
  });

  it('says so when a place is not in the log', async () => {
    const { log } = await openLog(new FaultyDisk());
    const { at, next } = await log.append(frameOf('only', 2));
    const unknown = { code: 'LOG_POSITION_UNKNOWN' };
    for (const place of [
      { ...at, position: at.position + 1 },
      { ...at, position: next.position + 1 },
      { ...at, position: 0 },
      { segment: '00000000000000000009.seg', position: at.position },
    ]) {
      expect(await failureOf(() => linesOf(log, place))).toMatchObject(unknown);
      expect(await failureOf(() => log.readFrame(place))).toMatchObject(unknown);
    }
    expect(await failureOf(() => log.readFrame(next))).toMatchObject(unknown);
  });

  it('reads what was durable when the reading began, while appends go on', async () => {
    const { log } = await openLog(new FaultyDisk(), { segmentBytesMax: 300 });
    await log.append(frameOf('a', 1));
    await log.append(frameOf('b', 1));
    const seen = [];
    for await (const frame of log.read()) {
      seen.push(frame.firstOffset);
      for (let index = 0; index < 5; index += 1) await log.append(frameOf(`later${index}`, 2));
    }
    expect(seen).toEqual([0, 1]);
    expect(log.nextOffset).toBe(22);
  });

  it('reads frames that are larger than a read chunk', async () => {
    const disk = new FaultyDisk();
    const { log } = await openLog(disk);
    const sizes = [5, 20_000_000, 9_000_000, 3];
    for (const size of sizes) {
      const records = new Uint8Array(size).fill(97);
      await log.append({
        recordCount: 1,
        records,
        quarantineCount: 0,
        quarantine: new Uint8Array(0),
        duplicateCount: 0,
      });
    }
    const { log: again } = await openLog(disk);
    const read = [];
    for await (const frame of again.read()) read.push(frame.records.byteLength);
    expect(read).toEqual(sizes);
  });

  it('refuses a frame that is too large', async () => {
    const { log } = await openLog(new FaultyDisk());
    const records = new Uint8Array(64 * 1024 * 1024 + 1);
    const frame = { recordCount: 1, records, quarantineCount: 0, quarantine: new Uint8Array(0), duplicateCount: 0 };
    await expect(log.append(frame)).rejects.toMatchObject({ code: 'LOG_FRAME_TOO_LARGE', retryable: false });
    expect(log.nextOffset).toBe(0);
  });

  it('syncs a new segment and its folder before its first frame is written, and each frame once', async () => {
    const disk = new FaultyDisk();
    const { log } = await openLog(disk);
    disk.calls.length = 0;
    await log.append(frameOf('a', 1));
    await log.append(frameOf('b', 1));
    const path = `log/${FIRST_SEGMENT}`;
    expect(disk.calls).toEqual([
      `create ${path}`,
      `write ${path}`,
      `sync ${path}`,
      'syncFolder log',
      `write ${path}`,
      `sync ${path}`,
      `write ${path}`,
      `sync ${path}`,
    ]);
  });

  it('reads beside the process that writes without touching anything', async () => {
    const disk = new FaultyDisk();
    const { log } = await openLog(disk);
    await log.append(frameOf('a', 2));
    disk.tamper(`log/${FIRST_SEGMENT}`, (bytes) => Buffer.concat([bytes, text.encode('half a frame')]));
    disk.calls.length = 0;
    const reader = await openLog(disk, { readOnly: true });
    expect(reader.cut).toBeUndefined();
    expect((await linesOf(reader.log)).map((line) => line.firstOffset)).toEqual([0]);
    expect(disk.calls).toEqual([]);
    await expect(reader.log.append(frameOf('b', 1))).rejects.toThrow('Broken invariant');
  });
});

describe('the log on a disk that fails', () => {
  it('takes nothing when the disk is full, and goes on in the same segment when there is room', async () => {
    const disk = new FaultyDisk();
    const { log } = await openLog(disk);
    const first = await log.append(frameOf('a', 2));
    const before = disk.peek(`log/${FIRST_SEGMENT}`);
    for (const room of [0, 1, 39, 40, 60]) {
      disk.roomBytes = room;
      expect(await failureOf(() => log.append(frameOf('b', 3)))).toMatchObject({ code: 'DISK_FULL', retryable: true });
      expect(disk.peek(`log/${FIRST_SEGMENT}`)).toEqual(before);
    }
    disk.roomBytes = Number.POSITIVE_INFINITY;
    const second = await log.append(frameOf('b', 3));
    expect(second.at).toEqual(first.next);
    const { log: again } = await openLog(disk.crash());
    expect((await linesOf(again)).map((line) => line.firstOffset)).toEqual([0, 2]);
  });

  it('opens on a full disk, and takes its first frame when there is room', async () => {
    const disk = new FaultyDisk();
    disk.roomBytes = 0;
    const { log } = await openLog(disk);
    expect(await failureOf(() => log.append(frameOf('a', 1)))).toMatchObject({ code: 'DISK_FULL' });
    disk.roomBytes = 20;
    expect(await failureOf(() => log.append(frameOf('a', 1)))).toMatchObject({ code: 'DISK_FULL' });
    disk.roomBytes = Number.POSITIVE_INFINITY;
    await log.append(frameOf('a', 1));
    expect(await linesOf(log)).toHaveLength(1);
    expect(await linesOf((await openLog(disk.crash())).log)).toHaveLength(1);
  });

  it('goes on in a new segment after a sync that failed, and what failed never comes back', async () => {
    for (let seed = 0; seed < 30; seed += 1) {
      const disk = new FaultyDisk(chanceFrom(seed));
      const { log } = await openLog(disk);
      await log.append(frameOf('a', 2));
      disk.syncsToFail = 2;
      disk.truncatesToFail = seed % 2;
      expect(await failureOf(() => log.append(frameOf('lost', 5)))).toMatchObject({ code: 'LOG_FAILED' });
      disk.syncsToFail = 0;
      const stored = await log.append(frameOf('b', 3));
      expect(stored.at.segment).toBe('00000000000000000002.seg');
      expect(await linesOf(log)).toHaveLength(2);
      const { log: again, cut } = await openLog(disk.crash());
      expect(cut).toBeUndefined();
      expect((await linesOf(again)).map((line) => line.records)).toEqual([
        '{"sale":"a “é”"}\n'.repeat(2),
        '{"sale":"b “é”"}\n'.repeat(3),
      ]);
    }
  });

  it('goes on in a new segment when what was half written cannot be taken back', async () => {
    const disk = new FaultyDisk();
    const { log } = await openLog(disk);
    const first = await log.append(frameOf('a', 2));
    disk.roomBytes = 50;
    disk.truncatesToFail = 1;
    expect(await failureOf(() => log.append(frameOf('b', 3)))).toMatchObject({ code: 'DISK_FULL' });
    disk.roomBytes = Number.POSITIVE_INFINITY;
    const second = await log.append(frameOf('b', 3));
    expect(second.at.segment).not.toBe(first.at.segment);
    const { log: again, cut } = await openLog(disk);
    expect(cut).toBeUndefined();
    expect((await linesOf(again, first.next)).map((line) => line.firstOffset)).toEqual([2]);
  });

  it('numbers segments that begin with the same offset', async () => {
    const disk = new FaultyDisk();
    const { log } = await openLog(disk);
    const segments = [];
    for (let index = 0; index < 12; index += 1) {
      disk.syncsToFail = 1;
      await failureOf(() => log.append(frameOf('lost', 1)));
      segments.push((await log.append(frameOf(`q${index}`, 0, 1))).at.segment);
    }
    expect(new Set(segments).size).toBe(12);
    expect(segments.at(-1)).toMatch(/^00000000000000000000-\d+\.seg$/);
    const { log: again } = await openLog(disk.crash());
    expect((await linesOf(again)).map((line) => line.quarantine)).toEqual(
      Array.from({ length: 12 }, (_, index) => `{"why":"q${index}"}\n`),
    );
  });

  it('clears away segments that were begun and not finished', async () => {
    const disk = new FaultyDisk();
    const { log } = await openLog(disk);
    await log.append(frameOf('a', 1));
    disk.syncsToFail = 1;
    await failureOf(() => log.append(frameOf('lost', 1)));
    for (const room of [30, 48]) {
      disk.roomBytes = room;
      disk.syncsToFail = room === 48 ? 1 : 0;
      disk.removesToFail = 1;
      await failureOf(() => log.append(frameOf('lost', 1)));
    }
    disk.roomBytes = Number.POSITIVE_INFINITY;
    await log.append(frameOf('b', 1));
    const names = ['00000000000000000000.seg', '00000000000000000001-2.seg'];
    expect(await disk.list('log')).toEqual([
      names[0],
      '00000000000000000001-1.seg',
      names[1],
      '00000000000000000001.seg',
    ]);
    const { log: again } = await openLog(disk);
    expect(await disk.list('log')).toEqual([...names, '00000000000000000001.seg.cut-0']);
    expect(await linesOf(again)).toHaveLength(2);
  });

  it('makes durable what a killed process left behind before it counts it, even after a sync that failed', async () => {
    for (let seed = 0; seed < 30; seed += 1) {
      const disk = new FaultyDisk(chanceFrom(seed));
      const { log } = await openLog(disk);
      await log.append(frameOf('a', 2));
      disk.syncsToFail = 2;
      disk.truncatesToFail = 1;
      await failureOf(() => log.append(frameOf('left', 5)));
      const { log: again } = await openLog(disk.restart());
      const counted = await linesOf(again);
      expect(counted).toHaveLength(2);
      expect(await linesOf((await openLog(disk.crash())).log)).toEqual(counted);
    }
  });
});
