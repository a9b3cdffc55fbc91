/**
 * The rows of report tables, and what each record does to them: an open-addressing table from the ids of a row's dimensions to
 * its number, and for each row the numbers of its measures.
 * Source: open addressing with linear probing: Knuth, TAOCP 3, 6.4, algorithm L; a pair's place is its share of the hash (Lemire,
 * "Fast random integer generation in an interval"), so a set of pairs may have any number of slots.
 */
import { allocate, release } from './memory';
export { reserve, usedBytes } from './memory';

/** Of a table: how many ids and how many numbers a row has. */
const WIDTH: usize = 0;
const ROW_WIDTH: usize = 4;
/** Where its rows' ids, numbers and marks are, how many rows have room there, and how many there are. */
const KEYS: usize = 8;
const NUMBERS: usize = 12;
const MARKS: usize = 16;
const CAPACITY: usize = 20;
const ROWS: usize = 24;
/** Where its slots are and how many, a power of two. A slot holds a row counted from 1; where that is 0 it is free. */
const SLOTS: usize = 28;
const SLOT_COUNT: usize = 32;
/** Where the numbers of a new row are. */
const EMPTY: usize = 36;
const TABLE_BYTES: usize = 40;

/** Of a set of pairs: where its slots are, how many, and how many hold a pair. A slot is a row and an id; id 0 is free. */
const PAIRS: usize = 0;
const PAIR_SLOTS: usize = 4;
const PAIR_COUNT: usize = 8;
const SET_BYTES: usize = 12;
const ID: usize = 4;
const PAIR_SHIFT: usize = 3;

const FIRST_ROWS: u32 = 4;
const FIRST_PAIRS: u32 = 8;

const WORD_SHIFT: usize = 2;
const NUMBER_SHIFT: usize = 3;
const NOWHERE: usize = 0;

/** Bits of a row's marks: it changed since that was last asked; the frame's amendments know of it. */
const CHANGED: u8 = 1;
const NOTED: u8 = 2;

/** As in `exact-sum.ts`: a sum's low part stays below it either way, and its high part counts it. */
const CARRY: f64 = 4503599627370496;

/** How many rows `findRows` found that are to be noted. */
export let notedCount: u32 = 0;

export function makeTable(width: u32, rowWidth: u32): usize {
  const table = allocate(TABLE_BYTES);
  store<u32>(table, width, WIDTH);
  store<u32>(table, rowWidth, ROW_WIDTH);
  store<u32>(table, allocate((rowWidth as usize) << NUMBER_SHIFT) as u32, EMPTY);
  return table;
}

/** Gives a table's rows room for just so many, which is no fewer than there are. */
export function resize(table: usize, capacity: u32): void {
  const rows: usize = load<u32>(table, ROWS);
  const old: usize = load<u32>(table, CAPACITY);
  const rowBytes = (load<u32>(table, ROW_WIDTH) as usize) << NUMBER_SHIFT;
  moveArray(table, KEYS, (load<u32>(table, WIDTH) as usize) << WORD_SHIFT, rows, old, capacity);
  moveArray(table, NUMBERS, rowBytes, rows, old, capacity);
  moveArray(table, MARKS, 1, rows, old, capacity);
  const numbers: usize = load<u32>(table, NUMBERS);
  const empty: usize = load<u32>(table, EMPTY);
  for (let row = rows; row < (capacity as usize); row++) memory.copy(numbers + row * rowBytes, empty, rowBytes);
  store<u32>(table, capacity, CAPACITY);
}

/** Moves the array of which a table says at `place` where it is. */
function moveArray(table: usize, place: usize, rowBytes: usize, rows: usize, old: usize, capacity: usize): void {
  const from: usize = load<u32>(table + place);
  const to = allocate(capacity * rowBytes);
  if (from !== NOWHERE) {
    memory.copy(to, from, rows * rowBytes);
    release(from, old * rowBytes);
  }
  store<u32>(table + place, to as u32);
}

/** Gives a table so many slots. */
export function rehash(table: usize, slotCount: u32): void {
  const old: usize = load<u32>(table, SLOTS);
  const slots = allocate((slotCount as usize) << WORD_SHIFT);
  if (old !== NOWHERE) release(old, (load<u32>(table, SLOT_COUNT) as usize) << WORD_SHIFT);
  const keys: usize = load<u32>(table, KEYS);
  const width = load<u32>(table, WIDTH);
  const rows = load<u32>(table, ROWS);
  const mask = slotCount - 1;
  for (let row: u32 = 0; row < rows; row++) {
    let mixed: u32 = 0;
    for (let d: u32 = 0; d < width; d++) mixed = (mixed ^ load<u32>(word(keys, row * width + d))) * 0x9e3779b1;
    let slot = (mixed ^ (mixed >>> 15)) & mask;
    while (load<u32>(word(slots, slot)) !== 0) slot = (slot + 1) & mask;
    store<u32>(word(slots, slot), row + 1);
  }
  store<u32>(table, slots as u32, SLOTS);
  store<u32>(table, slotCount, SLOT_COUNT);
}

