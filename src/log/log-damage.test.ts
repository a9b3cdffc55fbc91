import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { chanceFrom } from '../../test/chance.ts';
import { Crashed, FaultyDisk } from '../../test/disk/faulty-disk.ts';
import { chainedChecksum } from '../base/chained-checksum.ts';
import { DaybookError } from '../base/errors.ts';
import type { Log, LogMark, LogPosition, StoredFrame } from '../ports/log.ts';
import { openLog } from './log.ts';
import { repairLog } from './repair.ts';

const text = new TextEncoder();
const SEGMENT_BYTES_MAX = 330;

interface Written {
  readonly disk: FaultyDisk;
  readonly frames: readonly StoredFrame[];
}

/** A log of frames with so many records each, in segments of a few frames. */
async function written(counts: readonly number[], segmentBytesMax = SEGMENT_BYTES_MAX): Promise<Written> {
  const disk = new FaultyDisk(chanceFrom(7));
  const { log } = await openLog(disk, { segmentBytesMax });
  const frames: StoredFrame[] = [];
  for (const [index, recordCount] of counts.entries()) {
    const records = text.encode(`{"frame":${index},"pad":"${'x'.repeat((index * 7) % 20)}"}\n`.repeat(recordCount));
    const quarantineCount = recordCount === 0 ? 1 : 0;
    const quarantine = text.encode(`{"why":${index}}\n`.repeat(quarantineCount));
    frames.push(await log.append({ recordCount, records, quarantineCount, quarantine, duplicateCount: index }));
  }
  await log.close();
  return { disk, frames };
}

async function offsetsOf(log: Log): Promise<number[]> {
  const offsets = [];
  for await (const frame of log.read()) {
    for (let index = 0; index < frame.recordCount; index += 1) offsets.push(frame.firstOffset + index);
  }
  return offsets;
}

function offsetsIn(frames: readonly StoredFrame[]): number[] {
  return frames.flatMap((frame) => Array.from({ length: frame.recordCount }, (_, index) => frame.firstOffset + index));
}

/** The log's files, by name. */
async function contentOf(disk: FaultyDisk): Promise<ReadonlyMap<string, Uint8Array | undefined>> {
  return new Map((await disk.list('log')).map((name) => [name, disk.peek(`log/${name}`)]));
}

function pathOf(at: LogPosition): string {
  return `log/${at.segment}`;
}

function flip(position: number, mask = 0x41): (bytes: Uint8Array) => Uint8Array {
  return (bytes) => {
    bytes[position] = (bytes[position] ?? 0) ^ mask;
    return bytes;
  };
}

async function openFailure(disk: FaultyDisk, verifiedUpTo?: LogMark): Promise<DaybookError> {
  try {
    await openLog(disk, { verifiedUpTo });
  } catch (error) {
    if (error instanceof DaybookError) return error;
    throw error;
  }
  throw new Error('The log should not open.');
}

/** What a checkpoint knows of the log behind the last of these frames, its first ones. */
function markBehind(frames: readonly StoredFrame[]): LogMark {
  const { firstOffset, recordCount, at, next } = last(frames);
  const inSegment = frames.filter((frame) => frame.at.segment === at.segment);
  const checksum = inSegment.reduce((before, frame) => chainedChecksum(before, frame.checksum), 0);
  return { offset: firstOffset + recordCount, next, checksum };
}

const last = <T>(items: readonly T[]): T => items.at(-1) as T;
const COUNTS = [2, 1, 0, 3, 1, 2, 0, 1, 4, 1, 2];

