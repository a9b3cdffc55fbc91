import { crc32 } from 'node:zlib';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { PieceChecksums, stepChecksums } from './checksums.ts';

it('gives the CRC-32 of any pieces in their order', () => {
  const bytes = Buffer.from(Array.from({ length: 100_000 }, (_, at) => (at * at * 31 + (at >> 7)) & 0xff));
  const place = fc.oneof(
    fc.nat(100_000),
    fc.nat(12).map((step) => step * 8192),
  );
  const pieces = fc.array(fc.tuple(place, place), { maxLength: 6 });
  fc.assert(
    fc.property(fc.nat(100_000), pieces, (length, places) => {
      const batch = bytes.subarray(0, length);
      const checksums = stepChecksums(batch);
      const steps = Math.floor(length / 8192) + 1;
      expect([...checksums]).toEqual(Array.from({ length: steps }, (_, step) => crc32(bytes.subarray(0, step * 8192))));
      let crc = 0;
      const expected: Uint8Array[] = [];
      const checksummed = new PieceChecksums(batch, checksums);
      const sorted = places.flat().sort((a, b) => a - b);
      for (let at = 0; at < sorted.length; at += 2) {
        const [start, end] = [Math.min(sorted[at] ?? 0, length), Math.min(sorted[at + 1] ?? 0, length)];
        crc = checksummed.with(crc, start, end);
        expected.push(bytes.subarray(start, end));
      }
      expect(crc).toBe(crc32(Buffer.concat(expected)));
    }),
  );
});
