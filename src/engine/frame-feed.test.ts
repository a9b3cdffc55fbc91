import { expect, it, vi } from 'vitest';
import { daybook } from '../../daybook.config.ts';
import { HeldClock } from '../../test/clock/held-clock.ts';
import { makePlan } from '../plan/normalise.ts';
import { FrameFeed } from './frame-feed.ts';
import { EngineState } from './state.ts';

it('a frame comes soon behind a pause, and another one after 50 ms', async () => {
  const clock = new HeldClock();
  const feed = new FrameFeed(new EngineState(makePlan(daybook)), clock, new AbortController().signal, () => undefined);
  const frames: string[] = [];
  const startMs = clock.nowMs();
  feed.subscribe(({ offset, atMs }) => frames.push(`${offset} at ${atMs - startMs}`));
  for (let ms = 0; ms <= 400; ms++) {
    // Some in a row, one in the midst of the interval, many in a row, one soon after, and one behind a pause.
    if (ms <= 10 || ms === 40 || (ms >= 150 && ms <= 220) || ms === 290 || ms === 380) feed.changed(ms);
    clock.advance(1);
    await Promise.resolve();
  }
  expect(frames).toEqual(['4 at 5', '40 at 55', '154 at 155', '204 at 205', '220 at 255', '290 at 305', '380 at 385']);
});

it('a clock that is set back holds no frame up', async () => {
  const clock = new HeldClock();
  const feed = new FrameFeed(new EngineState(makePlan(daybook)), clock, new AbortController().signal, () => undefined);
  const offsets: number[] = [];
  feed.subscribe(({ offset }) => offsets.push(offset));
  const nowMs = vi.spyOn(clock, 'nowMs');
  feed.changed(1);
  clock.advance(5);
  await Promise.resolve();
  nowMs.mockImplementation(() => 0);
  feed.changed(2);
  clock.advance(50);
  await Promise.resolve();
  expect(offsets).toEqual([1, 2]);
});
