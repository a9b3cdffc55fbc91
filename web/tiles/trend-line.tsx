import type { PointerEvent } from 'react';
import { useState } from 'react';
import type { PrintNumber } from '../format.ts';
import { choose } from '../choices.ts';
import { printDay, printValue } from '../format.ts';
import type { AmendedByDay } from './amended-days.tsx';
import type { DayValue } from './day-series.ts';
import { useTap } from './use-tap.ts';

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

/**
 * A line of a value by day. Where the pointer is, or the arrow keys went, it shows the day and its value: a range input
 * lies over the drawing, so that keyboards and screen readers walk along the line too. A click, a tap, or Enter, filters by the day.
 */
export function TrendLine({ days, title, print, amended }: TrendLineProps) {
  const [pointed, setPointed] = useState<number>();
  const [isFocused, setIsFocused] = useState(false);
  const last = days.length - 1;
  const index = Math.min(pointed ?? last, last);
  const shown = days[index];
  const scales = scalesOf(days);
  const { x, y } = scales;
  const point = (event: PointerEvent<HTMLElement>): void => {
    const box = event.currentTarget.getBoundingClientRect();
    setPointed(Math.max(0, Math.min(last, Math.round(((event.clientX - box.left) / box.width) * last))));
  };
  const filterByDay = (): void => {
    if (shown !== undefined) choose({ range: undefined, from: shown.day, to: shown.day }, 'push');
  };
  const tap = useTap(filterByDay);
  if (shown === undefined) return null;
  const isAmended = amended.has(shown.day);
  const valueText = `${printDay(shown.day)}: ${printValue(shown.value, print)}${isAmended ? ', amended' : ''}`;
  return (
    <div
      className="trend"
      onPointerDown={point}
      onPointerMove={point}
      onPointerLeave={({ pointerType }) => {
        // A finger that is lifted leaves what it pointed at to be read.
        if (pointerType !== 'touch') setPointed(undefined);
      }}
    >
      <Line days={days} scales={scales} />
      {days.map(
        ({ day, value }, i) =>
          value !== null &&
          amended.has(day) && <span key={day} className="amended-mark on-line" style={placeOf(x(i), y(value))} />,
      )}
      {shown.value !== null && <span className="trend-dot" style={placeOf(x(index), y(shown.value))} />}
      {(pointed !== undefined || isFocused) && (
        <span className="trend-label" style={labelPlaceOf(x(index))} aria-hidden="true">
          {printDay(shown.day)} <strong>{printValue(shown.value, print)}</strong>
          {isAmended && ' · amended'}
        </span>
      )}
      <input
        type="range"
        className="trend-cursor"
        min={0}
        max={last}
        value={index}
        aria-label={`${title} by day`}
        aria-valuetext={valueText}
        onChange={(event) => setPointed(event.currentTarget.valueAsNumber)}
        onClick={filterByDay}
        {...tap}
        onKeyDown={(event) => {
          if (event.key === 'Enter') filterByDay();
        }}
        onFocus={() => setIsFocused(true)}
        onBlur={() => {
          setIsFocused(false);
          setPointed(undefined);
        }}
      />
    </div>
  );
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

/** The label leans away from the edge that it is near to, so that it never leaves the tile. */
function labelPlaceOf(x: number): { readonly left: string; readonly translate: string } {
  const share = (x / WIDTH) * 100;
  return { left: `${share}%`, translate: `-${share}%` };
}
