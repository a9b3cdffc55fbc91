import { useMemo, useState } from 'react';
import type { ColumnInfo, DefinitionAnswer, JsonCell, TileInfo } from '../../src/server/protocol.ts';
import type { DayRange } from '../api/day-range.ts';
import { useView } from '../api/use-view.ts';
import { choose } from '../choices.ts';
import type { ExplainedSum } from '../explain.ts';
import { explainSum } from '../explain.ts';
import type { Source } from '../filters.ts';
import { canBeSummed, filterBy, sourceOf } from '../filters.ts';
import type { PrintNumber } from '../format.ts';
import { printCount, printDay, printerOf, printShort } from '../format.ts';
import { keyText, printCell } from '../key-text.ts';
import type { AxisData } from './axis-data.ts';
import { axisData } from './axis-data.ts';
import './axis-tile.css';
import { ExplainButton } from './explain-button.tsx';
import { columnLabel } from './labels.ts';
import type { TileContext } from './tile-context.ts';
import { rangeOf, selectionOf, summedNote, unfilteredNote } from './tile-context.ts';
import { TileEmpty, TileFrame } from './tile-frame.tsx';
import { useTap } from './use-tap.ts';

/** A bar tile shows no more bars; the rest is said. */
const BARS_MAX = 60;
/** Nor a line more points: screens have no more dots side by side. */
const LINE_POINTS_MAX = 4_000;

interface AxisTileProps extends TileContext {
  readonly tile: Extract<TileInfo, { kind: 'line' | 'bar' }>;
}

/** A measure along a dimension: as lines, or as bars in parts. */
export function AxisTile({ tile, definition, range, filters }: AxisTileProps) {
  const { kind, title, x, series, format } = tile;
  const by = useMemo(() => (series === null ? [x] : [x, series]), [x, series]);
  const source = sourceOf(definition, { ...tile, by }, filters);
  const view = useView(
    { kind: 'totals', ...selectionOf(source), ...rangeOf(range), by, measure: source.measure },
    { source, range },
  );
  const { answer, about } = view;
  const columns = definition.reports.find(({ name }) => name === source.report)?.columns ?? [];
  const column = columns.find(({ name }) => name === x);
  const sum = explainedSum(definition, about.source, about.range);
  const rows = answer?.rows;
  const { measure } = about.source;
  const data = useMemo(() => {
    if (rows === undefined || column === undefined) return undefined;
    const isLine = kind === 'line';
    const isSorted = isLine || column.kind !== 'text';
    const pointsMax = isLine ? LINE_POINTS_MAX : BARS_MAX;
    return axisData(rows, { x: column, series, measure, isSorted, pointsMax, isStacked: !isLine });
  }, [rows, column, series, measure, kind]);
  const print = useMemo(() => printerOf(format, definition.stream.currency), [format, definition]);
  return (
    <TileFrame
      kind={kind}
      title={title}
      view={view}
      // A legend has the totals of all points, and a point that of all series.
      notes={[
        unfilteredNote(source, definition),
        summedNote({ definition, range }, source, series === null ? [x] : []),
      ]}
      aside={sum !== undefined && <ExplainButton what={title} sum={sum} />}
    >
      {data === undefined && <div className="skeleton axis-skeleton" role="status" aria-label={`Loading ${title}`} />}
      {data !== undefined && data.points.length === 0 && <TileEmpty>No sales in this range.</TileEmpty>}
      {data !== undefined && column !== undefined && data.points.length > 0 && (
        <Chart
          kind={kind}
          title={title}
          data={data}
          column={column}
          label={columnLabel(definition, source.report, column)}
          print={print}
          onPoint={(point) => {
            if (x === definition.stream.businessDate) {
              choose({ range: undefined, from: String(point), to: String(point) }, 'push');
            } else filterBy({ [x]: keyText(point) });
          }}
          onSeries={
            sum !== undefined && series !== null
              ? (value) => explainSum({ ...sum, equals: { ...sum.equals, [series]: [keyText(value)] } })
              : undefined
          }
        />
      )}
    </TileFrame>
  );
}

