import { describe, expect, it } from 'vitest';
import { CheckpointSchedule } from './checkpoint-schedule.ts';

const MINUTE_MS = 60_000;
const MEGABYTE = 1024 * 1024;

describe('the next checkpoint', () => {
  it('is due after many records, or after a minute', () => {
    const schedule = new CheckpointSchedule({ offset: 1_000, logBytes: 500, nowMs: 0 }, 0);
    expect(schedule.isDue({ offset: 1_000_999, logBytes: 1e8, nowMs: 1 })).toBe(false);
    expect(schedule.isDue({ offset: 1_001_000, logBytes: 1e8, nowMs: 1 })).toBe(true);
    expect(schedule.isDue({ offset: 1_001, logBytes: 600, nowMs: MINUTE_MS - 1 })).toBe(false);
    expect(schedule.isDue({ offset: 1_001, logBytes: 600, nowMs: MINUTE_MS })).toBe(true);
    // The clock was set back; nobody knows how long it was since.
    expect(schedule.isDue({ offset: 1_001, logBytes: 600, nowMs: -MINUTE_MS })).toBe(true);
  });

  it('waits for three quarters of the bytes of a large one, and longer when little comes in', () => {
    const schedule = new CheckpointSchedule({ offset: 0, logBytes: 0, nowMs: 0 }, 0);
    schedule.begun({ offset: 10_000_000, logBytes: 1_000, nowMs: MINUTE_MS }, 160 * MEGABYTE);
    const later = { offset: 11_000_000, nowMs: 2 * MINUTE_MS };
    expect(schedule.isDue({ ...later, logBytes: 1_000 + 120 * MEGABYTE - 1 })).toBe(false);
    expect(schedule.isDue({ ...later, logBytes: 1_000 + 120 * MEGABYTE })).toBe(true);
    const little = { offset: 10_000_001, logBytes: 2_000 };
    expect(schedule.isDue({ ...little, nowMs: 10 * MINUTE_MS })).toBe(false);
    expect(schedule.isDue({ ...little, nowMs: 11 * MINUTE_MS })).toBe(true);
  });
});
