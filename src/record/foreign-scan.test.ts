import fc from 'fast-check';
import { expect, it } from 'vitest';
import { daybook } from '../../daybook.config.ts';
import { mixedSales } from '../../test/sales/mixed-sales.ts';
import { makePlan } from '../plan/normalise.ts';
import { makeDictionaries } from './dictionaries.ts';
import { ForeignIds, ForeignScanner } from './foreign-scan.ts';
import { Scanner } from './scanner.ts';
import { TextDictionary } from './text-dictionary.ts';

const plan = makePlan(daybook);

it('columns from elsewhere mean what they would have meant here, whatever was known on either side', () => {
  const sales = fc.integer({ min: 0, max: 1000 }).map((seed) => mixedSales(40, { repeats: 0.1, seed }));
  fc.assert(
    fc.property(sales, fc.array(sales, { maxLength: 4 }), (known, batches) => {
      const dictionaries = makeDictionaries(plan);
      const here = new Scanner(plan, dictionaries);
      here.scan(Buffer.from(known.join('\n')), 1);
      const foreign = new ForeignScanner(plan);
      const ids = new ForeignIds(plan, dictionaries);
      for (const lines of batches) {
        const bytes = Buffer.from([...lines, '{"broken":'].join('\n'));
        // The foreign columns come as copies, as they do from another thread.
        const adopted = ids.adopt(structuredClone(foreign.scan(bytes, 7)));
        const expected = here.scan(bytes, 7);
        expect(adopted.refused).toEqual(expected.refused);
        expect(adopted.columns.count).toBe(expected.columns.count);
        for (const name of ['starts', 'ends', 'lines', 'keys', 'days', 'ids', 'values'] as const) {
          expect(adopted.columns[name]).toEqual(expected.columns[name]);
        }
      }
    }),
    { numRuns: 60 },
  );
});

it('a part of a dictionary is told with the ids that follow', () => {
  const dictionary = new TextDictionary();
  for (const text of ['a', '', 'é', '桌子']) dictionary.internText(text);
  const other = new TextDictionary();
  other.internText('é');
  expect([...other.internAll(dictionary.save(1))]).toEqual([2, 1, 3]);
  expect([1, 2, 3].map((id) => other.text(id))).toEqual(['é', '', '桌子']);
});
