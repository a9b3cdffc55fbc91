import { firstBytes } from './bytes';
import { allocate } from './memory';

/** Says of a form that it is not usual. */
export const UNUSUAL = i32.MIN_VALUE;
/** Longer ones are not remembered, */
const FORM_BYTES_MAX: usize = 256;
/** nor more of them than these, in number and in bytes. */
const FORMS_MAX = 1 << 18;
const ARENAS_MAX = 256;
const FIRST_SLOTS = 4096;
/** So much room for forms is taken at once. */
const ARENA_BYTES: usize = 65_536;
const BLOCK: usize = 16;
/** So many bytes are looked at without a loop. */
const BLOCKS: usize = BLOCK * 4;
/** Odd, and otherwise as if by chance. */
const FACTOR_1: u64 = 0x9e3779b97f4a7c15;
const FACTOR_2: u64 = 0xc2b2ae3d27d4eb4f;
const FACTOR_3: u64 = 0xd6e8feb86659fd93;
const FACTOR_4: u64 = 0xa0761d6478bd642f;

/** What is known of a form: 32 bytes, which stand in one line of the processor's cache. */
@unmanaged
export class Slot {
  /** Its first 16 bytes, 0 behind its end. */
  start: v128 = i64x2.splat(0);
  /** Its field, its length and a 1: never 0, which is in a slot that is free. */
  kind: u32 = 0;
  /** What it stands for. */
  id: i32 = 0;
  /** Where all its bytes are, of a form that is longer. */
  at: usize = 0;
  /** Which of the forms of a block of packed records it is; see `packing.ts`. */
  mark: u32 = 0;
}

export const NO_SLOT = changetype<Slot>(0);

let slots: usize = allocate(FIRST_SLOTS * offsetof<Slot>());
let slotCount: u32 = FIRST_SLOTS;
let arena: usize = 0;
let arenaEnd: usize = 0;
let arenaCount = 0;
let formCount = 0;

/** The slot of the form that was asked for last, if it is remembered, and where that form ends. */
export let askedSlot: Slot = NO_SLOT;
export let askedEnd: usize = 0;

/** How many forms came that could not be remembered, as there are so many others. */
export let forgottenCount: i32 = 0;

/** Reads a form that is not known: what it stands for, or `UNUSUAL`. */
export declare function readForm(field: i32, from: usize, end: usize): i32;

/**
 * What a value stands for by how it is written: the id of a text or number, the day of a date. A form is read the first
 * time that it comes and found from then on.
 * Source: open addressing with linear probing, Knuth, TAOCP 3, 6.4.
 */
export function meaningOf(field: i32, from: usize, end: usize): i32 {
  const length = end - from;
  askedEnd = 0;
  if (length > FORM_BYTES_MAX) return readForm(field, from, end);
  const kind = ((field << 16) | (length as u32)) + 1;
  const isShort = length <= BLOCK;
  const start = v128.and(v128.load(from), firstBytes(min(length, BLOCK)));
  const hash = isShort ? hashOfShort(kind, start) : hashOfLong(kind, from, length);
  let slot = slotAt(hash);
  while (slot.kind !== 0) {
    const isSameStart = slot.kind === kind && !v128.any_true(v128.xor(slot.start, start));
    if (isSameStart && (isShort || isSameLong(slot.at, from, length))) {
      askedSlot = slot;
      askedEnd = end;
      return slot.id;
    }
    slot = nextSlot(slot);
  }
  const id = readForm(field, from, end);
  if (id === UNUSUAL) return id;
  if (hasRoom(length)) {
    askedSlot = remember(hash, kind, start, from, length, id);
    askedEnd = end;
  } else {
    forgottenCount++;
  }
  return id;
}

/** Forgets what was asked last: where it ended, something else may end. */
export function forgetAsked(): void {
  askedEnd = 0;
}

/** Takes all marks off. */
export function unmarkAll(): void {
  for (let i: u32 = 0; i < slotCount; i++) slotAt(i).mark = 0;
}

function hasRoom(length: usize): bool {
  return formCount < FORMS_MAX && (length <= BLOCK || arenaCount < ARENAS_MAX || arena + length <= arenaEnd);
}

function hashOf(slot: Slot): u32 {
  if (slot.at === 0) return hashOfShort(slot.kind, slot.start);
  return hashOfLong(slot.kind, slot.at, ((slot.kind - 1) & 0xffff) as usize);
}

