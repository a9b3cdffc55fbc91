/**
 * The slots of a table of keys: from a key's hash to its number. The keys themselves are not here; whether two of one hash are
 * the same is asked. Each shard has slots of its own and grows by itself, so that growth never touches more than a small part.
 * Source: open addressing with linear probing, and taking a key out of it: Knuth, TAOCP 3, 6.4, algorithms L and R; a place in a
 * shard is its share of the hash (Lemire, "Fast random integer generation in an interval"), so a shard may have any number of slots.
 */
import { allocate, release } from './memory';
export { reserve } from './memory';

/** As in `record/key-hash.ts`: the upper bits of a hash say its shard, the others its place there. */
const SHARD_BITS: u32 = 8;
const SHARDS: usize = 1 << SHARD_BITS;

/** Of each shard: where its slots are, how many, and how many hold a key. */
const SLOTS: usize = 0;
const LENGTH: usize = 4;
const KEYS: usize = 8;
const SHARD_SHIFT: usize = 4;
const shards = allocate(SHARDS << SHARD_SHIFT);

/** A slot holds a key's hash and its number, counted from 1; where that is 0 it is free. */
const HASH: usize = 0;
const NUMBER: usize = 4;
const SLOT_SHIFT: usize = 3;
const SLOT_BYTES: usize = 1 << SLOT_SHIFT;
const FIRST_SLOTS: usize = 32;
/** Small shards grow by much, as each time all is put into other places; large ones, where room counts, by less. */
const SMALL_SLOTS: usize = 4096;
/** So many places are looked at before the first of them is needed. */
const AHEAD: u32 = 64;
const WORD_SHIFT: usize = 2;
const NOWHERE: usize = 0;

/** How many bytes the slots of all shards have. */
export let slotBytes: usize = 0;
/** What was seen ahead; kept, or the compiler would leave the looking out as needless. */
export let seen: u32 = 0;

/** Whether the key with a number, counted from 0, is that of a record of those that are asked for. */
declare function isSame(number: u32, record: u32): bool;

/**
 * Gives numbers to the keys of some records that have none yet; of equal ones to the first.
 * @param hashes   of `count` records
 * @param leftOut  a byte each: 1 for those that are to get none; `NOWHERE` when there are none of these
 * @param size     the first number to be given
 * @param picked   gets the records whose keys got numbers, in their order
 * @returns how many these are
 */
export function claim(hashes: usize, leftOut: usize, count: u32, size: u32, picked: usize): u32 {
  let found: u32 = 0;
  for (let from: u32 = 0; from < count; from += AHEAD) {
    const to = min(from + AHEAD, count);
    lookAhead(hashes, from, to);
    for (let record = from; record < to; record++) {
      if (leftOut !== NOWHERE && load<u8>(leftOut + record) !== 0) continue;
      if (add(load<u32>(word(hashes, record)), record, size + found)) store<u32>(word(picked, found++), record);
    }
  }
  return found;
}

/**
 * Looks at the places of keys, so that memory answers for all of them at once. Beyond what the processor keeps, that is most of
 * a key's time.
 * Source: group prefetching, Chen and others, "Improving hash join performance through prefetching", ICDE 2004
 */
function lookAhead(hashes: usize, from: u32, to: u32): void {
  let look: u32 = 0;
  for (let record = from; record < to; record++) {
    const hash = load<u32>(word(hashes, record));
    const shard = shardOf(hash);
    const length: usize = load<u32>(shard, LENGTH);
    if (length > 0) look ^= load<u32>((load<u32>(shard, SLOTS) as usize) + placeOf(hash, length));
  }
  seen = look;
}

/** Gives a record's key a number, unless it has one. */
function add(hash: u32, record: u32, number: u32): bool {
  const shard = shardOf(hash);
  makeRoom(shard);
  const slot = slotOf(shard, hash, record);
  if (load<u32>(slot, NUMBER) !== 0) return false;
  occupy(shard, slot, hash, number);
  return true;
}

/** Gives numbers from `size` on to the keys of `count` records, none of which has one, and no two of which are equal. */
export function addAll(hashes: usize, count: u32, size: u32): void {
  for (let record: u32 = 0; record < count; record++) {
    const hash = load<u32>(word(hashes, record));
    const shard = shardOf(hash);
    makeRoom(shard);
    occupy(shard, freeSlot(load<u32>(shard, SLOTS), load<u32>(shard, LENGTH), hash), hash, size + record);
  }
}

/** Whether a record's key has a number. */
export function has(hash: u32, record: u32): bool {
  return numberOf(hash, record) !== 0;
}

/** The number of a record's key, plus one; 0 when it has none. */
export function numberOf(hash: u32, record: u32): u32 {
  const shard = shardOf(hash);
  return load<u32>(shard, LENGTH) > 0 ? load<u32>(slotOf(shard, hash, record), NUMBER) : 0;
}

