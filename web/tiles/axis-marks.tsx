import type { CSSProperties, RefObject } from 'react';
import { useLayoutEffect, useRef, useState } from 'react';
import { isMarked, marksApart } from './marks-apart.ts';

interface AxisMarksProps {
  /** What the points are called, in their order. */
  readonly texts: readonly string[];
  /** Each stands beneath its own bar, as far as there is room; else the first, the last and, where it has room, one in the middle are marked. */
  readonly isEach: boolean;
  /** A long one may be cut off, as a name may, and a number or a day may not. */
  readonly mayBeCut: boolean;
}

/** What lies along an axis. */
export function AxisMarks({ texts, isEach, mayBeCut }: AxisMarksProps) {
  const room = useRef<HTMLDivElement>(null);
  const apart = useMarksApart(room, isEach ? texts : [], mayBeCut);
  if (!isEach) {
    return (
      <div className="axis-marks" aria-hidden="true">
        {ends(texts.length).map((index) => (
          <span key={index}>
            <span>{texts[index]}</span>
          </span>
        ))}
      </div>
    );
  }
  return (
    <div ref={room} className="axis-marks all" style={{ '--apart': apart } as CSSProperties} aria-hidden="true">
      {texts.map((text, index) => (
        // Points that are called the same are told apart by their place alone.
        // oxlint-disable-next-line react/no-array-index-key
        <span key={index} className={isMarked(index, apart, texts.length) ? undefined : 'unmarked'}>
          <span>{text}</span>
        </span>
      ))}
    </div>
  );
}

/** Of how many points one is marked, so that the marks do not touch in the room that there is. */
function useMarksApart(room: RefObject<HTMLDivElement | null>, texts: readonly string[], mayBeCut: boolean): number {
  const [apart, setApart] = useState(1);
  const written = texts.join('\n');
  useLayoutEffect(() => {
    const element = room.current;
    if (element === null || written === '') return undefined;
    const fit = (): void => {
      const widths = Array.from(element.children, ({ firstElementChild: mark }) => mark?.scrollWidth ?? 0);
      setApart(marksApart(widths, element.clientWidth, mayBeCut));
    };
    const observer = new ResizeObserver(fit);
    observer.observe(element);
    fit();
    return () => observer.disconnect();
  }, [room, written, mayBeCut]);
  return apart;
}

function ends(length: number): readonly number[] {
  return length < 3 ? Array.from({ length }, (_, index) => index) : [0, Math.floor((length - 1) / 2), length - 1];
}
