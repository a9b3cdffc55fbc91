/**
 * Reads lines whose shape is known into columns. What is not as expected is left to others, so nothing is refused here.
 * Everything is read 16 bytes at a time where that pays, also beyond the end of the lines: bytes that are 0 stand there.
 */
import { meaningOf, readForm, UNUSUAL } from './forms';
import { isNull, NULL_BYTES, valueEnd } from './json';
import { hashKeys } from './keys';
import { allocate } from './memory';
import { DATE_BYTES, localDay, localHour, MOMENT_BYTES, readDate, readHour, readRest } from './moments';
import {
  goesOn,
  jsonNumberEnd,
  NO_NUMBER,
  numberEnd,
  numberFormEnd,
  numberStart,
  readDecimal,
  readFloat,
  readInteger,
} from './numbers';
import { beginPacked, endPacked, isPacking, packValue, placePacked, unpackable } from './packing';
import { currentShape, hasLiteral, hasPartOfLiteral, isNumber, Kind, Member, Shape, Use, useShape } from './shapes';
import { isQuote, oddTextEnd, textEnd } from './texts';
import { isText } from './utf8';
import { readUuid } from './uuids';

export { forgottenCount } from './forms';
export { allocate } from './memory';
export { beginBlock, formsEnd, packedEnd, setPacking, templatesUsed } from './packing';
export { addMember, addShape } from './shapes';

const LINE_FEED: u8 = 10;
const CARRIAGE_RETURN: u8 = 13;
/** How long a UUID is as it is written. */
const UUID_BYTES = 36;
/** So many levels of what nobody wants are looked at; more are not usual. */
const LEVELS_MAX = 8;
/** Says that a line is not as expected. */
const NO_LINE: usize = 0;

/** The columns that there always are. */
let starts: usize = 0;
let ends: usize = 0;
let lineNumbers: usize = 0;
let keys: usize = 0;
let hashes: usize = 0;
let days: usize = 0;

/** The stream's business days: at which hour they end, the first one that there is, and where they go besides `days`. */
let endsAtHour: i32 = 0;
let firstDay: i32 = 0;
let dayField: i32 = 0;
let dayIds: usize = 0;
let dayValues: usize = 0;

/** Where the bits of a UUID go that nobody wants. */
const unused = allocate(16);

/** What a line says of its business day, while it is read. */
let eventDay: i32 = 0;
let givenDay: i32 = UNUSUAL;

/** Where the packed values of the record that was read last end. */
let valuesEnd: usize = 0;

/** How many records the last call read, and whether a carriage return stood behind any since this was last set to 0. */
export let count: i32 = 0;
export let carriageReturns: i32 = 0;

/** Reads a number that is a field's id as others read it. */
declare function numberId(field: i32, value: f64): i32;

/** Reads a number of a field that is not written as usual; NaN when it is none that the field takes. */
declare function otherNumber(field: i32, from: usize, end: usize): f64;

/** Says where the columns are. */
export function setColumns(
  newStarts: usize,
  newEnds: usize,
  newLineNumbers: usize,
  newKeys: usize,
  newHashes: usize,
  newDays: usize,
): void {
  starts = newStarts;
  ends = newEnds;
  lineNumbers = newLineNumbers;
  keys = newKeys;
  hashes = newHashes;
  days = newDays;
}

/** Says what a business day is; the columns are 0 for none. */
export function setBusinessDay(hour: i32, first: i32, field: i32, ids: usize, values: usize): void {
  endsAtHour = hour;
  firstDay = first;
  dayField = field;
  dayIds = ids;
  dayValues = values;
}

/**
 * Reads lines from `position` on, until one is not as expected, `end` is there, or so many rows are full; sets `count`.
 * @param offset  what is added to places in memory to give those in the batch
 * @param line    the number of the first line
 * @returns where it stopped, which is where a line begins
 */
export function readLines(position: usize, end: usize, rows: i32, offset: i32, line: i32): usize {
  let row = 0;
  while (row < rows && position < end) {
    const lineEnd = readLine(position, end, row);
    if (lineEnd === NO_LINE) break;
    const at = row << 2;
    store<i32>(starts + at, (position as i32) + offset);
    store<i32>(ends + at, (lineEnd as i32) + offset);
    store<i32>(lineNumbers + at, line + row);
    if (isPacking) placePacked(row);
    position = lineEnd + 1;
    row++;
  }
  hashKeys(keys, row, hashes);
  count = row;
  return position;
}

