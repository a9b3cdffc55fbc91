import { randomBytes } from 'node:crypto';
import { constants, gzipSync, zstdCompressSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Compression } from './format.ts';
import { unpack } from './unpack.ts';

interface Outcome {
  readonly text: string;
  readonly code: string | undefined;
}

async function* inPieces(bytes: Uint8Array, pieceBytes: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += pieceBytes) {
    yield await Promise.resolve(bytes.subarray(at, at + pieceBytes));
  }
}

async function unpacked(
  packed: Uint8Array,
  pieceBytes = packed.length,
  compression: Compression = 'zstd',
): Promise<Outcome> {
  const parts: Uint8Array[] = [];
  let code: string | undefined;
  try {
    for await (const chunk of unpack(inPieces(packed, pieceBytes), compression, 'a').chunks) parts.push(chunk);
  } catch (error) {
    code = (error as { code: string }).code;
  }
  return { text: Buffer.concat(parts).toString('latin1'), code };
}

interface Part {
  readonly packed: Uint8Array;
  readonly text: string;
}

function skippable(kind: number, content: Uint8Array): Part {
  const packed = Buffer.alloc(8 + content.length);
  packed.writeUInt32LE(0x184d2a50 + kind, 0);
  packed.writeUInt32LE(content.length, 4);
  packed.set(content, 8);
  return { packed, text: '' };
}

function frame(text: string, withChecksum: boolean, withSize: boolean): Part {
  const params = {
    [constants.ZSTD_c_checksumFlag]: Number(withChecksum),
    [constants.ZSTD_c_contentSizeFlag]: Number(withSize),
  };
  return { packed: zstdCompressSync(Buffer.from(text, 'latin1'), { params }), text };
}

const binary = (maxLength: number): fc.Arbitrary<string> =>
  fc.uint8Array({ maxLength }).map((bytes) => Buffer.from(bytes).toString('latin1'));
/** Nothing, what cannot be made smaller, what can, runs of one byte, and more than fits in one block. */
const content = fc.oneof(
  binary(300),
  fc.tuple(binary(30), fc.integer({ min: 0, max: 100 })).map(([text, times]) => text.repeat(times)),
  fc.constantFrom(255, 256, 70_000, 128 * 1024, 256 * 1024, 400_000).map((length) => 'a'.repeat(length)),
);
const anyFrame = fc.tuple(content, fc.boolean(), fc.boolean()).map((given) => frame(...given));
const anySkippable = fc.tuple(fc.nat(15), fc.uint8Array({ maxLength: 40 })).map((given) => skippable(...given));
const anyParts = fc.array(fc.oneof({ weight: 3, arbitrary: anyFrame }, anySkippable), { minLength: 1, maxLength: 6 });
const pieceSize = fc.oneof(fc.integer({ min: 1, max: 30 }), fc.constant(1_000_000));

const joined = (parts: readonly Part[]): Uint8Array => Buffer.concat(parts.map(({ packed }) => packed));
const textOf = (parts: readonly Part[]): string => parts.map(({ text }) => text).join('');

