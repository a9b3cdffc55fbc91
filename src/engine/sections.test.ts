import { expect, it } from 'vitest';
import { fileOf, inMemory } from '../../test/disk/through-a-file.ts';
import { unpackSections } from './sections.ts';

const facts = { days: [1, 2], name: 'Étagère' };
const arrays = [Int32Array.of(1, -2, 3), Float64Array.of(0.5), Uint8Array.of(32, 32, 32, 32, 32, 32, 32, 32, 7)];

it('sections come back as they were packed', async () => {
  expect(await unpackSections(inMemory(fileOf(facts, arrays)))).toEqual({ facts, arrays });
});

it('a section in pieces comes back in one', async () => {
  const pieces = [[Int32Array.of(1, 2), Int32Array.of(3, 4, 5, 6), Int32Array.of(7)], [new Int32Array(0)]];
  const whole = [Int32Array.of(1, 2, 3, 4, 5, 6, 7), new Int32Array(0)];
  expect(await unpackSections(inMemory(fileOf(facts, [...pieces, ...arrays])))).toEqual({
    facts,
    arrays: [...whole, ...arrays],
  });
});

it('a file of sections in which any bit has turned, or whose end is missing, is not whole', async () => {
  const whole = fileOf(facts, arrays);
  for (let bit = 0; bit < whole.length * 8; bit++) {
    const damaged = Uint8Array.from(whole);
    damaged[bit >> 3] = (damaged[bit >> 3] as number) ^ (1 << (bit & 7));
    expect(await unpackSections(inMemory(damaged))).toBeUndefined();
  }
  for (let length = 0; length < whole.length; length++)
    expect(await unpackSections(inMemory(whole.slice(0, length)))).toBeUndefined();
});
