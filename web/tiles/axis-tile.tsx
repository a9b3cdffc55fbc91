import { Fragment, useMemo } from 'react';
import type { ColumnInfo, DefinitionAnswer, JsonCell, TileInfo } from '../../src/server/protocol.ts';
import type { DayRange } from '../api/day-range.ts';
import { useView } from '../api/use-view.ts';
import { choose } from '../choices.ts';
import type { ExplainedSum } from '../explain.ts';
import { explainSum } from '../explain.ts';
import type { Source } from '../filters.ts';
import { exactSum } from '../exact-sum.ts';
import { canBeSummed, filterBy, sourceOf } from '../filters.ts';
import type { PrintNumber } from '../format.ts';
import { printCount, printDay, printerOf, printShort } from '../format.ts';
import { keyText, printCell } from '../key-text.ts';
import type { AxisData } from './axis-data.ts';
import { axisData } from './axis-data.ts';
import { AxisMarks } from './axis-marks.tsx';
import './axis-tile.css';
import { ExplainButton } from './explain-button.tsx';
import { columnLabel } from './labels.ts';
import { Plot } from './plot.tsx';
import type { TileContext } from './tile-context.ts';
import { rangeOf, selectionOf, summedNote, unfilteredNote } from './tile-context.ts';
import { TileEmpty, TileFrame } from './tile-frame.tsx';

/** A bar tile shows no more bars; the rest is said. */
const BARS_MAX = 60;
/** Nor a line more points: screens have no more dots side by side. */
const LINE_POINTS_MAX = 4_000;
/** Of more bars not each is marked, however much room there is. */
const MARKED_MAX = 24;
/** Marks of the scale that are nearer to each other, as a share of it, would touch. */
const MARKS_APART = 0.1;

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

/** The drawing, what is at the point that the reader is at, and the legend. */
function Chart(props: ChartProps) {
  const { kind, title, data, column, label, print, onPoint, onSeries } = props;
  const { points, series } = data;
  const textOf = (index: number): string => {
    const values = series.map(({ name, values: own }) => `${name} ${print(own[index] ?? 0)}`);
    return `${pointText(points[index] ?? null, column)}: ${values.join(', ')}`;
  };
  return (
    <>
      <div className="axis-room">
        <Scale data={data} />
        <Plot
          count={points.length}
          spread={kind}
          label={`${title} by ${label.toLowerCase()}`}
          textOf={textOf}
          renderLabel={(index) => <PointValues {...props} index={index} />}
          isTall={series.length > 1}
          onChoose={(index) => onPoint(points[index] ?? null)}
        >
          {(pointed) => (
            <>
              <Grid data={data} />
              {kind === 'line' ? <Lines data={data} /> : <Bars data={data} pointed={pointed} />}
            </>
          )}
        </Plot>
        <AxisMarks
          texts={points.map((point) => pointText(point, column))}
          isEach={kind === 'bar' && points.length <= MARKED_MAX}
          mayBeCut={column.kind === 'text'}
        />
      </div>
      {series.length > 1 && <Legend series={series} print={print} onSeries={onSeries} />}
      {points.length < data.pointCount && <p className="tile-note">{cutNote(data, column, kind)}</p>}
    </>
  );
}

interface PointValuesProps extends Pick<ChartProps, 'data' | 'column' | 'print'> {
  readonly index: number;
}

/** What a point is, and its value in each series. */
function PointValues({ data: { points, series }, column, print, index }: PointValuesProps) {
  const valueOf = ({ values }: AxisData['series'][number]): number => values[index] ?? 0;
  const at = pointText(points[index] ?? null, column);
  if (series.length === 1 && series[0] !== undefined) {
    return (
      <>
        {at} {series[0].name} <b>{print(valueOf(series[0]))}</b>
      </>
    );
  }
  return (
    <>
      <strong className="point">{at}</strong>
      {series.map((each) => (
        <Fragment key={each.key}>
          <Swatch series={each} />
          <span>{each.name}</span>
          <b>{print(valueOf(each))}</b>
        </Fragment>
      ))}
      <span />
      <span>Total</span>
      <b>{print(exactSum(series.map(valueOf)))}</b>
    </>
  );
}

function Swatch({ series }: { readonly series: Pick<AxisData['series'][number], 'colour'> }) {
  return <i className={`swatch series-${series.colour}`} />;
}

interface LegendProps extends Pick<ChartProps, 'print' | 'onSeries'> {
  readonly series: AxisData['series'];
}

/** Each series with its total, which opens what it is made of. */
function Legend({ series, print, onSeries }: LegendProps) {
  return (
    <ul className="legend">
      {series.map(({ key, name, value, total, isOne, colour }) => (
        <li key={key}>
          <i className={`swatch series-${colour}`} /> {name}{' '}
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

function Scale({ data }: { readonly data: AxisData }) {
  return (
    <div className="axis-scale" aria-hidden="true">
      {marksOf(data).map(({ value, top }) => (
        <span key={value} style={{ top }}>
          {printShort(value)}
        </span>
      ))}
    </div>
  );
}

function Grid({ data }: { readonly data: AxisData }) {
  return (
    <div className="axis-grid" aria-hidden="true">
      {marksOf(data).map(({ value, top }) => (
        <span key={value} className={value === 0 ? 'zero' : ''} style={{ top }} />
      ))}
    </div>
  );
}

interface Mark {
  readonly value: number;
  /** From the top, in percent. */
  readonly top: string;
}

/** The ends of the scale, and what lies in between: zero, where it is no end itself. */
function marksOf({ max, min }: AxisData): readonly Mark[] {
  const span = max - min || 1;
  const between = max > 0 && min < 0 ? 0 : (max + min) / 2;
  // Beside zero there is no room for an end that is close to it.
  const isApart = (value: number): boolean => value === between || Math.abs(value - between) / span > MARKS_APART;
  const values = new Set([max, between, min].filter(isApart));
  return Array.from(values, (value) => ({ value, top: `${((max - value) / span) * 100}%` }));
}

function Lines({ data: { points, series, max, min } }: { readonly data: AxisData }) {
  const span = max - min || 1;
  const last = Math.max(1, points.length - 1);
  return (
    <svg viewBox="0 0 1000 100" preserveAspectRatio="none" aria-hidden="true">
      {series.map(({ key, values, colour }) => (
        <polyline
          key={key}
          className={`line series-${colour}`}
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
                {series.map(({ key, values, colour }) => (
                  <i
                    key={key}
                    className={`series-${colour}`}
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

function pointText(point: JsonCell, { kind }: ColumnInfo): string {
  return kind === 'date' && point !== null ? printDay(String(point)) : printCell(point);
}

/** Which of the points there is room for. */
function cutNote({ points, pointCount }: AxisData, column: ColumnInfo, kind: ChartProps['kind']): string {
  const [shown, all] = [printCount(points.length), printCount(pointCount)];
  if (kind === 'bar' && column.kind === 'text') return `The ${shown} largest of ${all}`;
  return `The ${column.kind === 'date' ? 'newest' : 'last'} ${shown} of ${all}`;
}
