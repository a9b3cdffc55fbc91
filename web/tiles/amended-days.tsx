import { useMemo } from 'react';
import type { DefinitionAnswer, TileInfo } from '../../src/server/protocol.ts';
import { useAmendmentList } from '../api/use-amendment-list.ts';
import { usePageState } from '../api/use-view.ts';
import { countOf, printDay, printValue } from '../format.ts';
import type { PrintNumber } from '../format.ts';
import { follow } from '../pages/shell.tsx';
import type { DayValue } from './day-series.ts';
import { numberIn } from './day-series.ts';
import { dimensionsOf } from './labels.ts';
import { LateRecords } from './late-records.tsx';

/** A change to a day after it was closed. */
export interface Amended {
  readonly day: string;
  /** The day's value, where that is one row: undefined, there was no such row; null, it had no value. */
  readonly value?: { readonly before: number | null | undefined; readonly after: number | null };
  /** The records that it is due to. */
  readonly firstOffset: number;
  readonly frame: number;
}

const LISTED_MAX = 50;

/** By day, newest change first. */
export type AmendedByDay = ReadonlyMap<string, readonly Amended[]>;

/** How a tile's measure changed after its day was closed, and whether that is all, or what the newest changes did. */
export function useAmendments(
  definition: DefinitionAnswer,
  { report, measure }: Extract<TileInfo, { kind: 'number' | 'table' }>,
  isFiltered: boolean,
): { readonly amended: AmendedByDay; readonly isAll: boolean } {
  const { amendments } = usePageState();
  const { entries } = useAmendmentList();
  const isRow = dimensionsOf(definition, report).length === 1;
  const businessDate = definition.stream.businessDate;
  const amended = useMemo(() => {
    const byDay = new Map<string, Amended[]>();
    if (isFiltered) return byDay;
    for (const entry of entries) {
      const after = numberIn(entry.after, measure);
      const before = entry.before === null ? undefined : numberIn(entry.before, measure);
      if (entry.report !== report || before === after) continue;
      const day = String(entry.after[businessDate]);
      const { firstOffset, frame } = entry;
      const changes = byDay.get(day) ?? [];
      // Of a day with several rows, those that a frame changed are one change of it.
      if (changes.some((change) => change.frame === frame)) continue;
      byDay.set(day, [...changes, { day, ...(isRow && { value: { before, after } }), firstOffset, frame }]);
    }
    return byDay;
  }, [entries, report, measure, businessDate, isRow, isFiltered]);
  return { amended, isAll: entries.length >= amendments };
}

interface AmendedDaysProps {
  readonly title: string;
  readonly amended: AmendedByDay;
  readonly isAll: boolean;
  readonly days: readonly DayValue[];
  readonly print: PrintNumber;
}

/** Says which of the shown days changed after they were closed, and by which records; of a day that is one row, how. */
export function AmendedDays({ title, amended, isAll, days, print }: AmendedDaysProps) {
  const shown = days.flatMap(({ day }) => amended.get(day) ?? []).toReversed();
  const count = new Set(shown.map(({ day }) => day)).size;
  if (count === 0) return null;
  return (
    <details className="amended">
      <summary>
        <span className="amended-mark" aria-hidden="true" />
        {isAll ? '' : 'at least '}
        {countOf(count, 'days')} amended
      </summary>
      <ul aria-label={`Amended days of ${title}`}>
        {shown.slice(0, LISTED_MAX).map(({ day, value, firstOffset, frame }) => (
          <li key={`${day} ${frame}`}>
            <time dateTime={day}>{printDay(day)}</time>
            {value !== undefined && (
              <span>
                {value.before === undefined ? 'nothing' : printValue(value.before, print)} →{' '}
                <strong>{printValue(value.after, print)}</strong>
              </span>
            )}
            <span>
              late records, <LateRecords firstOffset={firstOffset} frame={frame} />
            </span>
          </li>
        ))}
      </ul>
      {shown.some(({ value }) => value === undefined) && (
        <a href="/pipeline" onClick={follow}>
          How their rows changed
        </a>
      )}
    </details>
  );
}
