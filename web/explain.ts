import { useMemo } from 'react';
import type { DefinitionAnswer, JsonRow } from '../src/server/protocol.ts';
import { choose, useChoices } from './choices.ts';
import { dimensionsOf } from './tiles/labels.ts';

/** A row of a report that is to be explained. */
export interface Explained {
  readonly report: string;
  /** Each dimension's value as it prints; null is empty. */
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
  const values = dimensionsOf(definition, report).map((name) => String(row[name] ?? ''));
  return [report, ...values].join('\u001f');
}

export function closeExplained(): void {
  choose({ [CHOICE]: undefined }, 'push');
}
