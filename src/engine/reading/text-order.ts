import type { TextDictionary } from '../../record/text-dictionary.ts';

/** Made when texts are first put in order: it takes longer than many a command that never does. */
let collator: Intl.Collator | undefined;

/** The order of texts: as people expect it in English, digits by their number. */
function collatorOfPeople(): Intl.Collator {
  return (collator ??= new Intl.Collator('en', { numeric: true }));
}

interface Ordered {
  /** Ids in the order of their texts. */
  readonly ids: readonly number[];
  /** By id: the text's place among all texts of the dictionary. */
  readonly ranks: Int32Array;
}

const ORDERS = new WeakMap<TextDictionary, Ordered>();

/** By id: the text's place among all texts of the dictionary. Texts that came since the last call are put in their places. */
export function ranksOf(dictionary: TextDictionary): Int32Array {
  const known = ORDERS.get(dictionary);
  if (known?.ids.length === dictionary.size) return known.ranks;
  const before = known?.ids ?? [];
  const fresh = Array.from({ length: dictionary.size - before.length }, (_, index) => before.length + index + 1);
  const people = collatorOfPeople();
  const compare = (a: number, b: number): number => {
    const [x, y] = [dictionary.text(a) ?? '', dictionary.text(b) ?? ''];
    return people.compare(x, y) || (x < y ? -1 : 1);
  };
  const ids = merged(before, fresh.sort(compare), compare);
  const ranks = new Int32Array(dictionary.size + 1);
  ids.forEach((id, rank) => {
    ranks[id] = rank + 1;
  });
  ORDERS.set(dictionary, { ids, ranks });
  return ranks;
}

/** Two sorted lists as one; the second is mostly short, so the place of each of its entries is looked for by halves. */
function merged(
  long: readonly number[],
  short: readonly number[],
  compare: (a: number, b: number) => number,
): readonly number[] {
  const all: number[] = [];
  let taken = 0;
  for (const each of short) {
    let [low, high] = [taken, long.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (compare(long[middle] as number, each) < 0) low = middle + 1;
      else high = middle;
    }
    while (taken < low) all.push(long[taken++] as number);
    all.push(each);
  }
  while (taken < long.length) all.push(long[taken++] as number);
  return all;
}

const LOWER = new WeakMap<TextDictionary, string[]>();

/** By id: the text in lower case; the first is of null. */
export function lowerTextsOf(dictionary: TextDictionary): readonly string[] {
  const known = LOWER.get(dictionary) ?? [''];
  for (let id = known.length; id <= dictionary.size; id++) known.push((dictionary.text(id) ?? '').toLowerCase());
  LOWER.set(dictionary, known);
  return known;
}