describe('a torn tail', () => {
  it('is cut at the last whole frame, wherever the last frame was torn, and saved', async () => {
    const { disk: whole, frames } = await written([2, 1, 3], 10_000);
    const tail = last(frames);
    const bytes = whole.peek(pathOf(tail.at)) ?? new Uint8Array(0);
    for (let size = tail.at.position; size < tail.next.position; size += 1) {
      const disk = new FaultyDisk();
      disk.tamper(pathOf(tail.at), () => bytes.slice(0, size));
      const { log, cut } = await openLog(disk);
      expect(log.nextOffset).toBe(3);
      expect(await offsetsOf(log)).toEqual([0, 1, 2]);
      if (size === tail.at.position) {
        expect(cut).toBeUndefined();
        continue;
      }
      const savedAs = `${pathOf(tail.at)}.cut-${tail.at.position}`;
      expect(cut).toEqual({ ...tail.at, bytes: size - tail.at.position, savedAs });
      expect(disk.peek(savedAs)).toEqual(bytes.slice(tail.at.position, size));
      expect((await log.append({ ...tail })).at).toEqual(tail.at);
    }
  });

  it('is cut when any byte of the last frame is another', async () => {
    const { disk: whole, frames } = await written([2, 1, 3], 10_000);
    const tail = last(frames);
    const bytes = whole.peek(pathOf(tail.at)) ?? new Uint8Array(0);
    for (let position = tail.at.position; position < tail.next.position; position += 1) {
      const disk = new FaultyDisk();
      disk.tamper(pathOf(tail.at), () => flip(position)(Uint8Array.from(bytes)));
      const { log, cut } = await openLog(disk);
      expect(cut).toMatchObject(tail.at);
      expect(await offsetsOf(log)).toEqual([0, 1, 2]);
    }
  });

  it('does not overwrite what an earlier cut at the same place has saved', async () => {
    const { disk, frames } = await written([2]);
    const end = last(frames).next;
    for (const name of ['one', 'two', 'three']) {
      disk.tamper(pathOf(end), (bytes) => Buffer.concat([bytes, text.encode(name)]));
      const { cut } = await openLog(disk);
      expect(Buffer.from(disk.peek(cut?.savedAs ?? '') ?? []).toString()).toBe(name);
    }
  });

  it('is cut with its whole segment when the segment holds no frame yet and its header is torn', async () => {
    const { disk, frames } = await written(COUNTS);
    const end = last(frames).next;
    const name = `${String(offsetsIn(frames).length).padStart(20, '0')}.seg`;
    for (const bytes of ['', 'DAYBK', 'x'.repeat(60)]) {
      disk.tamper(`log/${name}`, () => text.encode(bytes));
      const { log, cut } = await openLog(disk);
      expect(cut?.segment).toBe(bytes === '' ? undefined : name);
      expect(await disk.list('log')).not.toContain(name);
      expect(await offsetsOf(log)).toEqual(offsetsIn(frames));
      await log.close();
    }
    const { log } = await openLog(disk, { segmentBytesMax: 10_000 });
    expect((await log.append({ ...last(frames) })).at).toEqual(end);
  });
});

