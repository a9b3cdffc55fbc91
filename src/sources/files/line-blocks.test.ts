import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { chunkBytes } from './byte-source.ts';
import type { LineBlock } from './line-blocks.ts';
import { lineBlocks } from './line-blocks.ts';

async function blocksOf(
  chunks: readonly string[],
  blockBytes: number,
  options: Parameters<typeof lineBlocks>[2] = {},
): Promise<LineBlock[]> {
  const source = async function* (): AsyncGenerator<Uint8Array> {
    for (const chunk of chunks) yield await Promise.resolve(Buffer.from(chunk));
  };
  return Array.fromAsync(lineBlocks(chunkBytes(source()), blockBytes, options));
}

const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString('utf8');

describe('lineBlocks', () => {
  it('gives all bytes in order, cut only behind line feeds, with the right line numbers', async () => {
    const chunk = fc.array(fc.constantFrom('a', 'é', '\n', '\r\n', 'a longer piece of text'), { maxLength: 8 });
    const some = fc.array(fc.boolean(), { minLength: 1, maxLength: 4 });
    await fc.assert(
      fc.asyncProperty(
        fc.array(chunk, { maxLength: 12 }),
        fc.integer({ min: 1, max: 60 }),
        some,
        some,
        async (...given) => {
          const [parts, size, isCounted, isAsked] = given;
          const chunks = parts.map((part) => part.join(''));
          const whole = chunks.join('');
          const blocks = await blocksOf(chunks, size);
          expect(blocks.map((block) => text(block.bytes)).join('')).toBe(whole);
          let before = '';
          for (const [index, block] of blocks.entries()) {
            const lines = text(block.bytes).split('\n').length - 1;
            if (isCounted[index % isCounted.length] === true) block.linesCounted(lines);
            if (isAsked[index % isAsked.length] === false) {
              before += text(block.bytes);
              block.release();
              block.bytes.fill(0);
              continue;
            }
            expect(block.firstLine).toBe(before.split('\n').length);
            before += text(block.bytes);
            if (index < blocks.length - 1) expect(before.endsWith('\n')).toBe(true);
          }
        },
      ),
    );
  });

  it('begins with a small block, and makes each twice as large', async () => {
    const lines = '1234567\n'.repeat(20);
    const blocks = await blocksOf([lines], 64, { firstBlockBytes: 16 });
    expect(blocks.map(({ bytes }) => bytes.length)).toEqual([16, 32, 64, 48]);
  });

  it('gives the start of a line that is too long, and goes on behind it', async () => {
    const line = fc.oneof(fc.string({ unit: 'grapheme-ascii', maxLength: 20 }), fc.constant('x'.repeat(120)));
    await fc.assert(
      fc.asyncProperty(
        fc.array(line, { maxLength: 12 }),
        fc.integer({ min: 1, max: 60 }),
        async (lines, chunkBytesMax) => {
          const whole = Buffer.from(lines.map((each) => `${each.replaceAll('\n', ' ')}\n`).join(''));
          const chunks = Array.from({ length: Math.ceil(whole.length / chunkBytesMax) }, (_, index) =>
            text(whole.subarray(index * chunkBytesMax, (index + 1) * chunkBytesMax)),
          );
          const blocks = await blocksOf(chunks, 32, { lineBytesMax: 50, slackBytes: 8 });
          const found = blocks.flatMap((block) => {
            if (block.cutFrom !== undefined) return [[block.firstLine, text(block.bytes).slice(0, 50), block.cutFrom]];
            const own = text(block.bytes).split('\n').slice(0, -1);
            return own.map((each, index) => [block.firstLine + index, each, undefined]);
          });
          expect(found).toEqual(
            lines.map((each, index) =>
              each.length > 50
                ? [index + 1, each.slice(0, 50), each.length]
                : [index + 1, each.replaceAll('\n', ' '), undefined],
            ),
          );
        },
      ),
    );
  });

  it('says how long a last line is that is too long and has no end', async () => {
    const blocks = await blocksOf(['a\n', 'x'.repeat(70), 'x'.repeat(50)], 20, { lineBytesMax: 50 });
    expect(blocks.map(({ firstLine, cutFrom }) => [firstLine, cutFrom])).toEqual([
      [1, undefined],
      [2, 120],
    ]);
  });
});
