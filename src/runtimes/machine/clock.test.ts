import { describe, expect, it } from 'vitest';

import { machineClock } from './clock.ts';

describe("the machine's clock", () => {
  it('tells the time', () => {
    const before = Date.now();
    const nowMs = machineClock().nowMs();
    expect(nowMs).toBeGreaterThanOrEqual(before);
    expect(nowMs).toBeLessThanOrEqual(Date.now());
  });

  it('ends a sleep when it is told to, however long it was to be', async () => {
    const stop = new AbortController();
    const asleep = machineClock().sleep(2 ** 40, stop.signal);
    stop.abort();
    await expect(asleep).resolves.toBeUndefined();
    await expect(machineClock().sleep(2 ** 40, stop.signal)).resolves.toBeUndefined();
  });

  it('ends a sleep by itself', async () => {
    await expect(machineClock().sleep(1)).resolves.toBeUndefined();
    await expect(machineClock().sleep(0)).resolves.toBeUndefined();
  });
});