/** Marks, by a byte of 1, which of `count` records have a key with a number; marks of others stay. */
export function markKnown(hashes: usize, count: u32, marks: usize): void {
  for (let from: u32 = 0; from < count; from += AHEAD) {
    const to = min(from + AHEAD, count);
    lookAhead(hashes, from, to);
    for (let record = from; record < to; record++) {
      if (has(load<u32>(word(hashes, record)), record)) store<u8>(marks + record, 1);
    }
  }
}

/** Takes a number back from its key. */
export function remove(hash: u32, number: u32): void {
  const shard = shardOf(hash);
  const slots: usize = load<u32>(shard, SLOTS);
  const length: usize = load<u32>(shard, LENGTH);
  const end = slots + length * SLOT_BYTES;
  let hole = slots + placeOf(hash, length);
  while (load<u32>(hole, NUMBER) !== number + 1) hole = next(hole, slots, end);
  // Whatever stands behind it and could not be looked for any more moves up.
  for (let slot = next(hole, slots, end); load<u32>(slot, NUMBER) !== 0; slot = next(slot, slots, end)) {
    const home = slots + placeOf(load<u32>(slot, HASH), length);
    const isFound = hole < slot ? home > hole && home <= slot : home > hole || home <= slot;
    if (isFound) continue;
    store<u64>(hole, load<u64>(slot));
    hole = slot;
  }
  store<u64>(hole, 0);
  store<u32>(shard, load<u32>(shard, KEYS) - 1, KEYS);
}

/** How many keys a shard has. */
export function keysOf(shardNumber: u32): u32 {
  return load<u32>(shards + ((shardNumber as usize) << SHARD_SHIFT), KEYS);
}

function occupy(shard: usize, slot: usize, hash: u32, number: u32): void {
  store<u32>(slot, hash, HASH);
  store<u32>(slot, number + 1, NUMBER);
  store<u32>(shard, load<u32>(shard, KEYS) + 1, KEYS);
}

/** The slot that holds a record's key, or the free one where it would go. */
function slotOf(shard: usize, hash: u32, record: u32): usize {
  const slots: usize = load<u32>(shard, SLOTS);
  const length: usize = load<u32>(shard, LENGTH);
  const end = slots + length * SLOT_BYTES;
  let slot = slots + placeOf(hash, length);
  while (load<u32>(slot, NUMBER) !== 0) {
    if (load<u32>(slot, HASH) === hash && isSame(load<u32>(slot, NUMBER) - 1, record)) break;
    slot = next(slot, slots, end);
  }
  return slot;
}

function freeSlot(slots: usize, length: usize, hash: u32): usize {
  const end = slots + length * SLOT_BYTES;
  let slot = slots + placeOf(hash, length);
  while (load<u32>(slot, NUMBER) !== 0) slot = next(slot, slots, end);
  return slot;
}

/** Where a word of 32 bits stands among others. */
function word(first: usize, index: u32): usize {
  return first + ((index as usize) << WORD_SHIFT);
}

function next(slot: usize, slots: usize, end: usize): usize {
  return slot + SLOT_BYTES === end ? slots : slot + SLOT_BYTES;
}

/** Has a shard grow when one more key would leave less than a quarter of its slots free. */
function makeRoom(shard: usize): void {
  const length: usize = load<u32>(shard, LENGTH);
  if (((load<u32>(shard, KEYS) as usize) + 1) * 4 <= length * 3) return;
  const old: usize = load<u32>(shard, SLOTS);
  const longer = grown(shard, length);
  const slots = allocate(longer * SLOT_BYTES);
  for (let slot = old; slot < old + length * SLOT_BYTES; slot += SLOT_BYTES) {
    if (load<u32>(slot, NUMBER) === 0) continue;
    store<u64>(freeSlot(slots, longer, load<u32>(slot, HASH)), load<u64>(slot));
  }
  if (length > 0) release(old, length * SLOT_BYTES);
  slotBytes += (longer - length) * SLOT_BYTES;
  store<u32>(shard, slots as u32, SLOTS);
  store<u32>(shard, longer as u32, LENGTH);
}

function grown(shard: usize, length: usize): usize {
  // Not all shards at the same number of keys, as they fill alike.
  if (length === 0) return FIRST_SLOTS + (FIRST_SLOTS * ((shard - shards) >> SHARD_SHIFT)) / (2 * SHARDS);
  return length < SMALL_SLOTS ? length * 2 : length + (length >> 1);
}

function shardOf(hash: u32): usize {
  return shards + (((hash >>> (32 - SHARD_BITS)) as usize) << SHARD_SHIFT);
}

/** Where a key is looked for first, in bytes from a shard's first slot. */
function placeOf(hash: u32, length: usize): usize {
  return (((((hash << SHARD_BITS) as u64) * (length as u64)) >> 32) << SLOT_SHIFT) as usize;
}
