import { askedEnd, askedSlot, meaningOf, NO_SLOT, Slot, UNUSUAL } from './forms';
import { allocate } from './memory';
import { digitsFrom } from './numbers';
import { isQuote } from './texts';

/** Where a field's number stands, for dates: what they mean is the same in all fields. */
export const DATES = 0xffff;
/** How long a date is as it is written. */
export const DATE_BYTES = 10;
/** And a moment to the second. */
export const MOMENT_BYTES = 19;
const FRACTION_DIGITS_MAX: usize = 9;
const SPACE: u8 = 32;
const PLUS: u8 = 43;
const MINUS: u8 = 45;
const POINT: u8 = 46;
const ZERO: u8 = 48;
const COLON: u8 = 58;
const LOWER_T: u8 = 116;
const LOWER_Z: u8 = 122;
/** What makes a capital letter of ASCII a small one. */
const LOWER: u8 = 32;

const DAY_S = 86_400;
const QUARTER_S = 900;
const QUARTERS_A_DAY = 96;
/** A zone's offsets are remembered by quarter hour: so many of them, each in the place that its last bits say. */
const OFFSETS = 1024;
const offsets = allocate(OFFSETS << 3);

let lastStart: u64 = 0;
let lastEnd: u16 = 0;
let lastDay: i32 = UNUSUAL;

/** The slot of the date that was read last, if it is remembered. */
export let dateSlot: Slot = NO_SLOT;

/** By the zone's clock: the day and hour of the moment that `readRest` read last. */
export let localDay: i32 = 0;
export let localHour: i32 = 0;

/**
 * How many seconds the stream's zone is ahead of UTC throughout a quarter hour, of which they are counted from 1970;
 * `UNUSUAL` when that changes within it.
 */
declare function zoneOffset(quarter: i32): i32;

/** Forgets the date that was read last. */
export function forgetDate(): void {
  lastDay = UNUSUAL;
  dateSlot = NO_SLOT;
}

/** The day of `YYYY-MM-DD`; `UNUSUAL` when it is not that. Dates mostly come again, so the last one is compared first. */
export function readDate(p: usize): i32 {
  const start = load<u64>(p);
  const end = load<u16>(p + 8);
  if (start !== lastStart || end !== lastEnd || lastDay === UNUSUAL) {
    lastDay = meaningOf(DATES, p, p + DATE_BYTES);
    dateSlot = askedEnd === p + DATE_BYTES ? askedSlot : NO_SLOT;
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
  if (separator !== SPACE && (separator | LOWER) !== LOWER_T) return -1;
  const time = load<u64>(p + 1) ^ 0x30303a30303a3030;
  const beyond = time + 0x767a7f767a7f767d;
  if (((time | beyond) & 0x8080808080808080) !== 0) return -1;
  const hour = ((time & 0xff) * 10 + ((time >> 8) & 0xff)) as i32;
  return hour <= 23 ? hour : -1;
}

/**
 * What stands behind the seconds of a moment at `p`, of which the day and hour are known as they are written: a fraction,
 * and `Z` or an offset from UTC. Sets `localDay` and `localHour`.
 * @returns its end; 0 when it is not usual
 */
export function readRest(p: usize, day: i32, hour: i32): usize {
  const end = fractionEnd(p + MOMENT_BYTES);
  if (end === 0) return 0;
  localDay = day;
  localHour = hour;
  if (isQuote(end)) return end;
  const second = (hour * 60 + twoDigits(p + 14)) * 60 + twoDigits(p + 17);
  if ((load<u8>(end) | LOWER) === LOWER_Z) return toLocal(day, second) ? end + 1 : 0;
  const isBehind = load<u8>(end) === MINUS;
  if (!isBehind && load<u8>(end) !== PLUS) return 0;
  const minutes = load<u8>(end + 3) === COLON ? end + 4 : end + 3;
  const aheadHours = twoDigits(end + 1);
  const aheadMinutes = twoDigits(minutes);
  if (aheadHours > 23 || aheadMinutes > 59) return 0;
  const ahead = (aheadHours * 60 + aheadMinutes) * 60;
  return toLocal(day, isBehind ? second + ahead : second - ahead) ? minutes + 2 : 0;
}

/** The end of a fraction at `p`, which is `p` when there is none; 0 when it is not usual. */
function fractionEnd(p: usize): usize {
  if (load<u8>(p) !== POINT) return p;
  const digits = digitsFrom(p + 1);
  return digits > 0 && digits <= FRACTION_DIGITS_MAX ? p + 1 + digits : 0;
}

/** The number of two digits; more than 99 when they are none. */
function twoDigits(p: usize): i32 {
  const tens = load<u8>(p) - ZERO;
  const ones = load<u8>(p + 1) - ZERO;
  return tens < 10 && ones < 10 ? (tens as i32) * 10 + (ones as i32) : i32.MAX_VALUE;
}

/** Sets what the zone's clock shows so many seconds of UTC after a day began, or before. @returns false when it is not known */
function toLocal(day: i32, second: i32): bool {
  // A day more, as it divides rightly only what is not below 0.
  const offset = offsetOf(day * QUARTERS_A_DAY + (second + DAY_S) / QUARTER_S - QUARTERS_A_DAY);
  if (offset === UNUSUAL) return false;
  const local = second + offset + 2 * DAY_S;
  localDay = day + local / DAY_S - 2;
  localHour = (local % DAY_S) / 3600;
  return true;
}

function offsetOf(quarter: i32): i32 {
  const at = offsets + ((quarter & (OFFSETS - 1)) << 3);
  // Never 0, which is in a place that is free.
  const key = quarter * 2 + 1;
  if (load<i32>(at) !== key) {
    store<i32>(at, zoneOffset(quarter), 4);
    store<i32>(at, key);
  }
  return load<i32>(at, 4);
}
