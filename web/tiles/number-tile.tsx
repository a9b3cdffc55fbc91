import { useMemo } from 'react';
import type { DefinitionAnswer, TileInfo } from '../../src/server/protocol.ts';
import { usePageState, useView } from '../api/use-view.ts';
import type { ViewAnswer, ViewQuestion } from '../api/view-store.ts';
import { addDays } from '../days.ts';
import { explainRow } from '../explain.ts';
import type { Source } from '../filters.ts';
import { canBeSummed, sourceOf } from '../filters.ts';
import { printChange, printDay, printerOf, printValue } from '../format.ts';
import { AmendedDays, useAmendments } from './amended-days.tsx';
import type { Change, DayValue } from './day-series.ts';
import { daySeries, numberIn } from './day-series.ts';
import { ExplainButton } from './explain-button.tsx';
import { dimensionsOf } from './labels.ts';
import './explain-button.css';
import './number-tile.css';
import type { TileContext } from './tile-context.ts';
import { rangeOf, selectionOf, unfilteredNote } from './tile-context.ts';
import { TileEmpty, TileFrame } from './tile-frame.tsx';
import { TrendLine } from './trend-line.tsx';

/** What the first day of a range is compared with: the day and the week before. */
const DAYS_BEFORE = 7;
const ROWS_MAX = 1_000;

interface NumberTileProps extends TileContext {
  readonly tile: Extract<TileInfo, { kind: 'number' | 'table' }>;
}

/** The newest business day's value of a measure, its change against the day and the week before, and its trend. */
export function NumberTile({ tile, definition, range, filters, today }: NumberTileProps) {
  const { title, format } = tile;
  const { businessDate, currency } = definition.stream;
  const print = useMemo(() => printerOf(format, currency), [format, currency]);
  const source = sourceOf(definition, { ...tile, by: [businessDate] }, filters);
  const read = { from: range.from === undefined ? undefined : addDays(range.from, -DAYS_BEFORE), to: range.to };
  const columns = definition.reports.find(({ name }) => name === source.report)?.columns ?? [];
  const measure = columns.find(({ name }) => name === source.measure);
  const isSum = measure === undefined || canBeSummed(measure);
  const question: ViewQuestion = isSum
    ? { kind: 'totals', ...selectionOf(source), ...rangeOf(read), by: [businessDate], measure: source.measure }
    : { kind: 'rows', ...selectionOf(source), ...rangeOf(read), sort: `-${businessDate}`, limit: ROWS_MAX };
  const { newestDay } = usePageState();
  const through = throughDay(range.to, today, newestDay);
  const view = useView(question, { range, source, options: { empty: isSum ? 0 : null, through } as const });
  const { answer, about } = view;
  const { amended, isAll } = useAmendments(definition, tile, Object.keys(source.equals).length > 0);
  const series =
    answer === undefined
      ? undefined
      : daySeries(valuesOf(answer, businessDate, about.source.measure), about.range, about.options);
  return (
    <TileFrame
      kind="number"
      title={title}
      view={view}
      notes={[unfilteredNote(source, definition)]}
      aside={
        series !== undefined && (
          <ExplainNumber title={title} definition={definition} source={about.source} day={series.newest.day} />
        )
      }
    >
      {answer === undefined && <NumberSkeleton />}
      {answer !== undefined && series === undefined && <TileEmpty>No sales in this range.</TileEmpty>}
      {series !== undefined && (
        <>
          <p className="figure">
            <data value={series.newest.value ?? ''}>{printValue(series.newest.value, print)}</data>
          </p>
          <p className="figure-facts">
            <time dateTime={series.newest.day}>{printDay(series.newest.day)}</time>
            <ChangeText change={series.change} against="previous day" />
            <ChangeText change={series.weekChange} against="same day last week" />
          </p>
          <TrendLine days={series.days} title={title} print={print} amended={amended} />
          <AmendedDays title={title} amended={amended} isAll={isAll} days={series.days} print={print} />
        </>
      )}
    </TileFrame>
  );
}

interface ExplainNumberProps {
  readonly title: string;
  readonly definition: DefinitionAnswer;
  readonly source: Source;
  readonly day: string;
}

/** A day's figure is a row, or made of several. */
function ExplainNumber({ title, definition, source, day }: ExplainNumberProps) {
  const { report, measure, equals } = source;
  const columns = definition.reports.find(({ name }) => name === report)?.columns ?? [];
  if (dimensionsOf(definition, report).length === 1) {
    return (
      <button
        type="button"
        className="quiet explain-button"
        aria-label={`Explain ${title}`}
        onClick={() => explainRow(definition, report, { [definition.stream.businessDate]: day })}
      >
        Explain
      </button>
    );
  }
  const isSum = columns.some((column) => column.name === measure && canBeSummed(column));
  return isSum && <ExplainButton what={title} sum={{ report, measure, from: day, to: day, equals }} />;
}

function valuesOf({ rows }: ViewAnswer, date: string, measure: string): readonly DayValue[] {
  return rows.map((row) => ({ day: String(row[date]), value: numberIn(row, measure) }));
}

/**
 * The day that the figures go to, sales or none: that of the range, if it is over or now; else today, where the shop is
 * open, which is when it sold something yesterday.
 */
function throughDay(to: string | undefined, today: string, newestDay: string | null | undefined): string | undefined {
  if (newestDay === null || newestDay === undefined || newestDay < addDays(today, -1)) return undefined;
  return to === undefined || to > today ? today : to;
}

function ChangeText({ change, against }: { readonly change: Change; readonly against: string }) {
  if (change === undefined) return null;
  if (change.kind === 'none') return <span className="change">{change.why}</span>;
  const direction = change.share > 0 ? 'up' : change.share < 0 ? 'down' : 'same';
  return (
    <span>
      <span className={`change ${direction}`}>{printChange(change.share)}</span> {against}
    </span>
  );
}

/** Unseen texts as long as what will stand in their place, so that nothing moves when it does, however it is wrapped. */
function NumberSkeleton() {
  return (
    <div role="status" aria-label="Loading">
      <p className="figure" aria-hidden="true">
        <span className="skeleton unseen">$0,000,000.00</span>
      </p>
      <p className="figure-facts" aria-hidden="true">
        <span className="skeleton unseen">{printDay('2000-01-01')}</span>
        <ChangeSkeleton against="previous day" />
        <ChangeSkeleton against="same day last week" />
      </p>
      <div className="skeleton trend-skeleton" />
    </div>
  );
}

function ChangeSkeleton({ against }: { readonly against: string }) {
  return (
    <span className="skeleton unseen">
      <span className="change up">+00.0%</span> {against}
    </span>
  );
}
