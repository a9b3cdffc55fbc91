import type { PrintNumber } from '../format.ts';
import { choose } from '../choices.ts';
import { printDay, printValue } from '../format.ts';
import type { AmendedByDay } from './amended-days.tsx';
import type { DayValue } from './day-series.ts';
import { Plot } from './plot.tsx';

/** The drawing's own units; it is stretched to the room that there is. */
const WIDTH = 1000;
const HEIGHT = 100;

interface TrendLineProps {
  /** At least one day, oldest first, without gaps. */
  readonly days: readonly DayValue[];
  readonly title: string;
  readonly print: PrintNumber;
  /** Days that changed after they were closed. */
  readonly amended: AmendedByDay;
}

/** A line of a value by day; choosing a day filters by it. */
export function TrendLine({ days, title, print, amended }: TrendLineProps) {
  const scales = scalesOf(days);
  const { x, y } = scales;
  const textAt = (index: number): readonly [day: string, value: string, amended: boolean] => {
    const { day = '', value = null } = days[index] ?? {};
    return [printDay(day), printValue(value, print), amended.has(day)];
  };
  return (
    <Plot
      count={days.length}
      spread="line"
      label={`${title} by day`}
      textOf={(index) => {
        const [day, value, isAmended] = textAt(index);
        return `${day}: ${value}${isAmended ? ', amended' : ''}`;
      }}
      renderLabel={(index) => {
        const [day, value, isAmended] = textAt(index);
        return (
          <>
            {day} <strong>{value}</strong>
            {isAmended && ' · amended'}
          </>
        );
      }}
      onChoose={(index) => {
        const day = days[index]?.day;
        choose({ range: undefined, from: day, to: day }, 'push');
      }}
    >
      {(pointed = days.length - 1) => (
        <>
          <Line days={days} scales={scales} />
          {days.map(
            ({ day, value }, index) =>
              value !== null &&
              amended.has(day) && (
                <span key={day} className="amended-mark on-line" style={placeOf(x(index), y(value))} />
              ),
          )}
          <Dot day={days[pointed]} x={x(pointed)} y={y} />
        </>
      )}
    </Plot>
  );
}

interface DotProps {
  readonly day: DayValue | undefined;
  readonly x: number;
  readonly y: Scales['y'];
}

function Dot({ day, x, y }: DotProps) {
  const value = day?.value ?? null;
  return value !== null && <span className="trend-dot" style={placeOf(x, y(value))} />;
}

interface Scales {
  readonly x: (index: number) => number;
  readonly y: (value: number) => number;
}

function scalesOf(days: readonly DayValue[]): Scales {
  const last = days.length - 1;
  let min = 0;
  let max = 0;
  for (const { value } of days) {
    min = Math.min(min, value ?? 0);
    max = Math.max(max, value ?? 0);
  }
  const span = max - min || 1;
  return {
    x: (index) => (last === 0 ? WIDTH : (index / last) * WIDTH),
    y: (value) => HEIGHT - ((value - min) / span) * HEIGHT,
  };
}

function Line({ days, scales }: Pick<TrendLineProps, 'days'> & { readonly scales: Scales }) {
  const { y } = scales;
  return (
    <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} preserveAspectRatio="none" aria-hidden="true">
      <line className="trend-zero" x1="0" x2={WIDTH} y1={y(0)} y2={y(0)} />
      {partsOf(days, scales).map(({ start, end, points }) => (
        <g key={start}>
          <polygon className="trend-area" points={`${start},${y(0)} ${points} ${end},${y(0)}`} />
          <polyline className="trend-line" points={points} />
        </g>
      ))}
    </svg>
  );
}

interface LinePart {
  readonly start: number;
  readonly end: number;
  readonly points: string;
}

/** The line in parts: a day without a value is a gap in it. */
function partsOf(days: readonly DayValue[], { x, y }: Scales): readonly LinePart[] {
  const parts: { x: number; y: number }[][] = [[]];
  for (const [index, { value }] of days.entries()) {
    if (value === null) parts.push([]);
    else parts.at(-1)?.push({ x: x(index), y: y(value) });
  }
  return parts.flatMap((part) => {
    const [first, last] = [part[0], part.at(-1)];
    if (first === undefined || last === undefined) return [];
    // A single day is a level, not a way up from nothing; between gaps it is a point.
    const drawn = part.length > 1 ? part : [{ ...first, x: days.length === 1 ? 0 : first.x }, last];
    const points = drawn.map((at) => `${at.x.toFixed(2)},${at.y.toFixed(2)}`).join(' ');
    return { start: drawn[0]?.x ?? 0, end: last.x, points };
  });
}

function placeOf(x: number, y: number): { readonly left: string; readonly top: string } {
  return { left: `${(x / WIDTH) * 100}%`, top: `${(y / HEIGHT) * 100}%` };
}