describe('damage in the middle', () => {
  it('stops the log with the file and the place, whichever byte of a frame or header it is', async () => {
    const { disk, frames } = await written(COUNTS);
    const tail = last(frames);
    const segments = new Set(frames.map((frame) => frame.at.segment));
    expect(segments.size).toBeGreaterThan(2);
    const places = [
      ...frames.slice(0, -1).map((frame) => ({ at: frame.at, end: frame.next.position })),
      ...[...segments].map((segment) => ({ at: { segment, position: 0 }, end: 48 })),
    ];
    for (const { at, end } of places) {
      for (let position = at.position; position < end; position += 1) {
        disk.tamper(pathOf(at), flip(position));
        const error = await openFailure(disk);
        expect(error).toMatchObject({ code: 'LOG_CORRUPT', details: { ...at, path: pathOf(at) } });
        expect(error.message).toContain(`log/${at.segment} is damaged at byte ${at.position}`);
        expect(error.message).toContain('daybook doctor --repair');
        disk.tamper(pathOf(at), flip(position));
      }
    }
    const { log } = await openLog(disk);
    expect(log.nextOffset).toBe(tail.firstOffset + tail.recordCount);
  });

  it('is told from a torn tail when a segment that was followed by another ends too soon, or is gone', async () => {
    const { disk, frames } = await written(COUNTS);
    const first = frames.filter((frame) => frame.at.segment === frames[0]?.at.segment);
    const end = last(first);
    const bytes = disk.peek(pathOf(end.at)) ?? new Uint8Array(0);
    disk.tamper(pathOf(end.at), () => bytes.slice(0, end.next.position - 1));
    expect(await openFailure(disk)).toMatchObject({ code: 'LOG_CORRUPT', details: end.at });
    expect(await openFailure(disk, markBehind(frames))).toMatchObject({ code: 'LOG_CORRUPT' });
    disk.lose(pathOf(end.at));
    expect(await openFailure(disk)).toMatchObject({ code: 'LOG_CORRUPT', details: { segment: end.at.segment } });
    expect(await openFailure(disk, markBehind(frames))).toMatchObject({ code: 'LOG_CORRUPT' });
  });

  it('is told from a torn tail when a checkpoint knows the last frame to be durable', async () => {
    const { disk, frames } = await written([1, 2, 3], 10_000);
    const tail = last(frames);
    disk.tamper(pathOf(tail.at), flip(tail.next.position - 1));
    expect(await openFailure(disk, markBehind(frames))).toMatchObject({ code: 'LOG_CORRUPT', details: tail.at });
    const { log, cut } = await openLog(disk, { verifiedUpTo: markBehind(frames.slice(0, -1)) });
    expect(cut).toMatchObject(tail.at);
    expect(log.nextOffset).toBe(3);
    expect(await openFailure(disk, markBehind(frames))).toMatchObject({ code: 'LOG_POSITION_UNKNOWN' });
  });

  it('is told of by a checkpoint behind the end, and nothing is changed', async () => {
    const { disk, frames } = await written(COUNTS);
    const reaches = markBehind(frames);
    const { segment } = last(frames).at;
    const firstInSegment = frames.find(({ at }) => at.segment === segment) ?? last(frames);
    const losses = [
      () => disk.tamper(`log/${segment}`, (bytes) => bytes.slice(0, last(frames).at.position)),
      () => disk.tamper(`log/${segment}`, (bytes) => bytes.slice(0, firstInSegment.at.position)),
      () => disk.tamper(`log/${segment}`, (bytes) => bytes.slice(0, 15)),
      () => disk.lose(`log/${segment}`),
      () => disk.paths.forEach((path) => disk.lose(path)),
    ];
    for (const lose of losses) {
      lose();
      const before = await contentOf(disk);
      const failure = openLog(disk, { reaches });
      await expect(failure).rejects.toMatchObject({ code: 'LOG_SHORTENED', details: { known: reaches.offset } });
      expect(await contentOf(disk)).toEqual(before);
    }
  });

  it('is told of where only refused records are missing from the end', async () => {
    const { disk, frames } = await written([1, 2, 0], 10_000);
    const tail = last(frames);
    await openLog(disk, { reaches: markBehind(frames) });
    disk.tamper(pathOf(tail.at), (bytes) => bytes.slice(0, tail.at.position));
    await expect(openLog(disk, { reaches: markBehind(frames) })).rejects.toMatchObject({ code: 'LOG_SHORTENED' });
    expect((await openLog(disk, { reaches: { offset: 3 } })).log.nextOffset).toBe(3);
  });

  it('is not taken for the log of a checkpoint that ended where it has a frame, too', async () => {
    const { frames } = await written([1, 1, 1], 10_000);
    const { disk, frames: others } = await written([1, 2, 1], 10_000);
    const [first, second] = [markBehind(frames.slice(0, 1)), markBehind(frames.slice(0, 2))];
    expect((await openLog(disk, { verifiedUpTo: first })).log.nextOffset).toBe(4);
    const placed = { ...second, next: markBehind(others.slice(0, 2)).next };
    expect(await openFailure(disk, placed)).toMatchObject({ code: 'LOG_POSITION_UNKNOWN' });
    expect(await openFailure(disk, { ...placed, offset: 3 })).toMatchObject({ code: 'LOG_POSITION_UNKNOWN' });
  });

  it('is not looked for before the segment that a checkpoint begins from, but never read as if it were sound', async () => {
    const { disk, frames } = await written(COUNTS);
    const [first, second] = frames;
    if (first === undefined || second === undefined) throw new Error('There are frames.');
    disk.tamper(pathOf(first.at), flip(first.at.position + 5));
    const { log } = await openLog(disk, { verifiedUpTo: markBehind(frames) });
    expect(log.nextOffset).toBe(offsetsIn(frames).length);
    expect((await log.readFrame(second.at)).firstOffset).toBe(second.firstOffset);
    await expect(offsetsOf(log)).rejects.toMatchObject({ code: 'LOG_CORRUPT', details: first.at });
  });

  it('is what a segment of a newer format is not taken for', async () => {
    const { disk, frames } = await written([1]);
    const at = last(frames).at;
    const { crc32 } = await import('node:zlib');
    disk.tamper(pathOf(at), (bytes) => {
      const buffer = Buffer.from(bytes);
      buffer.writeUInt32LE(2, 8);
      buffer.writeUInt32LE(crc32(buffer.subarray(0, 44)), 44);
      return buffer;
    });
    expect(await openFailure(disk)).toMatchObject({ code: 'LOG_VERSION_UNKNOWN' });
  });
});

