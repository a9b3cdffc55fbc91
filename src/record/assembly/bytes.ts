/** 16 bytes that are all ones, and 16 that are 0: the 16 from `16 - n` on leave of others the first n. */
const ONES_THEN_ZEROS = memory.data<u8>([
  255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
  0, 0, 0,
]);

/** Leaves the first `length` of 16 bytes, from 0 to 16. */
export function firstBytes(length: usize): v128 {
  return v128.load(ONES_THEN_ZEROS + 16 - length);
}

/** Whether so many bytes are the same at both places. Up to 15 bytes behind them are looked at, and do not count. */
export function isSame(a: usize, b: usize, length: usize): bool {
  while (length > 16) {
    if (v128.any_true(v128.xor(v128.load(a), v128.load(b)))) return false;
    a += 16;
    b += 16;
    length -= 16;
  }
  return !v128.any_true(v128.and(v128.xor(v128.load(a), v128.load(b)), firstBytes(length)));
}
