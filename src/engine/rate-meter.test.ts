import { expect, it } from 'vitest';
import { HeldClock } from '../../test/clock/held-clock.ts';
import { RateMeter } from './rate-meter.ts';

it('gives the records of each of the last 60 whole seconds, and none of the present one', () => {
  const clock = new HeldClock();
  const meter = new RateMeter(clock);
  for (let second = 1; second <= 100; second++) {
    meter.add(second);
    clock.advance(1000);
  }
  meter.add(7);
  expect(meter.perSecond()).toEqual(Array.from({ length: 60 }, (_, at) => 41 + at));
  clock.advance(30_000);
  expect(meter.perSecond()).toEqual([
    ...Array.from({ length: 30 }, (_, at) => 71 + at),
    7,
    ...Array.from({ length: 29 }, () => 0),
  ]);
  clock.advance(600_000);
  expect(meter.perSecond()).toEqual(Array.from({ length: 60 }, () => 0));
});

it('begins anew when the clock is set back', () => {
  const clock = new HeldClock();
  clock.advance(3_600_000);
  const meter = new RateMeter(clock);
  meter.add(5);
  clock.advance(-3_000_000);
  meter.add(7);
  clock.advance(1000);
  expect(meter.perSecond()).toEqual([...Array.from({ length: 59 }, () => 0), 7]);
});
