import { describe, expect, it } from 'vitest';
import { Dice } from '../chance.ts';
import { inParts, replayable, seedsToRun } from '../seeds.ts';
import type { Tally } from './comparison.ts';
import { Comparison } from './comparison.ts';
import { LineMaker } from './lines.ts';
import { FUZZED } from './streams.ts';

const SEEDS = 200;
const LINES_A_SEED = 100;
const SEEDS_A_PART = 500;
/** A part's lines are many; this is for a machine that is busy with other things. */
const PART_TIMEOUT_MS = 300_000;

/** Lines as the scanner gets them: in the middle of a buffer whose other bytes would change what they are. */
function batchOf(lines: readonly Uint8Array[], dice: Dice): Uint8Array {
  const joined = Buffer.concat(lines.flatMap((line) => [line, Buffer.from('\n')]));
  const bytes = dice.happens(0.3) ? joined.subarray(0, -1) : joined;
  const before = dice.whole(0, 9);
  const buffer = Buffer.alloc(before + bytes.length + dice.pick([0, 3, 40]), dice.pick(['0', '"', '}', ' ', '\n']));
  bytes.copy(buffer, before);
  return new Uint8Array(buffer.buffer, buffer.byteOffset + before, bytes.length);
}

function runSeed(seed: number, tally: Tally): void {
  const dice = new Dice(seed);
  const stream = dice.pick(FUZZED);
  const maker = new LineMaker(dice, stream.oracle);
  const comparison = new Comparison(stream);
  for (let made = 0; made < LINES_A_SEED;) {
    const lines = Array.from({ length: Math.min(LINES_A_SEED - made, dice.whole(1, 40)) }, () => maker.next());
    comparison.compare(batchOf(lines, dice), dice.pick([1, made + 1]), tally);
    made += lines.length;
  }
}

describe('the scanner takes the lines that the oracle takes, with the same values', () => {
  const seeds = seedsToRun(SEEDS);
  const tally: Tally = { records: 0, refused: 0, packed: 0 };

  it.each(inParts(seeds, SEEDS_A_PART).map((part) => ({ part, first: part[0], last: part.at(-1) })))(
    `seeds $first to $last, ${LINES_A_SEED} lines each`,
    async ({ part }) => {
      for (const seed of part) await replayable('test/fuzz', seed, () => runSeed(seed, tally));
    },
    PART_TIMEOUT_MS,
  );

  // One seed alone need not have both.
  if (seeds.length > 1) {
    it('and sees many of both kinds, and packs many', () => {
      const share = tally.records / (tally.records + tally.refused);
      expect(share).toBeGreaterThan(0.3);
      expect(share).toBeLessThan(0.8);
      expect(tally.packed / tally.records).toBeGreaterThan(0.3);
    });
  }
});