describe('zstd', () => {
  it('is unpacked to its end, however many frames it has and in whatever pieces it comes', async () => {
    await fc.assert(
      fc.asyncProperty(anyParts, pieceSize, async (parts, pieceBytes) => {
        const { text, code } = await unpacked(joined(parts), pieceBytes);
        expect(code).toBeUndefined();
        expect(text === textOf(parts)).toBe(true);
      }),
    );
  });

  it('is damaged wherever it is cut, but between two frames', async () => {
    await fc.assert(
      fc.asyncProperty(
        anyParts,
        fc.double({ min: 0, max: 1, noNaN: true }),
        pieceSize,
        async (parts, at, pieceBytes) => {
          const whole = joined(parts);
          const length = 1 + Math.floor(at * (whole.length - 1));
          const ends = parts.map((_, index) => joined(parts.slice(0, index + 1)).length);
          const { text, code } = await unpacked(whole.subarray(0, length), pieceBytes);
          const partsWhole = ends.filter((end) => end <= length).length;
          if (ends.includes(length)) expect(code).toBeUndefined();
          else expect(code).toMatch(/^(?:IMPORT_FILE_DAMAGED|Z_BUF_ERROR)$/);
          expect(text === textOf(parts).slice(0, text.length)).toBe(true);
          if (code === undefined) expect(text.length).toBe(textOf(parts.slice(0, partsWhole)).length);
        },
      ),
    );
  });

  it('is damaged by anything else behind its frames, which are read before', async () => {
    const whole = [frame('a'.repeat(1_000_000), true, true), frame('b', false, true)];
    for (const rest of ['junk', '{"ts_id":"1"}', '\0\0\0\0\0', '\x1f\x8b\x08\x00']) {
      const { text, code } = await unpacked(Buffer.concat([joined(whole), Buffer.from(rest, 'latin1')]));
      expect(code).toBe('IMPORT_FILE_DAMAGED');
      expect(text === textOf(whole)).toBe(true);
    }
  });

  it('is damaged by a block of no known type', async () => {
    const packed = Buffer.from(frame('some text', false, true).packed);
    // Behind magic, descriptor and size.
    packed[6] = (packed[6] as number) | 0b110;
    expect((await unpacked(packed)).code).toBe('ZSTD_error_corruption_detected');
  });
});

function member(text: string): Part {
  return { packed: gzipSync(Buffer.from(text, 'latin1')), text };
}

describe('gzip', () => {
  const anyMembers = fc.array(content.map(member), { minLength: 1, maxLength: 4 });
  const padding = fc.oneof(fc.nat(5), fc.constantFrom(512, 70_000)).map((length) => Buffer.alloc(length));

  it('is unpacked to its end, however many members it has, with padding behind them', async () => {
    await fc.assert(
      fc.asyncProperty(anyMembers, padding, pieceSize, async (members, zeros, pieceBytes) => {
        const { text, code } = await unpacked(Buffer.concat([joined(members), zeros]), pieceBytes, 'gzip');
        expect(code).toBeUndefined();
        expect(text === textOf(members)).toBe(true);
      }),
    );
  });

  it('is damaged by anything behind padding, before which all is read', async () => {
    const rest = fc.oneof(
      content.map((text) => member(text).packed),
      fc.constant(Buffer.from('x')),
    );
    await fc.assert(
      fc.asyncProperty(anyMembers, padding, rest, padding, pieceSize, async (members, zeros, more, end, pieceBytes) => {
        const packed = Buffer.concat([joined(members), Buffer.alloc(1), zeros, more, end]);
        const { text, code } = await unpacked(packed, pieceBytes, 'gzip');
        expect(code).toBe('IMPORT_FILE_DAMAGED');
        expect(text === textOf(members)).toBe(true);
      }),
    );
  });

  it('is damaged wherever its first member is cut', async () => {
    const { packed } = member('some text of a record\n'.repeat(9));
    for (let length = 2; length < packed.length; length++) {
      expect(await unpacked(packed.subarray(0, length), 7, 'gzip')).toMatchObject({ code: 'Z_BUF_ERROR' });
    }
  });

  it('gives the error of who it reads from', async () => {
    const failing = async function* (): AsyncGenerator<Uint8Array> {
      yield await Promise.resolve(member('some text of a record\n').packed.subarray(0, 15));
      throw new Error('the disk is gone');
    };
    await expect(Array.fromAsync(unpack(failing(), 'gzip', 'a').chunks)).rejects.toThrow('the disk is gone');
  });
});

it.each([
  ['zstd', (text: string) => frame(text, true, true)],
  ['gzip', member],
] as const)('%s waits for who reads what comes out of it', async (compression, pack) => {
  let given = 0;
  const { packed: bytes } = pack(randomBytes(100_000).toString('latin1'));
  const packed = async function* (): AsyncGenerator<Uint8Array> {
    for (; given < 500; given++) yield await Promise.resolve(bytes);
  };
  const { chunks, stream } = unpack(packed(), compression, 'a');
  for await (const chunk of chunks) {
    expect(chunk.length).toBeGreaterThan(0);
    break;
  }
  expect(given).toBeLessThan(20);
  expect(stream.destroyed).toBe(true);
});
