import type { FieldPlan } from '../plan/plan.ts';

/**
 * How a producer lays out a record: what stands before each value, byte for byte, and behind the last one. Records of
 * one producer share a shape, so the line reader, once it has learned it, looks for nothing.
 */
export interface Shape {
  readonly members: readonly ShapeMember[];
  /** From behind the last value (and its quote) to the closing brace. */
  readonly tail: string;
  /** The same for equal shapes. */
  readonly signature: string;
}

export interface ShapeMember {
  readonly field: FieldPlan;
  /** From behind the value before (and its quote) to the value, with its opening quote if it has one. */
  readonly before: string;
  /** The value stands in quotes. */
  readonly quoted: boolean;
}

/** A member's name and colon, or what ends the object; white space before, between and behind. */
const BEFORE_VALUE = /^[{,][ \t]*("[^"\\]*")[ \t]*:[ \t]*/;
const TAIL = /^[ \t]*\}/;
const STRING = /^"(?:[^"\\]|\\.)*"/s;
const BARE = /^(?:-?[0-9][0-9.eE+-]*|null)/;

/**
 * The shape of a record that was accepted.
 * @param line  its JSON
 * @returns undefined when it is one that is not learned: members that the definition does not know, or
 *   escapes in their names
 */
export function shapeOf(line: string, fields: readonly FieldPlan[]): Shape | undefined {
  const byName = new Map(fields.map((field) => [JSON.stringify(field.name), field]));
  const members: ShapeMember[] = [];
  let rest = line;
  while (!TAIL.test(rest)) {
    const before = /^[ \t]*/.exec(rest)?.[0] ?? '';
    const head = BEFORE_VALUE.exec(rest.slice(before.length));
    const field = byName.get(head?.[1] ?? '');
    if (head === null || field === undefined) return undefined;
    // A name that comes twice is the careful reader's.
    byName.delete(head[1] ?? '');
    const value = rest.slice(before.length + head[0].length);
    const quoted = value.startsWith('"');
    const text = (quoted ? STRING : BARE).exec(value)?.[0];
    if (text === undefined) return undefined;
    members.push({ field, before: before + head[0] + (quoted ? '"' : ''), quoted });
    rest = value.slice(text.length);
  }
  const tail = TAIL.exec(rest)?.[0] ?? '';
  const signature = members.map(({ before }) => before).join('\n') + tail;
  return members.length === 0 ? undefined : { members, tail, signature };
}
