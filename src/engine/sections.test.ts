import { crc32 } from 'node:zlib';
import { expect, it } from 'vitest';
import { packSections, prefixOf, unpackSections } from './sections.ts';

const facts = { days: [1, 2], name: 'Étagère' };
const arrays = [Int32Array.of(1, -2, 3), Float64Array.of(0.5), Uint8Array.of(32, 32, 32, 32, 32, 32, 32, 32, 7)];

function packed(): Uint8Array {
  const sections = packSections(facts, arrays);
  const crc = sections.body.reduce((sum, chunk) => crc32(chunk, sum), 0);
  return new Uint8Array(Buffer.concat([prefixOf(sections, crc), ...sections.body]));
}

it('sections come back as they were packed', () => {
  expect(unpackSections(packed())).toEqual({ facts, arrays });
});

it('a file of sections in which any bit has turned, or whose end is missing, is not whole', () => {
  const whole = packed();
  for (let bit = 0; bit < whole.length * 8; bit++) {
    const damaged = Uint8Array.from(whole);
    damaged[bit >> 3] = (damaged[bit >> 3] as number) ^ (1 << (bit & 7));
    expect(unpackSections(damaged)).toBeUndefined();
  }
  for (let length = 0; length < whole.length; length++) expect(unpackSections(whole.slice(0, length))).toBeUndefined();
});
