import { expect, it } from 'vitest';
import type { QuarantineEntry, QuarantinePage, QuarantineQuery } from '../../ports/runtime.ts';
import { oldestFirst } from './quarantine-pages.ts';

/** A quarantine into which so many come before each page that is read. @param idStep  what ids grow by */
class GrowingQuarantine {
  readonly #perPage: number;
  readonly #idStep: number;
  size: number;
  pages = 0;

  constructor(size: number, perPage: number, idStep: number) {
    [this.size, this.#perPage, this.#idStep] = [size, perPage, idStep];
  }

  read = async ({ limit, offset }: QuarantineQuery): Promise<QuarantinePage> => {
    this.pages++;
    const total = (this.size += this.#perPage);
    const count = Math.max(0, Math.min(limit, total - offset));
    const entries = Array.from({ length: count }, (_, index) => this.#entry(total - offset - index));
    return { total, entries };
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
