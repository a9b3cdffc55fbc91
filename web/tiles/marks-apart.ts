/** Marks that are nearer to each other than this touch, px. */
const GAP_PX = 8;
/** A name that is cut off can be told from others by so much of it. */
const CUT_PX = 64;

/**
 * Of how many points along an axis one is marked, so that no mark touches the next: 1, each is.
 * @param widths  of all marks, px, as wide as they would like to be
 * @param room  of all points together, px
 */
export function marksApart(widths: readonly number[], room: number, mayBeCut: boolean): number {
  const widest = Math.max(0, ...widths);
  const wanted = mayBeCut ? Math.min(widest, CUT_PX) : widest;
  if (room <= 0) return 1;
  return Math.max(1, Math.min(widths.length, Math.ceil(((wanted + GAP_PX) * widths.length) / room)));
}

/** Whether a point is marked: the one in the middle of those that have a mark together, so that it has the room of all of them. */
export function isMarked(index: number, apart: number, count: number): boolean {
  const first = index - (index % apart);
  const isWhole = first + apart <= count;
  return isWhole && index === first + Math.floor((apart - 1) / 2);
}
