import fc from 'fast-check';
import { expect, it } from 'vitest';
import { daybook } from '../../daybook.config.ts';
import { mixedSales } from '../../test/sales/mixed-sales.ts';
import { withSlack } from '../base/slack.ts';
import { makePlan } from '../plan/normalise.ts';
import type { RecordColumns } from './columns.ts';
import { KEY_WORDS } from './columns.ts';
import { makeDictionaries } from './dictionaries.ts';
import { ForeignIds, ForeignScanner } from './foreign-scan.ts';
import { Scanner } from './scanner.ts';
import { TextDictionary } from './text-dictionary.ts';

const plan = makePlan(daybook);

/** The rows that there are, without the room behind them. */
function filled(columns: RecordColumns): unknown {
  const { count, starts, ends, lines, keys, hashes, days, ids, values } = columns;
  const words = [starts, ends, lines, hashes, days, ...ids, ...values].map((column) => column?.subarray(0, count));
  return [columns.isPlain, ...words, keys.subarray(0, count * KEY_WORDS)];
}

it('columns from elsewhere mean what they would have meant here, whatever was known on either side', () => {
  const sales = fc.integer({ min: 0, max: 1000 }).map((seed) => mixedSales(40, { repeats: 0.1, seed }));
  fc.assert(
    fc.property(sales, fc.array(sales, { maxLength: 4 }), fc.nat(2), (known, batches, rooms) => {
      const dictionaries = makeDictionaries(plan);
      const here = new Scanner(plan, dictionaries);
      here.scan(Buffer.from(known.join('\n')), 1);
      const foreign = new ForeignScanner(plan);
      const ids = new ForeignIds(plan, dictionaries);
      for (const lines of batches) {
        const bytes = Buffer.from([...lines, '{"broken":'].join('\n'));
        const withRoom = withSlack(bytes);
        // What comes is a copy, as it is from another thread. There may be no room for the columns, or too little.
        const room = new ArrayBuffer(ids.roomBytes(bytes.length, true) * rooms);
        const adopted = ids.adopt(withRoom, structuredClone(foreign.scan(withRoom, room)));
        const expected = here.scan(bytes, 1);
        expect(adopted.lineCount).toBe(expected.lineCount);
        expect(adopted.refused).toEqual(expected.refused);
        expect(adopted.columns.count).toBe(expected.columns.count);
        expect(filled(adopted.columns)).toEqual(filled(expected.columns));
      }
    }),
    { numRuns: 60 },
  );
});

it('records that were packed elsewhere come with what they are unpacked with', () => {
  const foreign = new ForeignScanner(plan);
  const here = new Scanner(plan, makeDictionaries(plan));
  const ids = new ForeignIds(plan, makeDictionaries(plan));
  for (const seed of [1, 2, 3]) {
    const lines = mixedSales(1500, { repeats: 0.1, seed }).flatMap((line, at) =>
      at % 700 === 600 ? ['{"broken":', line] : [line],
    );
    const bytes = withSlack(Buffer.from(lines.join('\n')));
    const scan = structuredClone(foreign.scan(bytes, new ArrayBuffer(0)));
    const packed = ids.adopt(bytes, scan).columns.packed;
    const expected = here.scan(bytes, 1, undefined, true).columns.packed;
    expect(packed?.records).toEqual(expected?.records);
    expect(packed?.forms).toEqual(expected?.forms);
    expect(packed?.templates).toEqual(expected?.templates);
    expect(packed?.records.length).toBeGreaterThan(0);
  }
});

it('a part of a dictionary is told with the ids that follow', () => {
  const dictionary = new TextDictionary();
  for (const text of ['a', '', 'é', '桌子']) dictionary.internText(text);
  const other = new TextDictionary();
  other.internText('é');
  expect([...other.internAll(dictionary.save(1))]).toEqual([2, 1, 3]);
  expect([1, 2, 3].map((id) => other.text(id))).toEqual(['é', '', '桌子']);
});
