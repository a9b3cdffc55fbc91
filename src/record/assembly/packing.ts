/** Packs records while they are read: `ports/packed-records.ts` says how. */
import { askedEnd, askedSlot, forgetAsked, NO_SLOT, Slot, unmarkAll } from './forms';
import { allocate } from './memory';
import { DATE_BYTES, dateSlot, forgetDate } from './moments';
import { Member, Shape } from './shapes';
import { hasCapitals } from './uuids';

/** How a value is packed: as in `ports/packed-records.ts`, and a date, which is a form that is found in another way. */
const AS_FORM = 1;
const AS_UUID = 2;
const AS_MOMENT = 3;
const AS_DATE = 4;
/** Stands for a line that is not packed, where else the number of a template does. */
const LINE: u8 = 0;
const LINE_FEED: u8 = 10;
/** Stands for no form. */
const NO_FORM: u32 = 0xffff;
const VALUE_BYTES_MAX: usize = 255;
const BLOCK: usize = 16;
/** Forms of a block: more of them than this, in bytes, are packed as bytes each time. */
const FORMS_BYTES: usize = 512 * 1024;
const MARK_BITS = 16;
const MARKED_BLOCKS_MAX: u32 = 0xffff;

/** Whether records are packed. */
export let isPacking: bool = false;
/** Where the first record of a call goes, and the next one. */
let packed: usize = 0;
export let packedEnd: usize = 0;
/** The column of where each record ends. */
let ends: usize = 0;
/** What is added to places to give those in all that is packed of a batch. */
let offset: i32 = 0;

/** The forms of the block, one behind the other. */
const forms = allocate(FORMS_BYTES);
export let formsEnd: usize = forms;
let formsCount: i32 = 0;
/** A bit for each template that the block needs. */
export let templatesUsed: i32 = 0;
/** The number of the block. The marks of forms have it: those of other blocks are no more than none. */
let block: u32 = 0;

/** Whether the line of the record has to be packed as it is. */
let isLine: bool = false;

/** Begins a block. @returns where its forms are */
export function beginBlock(): usize {
  if (block === MARKED_BLOCKS_MAX) {
    unmarkAll();
    // Its slot may be one that has been moved since, of which the mark stays.
    forgetDate();
    block = 0;
  }
  block++;
  formsEnd = forms;
  formsCount = 0;
  templatesUsed = 0;
  return forms;
}

/**
 * Says where the next records go.
 * @param to        has room for the lines and a byte each, and as much as a value may have; 0 when they are not to be packed
 * @param endsTo    the column of where each of them ends
 * @param before    how many bytes of the block's records are elsewhere
 */
export function setPacking(to: usize, endsTo: usize, before: i32): void {
  isPacking = to !== 0;
  packed = to;
  packedEnd = to;
  ends = endsTo;
  offset = before - (to as i32);
}

/** Begins a record. @returns where its first value goes */
export function beginPacked(shape: Shape): usize {
  store<u8>(packedEnd, shape.number);
  isLine = false;
  forgetAsked();
  return packedEnd + 1;
}

/** Says that the record's values are not all that makes it differ from its template. */
export function unpackable(): void {
  isLine = true;
}

/**
 * Packs the value of a record that stands from `p` to `end`.
 * @param at    where it goes
 * @param bits  where its bits are, of a UUID
 * @returns where the next one goes
 */
export function packValue(member: Member, p: usize, end: usize, at: usize, bits: usize): usize {
  switch (member.packedAs) {
    case AS_FORM:
      return packForm(askedEnd === end ? askedSlot : NO_SLOT, p, end, at);
    case AS_UUID:
      isLine = isLine || hasCapitals(p);
      v128.store(at, v128.load(bits));
      return at + BLOCK;
    case AS_MOMENT:
      return packBytes(p + DATE_BYTES, end, packForm(dateSlot, p, p + DATE_BYTES, at));
    case AS_DATE:
      return packForm(dateSlot, p, end, at);
    default:
      return packBytes(p, end, at);
  }
}

/**
 * Ends a record that was read from `p` to `end`.
 * @param at  behind its last value
 */
export function endPacked(shape: Shape, p: usize, end: usize, at: usize): void {
  if (isLine) {
    store<u8>(packedEnd, LINE);
    memory.copy(packedEnd + 1, p, end - p);
    at = packedEnd + 1 + end - p;
    store<u8>(at++, LINE_FEED);
  } else {
    templatesUsed |= 1 << shape.number;
  }
  packedEnd = at;
}

export function placePacked(row: i32): void {
  store<i32>(ends + (row << 2), (packedEnd as i32) + offset);
}

function packBytes(p: usize, end: usize, at: usize): usize {
  const length = end - p;
  if (length > VALUE_BYTES_MAX) {
    isLine = true;
    return at;
  }
  store<u8>(at, length as u8);
  copyBlocks(at + 1, p, length);
  return at + 1 + length;
}

/** Copies at least so many bytes. Most are few, and whether more than 16 would be guessed wrong too often. */
function copyBlocks(to: usize, from: usize, length: usize): void {
  v128.store(to, v128.load(from));
  v128.store(to, v128.load(from, BLOCK), BLOCK);
  for (let done: usize = 2 * BLOCK; done < length; done += BLOCK) v128.store(to + done, v128.load(from + done));
}

function packForm(slot: Slot, p: usize, end: usize, at: usize): usize {
  if (slot !== NO_SLOT && (slot.mark >>> MARK_BITS === block || mark(slot, p, end - p))) {
    store<u16>(at, slot.mark as u16);
    return at + 2;
  }
  store<u16>(at, NO_FORM as u16);
  return packBytes(p, end, at + 2);
}

/** Makes a form one of the block's. @returns false when there is no room for it */
function mark(slot: Slot, p: usize, length: usize): bool {
  const end = formsEnd + 1 + length;
  if ((formsCount as u32) >= NO_FORM || length > VALUE_BYTES_MAX || end + 2 * BLOCK > forms + FORMS_BYTES) return false;
  store<u8>(formsEnd, length as u8);
  copyBlocks(formsEnd + 1, p, length);
  formsEnd = end;
  slot.mark = (block << MARK_BITS) | (formsCount++ as u32);
  return true;
}
