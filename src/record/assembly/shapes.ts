import { firstBytes } from './bytes';
import { allocate } from './memory';

const BLOCK: i32 = 16;
const NO_MEMBER = changetype<Member>(0);
const NO_SHAPE = changetype<Shape>(0);

/** How a member's value is read. The numbers are those of `KINDS` in `line-reader.ts`. */
export namespace Kind {
  export const TEXT = 0;
  export const UUID = 1;
  export const DATE = 2;
  export const TIMESTAMP = 3;
  export const DECIMAL = 4;
  export const INTEGER = 5;
  export const NUMBER = 6;
  /** Of a member that the definition does not know. */
  export const UNKNOWN = 7;
}

/** What else is to be done with a member's value. The numbers are those of `USES` in `line-reader.ts`. */
export namespace Use {
  /** It may be `null`, and stands in no quotes. */
  export const NULLABLE = 1;
  /** It is the primary key. */
  export const PRIMARY_KEY = 2;
  /** It says the business day. */
  export const BUSINESS_DATE = 4;
  /** It is the event time. */
  export const EVENT_TIME = 8;
  /** It stands in quotes, which are in the literals around it, or is `null`. */
  export const QUOTED_OR_NULL = 16;
}

/** One member of all records of a shape: the bytes before its value, and how that is read. */
@unmanaged
export class Member {
  /** The one behind it, and the one before; the first one has none. */
  next: Member = NO_MEMBER;
  previous: Member = NO_MEMBER;
  /** The bytes from the value before to this one; and the same once more: 16 of them, then a word with a bit for each that does not count, again and again. */
  literalBytes: usize = 0;
  literal: usize = 0;
  literalLength: i32 = 0;
  kind: i32 = 0;
  uses: i32 = 0;
  /** The field's number. */
  field: i32 = 0;
  maxLength: i32 = 0;
  /** How its value is packed. */
  packedAs: i32 = 0;
  /** The columns into which its ids and its numbers go; 0 for none. */
  ids: usize = 0;
  values: usize = 0;
  min: f64 = 0;
  max: f64 = 0;
}

/** How a producer lays out a record: its members, and then only the bytes behind the last value. */
@unmanaged
export class Shape {
  /** The one that is tried after it; they stand in a ring. */
  next: Shape = NO_SHAPE;
  first: Member = NO_MEMBER;
  tail: Member = NO_MEMBER;
  /** The number of its template, where records are packed. */
  number: i32 = 0;
}

/** The shape that is tried first: the one of the record before. */
export let currentShape: Shape = NO_SHAPE;

export function useShape(shape: Shape): void {
  currentShape = shape;
}

/** Begins a shape, into which the next members go. */
export function addShape(number: i32): void {
  const shape = changetype<Shape>(allocate(offsetof<Shape>()));
  shape.number = number;
  if (currentShape === NO_SHAPE) {
    shape.next = shape;
  } else {
    shape.next = currentShape.next;
    currentShape.next = shape;
  }
  currentShape = shape;
}

/**
 * Adds a member to the shape that was added last; the last one that is added is the tail, which has no value.
 * @param literal  where the bytes before its value are
 */
export function addMember(
  literal: usize,
  literalLength: i32,
  kind: i32,
  uses: i32,
  field: i32,
  maxLength: i32,
  packedAs: i32,
  min: f64,
  max: f64,
  ids: usize,
  values: usize,
): void {
  const member = changetype<Member>(allocate(offsetof<Member>()));
  member.literalBytes = copied(literal, literalLength);
  member.literal = inBlocks(literal, literalLength);
  member.literalLength = literalLength;
  member.kind = kind;
  member.uses = uses;
  member.field = field;
  member.maxLength = maxLength;
  member.packedAs = packedAs;
  member.min = min;
  member.max = max;
  member.ids = ids;
  member.values = values;
  member.previous = currentShape.tail;
  if (currentShape.first === NO_MEMBER) currentShape.first = member;
  else currentShape.tail.next = member;
  currentShape.tail = member;
}

function copied(literal: usize, length: i32): usize {
  const at = allocate(length as usize);
  memory.copy(at, literal, length as usize);
  return at;
}

function inBlocks(literal: usize, length: i32): usize {
  const blocks = (length + BLOCK - 1) / BLOCK;
  const at = allocate((blocks * 2 * BLOCK) as usize);
  for (let i = 0; i < blocks; i++) {
    const counted = firstBytes(min(length - i * BLOCK, BLOCK) as usize);
    v128.store(at + i * 2 * BLOCK, v128.and(v128.load(literal + i * BLOCK), counted));
    store<i32>(at + (i * 2 + 1) * BLOCK, ~i8x16.bitmask(counted));
  }
  return at;
}

/** Whether a member's value is a number; there need be none. */
export function isNumber(member: Member): bool {
  return member !== NO_MEMBER && member.kind >= Kind.DECIMAL && member.kind <= Kind.NUMBER;
}

/** Whether a member's literal stands at `p`. */
export function hasLiteral(member: Member, p: usize): bool {
  let block = member.literal;
  let left = member.literalLength;
  do {
    if ((i8x16.bitmask(i8x16.eq(v128.load(p), v128.load(block))) | load<i32>(block + BLOCK)) !== -1) return false;
    p += BLOCK;
    block += 2 * BLOCK;
    left -= BLOCK;
  } while (left > 0);
  return true;
}

/** Whether the bytes of a member's literal stand at `p`, without so many of the first and the last. */
export function hasPartOfLiteral(member: Member, p: usize, skipped: usize, left: usize): bool {
  return memory.compare(p, member.literalBytes + skipped, (member.literalLength as usize) - skipped - left) === 0;
}