/** Reads a line by the current shape, or by another one, which is the current one then. @returns its end */
function readLine(position: usize, end: usize, row: i32): usize {
  let shape = currentShape;
  do {
    const recordEnd = readRecord(shape, position, row);
    const lineEnd = recordEnd === NO_LINE ? NO_LINE : endOfLine(recordEnd, end);
    if (lineEnd !== NO_LINE) {
      if (isPacking) endPacked(shape, position, recordEnd, valuesEnd);
      if (shape !== currentShape) useShape(shape);
      return lineEnd;
    }
    shape = shape.next;
  } while (shape !== currentShape);
  return NO_LINE;
}

function endOfLine(p: usize, end: usize): usize {
  if (load<u8>(p) === CARRIAGE_RETURN) {
    p++;
    carriageReturns = 1;
  }
  return (p < end ? load<u8>(p) === LINE_FEED : p === end) ? p : NO_LINE;
}

/** @returns the record's end */
function readRecord(shape: Shape, p: usize, row: i32): usize {
  givenDay = UNUSUAL;
  const packs = isPacking;
  let at = packs ? beginPacked(shape) : 0;
  const tail = shape.tail;
  let member = shape.first;
  while (true) {
    if (hasLiteral(member, p)) {
      p += member.literalLength;
    } else {
      p = readOdd(member, p, row);
      if (p === NO_LINE) return NO_LINE;
      member = reached;
    }
    if (member === tail) {
      valuesEnd = at;
      return storeDay(row) ? p : NO_LINE;
    }
    const end = readValue(member, p, row);
    if (end === NO_LINE) return NO_LINE;
    if (packs) at = packValue(member, p, end, at, bitsOf(member, row));
    p = end;
    member = member.next;
  }
}

/** The member whose value stands where `readOdd` stopped; of the tail the end does. */
let reached: Member = changetype<Member>(0);

/**
 * Reads on where a member's literal does not stand at `p`: the number before it may go on, and it or more of them may be
 * `null`, which has no quotes. What is mostly there costs nothing that way.
 * @returns where the value of `reached` stands
 */
function readOdd(member: Member, p: usize, row: i32): usize {
  unpackable();
  if (goesOn(p)) {
    if (!isNumber(member.previous)) return NO_LINE;
    p = readOddNumber(member.previous, numberStart(p), row);
    if (p === NO_LINE) return NO_LINE;
  }
  let missing: usize = 0;
  while (!hasPartOfLiteral(member, p, missing, 0)) {
    if ((member.uses & Use.QUOTED_OR_NULL) === 0 || !hasPartOfLiteral(member, p, missing, 1)) return NO_LINE;
    p += (member.literalLength as usize) - missing - 1;
    if (!isNull(p)) return NO_LINE;
    storeNull(member, row);
    p += NULL_BYTES;
    // The next literal begins with the quote behind the value.
    missing = 1;
    member = member.next;
  }
  reached = member;
  return p + (member.literalLength as usize) - missing;
}

/** Reads a value at `p` into its columns. @returns its end */
function readValue(member: Member, p: usize, row: i32): usize {
  switch (member.kind) {
    case Kind.TEXT:
      return readText(member, p, row);
    case Kind.UUID:
      return readUuid(p, bitsOf(member, row)) ? p + UUID_BYTES : NO_LINE;
    case Kind.DATE:
      return readDay(member, p, row);
    case Kind.TIMESTAMP:
      return readMoment(member, p, row);
    case Kind.UNKNOWN:
      return valueEnd(p, LEVELS_MAX);
    default:
      return readNumber(member, p, row);
  }
}

/** Where the bits of a UUID go. */
function bitsOf(member: Member, row: i32): usize {
  return (member.uses & Use.PRIMARY_KEY) !== 0 ? keys + (row << 4) : unused;
}