/** Says that a table has so many rows, which were put there. */
export function setRows(table: usize, rows: u32): void {
  store<u32>(table, rows, ROWS);
}

/**
 * Finds the rows of `count` records, or makes them, and marks them.
 * @param dimensions  where the ids of the records are, by dimension
 * @param rows        gets each record's row
 * @param changed     gets the rows that were not marked as changed before, in the order of their first record
 * @param noted       likewise those that the frame's amendments are to be told of; `NOWHERE` when there are none of these
 * @returns how many rows `changed` got
 */
export function findRows(
  table: usize,
  dimensions: usize,
  records: usize,
  count: u32,
  rows: usize,
  changed: usize,
  noted: usize,
): u32 {
  let changedCount: u32 = 0;
  notedCount = 0;
  for (let k: u32 = 0; k < count; k++) {
    const row = rowOf(table, dimensions, load<u32>(word(records, k)));
    store<u32>(word(rows, k), row);
    const at = (load<u32>(table, MARKS) as usize) + row;
    const marks = load<u8>(at);
    if ((marks & CHANGED) === 0) store<u32>(word(changed, changedCount++), row);
    if (noted !== NOWHERE && (marks & NOTED) === 0) store<u32>(word(noted, notedCount++), row);
    store<u8>(at, noted === NOWHERE ? marks | CHANGED : CHANGED | NOTED);
  }
  return changedCount;
}

function rowOf(table: usize, dimensions: usize, record: u32): u32 {
  const width = load<u32>(table, WIDTH);
  let mixed: u32 = 0;
  for (let d: u32 = 0; d < width; d++) mixed = (mixed ^ idOf(dimensions, d, record)) * 0x9e3779b1;
  const mask = load<u32>(table, SLOT_COUNT) - 1;
  const slots: usize = load<u32>(table, SLOTS);
  const keys: usize = load<u32>(table, KEYS);
  let slot = (mixed ^ (mixed >>> 15)) & mask;
  let found: u32 = 0;
  while ((found = load<u32>(word(slots, slot))) !== 0) {
    const key = word(keys, (found - 1) * width);
    let d: u32 = 0;
    while (d < width && load<u32>(word(key, d)) === idOf(dimensions, d, record)) d++;
    if (d === width) return found - 1;
    slot = (slot + 1) & mask;
  }
  return newRow(table, dimensions, record, slot);
}

/** Makes a row of a record, whose slot is free. */
function newRow(table: usize, dimensions: usize, record: u32, slot: u32): u32 {
  const row = load<u32>(table, ROWS);
  const capacity = load<u32>(table, CAPACITY);
  if (row === capacity) resize(table, max(FIRST_ROWS, capacity + ((capacity + 1) >> 1)));
  const width = load<u32>(table, WIDTH);
  const key = word(load<u32>(table, KEYS), row * width);
  for (let d: u32 = 0; d < width; d++) store<u32>(word(key, d), idOf(dimensions, d, record));
  store<u32>(word(load<u32>(table, SLOTS), slot), row + 1);
  store<u32>(table, row + 1, ROWS);
  const slotCount = load<u32>(table, SLOT_COUNT);
  if ((row + 1) * 2 > slotCount) rehash(table, slotCount * 2);
  return row;
}

/** A record's id of a dimension. */
function idOf(dimensions: usize, dimension: u32, record: u32): u32 {
  return load<u32>(word(load<u32>(word(dimensions, dimension)), record));
}

/** Adds 1 for each record to a number of its row. */
export function addOnes(table: usize, place: u32, rows: usize, count: u32): void {
  const first = firstNumber(table, place);
  const rowBytes = rowBytesOf(table);
  for (let k: u32 = 0; k < count; k++) {
    const at = first + (load<u32>(word(rows, k)) as usize) * rowBytes;
    store<f64>(at, load<f64>(at) + 1);
  }
}

/** Adds each record's value to the sum in its row: a low part, and behind it a high one. */
export function addSums(table: usize, place: u32, rows: usize, records: usize, count: u32, values: usize): void {
  const first = firstNumber(table, place);
  const rowBytes = rowBytesOf(table);
  for (let k: u32 = 0; k < count; k++) {
    const at = first + (load<u32>(word(rows, k)) as usize) * rowBytes;
    const value = load<f64>(number(values, load<u32>(word(records, k))));
    // Both are below 2^52, so their sum is below 2^53.
    const sum = load<f64>(at) + (value < CARRY && value > -CARRY ? value : carry(at, value));
    store<f64>(at, sum < CARRY && sum > -CARRY ? sum : carry(at, sum));
  }
}

/** Moves a carry of a value to the high part of a sum. @returns the rest */
function carry(at: usize, value: f64): f64 {
  const sign: f64 = value < 0 ? -1 : 1;
  store<f64>(at, load<f64>(at, 8) + sign, 8);
  return value - sign * CARRY;
}

