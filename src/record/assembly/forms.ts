import { firstBytes, isSame } from './bytes';
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
/** Room behind a form, which is read 16 bytes at a time. */
const SLACK: usize = 16;
const BLOCK: usize = 16;
const WORD_FACTOR: u64 = 0x9e3779b97f4a7c15;

/** What is known of a form. */
@unmanaged
class Slot {
  hash: u32 = 0;
  /** Its field and its length. */
  kind: u32 = 0;
  /** Where its bytes are; 0 in a slot that is free. */
  at: usize = 0;
  /** What it stands for. */
  id: i32 = 0;
}

let slots: usize = allocate(FIRST_SLOTS * offsetof<Slot>());
let slotCount: u32 = FIRST_SLOTS;
let arena: usize = 0;
let arenaEnd: usize = 0;
let arenaCount = 0;
let formCount = 0;

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
  if (length > FORM_BYTES_MAX) return readForm(field, from, end);
  const hash = hashOf(field, from, length);
  const kind = (field << 16) | (length as u32);
  let slot = slotAt((hash >> 32) as u32);
  while (slot.at !== 0) {
    if (slot.hash === (hash as u32) && slot.kind === kind && isSame(slot.at, from, length)) return slot.id;
    slot = nextSlot(slot);
  }
  const id = readForm(field, from, end);
  if (id === UNUSUAL) return id;
  if (hasRoom(length)) remember(hash, kind, from, length, id);
  else forgottenCount++;
  return id;
}

function hasRoom(length: usize): bool {
  return formCount < FORMS_MAX && (arenaCount < ARENAS_MAX || arena + length + SLACK <= arenaEnd);
}

/**
 * Multiply and shift of each 8 bytes; it need not be strong, as whoever finds an equal hash compares the bytes. Always whole
 * blocks of 16 bytes, as a branch that goes now this way and now that costs more than a few multiplications.
 */
function hashOf(field: i32, from: usize, length: usize): u64 {
  let hash = ((length << 16) + field) * WORD_FACTOR;
  while (length > BLOCK) {
    hash = withBlock(hash, v128.load(from));
    from += BLOCK;
    length -= BLOCK;
  }
  return withBlock(hash, v128.and(v128.load(from), firstBytes(length)));
}

function withBlock(hash: u64, block: v128): u64 {
  return mixed(mixed(hash, i64x2.extract_lane(block, 0)), i64x2.extract_lane(block, 1));
}

function mixed(hash: u64, word: u64): u64 {
  const product = (hash ^ word) * WORD_FACTOR;
  return product ^ (product >> 32);
}

function slotAt(place: u32): Slot {
  return changetype<Slot>(slots + (place & (slotCount - 1)) * offsetof<Slot>());
}

function nextSlot(slot: Slot): Slot {
  const next = changetype<usize>(slot) + offsetof<Slot>();
  return changetype<Slot>(next === slots + slotCount * offsetof<Slot>() ? slots : next);
}

function remember(hash: u64, kind: u32, from: usize, length: usize, id: i32): void {
  if (arena + length + SLACK > arenaEnd) {
    arena = allocate(ARENA_BYTES);
    arenaEnd = arena + ARENA_BYTES;
    arenaCount++;
  }
  memory.copy(arena, from, length);
  formCount++;
  occupy(hash, kind, arena, id);
  arena += length;
  if ((formCount as u32) * 2 > slotCount) growSlots();
}

function occupy(hash: u64, kind: u32, at: usize, id: i32): void {
  let slot = slotAt((hash >> 32) as u32);
  while (slot.at !== 0) slot = nextSlot(slot);
  slot.hash = hash as u32;
  slot.kind = kind;
  slot.at = at;
  slot.id = id;
}

function growSlots(): void {
  const old = slots;
  const oldEnd = old + slotCount * offsetof<Slot>();
  slotCount *= 2;
  slots = allocate(slotCount * offsetof<Slot>());
  for (let at = old; at < oldEnd; at += offsetof<Slot>()) {
    const slot = changetype<Slot>(at);
    if (slot.at === 0) continue;
    occupy(hashOf(slot.kind >> 16, slot.at, slot.kind & 0xffff), slot.kind, slot.at, slot.id);
  }
}
