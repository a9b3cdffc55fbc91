import type { PointerEvent } from 'react';
import { useRef } from 'react';

/** A finger that moved further went along the line to read it. */
const TAP_PX = 10;

interface Tap {
  readonly onPointerDown: (event: PointerEvent<HTMLElement>) => void;
  readonly onPointerUp: (event: PointerEvent<HTMLElement>) => void;
}

/** What a tap does on a range input: a finger moves its thumb, and some browsers make no click of that. */
export function useTap(onTap: (event: PointerEvent<HTMLElement>) => void): Tap {
  const start = useRef({ x: 0, y: 0 });
  return {
    onPointerDown: ({ clientX, clientY }) => {
      start.current = { x: clientX, y: clientY };
    },
    onPointerUp: (event) => {
      const moved = Math.hypot(event.clientX - start.current.x, event.clientY - start.current.y);
      if (event.pointerType === 'touch' && moved <= TAP_PX) onTap(event);
    },
  };
}
