/**
 * Memory in pieces of any size, which can be given back.
 * Source: free pieces in a list in the order of their places, the first that fits, neighbours put together: Knuth, TAOCP 1, 2.5.
 * Small ones are in lists by their size, as there are many, and just such are asked for again: "quick fit", Weinstock, 1976.
 */

/** Pieces begin and end at lines of the processor's cache; what a free one says of itself fits into the smallest. */
const GRAIN_SHIFT: usize = 6;
const GRAIN: usize = (1 << GRAIN_SHIFT) - 1;
const NEXT: usize = 0;
const SIZE: usize = 4;
const PAGE_SHIFT: usize = 16;
/**
 * At least so many pages are asked for at once, and half as many as there are if that is more: each time the memory becomes another
 * buffer, V8 takes that for so much more memory, and marks its heap. On Linux, pages that nobody has written take no room.
 */
const GROWTH_PAGES: u32 = 16;
/** There are never more, so that what is behind the last byte has a place of 32 bits as well. */
const PAGES_MAX: u32 = 65_535;
const NONE: usize = 0;
/** Pieces below it are in the lists by size. */
const LARGE_BYTES: usize = 16 * 1024;
/** A word each. */
const LISTS_BYTES: i32 = 1024;

/** How many bytes are given out. */
export let usedBytes: usize = 0;

/** The first free large piece, and by size, in grains, the first free small one. */
let firstFree: usize = NONE;
const small = memory.data(LISTS_BYTES);
let end: usize = (__heap_base + GRAIN) & ~GRAIN;

/** So many bytes, all of them 0. Traps when there are none, and nothing has changed then. */
export function allocate(bytes: usize): usize {
  const wanted = sizeOf(bytes);
  const at = freePiece(wanted);
  const piece = at === NONE ? newPiece(wanted) : at;
  usedBytes += wanted;
  // What is new is 0 already. But a page that is read before it is written is given to the process twice, and the other core waits.
  memory.fill(piece, 0, wanted);
  return piece;
}

/** @returns `NONE` when no free piece is large enough */
function freePiece(wanted: usize): usize {
  if (wanted < LARGE_BYTES) {
    const list = listOf(wanted);
    const at: usize = load<u32>(list);
    if (at !== NONE) {
      store<u32>(list, load<u32>(at, NEXT));
      return at;
    }
  }
  let before: usize = NONE;
  for (let at = firstFree; at !== NONE; at = load<u32>(at, NEXT)) {
    if (load<u32>(at, SIZE) >= (wanted as u32)) return takeFree(before, at, wanted);
    before = at;
  }
  return NONE;
}

/** A piece behind all others. */
function newPiece(wanted: usize): usize {
  const pages = (((end as u64) + (wanted as u64) + 0xffff) >> PAGE_SHIFT) as u32;
  const there = memory.size() as u32;
  if (pages > PAGES_MAX) unreachable();
  if (pages > there) {
    const growth = min(max(pages - there, max(GROWTH_PAGES, there >> 1)), PAGES_MAX - there);
    // Where that is too much for the system, no more than is needed.
    if (memory.grow(growth as i32) < 0 && memory.grow((pages - there) as i32) < 0) unreachable();
  }
  const at = end;
  end += wanted;
  return at;
}

/** Takes so many bytes of a large free piece; the rest stays free. */
function takeFree(before: usize, at: usize, wanted: usize): usize {
  const next: usize = load<u32>(at, NEXT);
  const rest = (load<u32>(at, SIZE) as usize) - wanted;
  if (rest >= LARGE_BYTES) {
    describe(at + wanted, next, rest);
    link(before, at + wanted);
  } else {
    link(before, next);
    if (rest > 0) giveBackSmall(at + wanted, rest);
  }
  return at;
}

/** Gives back what `allocate` gave for so many bytes. */
export function release(at: usize, bytes: usize): void {
  let size = sizeOf(bytes);
  usedBytes -= size;
  if (size < LARGE_BYTES) {
    giveBackSmall(at, size);
    return;
  }
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

function giveBackSmall(at: usize, size: usize): void {
  const list = listOf(size);
  store<u32>(at, load<u32>(list), NEXT);
  store<u32>(list, at as u32);
}

/** Where the list of free pieces of a size begins. */
function listOf(size: usize): usize {
  return small + ((size >> GRAIN_SHIFT) << 2);
}

/** Room for what a call is told of some records, and for what it answers. */
let roomBytes: usize = 0;
let room: usize = NONE;

/** Room for so many bytes, until it is asked for again. */
export function reserve(bytes: usize): usize {
  if (bytes > roomBytes) {
    if (roomBytes > 0) release(room, roomBytes);
    roomBytes = 0;
    room = allocate(bytes);
    roomBytes = bytes;
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
