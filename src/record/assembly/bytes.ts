/** 16 bytes that are all ones, and 16 that are 0: the 16 from `16 - n` on leave of others the first n. */
const ONES_THEN_ZEROS = memory.data<u8>([
  255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
  0, 0, 0,
]);

/** Leaves the first `length` of 16 bytes, from 0 to 16. */
export function firstBytes(length: usize): v128 {
  return v128.load(ONES_THEN_ZEROS + 16 - length);
}