/** All that the tile shows; undefined where it is no sum. */
function explainedSum({ reports }: DefinitionAnswer, source: Source, range: DayRange): ExplainedSum | undefined {
  const { report, measure, equals } = source;
  const columns = reports.find(({ name }) => name === report)?.columns ?? [];
  const isSum = columns.some((each) => each.name === measure && canBeSummed(each));
  return isSum ? { report, measure, ...rangeOf(range), equals } : undefined;
}

interface ChartProps {
  readonly kind: 'line' | 'bar';
  readonly title: string;
  readonly data: AxisData;
  readonly column: ColumnInfo;
  /** What the axis is called. */
  readonly label: string;
  readonly print: PrintNumber;
  readonly onPoint: (point: JsonCell) => void;
  /** A series' total was chosen. */
  readonly onSeries: ((value: JsonCell) => void) | undefined;
}

/** The drawing, its legend, and what is at the point that was chosen: by pointer, or by keyboard with the range input over it. */
function Chart(props: ChartProps) {
  const { kind, title, data, column, label, print, onPoint, onSeries } = props;
  const [pointed, setPointed] = useState<number>();
  const last = data.points.length - 1;
  const index = Math.min(pointed ?? last, last);
  const point = data.points[index] ?? null;
  const tap = useTap((event) => {
    onPoint(data.points[indexAt(event.nativeEvent, event.currentTarget, last, kind)] ?? null);
  });
  const values = data.series.map(({ key, name, values: own }) => ({ key, name, value: own[index] ?? 0 }));
  const total = values.reduce((sum, { value }) => sum + value, 0);
  const said = `${pointText(point, column)}: ${values.map(({ name, value }) => `${name} ${print(value)}`).join(', ')}`;
  return (
    <>
      <div
        className="axis-room"
        onPointerLeave={({ pointerType }) => {
          // A finger that is lifted leaves what it pointed at to be read.
          if (pointerType !== 'touch') setPointed(undefined);
        }}
      >
        <Scale data={data} />
        <div className="axis-plot">
          {kind === 'line' ? <Lines data={data} /> : <Bars data={data} pointed={pointed} />}
          {pointed !== undefined && (
            <div className="axis-label" style={labelPlaceOf(index, last, kind)} aria-hidden="true">
              <strong>{pointText(point, column)}</strong>
              {values.map(({ key, name, value }, each) => (
                <span key={key}>
                  {name !== '' && <i className={`swatch series-${each}`} />}
                  {name} <b>{print(value)}</b>
                </span>
              ))}
              {values.length > 1 && (
                <span>
                  Total <b>{print(total)}</b>
                </span>
              )}
            </div>
          )}
          <input
            type="range"
            className="trend-cursor"
            min={0}
            max={last}
            value={index}
            aria-label={`${title} by ${label.toLowerCase()}`}
            aria-valuetext={said}
            onPointerMove={(event) => setPointed(indexAt(event.nativeEvent, event.currentTarget, last, kind))}
            onChange={(event) => setPointed(event.currentTarget.valueAsNumber)}
            onBlur={() => setPointed(undefined)}
            onClick={() => onPoint(point)}
            {...tap}
            onKeyDown={(event) => {
              if (event.key === 'Enter') onPoint(point);
            }}
          />
        </div>
        <Axis data={data} column={column} kind={kind} />
      </div>
      {data.series.length > 1 && <Legend series={data.series} print={print} onSeries={onSeries} />}
      {data.points.length < data.pointCount && <p className="tile-note">{cutNote(data, column, kind)}</p>}
    </>
  );
}

interface LegendProps extends Pick<ChartProps, 'print' | 'onSeries'> {
  readonly series: AxisData['series'];
}

/** Each series with its total, which opens what it is made of. */
function Legend({ series, print, onSeries }: LegendProps) {
  return (
    <ul className="legend">
      {series.map(({ key, name, value, total, isOne }, each) => (
        <li key={key}>
          <i className={`swatch series-${each}`} /> {name}{' '}
          {onSeries !== undefined && isOne ? (
            <button
              type="button"
              className="cell-button"
              aria-label={`Explain ${name}: ${print(total)}`}
              onClick={() => onSeries(value)}
            >
              {print(total)}
            </button>
          ) : (
            <span>{print(total)}</span>
          )}
        </li>
      ))}
    </ul>
  );
}

