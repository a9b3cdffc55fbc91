import { crc32 } from 'node:zlib';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { ChecksumNotes, PieceChecksums } from './checksums.ts';

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
      const checksums = new ChecksumNotes(batch).all();
      // A word may be read over the end, so what stands there may belong to a piece.
      const limit = Math.min(length + 8, bytes.length);
      let crc = 0;
      const expected: Uint8Array[] = [];
      const checksummed = new PieceChecksums(bytes, checksums);
      const sorted = places.flat().sort((a, b) => a - b);
      for (let at = 0; at < sorted.length; at += 2) {
        const [start, end] = [Math.min(sorted[at] ?? 0, limit), Math.min(sorted[at + 1] ?? 0, limit)];
        crc = checksummed.with(crc, start, end);
        expected.push(bytes.subarray(start, end));
      }
      expect(crc).toBe(crc32(Buffer.concat(expected)));
    }),
  );
});

it('notes what the CRC-32 is up to each step, whoever looks at the bytes', () => {
  const bytes = Buffer.from(Array.from({ length: 100_000 }, (_, at) => (at * at * 31 + (at >> 7)) & 0xff));
  const places = fc.array(fc.nat(100_000), { maxLength: 12 });
  fc.assert(
    fc.property(fc.nat(100_000), places, fc.nat(1), (length, ends, gap) => {
      const notes = new ChecksumNotes(bytes.subarray(0, length));
      const sorted = ends.map((end) => Math.min(end, length)).sort((a, b) => a - b);
      // Each second piece is left out, or none is.
      for (let at = 1; at < sorted.length; at += 1 + gap) {
        const [from, to] = [sorted[at - 1] as number, sorted[at] as number];
        notes.upTo(from, to, (place, steps, crc) => {
          expect(place).toBeGreaterThanOrEqual(from);
          expect(place + steps * 8192).toBeLessThanOrEqual(to);
          return Uint32Array.from({ length: steps }, (_, step) =>
            crc32(bytes.subarray(place, place + (step + 1) * 8192), crc),
          );
        });
      }
      const steps = Math.floor(length / 8192) + 1;
      expect([...notes.all()]).toEqual(Array.from({ length: steps }, (_, at) => crc32(bytes.subarray(0, at * 8192))));
    }),
  );
});