/** Has the number in each record's row be the record's value where that is smaller, or larger; NaN stands for none yet. */
export function addExtremes(
  table: usize,
  place: u32,
  rows: usize,
  records: usize,
  count: u32,
  values: usize,
  isLargest: bool,
): void {
  const first = firstNumber(table, place);
  const rowBytes = rowBytesOf(table);
  for (let k: u32 = 0; k < count; k++) {
    const at = first + (load<u32>(word(rows, k)) as usize) * rowBytes;
    const value = load<f64>(number(values, load<u32>(word(records, k))));
    const known = load<f64>(at);
    if (isNaN(known) || (isLargest ? value > known : value < known)) store<f64>(at, value);
  }
}

/** Adds 1 to a number of each record's row where the row has not had the record's id yet; id 0 is none. */
export function addDistinct(
  table: usize,
  place: u32,
  set: usize,
  rows: usize,
  records: usize,
  count: u32,
  ids: usize,
): void {
  const first = firstNumber(table, place);
  const rowBytes = rowBytesOf(table);
  for (let k: u32 = 0; k < count; k++) {
    const row = load<u32>(word(rows, k));
    const id = load<u32>(word(ids, load<u32>(word(records, k))));
    if (id === 0 || !addPair(set, row, id)) continue;
    const at = first + (row as usize) * rowBytes;
    store<f64>(at, load<f64>(at) + 1);
  }
}

/** Where the first row has its number of a place. */
function firstNumber(table: usize, place: u32): usize {
  return number(load<u32>(table, NUMBERS), place);
}

function rowBytesOf(table: usize): usize {
  return (load<u32>(table, ROW_WIDTH) as usize) << NUMBER_SHIFT;
}

export function makeSet(): usize {
  const set = allocate(SET_BYTES);
  resizeSet(set, FIRST_PAIRS);
  return set;
}

/** Adds a pair; false when it was there already. */
function addPair(set: usize, row: u32, id: u32): bool {
  const pairs: usize = load<u32>(set, PAIRS);
  const slotCount = load<u32>(set, PAIR_SLOTS);
  const end = pairs + ((slotCount as usize) << PAIR_SHIFT);
  let slot = pairs + pairPlace(row, id, slotCount);
  for (;;) {
    const known = load<u32>(slot, ID);
    if (known === 0) break;
    if (known === id && load<u32>(slot) === row) return false;
    slot = nextPair(slot, pairs, end);
  }
  store<u32>(slot, row);
  store<u32>(slot, id, ID);
  const count = load<u32>(set, PAIR_COUNT) + 1;
  store<u32>(set, count, PAIR_COUNT);
  if (count * 4 > slotCount * 3) resizeSet(set, slotCount + ((slotCount + 1) >> 1));
  return true;
}

/** Adds pairs that stand behind each other, a row and an id. */
export function addPairs(set: usize, pairs: usize, count: u32): void {
  const end = pairs + ((count as usize) << PAIR_SHIFT);
  for (let pair = pairs; pair < end; pair += 1 << PAIR_SHIFT) addPair(set, load<u32>(pair), load<u32>(pair, ID));
}

/**
 * Gives a set just the room that so many pairs need, which are no fewer than it has. Pairs that come in the order of their slots,
 * as those of another set do, would stand in one long row in a set that grows by and by.
 */
export function sizeSet(set: usize, count: u32): void {
  resizeSet(set, max(FIRST_PAIRS, count + count / 3 + 1));
}

function resizeSet(set: usize, slotCount: u32): void {
  const old: usize = load<u32>(set, PAIRS);
  const oldBytes = (load<u32>(set, PAIR_SLOTS) as usize) << PAIR_SHIFT;
  const bytes = (slotCount as usize) << PAIR_SHIFT;
  const pairs = allocate(bytes);
  for (let from = old; from < old + oldBytes; from += 1 << PAIR_SHIFT) {
    const id = load<u32>(from, ID);
    if (id === 0) continue;
    let slot = pairs + pairPlace(load<u32>(from), id, slotCount);
    while (load<u32>(slot, ID) !== 0) slot = nextPair(slot, pairs, pairs + bytes);
    store<u64>(slot, load<u64>(from));
  }
  if (old !== NOWHERE) release(old, oldBytes);
  store<u32>(set, pairs as u32, PAIRS);
  store<u32>(set, slotCount, PAIR_SLOTS);
}

/** Where a pair is looked for first, in bytes from the first slot. */
function pairPlace(row: u32, id: u32, slotCount: u32): usize {
  let mixed = ((row * 0x9e3779b1) ^ id) * 0x85ebca6b;
  mixed = (mixed ^ (mixed >>> 15)) * 0xc2b2ae35;
  return (((((mixed ^ (mixed >>> 13)) as u64) * (slotCount as u64)) >> 32) << PAIR_SHIFT) as usize;
}

function nextPair(slot: usize, pairs: usize, end: usize): usize {
  return slot + (1 << PAIR_SHIFT) === end ? pairs : slot + (1 << PAIR_SHIFT);
}

/** Where a word of 32 bits stands among others. */
function word(first: usize, index: u32): usize {
  return first + ((index as usize) << WORD_SHIFT);
}

/** Where a number stands among others. */
function number(first: usize, index: u32): usize {
  return first + ((index as usize) << NUMBER_SHIFT);
}
