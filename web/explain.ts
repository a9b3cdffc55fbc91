import { useMemo } from 'react';
import type { DefinitionAnswer, JsonRow } from '../src/server/protocol.ts';
import { choose, takeBack, useChoices } from './choices.ts';
import { isDay } from './days.ts';
import { canBeSummed, EQUALS_PREFIX } from './filters.ts';
import { keyText } from './key-text.ts';
import { dimensionsOf } from './tiles/labels.ts';

/** A row of a report that is to be explained. */
export interface Explained {
  readonly report: string;
  /** Each dimension's value as `keyText` spells it. */
  readonly key: Readonly<Record<string, string>>;
}

/** In the address: the report, and the values of its dimensions in their order. */
const CHOICE = 'explain';

/** The row that the address asks to explain. */
export function useExplained(definition: DefinitionAnswer): Explained | undefined {
  const text = useChoices().get(CHOICE);
  return useMemo(() => {
    if (text === null) return undefined;
    const [report = '', ...values] = text.split('\u001f');
    const dimensions = dimensionsOf(definition, report);
    if (dimensions.length === 0 || dimensions.length !== values.length) return undefined;
    return { report, key: Object.fromEntries(dimensions.map((name, index) => [name, values[index] ?? ''])) };
  }, [text, definition]);
}

/** Opens the explanation of a row; the way back closes it. */
export function explainRow(definition: DefinitionAnswer, report: string, row: JsonRow): void {
  choose({ [CHOICE]: explainText(definition, report, row) }, 'push');
}

/** What the address holds to explain a row. */
export function explainText(definition: DefinitionAnswer, report: string, row: JsonRow): string {
  const values = dimensionsOf(definition, report).map((name) => keyText(row[name] ?? null));
  return [report, ...values].join('\u001f');
}

export function closeExplained(): void {
  takeBack([CHOICE]);
}

/** A number that rows of a report give together: one of its measures, summed. */
export interface ExplainedSum {
  readonly report: string;
  readonly measure: string;
  readonly from?: string;
  readonly to?: string;
  /** What rows must have, as `keyText` spells it. */
  readonly equals: Readonly<Record<string, readonly string[]>>;
}

/** In the address: the report, the measure, the range, and `is.<dimension>` as filters have it. */
const SUM_CHOICE = 'explain.sum';

/** The sum that the address asks to explain. */
export function useExplainedSum(definition: DefinitionAnswer): ExplainedSum | undefined {
  const text = useChoices().get(SUM_CHOICE);
  return useMemo(() => {
    const chosen = new URLSearchParams(text ?? '');
    const [report, measure] = [chosen.get('report'), chosen.get('measure')];
    const columns = definition.reports.find(({ name }) => name === report)?.columns ?? [];
    const column = columns.find(({ name, role }) => name === measure && role === 'measure');
    if (report === null || column === undefined || !canBeSummed(column)) return undefined;
    const dimensions = dimensionsOf(definition, report).filter((name) => chosen.has(EQUALS_PREFIX + name));
    const equals = dimensions.map((name) => [name, chosen.getAll(EQUALS_PREFIX + name)] as const);
    const days = ['from', 'to'].map((name) => [name, chosen.get(name) ?? ''] as const);
    const range = Object.fromEntries(days.filter(([, day]) => isDay(day)));
    return { report, measure: column.name, ...range, equals: Object.fromEntries(equals) };
  }, [text, definition]);
}

/** Opens the explanation of a sum; the way back closes it. */
export function explainSum({ report, measure, from, to, equals }: ExplainedSum): void {
  const chosen = new URLSearchParams({ report, measure });
  if (from !== undefined) chosen.set('from', from);
  if (to !== undefined) chosen.set('to', to);
  for (const [name, values] of Object.entries(equals)) {
    for (const value of values) chosen.append(EQUALS_PREFIX + name, value);
  }
  choose({ [SUM_CHOICE]: chosen.toString() }, 'push');
}

export function closeExplainedSum(): void {
  takeBack([SUM_CHOICE]);
}
