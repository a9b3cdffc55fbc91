import { crc32 } from 'node:zlib';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { combineCrc32 } from './crc32-combine.ts';

it('gives what zlib gives for all of the bytes', () => {
  const bytes = fc.uint8Array({ maxLength: 70_000, size: 'max' });
  fc.assert(
    fc.property(bytes, bytes, (first, second) => {
      const whole = crc32(Buffer.concat([first, second]));
      expect(combineCrc32(crc32(first), crc32(second), second.length)).toBe(whole);
    }),
  );
});

it('knows lengths up to those of a frame, and none', () => {
  const zeros = new Uint8Array(64 * 1024 * 1024);
  for (const length of [0, 1, 2 ** 16, zeros.length - 1, zeros.length]) {
    const second = zeros.subarray(0, length);
    expect(combineCrc32(0x1234_5678, crc32(second), length)).toBe(crc32(second, 0x1234_5678));
  }
});
