import { expect, it } from 'vitest';
import { HeldClock } from '../../../test/clock/held-clock.ts';
import { StackWatch } from './stack-watch.ts';

const START_MS = Date.UTC(2026, 3, 1);

function watchAndClock(): { readonly watch: StackWatch; readonly clock: HeldClock } {
  const clock = new HeldClock(START_MS);
  return { watch: new StackWatch(clock), clock };
}

const running = (atMs: number) => ({ atMs, state: 'running', reason: undefined, isBeforeFirst: false }) as const;
const announcement = (frame: number, accepted: number) => ({
  frame,
  accepted,
  atMs: frame / 1000,
  readTo: {},
  batch: 1,
  rows: 1,
  late: 0,
  since: 0,
});

it('an engine that was never heard of is silent, and so is one that said last what is long ago', () => {
  const { watch } = watchAndClock();
  expect(watch.engine()).toEqual({ state: 'silent', heardAtMs: undefined, reason: undefined });
  watch.heard(running(START_MS - 3_600_000));
  expect(watch.engine()).toMatchObject({ state: 'silent', heardAtMs: START_MS - 3_600_000 });
});

it('an engine runs as long as it says so every few seconds, whatever its clock', () => {
  const { watch, clock } = watchAndClock();
  for (let second = 0; second < 60; second += 5) {
    watch.heard(running(second === 0 ? START_MS : 0));
    expect(watch.engine()?.state).toBe('running');
    clock.advance(5_000);
  }
  const heardAtMs = clock.nowMs() - 5_000;
  clock.advance(16_000);
  expect(watch.engine()).toEqual({ state: 'silent', heardAtMs, reason: undefined });
});

it('an engine that said why it stopped is stopped for good; of one that says nothing of itself nothing is said', () => {
  const { watch, clock } = watchAndClock();
  watch.heard({ ...running(START_MS), state: 'stopped', reason: 'The topic is gone.' });
  clock.advance(3_600_000);
  expect(watch.engine()).toEqual({ state: 'stopped', heardAtMs: START_MS, reason: 'The topic is gone.' });
  watch.heard({ ...running(START_MS), state: undefined });
  expect(watch.engine()).toBeUndefined();
});

it('what is behind is told with how long it has waited, also before the first frame', () => {
  const { watch, clock } = watchAndClock();
  watch.lags(0);
  clock.advance(1_000);
  watch.lags(500);
  clock.advance(3_000);
  watch.lags(800);
  expect(watch.moments()).toMatchObject([{ lagRecords: 800, lagMs: 3_000 }]);
  // A frame that began a second ago has all that came before.
  watch.told((clock.nowMs() - 1_000) * 1000);
  watch.lags(100);
  expect(watch.moments().at(-1)).toMatchObject({ lagRecords: 800, lagMs: 3_000, freshnessP50Ms: 1_000 });
  clock.advance(6_000);
  watch.lags(0);
  expect(watch.moments().at(-1)).toMatchObject({ lagRecords: 0, lagMs: 0 });
});

it('what is to come is what the engine has not read, though offsets are those of ends of transactions, too', () => {
  const { watch } = watchAndClock();
  const partitions = [
    { partition: 0, firstOffset: 0, nextOffset: 10, segments: [] },
    { partition: 1, firstOffset: 4, nextOffset: 6, segments: [] },
  ];
  expect(watch.toCome(partitions)).toBe(12);
  watch.note({ ...announcement(START_MS * 1000, 3), readTo: { 0: 7, 1: 6 } });
  expect(watch.toCome(partitions)).toBe(3);
  // What came brought the reports nothing: repeats, or the end of a transaction.
  watch.note({ ...announcement(START_MS * 1000, 3), readTo: { 0: 10, 1: 6 } });
  expect(watch.toCome(partitions)).toBe(0);
  watch.forget();
  expect(watch.toCome(partitions)).toBe(12);
});

it('a frame that is told again is no batch and no record', () => {
  const { watch } = watchAndClock();
  watch.note(announcement((START_MS - 2_000) * 1000, 10));
  watch.note(announcement((START_MS - 1_000) * 1000, 30));
  watch.note({ ...announcement((START_MS - 1_000) * 1000, 30), batch: undefined, rows: undefined });
  expect(watch.batches()).toMatchObject([{ id: 1, inputRows: 20 }]);
});

it('a frame that is told once more behind a newer one takes nothing back', () => {
  const { watch } = watchAndClock();
  for (const frame of [1, 2, 1]) watch.note({ ...announcement(frame, frame), readTo: { 0: frame } });
  expect(watch.newest?.frame).toBe(2);
  expect(watch.toCome([{ partition: 0, firstOffset: 0, nextOffset: 2, segments: [] }])).toBe(0);
  expect(watch.batches()).toMatchObject([{ inputRows: 1 }]);
});

it('who was there before the first frame knows what it brought', () => {
  const { watch } = watchAndClock();
  watch.heard({ ...running(START_MS - 9_000), isBeforeFirst: true });
  watch.note(announcement((START_MS - 5_000) * 1000, 10));
  expect(watch.batches()).toMatchObject([{ id: 1, inputRows: 10 }]);
});

it('days that are computed again are no measure of freshness, as their frame is numbered after the newest one', () => {
  const { watch, clock } = watchAndClock();
  watch.told((START_MS - 1_000) * 1000);
  clock.advance(60_000);
  watch.told((START_MS - 1_000) * 1000 + 1);
  expect(watch.moments().at(-1)?.freshnessP50Ms).toBeUndefined();
});

it('says up to where a frame has the topic, as far as it was told', () => {
  const { watch } = watchAndClock();
  const micros = START_MS * 1000;
  watch.note({ ...announcement(micros, 10), readTo: { 0: 7, 1: 3 } });
  watch.note(announcement(micros + 1, 11));
  expect([0, 1, 2].map((after) => watch.readToOf(micros + after))).toEqual([{ 0: 7, 1: 3 }, undefined, undefined]);
});

it('a frame that is told again is made of what was read up to then: what came since has brought it nothing', () => {
  const { watch } = watchAndClock();
  const micros = START_MS * 1000;
  const readTo = (offsets: Readonly<Record<number, number>>): void =>
    watch.note({ ...announcement(micros, 10), readTo: offsets });
  readTo({ 0: 7, 1: 3 });
  readTo({ 0: 9, 2: 1 });
  expect(watch.readToOf(micros)).toEqual({ 0: 9, 1: 3, 2: 1 });
  // A query that begins anew reads once more what is in the frame already.
  readTo({ 0: 2 });
  readTo({});
  expect(watch.readToOf(micros)).toEqual({ 0: 9, 1: 3, 2: 1 });
});
