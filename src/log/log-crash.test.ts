import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { chanceFrom } from '../../test/chance.ts';
import { Crashed, FaultyDisk } from '../../test/disk/faulty-disk.ts';
import { DaybookError } from '../base/errors.ts';
import type { Log, LogFrame } from '../ports/log.ts';
import { openLog } from './log.ts';

const text = new TextEncoder();
const SEGMENT_BYTES_MAX = 400;
/** More calls than opening a log makes here; a crash beyond them is no crash. */
const CALLS_MAX = 40;

/** One append, and what goes wrong with the disk while it runs. */
interface Step {
  readonly recordCount: number;
  readonly quarantineCount: number;
  readonly roomBytes: number | undefined;
  readonly syncsToFail: number;
  readonly truncatesToFail: number;
  readonly removesToFail: number;
}

/** What a process does from opening the log to its death. */
interface Life {
  readonly steps: readonly Step[];
  readonly callsUntilCrash: number;
  /** How the process ends: with the machine's power, or alone. */
  readonly powerGoes: boolean;
}

const step: fc.Arbitrary<Step> = fc.record({
  recordCount: fc.nat(4),
  quarantineCount: fc.nat(2),
  roomBytes: fc.option(fc.nat(200), { nil: undefined, freq: 3 }),
  syncsToFail: fc.oneof(
    { weight: 4, arbitrary: fc.constant(0) },
    { weight: 1, arbitrary: fc.integer({ min: 1, max: 3 }) },
  ),
  truncatesToFail: fc.oneof({ weight: 2, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.constant(1) }),
  removesToFail: fc.nat(1),
});

const life: fc.Arbitrary<Life> = fc.record({
  steps: fc.array(step, { maxLength: 12 }),
  callsUntilCrash: fc.integer({ min: 1, max: CALLS_MAX }),
  powerGoes: fc.boolean(),
});

/** A frame as a model keeps it: all that was handed over, and where its records begin. */
type Kept = string;

function keep(firstOffset: number, frame: Omit<LogFrame, 'firstOffset'>): Kept {
  const { recordCount, records, quarantineCount, quarantine, duplicateCount } = frame;
  const texts = [records, quarantine].map((bytes) => Buffer.from(bytes).toString());
  return JSON.stringify([firstOffset, recordCount, quarantineCount, duplicateCount, ...texts]);
}

async function keptIn(log: Log): Promise<Kept[]> {
  const frames = [];
  for await (const frame of log.read()) frames.push(keep(frame.firstOffset, frame));
  return frames;
}

/** What the log must hold, told by nothing but the answers of `append`. */
interface Model {
  readonly acknowledged: Kept[];
  /** Handed over since the last acknowledgement, and not acknowledged. */
  unacknowledged: Kept[];
  number: number;
}

/** Appends frame by frame until the steps end or the process dies. */
async function live(log: Log, disk: FaultyDisk, { steps }: Life, model: Model): Promise<void> {
  for (const { recordCount, quarantineCount, roomBytes, ...faults } of steps) {
    model.number += 1;
    const records = text.encode(`{"sale":${model.number}}\n`.repeat(recordCount));
    const quarantine = text.encode(`{"why":${model.number}}\n`.repeat(quarantineCount));
    const frame = { recordCount, records, quarantineCount, quarantine, duplicateCount: model.number };
    const firstOffset = log.nextOffset;
    Object.assign(disk, faults, { roomBytes: roomBytes ?? Number.POSITIVE_INFINITY });
    try {
      const stored = await log.append(frame);
      expect(stored.firstOffset).toBe(firstOffset);
      model.acknowledged.push(keep(firstOffset, frame));
      model.unacknowledged = [];
    } catch (error) {
      model.unacknowledged.push(keep(firstOffset, frame));
      if (error instanceof Crashed) return;
      expect(error).toBeInstanceOf(DaybookError);
      expect(['DISK_FULL', 'LOG_FAILED']).toContain(error instanceof DaybookError ? error.code : '');
      expect(log.nextOffset).toBe(firstOffset);
    }
    expect(await keptIn(log)).toEqual(model.acknowledged);
  }
}

/** Opens the log, dying on the way as often as it is told to. */
async function openAfter(disk: FaultyDisk, deaths: readonly number[]): Promise<{ log: Log; disk: FaultyDisk }> {
  let current = disk;
  for (const callsUntilCrash of deaths) {
    current.callsUntilCrash = callsUntilCrash;
    try {
      await openLog(current, { segmentBytesMax: SEGMENT_BYTES_MAX });
    } catch (error) {
      if (!(error instanceof Crashed)) throw error;
    }
    current = callsUntilCrash % 2 === 0 ? current.crash() : current.restart();
  }
  const { log } = await openLog(current, { segmentBytesMax: SEGMENT_BYTES_MAX });
  return { log, disk: current };
}

describe('the log through crashes', () => {
  it('holds what was acknowledged, in order, and at most the one frame that was in flight', async () => {
    const lives = fc.array(life, { minLength: 1, maxLength: 4 });
    const deaths = fc.array(fc.integer({ min: 1, max: 12 }), { maxLength: 3 });
    await fc.assert(
      fc.asyncProperty(lives, deaths, fc.integer(), async (each, deathsWhileOpening, seed) => {
        const model: Model = { acknowledged: [], unacknowledged: [], number: 0 };
        let disk = new FaultyDisk(chanceFrom(seed));
        let { log } = await openLog(disk, { segmentBytesMax: SEGMENT_BYTES_MAX });
        for (const now of each) {
          disk.callsUntilCrash = now.callsUntilCrash;
          await live(log, disk, now, model);
          disk = now.powerGoes ? disk.crash() : disk.restart();
          ({ log, disk } = await openAfter(disk, deathsWhileOpening));
          const found = await keptIn(log);
          expect(found.slice(0, model.acknowledged.length)).toEqual(model.acknowledged);
          const more = found.slice(model.acknowledged.length);
          expect(more.length).toBeLessThanOrEqual(1);
          for (const frame of more) expect(model.unacknowledged).toContain(frame);
          // What an opened log holds is durable from then on.
          model.acknowledged.push(...more);
          model.unacknowledged = [];
        }
        const { log: final } = await openLog(disk.crash());
        expect(await keptIn(final)).toEqual(model.acknowledged);
      }),
      { numRuns: 1500 },
    );
  });
});
