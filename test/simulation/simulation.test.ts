import { describe, it } from 'vitest';
import { inParts, replayable, seedsToRun } from '../seeds.ts';
import { World } from './world.ts';

const SEEDS = 500;
const SEEDS_A_PART = 50;
/** A part's worlds are many; this is for a machine that is busy with other things. */
const PART_TIMEOUT_MS = 120_000;

describe('Daybook holds what it has answered, once, and of the rest whole groups of batches or nothing', () => {
  it.each(inParts(seedsToRun(SEEDS), SEEDS_A_PART).map((part) => ({ part, first: part[0], last: part.at(-1) })))(
    'in the worlds of the seeds $first to $last',
    async ({ part }) => {
      for (const seed of part) await replayable('test/simulation', seed, () => new World(seed).run());
    },
    PART_TIMEOUT_MS,
  );
});
