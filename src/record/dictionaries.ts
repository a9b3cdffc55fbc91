import type { Plan } from '../plan/plan.ts';
import { NumberDictionary } from './number-dictionary.ts';
import { fieldRoles } from './roles.ts';
import { TextDictionary } from './text-dictionary.ts';

/** By field index: the dictionary of a field whose values are interned. */
export type Dictionaries = readonly (TextDictionary | NumberDictionary | undefined)[];

/** Empty dictionaries for a plan: of texts for text fields, of numbers for all others (dates as days, decimals as micro-units). */
export function makeDictionaries(plan: Plan): Dictionaries {
  return fieldRoles(plan).map(({ field, id }) => {
    if (!id) return undefined;
    return field.kind === 'text' ? new TextDictionary() : new NumberDictionary();
  });
}
