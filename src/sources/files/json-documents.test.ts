import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { jsonDocumentBatches } from './json-documents.ts';

/** The lines that come out of a JSON file, read in pieces of some size. */
async function linesOf(
  text: string,
  pieceBytes = 7,
): Promise<{ readonly lines: readonly string[]; readonly faults: readonly string[] }> {
  const bytes = Buffer.from(text);
  const source = async function* (): AsyncGenerator<Uint8Array> {
    for (let at = 0; at < bytes.length; at += pieceBytes) {
      yield await Promise.resolve(bytes.subarray(at, at + pieceBytes));
    }
  };
  const batches = await Array.fromAsync(jsonDocumentBatches(source(), 64));
  return {
    lines: batches.flatMap((batch) =>
      Buffer.from(batch.lines)
        .toString('utf8')
        .split('\n')
        .filter((line) => line !== ''),
    ),
    faults: batches.flatMap((batch) => batch.unreadable.map((entry) => `${entry.line}: ${entry.reason}`)),
  };
}

describe('jsonDocumentBatches', () => {
  it('gives the values of an array or of printed objects, whatever they hold and however they are printed', async () => {
    const value = fc.dictionary(fc.string({ unit: 'binary' }), fc.jsonValue({ maxDepth: 3 }));
    const values = fc.array(value, { maxLength: 6 });
    const indent = fc.constantFrom(0, 2);
    const piece = fc.integer({ min: 1, max: 40 });
    await fc.assert(
      fc.asyncProperty(values, indent, piece, fc.boolean(), async (records, spaces, pieceBytes, inArray) => {
        const printed = inArray
          ? JSON.stringify(records, null, spaces)
          : records.map((record) => JSON.stringify(record, null, spaces)).join('\n');
        const { lines, faults } = await linesOf(printed, pieceBytes);
        expect(faults).toEqual([]);
        expect(lines.map((line): unknown => JSON.parse(line))).toEqual(JSON.parse(JSON.stringify(records)));
      }),
    );
  });

  it('keeps every digit of a number', async () => {
    const { lines } = await linesOf('[{"a": 1.000000000000000000001,\n "b": 1e2}, {"a": 12345678901234567890}]');
    expect(lines).toEqual(['{"a": 1.000000000000000000001,  "b": 1e2}', '{"a": 12345678901234567890}']);
  });

  it('hands on values that are no objects, for the engine to refuse', async () => {
    const { lines } = await linesOf('[12, "a,b]", true, [1, [2]], {"a":1}, null]');
    expect(lines).toEqual(['12', '"a,b]"', 'true', '[1, [2]]', '{"a":1}', 'null']);
  });

  it('says that a file ends within a record, and gives it whole', async () => {
    const { lines, faults } = await linesOf('[{"a":1},{"a":');
    expect(lines).toEqual(['{"a":1}']);
    expect(faults).toEqual(['2: the document ends within this record']);
  });

  it('does not make a broken string whole', async () => {
    const { lines, faults } = await linesOf('[{"a":"x\ny"},{"a":2}]');
    expect(lines).toEqual(['{"a":2}']);
    expect(faults).toEqual(['1: a string is broken over two lines']);
  });
});
