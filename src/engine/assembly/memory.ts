/**
 * Memory in pieces of any size, which can be given back.
 * Source: free pieces in a list in the order of their places, the first that fits, neighbours put together: Knuth, TAOCP 1, 2.5.
 */

/** Pieces begin and end at lines of the processor's cache; what a free one says of itself fits into the smallest. */
const GRAIN: usize = 63;
const NEXT: usize = 0;
const SIZE: usize = 4;
const PAGE_SHIFT: usize = 16;
/** So many pages are asked for at once, as the arrays that look at the memory are made anew each time. */
const GROWTH_PAGES: i32 = 16;
const NONE: usize = 0;

/** How many bytes are given out. */
export let usedBytes: usize = 0;

let firstFree: usize = NONE;
let end: usize = (__heap_base + GRAIN) & ~GRAIN;

/** So many bytes, all of them 0. */
export function allocate(bytes: usize): usize {
  const wanted = sizeOf(bytes);
  usedBytes += wanted;
  let before: usize = NONE;
  for (let at = firstFree; at !== NONE; at = load<u32>(at, NEXT)) {
    if (load<u32>(at, SIZE) >= (wanted as u32)) return takeFree(before, at, wanted);
    before = at;
  }
  const at = end;
  end += wanted;
  const missing = (((end + 0xffff) >> PAGE_SHIFT) as i32) - memory.size();
  if (missing > 0 && memory.grow(max(missing, GROWTH_PAGES)) < 0) unreachable();
  // It is 0 already. But a page that is read before it is written is given to the process twice, and the other core waits.
  memory.fill(at, 0, wanted);
  return at;
}

/** Takes so many bytes of a free piece; the rest stays free. */
function takeFree(before: usize, at: usize, wanted: usize): usize {
  const next: usize = load<u32>(at, NEXT);
  const rest = (load<u32>(at, SIZE) as usize) - wanted;
  if (rest === 0) {
    link(before, next);
  } else {
    describe(at + wanted, next, rest);
    link(before, at + wanted);
  }
  memory.fill(at, 0, wanted);
  return at;
}

/** Gives back what `allocate` gave for so many bytes. */
export function release(at: usize, bytes: usize): void {
  let size = sizeOf(bytes);
  usedBytes -= size;
  let before: usize = NONE;
  let next = firstFree;
  while (next !== NONE && next < at) {
    before = next;
    next = load<u32>(next, NEXT);
  }
  if (at + size === next) {
    size += load<u32>(next, SIZE);
    next = load<u32>(next, NEXT);
  }
  if (before !== NONE && before + (load<u32>(before, SIZE) as usize) === at) {
    describe(before, next, (load<u32>(before, SIZE) as usize) + size);
  } else {
    describe(at, next, size);
    link(before, at);
  }
}

/** Room for what a call is told of some records, and for what it answers. */
let roomBytes: usize = 0;
let room: usize = NONE;

/** Room for so many bytes, until it is asked for again. */
export function reserve(bytes: usize): usize {
  if (bytes > roomBytes) {
    if (roomBytes > 0) release(room, roomBytes);
    roomBytes = bytes;
    room = allocate(bytes);
  }
  return room;
}

/** Of nothing, too, a piece of its own, or what is free would stand where somebody else's is. */
function sizeOf(bytes: usize): usize {
  return (max(bytes, 1) + GRAIN) & ~GRAIN;
}

function describe(at: usize, next: usize, size: usize): void {
  store<u32>(at, next as u32, NEXT);
  store<u32>(at, size as u32, SIZE);
}

/** Has the free piece before it, or the list's beginning, say which one is next. */
function link(before: usize, at: usize): void {
  if (before === NONE) firstFree = at;
  else store<u32>(before, at as u32, NEXT);
}
