import type { ReactNode } from 'react';
import { useLayoutEffect, useRef } from 'react';

interface TableScrollerProps {
  /** Of the room that scrolls. */
  readonly className: string;
  readonly label: string;
  readonly isBusy?: boolean;
  /** The table. */
  readonly children: ReactNode;
}

/**
 * The room that a table scrolls in, reachable by keyboard. Where the table goes on at a side, a shadow lies over that
 * edge: over the head as well, which stays where it is while rows move beneath it, and so has a ground of its own.
 */
export function TableScroller({ className, label, isBusy, children }: TableScrollerProps) {
  const room = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => {
    const element = room.current;
    if (element === null) return undefined;
    const watched = new ResizeObserver(() => markEdges(element));
    // The room is resized by the page, the table by what it holds.
    for (const each of [element, ...element.children]) watched.observe(each);
    return () => watched.disconnect();
  }, []);
  return (
    <div className="scroller-frame">
      <div
        className={className}
        ref={room}
        role="group"
        aria-label={label}
        aria-busy={isBusy}
        // A room that scrolls has to be reachable by keyboard.
        // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex
        tabIndex={0}
        onScroll={({ currentTarget }) => markEdges(currentTarget)}
      >
        {children}
      </div>
    </div>
  );
}

/** Positions of what is scrolled may be parts of a pixel off. */
const NEAR_PX = 1;

/** Notes on its frame at which sides of a room there is more, and how wide its scroll bar is, over which no shadow lies. */
function markEdges(room: HTMLElement): void {
  const { scrollLeft, scrollWidth, clientWidth, clientLeft, offsetWidth, parentElement: frame } = room;
  frame?.toggleAttribute('data-more-before', scrollLeft > NEAR_PX);
  frame?.toggleAttribute('data-more-behind', scrollWidth - clientWidth - scrollLeft > NEAR_PX);
  frame?.style.setProperty('--bar', `${offsetWidth - clientWidth - 2 * clientLeft}px`);
}
