import { meaningOf, UNUSUAL } from './forms';

/** Where a field's number stands, for dates: what they mean is the same in all fields. */
export const DATES = 0xffff;
/** How long a date is as it is written. */
export const DATE_BYTES = 10;
/** And a moment to the second. */
export const MOMENT_BYTES = 19;
const SPACE: u8 = 32;
const UPPER_T: u8 = 84;

let lastStart: u64 = 0;
let lastEnd: u16 = 0;
let lastDay: i32 = UNUSUAL;

/** The day of `YYYY-MM-DD`; `UNUSUAL` when it is not that. Dates mostly come again, so the last one is compared first. */
export function readDate(p: usize): i32 {
  const start = load<u64>(p);
  const end = load<u16>(p + 8);
  if (start !== lastStart || end !== lastEnd || lastDay === UNUSUAL) {
    lastDay = meaningOf(DATES, p, p + DATE_BYTES);
    lastStart = start;
    lastEnd = end;
  }
  return lastDay;
}

/**
 * The hour of `HH:MM:SS` behind its separator; -1 when it is not that. All eight bytes are looked at at once: each less
 * `00:00:00` is at most what it may be, so that no bit at the top is set when the room up to 127 is added.
 */
export function readHour(p: usize): i32 {
  const separator = load<u8>(p);
  if (separator !== SPACE && separator !== UPPER_T) return -1;
  const time = load<u64>(p + 1) ^ 0x30303a30303a3030;
  const beyond = time + 0x767a7f767a7f767d;
  if (((time | beyond) & 0x8080808080808080) !== 0) return -1;
  const hour = ((time & 0xff) * 10 + ((time >> 8) & 0xff)) as i32;
  return hour <= 23 ? hour : -1;
}
