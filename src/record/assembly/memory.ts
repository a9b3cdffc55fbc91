/** Memory for what stays: it is never given back. Whoever wants less makes a new instance. */

const PAGE_SHIFT = 16;
/** What is read 16 bytes at a time may begin anywhere, but what is put here begins at a multiple of it. */
const ALIGNED: usize = 15;

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
