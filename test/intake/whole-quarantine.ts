import type { QuarantineEntry, Runtime } from '../../src/ports/runtime.ts';

/** All entries of a quarantine of up to 1,000, newest first, and each whole: of long ones a page of several has the start. */
export async function wholeQuarantine(runtime: Pick<Runtime, 'quarantine'>): Promise<readonly QuarantineEntry[]> {
  const { entries } = await runtime.quarantine({ limit: 1_000, offset: 0 });
  const whole = entries.map(async (entry) => {
    if (entry.cutFrom === undefined) return [entry];
    return (await runtime.quarantine({ id: entry.id })).entries;
  });
  return (await Promise.all(whole)).flat();
}
