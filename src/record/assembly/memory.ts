/** Memory for what stays: it is never given back. Whoever wants less makes a new instance. */

const PAGE_SHIFT = 16;
/** What is put here begins at a multiple of 32, so that the slots of a table are not in two lines of the processor's cache. */
const ALIGNED: usize = 31;

let free: usize = __heap_base;

/** So many bytes, all of them 0. */
export function allocate(bytes: usize): usize {
  const at = (free + ALIGNED) & ~ALIGNED;
  free = at + bytes;
  const wanted = ((free + 0xffff) >> PAGE_SHIFT) as i32;
  const missing = wanted - memory.size();
  if (missing > 0 && memory.grow(missing) < 0) unreachable();
  return at;
}
