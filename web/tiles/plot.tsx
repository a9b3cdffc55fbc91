import type { CSSProperties, PointerEvent, ReactNode } from 'react';
import { useState } from 'react';
import './plot.css';
import { useTap } from './use-tap.ts';

/** How points lie in their room: a line's from edge to edge, a bar's each in the middle of its share. */
type Spread = 'line' | 'bar';

interface PlotProps {
  /** How many points there are: at least one. */
  readonly count: number;
  readonly spread: Spread;
  /** What the points are. */
  readonly label: string;
  /** A point for who does not see it. */
  readonly textOf: (index: number) => string;
  /** What the label of a point says. */
  readonly renderLabel: (index: number) => ReactNode;
  /** A label of several lines stands beside its point; else it stands above the drawing. */
  readonly isTall?: boolean;
  /** A point was chosen: by a click, a tap, or Enter. */
  readonly onChoose: (index: number) => void;
  /** The drawing. @param pointed the point that the reader is at, or undefined */
  readonly children: (pointed: number | undefined) => ReactNode;
}

/**
 * A drawing of points along an axis. Where the pointer is, or the arrow keys went, a label says what is there: a range
 * input lies over the drawing, so that keyboards and screen readers walk along it too. Until a reader comes, it is at the last point.
 */
export function Plot({ count, spread, label, textOf, renderLabel, isTall = false, onChoose, children }: PlotProps) {
  const [pointed, setPointed] = useState<number>();
  const [isFocused, setIsFocused] = useState(false);
  // What has the focus is read out whenever its text changes: until its reader moves, that is what it was when he came.
  const [read, setRead] = useState<{ readonly index: number; readonly text: string }>();
  const readOut = (at: number): void => setRead({ index: at, text: textOf(at) });
  const last = count - 1;
  const index = Math.min(pointed ?? last, last);
  const indexOf = (event: PointerEvent<HTMLElement>): number => indexAt(event, last, spread);
  const point = (event: PointerEvent<HTMLElement>): void => setPointed(indexOf(event));
  const tap = useTap((event) => onChoose(indexOf(event)));
  const isShown = pointed !== undefined || isFocused;
  const share = shareOf(index, last, spread);
  return (
    <div
      className="plot"
      onPointerDown={point}
      onPointerMove={point}
      onPointerLeave={({ pointerType }) => {
        // A finger that is lifted leaves what it pointed at to be read.
        if (pointerType !== 'touch') setPointed(undefined);
      }}
    >
      {children(isShown ? index : undefined)}
      {isShown && (
        <div
          className={isTall ? 'point-label tall' : 'point-label'}
          style={isTall ? besideOf(share) : aboveOf(share)}
          aria-hidden="true"
        >
          {renderLabel(index)}
        </div>
      )}
      <input
        type="range"
        className="plot-cursor"
        min={0}
        max={last}
        value={index}
        aria-label={label}
        aria-valuetext={read?.index === index ? read.text : textOf(index)}
        onChange={(event) => {
          const at = event.currentTarget.valueAsNumber;
          setPointed(at);
          readOut(at);
        }}
        onClick={() => onChoose(index)}
        {...tap}
        onKeyDown={(event) => {
          if (event.key === 'Enter') onChoose(index);
        }}
        onKeyUp={() => readOut(index)}
        onFocus={(event) => {
          if (!event.currentTarget.matches(':focus-visible')) return;
          setIsFocused(true);
          // A day that comes does not take its reader along.
          setPointed(index);
          readOut(index);
        }}
        onBlur={() => {
          setIsFocused(false);
          setPointed(undefined);
          setRead(undefined);
        }}
      />
    </div>
  );
}

function indexAt({ clientX, currentTarget }: PointerEvent<HTMLElement>, last: number, spread: Spread): number {
  const box = currentTarget.getBoundingClientRect();
  const share = (clientX - box.left) / box.width;
  const index = spread === 'line' ? Math.round(share * last) : Math.floor(share * (last + 1));
  return Math.max(0, Math.min(last, index));
}

/** Where a point lies, as a share of the room. */
function shareOf(index: number, last: number, spread: Spread): number {
  if (spread === 'bar') return (index + 0.5) / (last + 1);
  return last === 0 ? 1 : index / last;
}

/** The label leans away from the edge that it is near to, so that it never leaves the tile. */
function aboveOf(share: number): CSSProperties {
  return { left: `${share * 100}%`, translate: `-${share * 100}%` };
}

/** On the side where there is more room, a little away from the point. */
function besideOf(share: number): CSSProperties {
  const [side, far] = share < 0.5 ? (['left', share] as const) : (['right', 1 - share] as const);
  return { [side]: `calc(${far * 100}% + 0.8rem)`, maxWidth: `calc(${(1 - far) * 100}% - 0.8rem)` };
}