function Scale({ data: { max, min } }: { readonly data: AxisData }) {
  return (
    <div className="axis-scale" aria-hidden="true">
      <span>{printShort(max)}</span>
      <span>{printShort((max + min) / 2)}</span>
      <span>{printShort(min)}</span>
    </div>
  );
}

function Lines({ data: { points, series, max, min } }: { readonly data: AxisData }) {
  const span = max - min || 1;
  const last = Math.max(1, points.length - 1);
  return (
    <svg viewBox="0 0 1000 100" preserveAspectRatio="none" aria-hidden="true">
      {series.map(({ key, values }, index) => (
        <polyline
          key={key}
          className={`line series-${index}`}
          points={(values.length === 1 ? [...values, ...values] : values)
            .map((value, at) => `${((at / last) * 1000).toFixed(1)},${(100 - ((value - min) / span) * 100).toFixed(2)}`)
            .join(' ')}
        />
      ))}
    </svg>
  );
}

function Bars({ data, pointed }: { readonly data: AxisData; readonly pointed: number | undefined }) {
  const { points, series, max, min } = data;
  const span = max - min || 1;
  return (
    <div className="bars" aria-hidden="true">
      {points.map((point, index) => (
        <div key={JSON.stringify(point)} className={`bar-column${pointed === index ? ' pointed' : ''}`}>
          {(['up', 'down'] as const).map((side) => {
            const room = side === 'up' ? max : -min;
            return (
              <div key={side} className={side} style={{ height: `${(room / span) * 100}%` }}>
                {series.map(({ key, values }, each) => (
                  <i
                    key={key}
                    className={`series-${each}`}
                    style={{ height: `${(partOn(side, values[index] ?? 0) / (room || 1)) * 100}%` }}
                  />
                ))}
              </div>
            );
          })}
        </div>
      ))}
    </div>
  );
}

/** How much of a value is above zero, or below it. */
function partOn(side: 'up' | 'down', value: number): number {
  return Math.max(0, side === 'up' ? value : -value);
}

function Axis({ data: { points }, column, kind }: Pick<ChartProps, 'data' | 'column' | 'kind'>) {
  const marks = kind === 'bar' && points.length <= 24 ? points.map((_, index) => index) : ends(points.length);
  return (
    <div className={`axis-marks ${marks.length === points.length ? 'all' : ''}`} aria-hidden="true">
      {marks.map((index) => (
        <span key={index}>{pointText(points[index] ?? null, column)}</span>
      ))}
    </div>
  );
}

function ends(length: number): readonly number[] {
  return length < 3 ? Array.from({ length }, (_, index) => index) : [0, Math.floor((length - 1) / 2), length - 1];
}

function pointText(point: JsonCell, { kind }: ColumnInfo): string {
  return kind === 'date' && point !== null ? printDay(String(point)) : printCell(point);
}

/** Which of the points there is room for. */
function cutNote({ points, pointCount }: AxisData, column: ColumnInfo, kind: ChartProps['kind']): string {
  const [shown, all] = [printCount(points.length), printCount(pointCount)];
  if (kind === 'bar' && column.kind === 'text') return `The ${shown} largest of ${all}`;
  return `The ${column.kind === 'date' ? 'newest' : 'last'} ${shown} of ${all}`;
}

function indexAt(event: PointerEvent, room: HTMLElement, last: number, kind: ChartProps['kind']): number {
  const box = room.getBoundingClientRect();
  const share = (event.clientX - box.left) / box.width;
  const index = kind === 'line' ? Math.round(share * last) : Math.floor(share * (last + 1));
  return Math.max(0, Math.min(last, index));
}

/** The label leans away from the edge that it is near to, so that it never leaves the tile. */
function labelPlaceOf(index: number, last: number, kind: ChartProps['kind']): { left: string; translate: string } {
  const share = kind === 'line' ? (last === 0 ? 1 : index / last) : (index + 0.5) / (last + 1);
  return { left: `${share * 100}%`, translate: `-${share * 100}%` };
}
