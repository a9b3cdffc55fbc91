import { expect, it } from 'vitest';
import type { QuarantineEntry, QuarantinePage, QuarantineQuery } from '../../ports/runtime.ts';
import { oldestFirst } from './quarantine-pages.ts';

/** A quarantine into which so many come before each page that is read. @param idStep  what ids grow by */
class GrowingQuarantine {
  readonly #perPage: number;
  readonly #idStep: number;
  size: number;
  pages = 0;
  /** Whether an entry is given whole only alone. */
  isLong = (_id: number): boolean => false;

  constructor(size: number, perPage: number, idStep: number) {
    [this.size, this.#perPage, this.#idStep] = [size, perPage, idStep];
  }

  read = async (query: QuarantineQuery): Promise<QuarantinePage> => {
    if ('id' in query) return { total: this.size, entries: [this.#entry(query.id / this.#idStep)] };
    const { limit, offset } = query;
    this.pages++;
    const total = (this.size += this.#perPage);
    const count = Math.max(0, Math.min(limit, total - offset));
    const entries = Array.from({ length: count }, (_, index) => this.#entry(total - offset - index));
    const cut = (entry: QuarantineEntry): QuarantineEntry => ({ ...entry, record: '', cutFrom: 1 });
    return { total, entries: entries.map((entry) => (this.isLong(entry.id) ? cut(entry) : entry)) };
  };

  #entry(position: number): QuarantineEntry {
    const refusal = { code: 'NOT_JSON', reason: 'it is not JSON' } as const;
    return { ...refusal, id: position * this.#idStep, atMs: 0, origin: 'http', line: 1, record: 'x', encoding: 'utf8' };
  }
}

it.each([
  [0, 0, 1],
  [1, 0, 1],
  [500, 0, 1],
  [501, 0, 1],
  [2_300, 0, 3],
  [2_300, 1, 1],
  [2_300, 7, 3],
  [2_300, 200, 1],
])('of %i entries each is given once, oldest first, though %i come with each page', async (size, perPage, idStep) => {
  const quarantine = new GrowingQuarantine(size, perPage, idStep);
  const ids: number[] = [];
  for await (const entries of oldestFirst(quarantine.read, size)) {
    ids.push(...entries.map(({ id }) => id));
    expect(quarantine.pages).toBeLessThan(40);
  }
  expect(ids).toEqual(Array.from({ length: size }, (_, index) => (index + 1) * idStep));
});

it('an entry of which a page has the start alone is asked for alone, and given by itself', async () => {
  const quarantine = new GrowingQuarantine(1_000, 3, 2);
  quarantine.isLong = (id) => [2, 20, 22, 2_000].includes(id);
  const given: (readonly QuarantineEntry[])[] = [];
  for await (const entries of oldestFirst(quarantine.read, 1_000)) given.push(entries);
  expect(given.flat().map(({ id }) => id)).toEqual(Array.from({ length: 1_000 }, (_, index) => (index + 1) * 2));
  expect(given.flat().every(({ record, cutFrom }) => record === 'x' && cutFrom === undefined)).toBe(true);
  const alone = given.filter(({ length }) => length === 1).map(([entry]) => entry?.id);
  expect(alone).toEqual([2, 20, 22, 2_000]);
});
