import type { PointerEvent } from 'react';
import { useState } from 'react';
import type { PrintNumber } from '../format.ts';
import { choose } from '../choices.ts';
import { printDay } from '../format.ts';
import type { AmendedByDay } from './amended-days.tsx';
import type { DayValue } from './day-series.ts';

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
 * lies over the drawing, so that keyboards and screen readers walk along the line too. A click, or Enter, filters by the day.
 */
export function TrendLine({ days, title, print, amended }: TrendLineProps) {
  const [pointed, setPointed] = useState<number>();
  const [isFocused, setIsFocused] = useState(false);
  const last = days.length - 1;
  const index = Math.min(pointed ?? last, last);
  const shown = days[index];
  const { x, y } = scalesOf(days);
  // A single day is a level, not a way up from nothing.
  const drawn = days.length === 1 ? [...days, ...days] : days;
  const line = drawn
    .map(({ value }, i) => `${((i / (drawn.length - 1)) * WIDTH).toFixed(2)},${y(value).toFixed(2)}`)
    .join(' ');
  const point = (event: PointerEvent<HTMLElement>): void => {
    const box = event.currentTarget.getBoundingClientRect();
    setPointed(Math.max(0, Math.min(last, Math.round(((event.clientX - box.left) / box.width) * last))));
  };
  if (shown === undefined) return null;
  const isAmended = amended.has(shown.day);
  const valueText = `${printDay(shown.day)}: ${print(shown.value)}${isAmended ? ', amended' : ''}`;
  const filterByDay = (): void => choose({ range: undefined, from: shown.day, to: shown.day }, 'push');
  return (
    <div className="trend" onPointerMove={point} onPointerLeave={() => setPointed(undefined)}>
      <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} preserveAspectRatio="none" aria-hidden="true">
        <polygon className="trend-area" points={`0,${y(0)} ${line} ${x(last)},${y(0)}`} />
        <line className="trend-zero" x1="0" x2={WIDTH} y1={y(0)} y2={y(0)} />
        <polyline className="trend-line" points={line} />
      </svg>
      {days.map(
        ({ day, value }, i) =>
          amended.has(day) && <span key={day} className="amended-mark on-line" style={placeOf(x(i), y(value))} />,
      )}
      <span className="trend-dot" style={placeOf(x(index), y(shown.value))} />
      {(pointed !== undefined || isFocused) && (
        <span className="trend-label" style={labelPlaceOf(x(index))} aria-hidden="true">
          {printDay(shown.day)} <strong>{print(shown.value)}</strong>
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
    min = Math.min(min, value);
    max = Math.max(max, value);
  }
  const span = max - min || 1;
  return {
    x: (index) => (last === 0 ? WIDTH : (index / last) * WIDTH),
    y: (value) => HEIGHT - ((value - min) / span) * HEIGHT,
  };
}

function placeOf(x: number, y: number): { readonly left: string; readonly top: string } {
  return { left: `${(x / WIDTH) * 100}%`, top: `${(y / HEIGHT) * 100}%` };
}

/** The label leans away from the edge that it is near to, so that it never leaves the tile. */
function labelPlaceOf(x: number): { readonly left: string; readonly translate: string } {
  const share = (x / WIDTH) * 100;
  return { left: `${share}%`, translate: `-${share}%` };
}
