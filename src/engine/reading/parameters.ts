import { present } from '../../base/assert.ts';
import { textOfKey } from '../../base/key-text.ts';
import { dayParameter, numberParameter } from '../../base/query-values.ts';
import type { FieldPlan } from '../../plan/plan.ts';
import { TextDictionary } from '../../record/text-dictionary.ts';
import type { EngineState } from '../state.ts';

/** What is searched for, as it is compared; empty where nothing is. */
export function searchText(search = ''): string {
  return search.trim().toLowerCase();
}

/** The id of a value as `keyText` spells it; undefined: no record has it. */
export function idOf(state: EngineState, field: FieldPlan, value: string): number | undefined {
  if (value === '' && field.nullable) return 0;
  const dictionary = present(state.dictionaries[field.index], 'a dimension is interned');
  if (dictionary instanceof TextDictionary) return dictionary.findText(textOfKey(value));
  if (field.kind === 'date') return dictionary.find(dayParameter(field.name, value));
  const number = numberParameter(field.name, field.kind, value);
  return dictionary.find(field.kind === 'decimal' ? Number(number.micros) : number.value);
}