describe('a repair', () => {
  it('leaves a sound log as it is', async () => {
    const { disk } = await written(COUNTS);
    const before = (await disk.list('log')).map((name) => disk.peek(`log/${name}`));
    expect(await repairLog(disk)).toEqual([]);
    expect((await disk.list('log')).map((name) => disk.peek(`log/${name}`))).toEqual(before);
    expect(await repairLog(new FaultyDisk())).toEqual([]);
  });

  it('covers one damaged frame by a gap, keeps its bytes, and all other offsets stay', async () => {
    const { frames } = await written(COUNTS);
    for (const victim of frames.slice(0, -1)) {
      const { disk } = await written(COUNTS);
      disk.tamper(pathOf(victim.at), flip(victim.next.position - 1));
      const bytes = disk.peek(pathOf(victim.at))?.slice(victim.at.position, victim.next.position);
      const savedAs = `${pathOf(victim.at)}.damaged-${victim.at.position}`;
      expect(await repairLog(disk)).toEqual([
        { ...victim.at, bytes: victim.next.position - victim.at.position, records: victim.recordCount, savedAs },
      ]);
      expect(disk.peek(savedAs)).toEqual(bytes);
      const { log, cut } = await openLog(disk);
      expect(cut).toBeUndefined();
      expect(await offsetsOf(log)).toEqual(offsetsIn(frames.filter((frame) => frame !== victim)));
      expect(log.nextOffset).toBe(offsetsIn(frames).length);
      await expect(log.readFrame(victim.at)).rejects.toMatchObject({ code: 'LOG_POSITION_UNKNOWN' });
      expect((await log.append({ ...last(frames) })).firstOffset).toBe(offsetsIn(frames).length);
      expect(await repairLog(disk)).toEqual([]);
    }
  });

  it('covers several damaged frames in a row, also over the end of a segment', async () => {
    const { disk, frames } = await written(COUNTS);
    const victims = frames.slice(1, 7);
    for (const victim of victims) disk.tamper(pathOf(victim.at), flip(victim.at.position + 2));
    const losses = await repairLog(disk);
    expect(losses.map((loss) => loss.records ?? 0).reduce((a, b) => a + b)).toBe(offsetsIn(victims).length);
    expect(losses).toHaveLength(new Set(victims.map((victim) => victim.at.segment)).size);
    const { log } = await openLog(disk);
    expect(await offsetsOf(log)).toEqual(offsetsIn(frames.filter((frame) => !victims.includes(frame))));
  });

  it('puts a gap in the place of a segment that is gone', async () => {
    const { frames } = await written(COUNTS);
    for (const segment of new Set(frames.map((frame) => frame.at.segment))) {
      if (segment === last(frames).at.segment) continue;
      const { disk } = await written(COUNTS);
      disk.lose(`log/${segment}`);
      const records = offsetsIn(frames.filter((frame) => frame.at.segment === segment)).length;
      expect(await repairLog(disk)).toContainEqual(expect.objectContaining({ segment, bytes: 0, records }));
      const { log } = await openLog(disk);
      expect(await offsetsOf(log)).toEqual(offsetsIn(frames.filter((frame) => frame.at.segment !== segment)));
    }
  });

  it('moves a segment aside that belongs nowhere', async () => {
    const { disk, frames } = await written(COUNTS);
    const stranger = '00000000000000000003-7.seg';
    const other = new FaultyDisk();
    const { log: otherLog } = await openLog(other);
    await otherLog.append({ ...last(frames) });
    disk.tamper(`log/${stranger}`, () => other.peek('log/00000000000000000000.seg') ?? new Uint8Array(0));
    expect(await openFailure(disk)).toMatchObject({ code: 'LOG_CORRUPT', details: { segment: stranger, position: 0 } });
    expect(await repairLog(disk)).toMatchObject([{ segment: stranger, position: 0, records: undefined }]);
    const { log } = await openLog(disk);
    expect(await offsetsOf(log)).toEqual(offsetsIn(frames));
  });

  it('says so when bytes were taken out and there is no room for a gap', async () => {
    const { disk, frames } = await written(COUNTS);
    const first = frames.filter((frame) => frame.at.segment === frames[0]?.at.segment);
    const { at, next } = last(first);
    disk.tamper(pathOf(at), (bytes) => bytes.slice(0, at.position));
    const successor = frames[first.length];
    if (successor === undefined) throw new Error('There is a second segment.');
    const { encodeSegmentHeader } = await import('./format.ts');
    const header = encodeSegmentHeader({
      id: { firstOffset: successor.firstOffset, sequence: 0 },
      previous: { id: { firstOffset: 0, sequence: 0 }, end: at.position + 20 },
    });
    disk.tamper(pathOf(successor.at), (bytes) => Buffer.concat([header, bytes.subarray(48)]));
    expect(next.position).toBeGreaterThan(at.position + 20);
    await expect(repairLog(disk)).rejects.toMatchObject({ code: 'LOG_BEYOND_REPAIR', details: at });
  });

  it('makes any damaged log open with every frame that is whole, also when the power goes in the middle of it', async () => {
    const damage = fc.record({
      frame: fc.nat(COUNTS.length - 1),
      where: fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
      header: fc.boolean(),
      mask: fc.integer({ min: 1, max: 255 }),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(damage, { minLength: 1, maxLength: 6 }), fc.nat(30), async (damages, calls) => {
        const { disk, frames } = await written(COUNTS);
        const sound = await contentOf(disk);
        for (const { frame: index, where, header, mask } of damages) {
          const { at, next } = frames[index] as StoredFrame;
          const [from, to] = header ? [0, 48] : [at.position, next.position];
          disk.tamper(pathOf(at), flip(from + Math.floor((to - from) * where), mask));
        }
        const isWhole = ({ at, next }: StoredFrame): boolean =>
          Buffer.compare(
            disk.peek(pathOf(at))?.slice(at.position, next.position) ?? new Uint8Array(0),
            sound.get(at.segment)?.slice(at.position, next.position) ?? new Uint8Array(0),
          ) === 0;
        const kept = frames.filter(isWhole);
        const damaged = await contentOf(disk);
        let isTold = false;
        disk.callsUntilCrash = calls + 1;
        await repairLog(disk, async () => void (isTold = true)).catch((error: unknown) =>
          expect(error).toBeInstanceOf(Crashed),
        );
        const after = disk.crash();
        // What depends on the log is told before anything of it changes.
        if (!isTold) expect(await contentOf(after)).toEqual(damaged);
        await repairLog(after);
        const { log } = await openLog(after);
        expect(await offsetsOf(log)).toEqual(offsetsIn(kept));
        expect(await repairLog(after)).toEqual([]);
      }),
      { numRuns: 300 },
    );
  });
});
