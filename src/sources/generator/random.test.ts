import { describe, expect, it } from 'vitest';
import { makeRandom, shuffled, weightedDraw } from './random.ts';

function draws(seed: number, label: string, count = 1000): readonly number[] {
  const random = makeRandom(seed, label);
  return Array.from({ length: count }, () => random.bits());
}

describe('random numbers', () => {
  it('are the same for the same seed and label, and others for another seed or label', () => {
    expect(draws(1, 'a')).toEqual(draws(1, 'a'));
    const streams = [draws(1, 'a'), draws(2, 'a'), draws(1, 'b'), draws(11, ' a'), draws(1, '1 a')];
    expect(new Set(streams.flat()).size).toBeGreaterThan(4990);
  });

  it('are spread evenly', () => {
    const counts = new Map<number, number>();
    const random = makeRandom(7, 'spread');
    for (let i = 0; i < 100_000; i++) {
      const value = random.below(10);
      counts.set(value, (counts.get(value) ?? 0) + 1);
    }
    expect([...counts.keys()].toSorted((a, b) => a - b)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    for (const count of counts.values()) expect(Math.abs(count - 10_000)).toBeLessThan(500);
  });

  it('make UUIDs of version 4, each another one, with every digit in every place', () => {
    const random = makeRandom(1, 'ids');
    const ids = Array.from({ length: 10_000 }, () => random.uuid());
    expect(new Set(ids).size).toBe(ids.length);
    for (const id of ids) expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    const digits = Array.from({ length: 36 }, (_, at) => new Set(ids.map((id) => id[at])).size);
    expect(digits).toEqual(
      Array.from({ length: 36 }, (_, at) => ([8, 13, 18, 23, 14].includes(at) ? 1 : at === 19 ? 4 : 16)),
    );
  });

  it('draw as often as weights say, and never what has none', () => {
    const draw = weightedDraw([0, 1, 0, 3, 0]);
    const random = makeRandom(3, 'weights');
    const counts = [0, 0, 0, 0, 0];
    for (let i = 0; i < 40_000; i++) {
      const at = draw(random);
      counts[at] = (counts[at] ?? 0) + 1;
    }
    expect([counts[0], counts[2], counts[4]]).toEqual([0, 0, 0]);
    expect(Math.abs((counts[3] ?? 0) / (counts[1] ?? 1) - 3)).toBeLessThan(0.3);
  });

  it('put a list into another order and lose nothing of it', () => {
    const list = Array.from({ length: 50 }, (_, at) => at);
    const other = shuffled(list, makeRandom(1, 'order'));
    expect(other).not.toEqual(list);
    expect(other.toSorted((a, b) => a - b)).toEqual(list);
  });
});