/**
 * A sum of products, each of a word and a factor of its own, which need not wait for each other. It need not be strong, as
 * whoever finds a slot compares the bytes.
 * Source: M. Dietzfelbinger, Universal hashing and k-wise independent random variables via integer arithmetic (1996).
 */
function hashOfShort(kind: u32, start: v128): u32 {
  return mixed(kind, i64x2.extract_lane(start, 0) * FACTOR_1 + i64x2.extract_lane(start, 1) * FACTOR_2);
}

/**
 * The same of more than 16 bytes. Up to 64 are four blocks, some of which may be the same, as a branch that goes now this
 * way and now that costs more than a few multiplications.
 */
function hashOfLong(kind: u32, from: usize, length: usize): u32 {
  let sum: u64 = 0;
  for (; length > BLOCKS; from += BLOCK, length -= BLOCK) {
    sum += sumOfBlock(from);
    // So that it matters which block comes first.
    sum = (sum ^ (sum >> 32)) * FACTOR_2;
  }
  const last = length - BLOCK;
  sum += sumOfBlock(from) + sumOfBlock(from + min(BLOCK, last)) * FACTOR_2;
  sum += sumOfBlock(from + min(BLOCK * 2, last)) * FACTOR_3 + sumOfBlock(from + last) * FACTOR_4;
  return mixed(kind, sum);
}

function sumOfBlock(at: usize): u64 {
  return load<u64>(at) * FACTOR_1 + load<u64>(at, 8) * FACTOR_2;
}

function mixed(kind: u32, sum: u64): u32 {
  sum += (kind as u64) * FACTOR_3;
  return (((sum ^ (sum >> 32)) * FACTOR_4) >> 32) as u32;
}

/** Whether more than 16 bytes are the same at both places. */
function isSameLong(a: usize, b: usize, length: usize): bool {
  for (; length > BLOCKS; a += BLOCK, b += BLOCK, length -= BLOCK) {
    if (v128.any_true(difference(a, b, 0))) return false;
  }
  const last = length - BLOCK;
  const differences1 = v128.or(difference(a, b, 0), difference(a, b, min(BLOCK, last)));
  const differences2 = v128.or(difference(a, b, min(BLOCK * 2, last)), difference(a, b, last));
  return !v128.any_true(v128.or(differences1, differences2));
}

function difference(a: usize, b: usize, place: usize): v128 {
  return v128.xor(v128.load(a + place), v128.load(b + place));
}

function slotAt(place: u32): Slot {
  return changetype<Slot>(slots + (place & (slotCount - 1)) * offsetof<Slot>());
}

function nextSlot(slot: Slot): Slot {
  const next = changetype<usize>(slot) + offsetof<Slot>();
  return changetype<Slot>(next === slots + slotCount * offsetof<Slot>() ? slots : next);
}

function remember(hash: u32, kind: u32, start: v128, from: usize, length: usize, id: i32): Slot {
  const at = length > BLOCK ? kept(from, length) : 0;
  formCount++;
  const slot = occupy(hash, kind, start, at, id, 0);
  // When it is moved, its former place is good for what is asked of it now.
  if ((formCount as u32) * 2 > slotCount) growSlots();
  return slot;
}

/** A copy of a form's bytes. */
function kept(from: usize, length: usize): usize {
  if (arena + length > arenaEnd) {
    arena = allocate(ARENA_BYTES);
    arenaEnd = arena + ARENA_BYTES;
    arenaCount++;
  }
  const at = arena;
  memory.copy(at, from, length);
  arena += length;
  return at;
}

function occupy(hash: u32, kind: u32, start: v128, at: usize, id: i32, mark: u32): Slot {
  let slot = slotAt(hash);
  while (slot.kind !== 0) slot = nextSlot(slot);
  slot.start = start;
  slot.kind = kind;
  slot.id = id;
  slot.at = at;
  slot.mark = mark;
  return slot;
}

function growSlots(): void {
  const old = slots;
  const oldEnd = old + slotCount * offsetof<Slot>();
  slotCount *= 2;
  slots = allocate(slotCount * offsetof<Slot>());
  for (let at = old; at < oldEnd; at += offsetof<Slot>()) {
    const slot = changetype<Slot>(at);
    if (slot.kind !== 0) occupy(hashOf(slot), slot.kind, slot.start, slot.at, slot.id, slot.mark);
  }
}
