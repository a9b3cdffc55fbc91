import { describe, expect, it } from 'vitest';
import { daybook } from '../../../daybook.config.ts';
import { parseDay } from '../../base/calendar.ts';
import { makePlan } from '../../plan/normalise.ts';
import { makeDictionaries } from '../../record/dictionaries.ts';
import { Scanner } from '../../record/scanner.ts';
import { ownCatalogue } from './catalogue.ts';
import type { SentLine } from './faults.ts';
import { DELAY_SALES_MAX, withFaults } from './faults.ts';
import { salesOfDay } from './sales.ts';

const plan = makePlan(daybook);
const sales = [
  ...salesOfDay({ catalogue: await ownCatalogue(), seed: 1, day: parseDay('2026-03-07') ?? NaN, perDay: 20_000 }),
];

function sent(duplicates: number, late: number, corrupt: number, seed = 1): readonly SentLine[] {
  return [...withFaults(sales, { duplicates, late, corrupt }, seed)];
}

/** Asserts that a share was met within what chance may do. */
function expectShare(count: number, share: number): void {
  const expected = sales.length * share;
  expect(Math.abs(count - expected)).toBeLessThan(5 * Math.sqrt(expected));
}

describe('faults', () => {
  it('are none when none are asked for', () => {
    expect(sent(0, 0, 0).map(({ text }) => text)).toEqual(sales.map((sale) => JSON.stringify(sale)));
  });

  it('repeat sales later, half of them altered, and lose none', () => {
    const first = new Map<string, string>();
    let same = 0;
    let altered = 0;
    for (const { text, sale } of sent(0.05, 0, 0)) {
      const known = first.get(sale?.ts_id ?? '');
      if (known === undefined) first.set(sale?.ts_id ?? '', text);
      else if (known === text) same++;
      else altered++;
    }
    expect([...first.values()]).toEqual(sales.map((sale) => JSON.stringify(sale)));
    expectShare(same + altered, 0.05);
    expectShare(same, 0.025);
  });

  it('send sales late, by a few thousand at most, with their own time', () => {
    const at = new Map(sales.map((sale, index) => [sale.ts_id, index]));
    const order = sent(0, 0.02, 0).map(({ sale }) => at.get(sale?.ts_id ?? '') ?? NaN);
    expect(order.toSorted((a, b) => a - b)).toEqual(sales.map((_, index) => index));
    let newest = -1;
    let late = 0;
    for (const index of order) {
      expect(newest - index).toBeLessThanOrEqual(DELAY_SALES_MAX + 1);
      if (index < newest) late++;
      newest = Math.max(newest, index);
    }
    // One that is late only after the last sale is not seen to be late.
    expect(Math.abs(late - sales.length * 0.02)).toBeLessThan(120);
  });

  it('break lines such that each is refused, and nothing else is', () => {
    const lines = sent(0.05, 0.02, 0.05);
    const scanner = new Scanner(plan, makeDictionaries(plan));
    const { columns, refused } = scanner.scan(Buffer.from(lines.map(({ text }) => `${text}\n`).join('')), 1);
    const broken = lines.flatMap(({ sale }, index) => (sale === undefined ? [index + 1] : []));
    expectShare(broken.length, 0.05);
    expect(refused.map(({ line }) => line)).toEqual(broken);
    expect(columns.count).toBe(lines.length - broken.length);
    expect(new Set(broken.map((line) => lines[line - 1]?.text)).size).toBe(broken.length);
    expect(new Set(refused.map(({ refusal }) => refusal.code))).toEqual(
      new Set(['NOT_JSON', 'MISSING_FIELD', 'IMPOSSIBLE_DATE', 'NUMBER_OUT_OF_RANGE', 'WRONG_TYPE', 'TOO_LONG']),
    );
  });

  it('are the same for the same seed, and others for another', () => {
    const text = (seed: number): string =>
      sent(0.05, 0.02, 0.01, seed)
        .map((line) => line.text)
        .join('\n');
    expect(text(1)).toBe(text(1));
    expect(text(1)).not.toBe(text(2));
  });
});
