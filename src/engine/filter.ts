import { present } from '../base/assert.ts';
import type { ConditionPlan } from '../plan/plan.ts';
import { columnNumber } from '../plan/ranges.ts';
import type { RecordColumns } from '../record/columns.ts';
import type { Dictionaries } from '../record/dictionaries.ts';
import { TextDictionary } from '../record/text-dictionary.ts';

/** Whether record `record` of the columns counts in a report. */
export type Filter = (columns: RecordColumns, record: number) => boolean;

/** The conditions of a report's `where` as one filter; undefined when there are none. */
export function makeFilter(where: readonly ConditionPlan[], dictionaries: Dictionaries): Filter | undefined {
  if (where.length === 0) return undefined;
  const tests = where.map((condition) => makeTest(condition, dictionaries));
  return (columns, record) => tests.every((test) => test(columns, record));
}

function makeTest(condition: ConditionPlan, dictionaries: Dictionaries): Filter {
  const { field, test, values } = condition;
  const { index } = field;
  if (test === 'in' || test === 'notIn') {
    const wanted = test === 'in';
    const dictionary = dictionaries[index];
    if (field.kind === 'text' && dictionary instanceof TextDictionary) {
      // Interned now, so that comparing is by id from the first record on.
      const ids = new Set(values.map((value) => dictionary.internText(value as string | null)));
      return (columns, record) =>
        ids.has(present(columns.ids[index], 'a compared text has ids')[record] as number) === wanted;
    }
    // A Set finds NaN, which is what a null number is.
    const numbers = new Set(values.map((value) => columnNumber(field, value)));
    return (columns, record) => numbers.has(valueOf(columns, index, record)) === wanted;
  }
  const limit = columnNumber(field, values[0] ?? null);
  switch (test) {
    case 'above':
      return (columns, record) => valueOf(columns, index, record) > limit;
    case 'atLeast':
      return (columns, record) => valueOf(columns, index, record) >= limit;
    case 'below':
      return (columns, record) => valueOf(columns, index, record) < limit;
    case 'atMost':
      return (columns, record) => valueOf(columns, index, record) <= limit;
  }
}

function valueOf(columns: RecordColumns, index: number, record: number): number {
  return present(columns.values[index], 'a compared number has values')[record] as number;
}
