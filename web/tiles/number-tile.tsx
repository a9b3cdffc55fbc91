import { useMemo } from 'react';
import type { DefinitionAnswer, TileInfo } from '../../src/server/protocol.ts';
import type { DayRange } from '../api/day-range.ts';
import { useTotals } from '../api/use-totals.ts';
import { printChange, printDay, printerOf } from '../format.ts';
import type { Change } from './day-series.ts';
import { addDays, daySeries } from './day-series.ts';
import './number-tile.css';
import { dimensionsOf } from './labels.ts';
import { TileEmpty, TileError, TileFrame } from './tile-frame.tsx';
import { TrendLine } from './trend-line.tsx';

interface NumberTileProps {
  readonly tile: Extract<TileInfo, { kind: 'number' | 'table' }>;
  readonly definition: DefinitionAnswer;
  readonly range: DayRange;
}

/** The newest business day's value of a measure, its change against the day before, and its trend over the range. */
export function NumberTile({ tile, definition, range }: NumberTileProps) {
  const { report, measure, title, format } = tile;
  const { businessDate, currency } = definition.stream;
  const print = useMemo(() => printerOf(format, currency), [format, currency]);
  const groupBy = useMemo(() => [businessDate], [businessDate]);
  // The day before the range is what its first day is compared with.
  const read = { from: range.from === undefined ? undefined : addDays(range.from, -1), to: range.to };
  const of = { report, range: read, dimensions: dimensionsOf(definition, report) };
  const { totals, error, isStale, readAgain } = useTotals(of, groupBy, measure);

  if (error !== null) {
    return (
      <TileFrame kind="number" title={title}>
        <TileError error={error} onRetry={readAgain} />
      </TileFrame>
    );
  }
  const values = Array.from(totals?.groups() ?? [], ({ cells, value }) => ({ day: String(cells[0]), value }));
  const series = daySeries(values, range);
  return (
    <TileFrame kind="number" title={title} isStale={isStale}>
      {totals === undefined && <NumberSkeleton />}
      {totals !== undefined && series === undefined && <TileEmpty>No sales in this range.</TileEmpty>}
      {series !== undefined && (
        <>
          <p className="figure">
            <data value={series.newest.value}>{print(series.newest.value)}</data>
          </p>
          <p className="figure-facts">
            <time dateTime={series.newest.day}>{printDay(series.newest.day)}</time>
            <ChangeText change={series.change} />
          </p>
          <TrendLine days={series.days} title={title} print={print} />
        </>
      )}
    </TileFrame>
  );
}

function ChangeText({ change }: { readonly change: Change }) {
  if (change.kind === 'none') return <span className="change">{change.why}</span>;
  const direction = change.share > 0 ? 'up' : change.share < 0 ? 'down' : 'same';
  return <span className={`change ${direction}`}>{printChange(change.share)} previous day</span>;
}

function NumberSkeleton() {
  return (
    <div role="status" aria-label="Loading">
      <div className="skeleton figure-skeleton" />
      <div className="skeleton facts-skeleton" />
      <div className="skeleton trend-skeleton" />
    </div>
  );
}
