import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DaySpool, readLines } from './day-spool.ts';

describe('DaySpool', () => {
  it('keeps all lines of a day in order, however little it may hold in memory', async () => {
    const entry = fc.record({ day: fc.integer({ min: 1, max: 4 }), text: fc.stringMatching(/^[a-zé]{1,20}$/) });
    const chunks = fc.array(fc.array(entry, { maxLength: 10 }), { maxLength: 8 });
    await fc.assert(
      fc.asyncProperty(chunks, fc.integer({ min: 1, max: 300 }), async (given, heldBytes) => {
        const folder = await mkdtemp(join(tmpdir(), 'daybook-spool-'));
        const spool = new DaySpool(folder, heldBytes);
        const lines = given.map((chunk) => chunk.map(({ day, text }) => `${day}${text}`));
        for (const chunk of lines) await spool.add(Buffer.from(chunk.join('\n')), (line) => line.slice(0, 1));
        const expected = Map.groupBy(lines.flat(), (line) => line.slice(0, 1));
        const days = await spool.days();
        expect(days.map(({ day, records }) => [day, records])).toEqual(
          [...expected].map(([day, its]) => [day, its.length]).toSorted(([a], [b]) => Number(a) - Number(b)),
        );
        for (const { day, path } of days) {
          expect(await readFile(path, 'utf8')).toBe(`${expected.get(day)?.join('\n')}\n`);
          expect((await Array.fromAsync(readLines(path))).flat()).toEqual(expected.get(day));
        }
        await rm(folder, { recursive: true });
      }),
      { numRuns: 30 },
    );
  });
});