/** A text that somebody wants is looked at by others once. */
function readText(member: Member, p: usize, row: i32): usize {
  let end = textEnd(p);
  let isForOthers = member.ids !== 0;
  if (!isQuote(end)) {
    const odd = end;
    end = oddTextEnd(odd);
    if (end === 0) return NO_LINE;
    // As there may be another one in each record, none that nobody wants is remembered if that can be helped.
    isForOthers = isForOthers || ((end - p) as i32) > member.maxLength || !isText(odd, end);
  } else if (((end - p) as i32) > member.maxLength) {
    return NO_LINE;
  }
  if (isForOthers) {
    const isKey = (member.uses & Use.PRIMARY_KEY) !== 0;
    // Keys hardly come again, so how they are written is not remembered.
    const id = isKey ? readForm(member.field, p, end) : meaningOf(member.field, p, end);
    if (id === UNUSUAL) return NO_LINE;
    if (member.ids !== 0) store<i32>(member.ids + (row << 2), id);
    if (isKey) v128.store(keys + (row << 4), i32x4.replace_lane(i32x4.splat(0), 0, id));
  }
  return end;
}

function readDay(member: Member, p: usize, row: i32): usize {
  const day = readDate(p);
  if (day === UNUSUAL) return NO_LINE;
  if ((member.uses & Use.BUSINESS_DATE) !== 0) givenDay = day;
  else storeNumber(member, row, day as f64);
  return p + DATE_BYTES;
}

function readMoment(member: Member, p: usize, row: i32): usize {
  let day = readDate(p);
  if (day === UNUSUAL) return NO_LINE;
  let hour = readHour(p + DATE_BYTES);
  if (hour < 0) return NO_LINE;
  let end = p + MOMENT_BYTES;
  if (!isQuote(end)) {
    end = readRest(p, day, hour);
    if (end === 0) return NO_LINE;
    day = localDay;
    hour = localHour;
  }
  if ((member.uses & Use.EVENT_TIME) !== 0) eventDay = hour < endsAtHour ? day - 1 : day;
  storeNumber(member, row, day as f64);
  return end;
}

/** A number: grouped by as it is written, added up as it is. */
function readNumber(member: Member, p: usize, row: i32): usize {
  if ((member.uses & Use.NULLABLE) !== 0 && isNull(p)) {
    storeNull(member, row);
    return p + NULL_BYTES;
  }
  const ids = member.ids;
  const values = member.values;
  if (ids !== 0) {
    const end = numberFormEnd(p);
    const id = meaningOf(member.field, p, end);
    if (id === UNUSUAL) return readOddNumber(member, p, row);
    store<i32>(ids + (row << 2), id);
    if (values === 0) return end;
  }
  const value = numberAt(member.kind, p);
  // What is not as usual is NaN, which is in no range.
  if (!(value >= member.min && value <= member.max)) return readOddNumber(member, p, row);
  if (values !== 0) store<f64>(values + (row << 3), value);
  return numberEnd;
}

/** A number that is read by others, as there are so many ways to write one. */
function readOddNumber(member: Member, p: usize, row: i32): usize {
  const end = jsonNumberEnd(p);
  if (end === 0) return NO_LINE;
  const value = otherNumber(member.field, p, end);
  if (isNaN(value)) return NO_LINE;
  storeNumber(member, row, value);
  return end;
}

function numberAt(kind: i32, p: usize): f64 {
  if (kind === Kind.NUMBER) return readFloat(p);
  const whole = kind === Kind.DECIMAL ? readDecimal(p) : readInteger(p);
  return whole === NO_NUMBER ? NaN : (whole as f64);
}

function storeNull(member: Member, row: i32): void {
  if (member.ids !== 0) store<i32>(member.ids + (row << 2), 0);
  if (member.values !== 0) store<f64>(member.values + (row << 3), NaN);
}

function storeNumber(member: Member, row: i32, value: f64): void {
  if (member.values !== 0) store<f64>(member.values + (row << 3), value);
  if (member.ids !== 0) store<i32>(member.ids + (row << 2), numberId(member.field, value));
}

/** The business day is a column of its own, and may be counted or compared like any other field. @returns whether it is one */
function storeDay(row: i32): bool {
  let day = eventDay;
  if (givenDay !== UNUSUAL) {
    day = givenDay;
    if (day - eventDay > 1 || eventDay - day > 1) return false;
  } else if (day < firstDay) {
    return false;
  }
  store<i32>(days + (row << 2), day);
  if (dayValues !== 0) store<f64>(dayValues + (row << 3), day as f64);
  if (dayIds !== 0) store<i32>(dayIds + (row << 2), numberId(dayField, day as f64));
  return true;
}
