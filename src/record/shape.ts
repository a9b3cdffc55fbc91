import type { FieldPlan } from '../plan/plan.ts';

/**
 * How a producer lays out a record: what stands before each value, byte for byte, and behind the last one. Records of
 * one producer share a shape, so the line reader, once it has learned it, looks for nothing. A text that is `null` is of the
 * shape of those that are not, and stands there as if it were in quotes.
 */
export interface Shape {
  readonly members: readonly ShapeMember[];
  /** From behind the last value (and its quote) to the closing brace. */
  readonly tail: string;
  /** The same for equal shapes. */
  readonly signature: string;
}

export interface ShapeMember {
  /** Undefined when the definition does not know it: its value may be anything. */
  readonly field: FieldPlan | undefined;
  /** From behind the value before (and its quote) to the value, with its opening quote if it has one. */
  readonly before: string;
  /** The value stands in quotes, unless it is `null`; of one that may be anything they are a part. */
  readonly quoted: boolean;
}

const NUMBERS: ReadonlySet<FieldPlan['kind']> = new Set(['decimal', 'integer', 'number']);

/** A member's name and colon, or what ends the object; white space before, between and behind. */
const BEFORE_VALUE = /^[{,][ \t]*("[^"\\]*")[ \t]*:[ \t]*/;
const TAIL = /^[ \t]*\}/;
const SCALAR = /^(?:"[^"\\]*(?:\\.[^"\\]*)*"|[^\s",[\]{}]+)/s;
/** A piece of an object or an array: a bracket, or what stands between two. */
const PIECE = /[[\]{}]|"[^"\\]*(?:\\.[^"\\]*)*"|[^"[\]{}]+/gs;

/**
 * The shape of a record that was accepted.
 * @param line  its JSON
 * @returns undefined when it is one that is not learned: a member given twice, or escapes in a member's name
 */
export function shapeOf(line: string, fields: readonly FieldPlan[]): Shape | undefined {
  const byName = new Map<string, FieldPlan | undefined>(fields.map((field) => [JSON.stringify(field.name), field]));
  const seen = new Set<string>();
  const members: ShapeMember[] = [];
  let rest = line;
  while (!TAIL.test(rest)) {
    const space = /^[ \t]*/.exec(rest)?.[0] ?? '';
    const [head, name] = BEFORE_VALUE.exec(rest.slice(space.length)) ?? [];
    if (head === undefined || name === undefined || seen.has(name)) return undefined;
    seen.add(name);
    const field = byName.get(name);
    const value = rest.slice(space.length + head.length);
    const quoted = field !== undefined && isQuoted(value, field);
    members.push({ field, before: space + head + (quoted ? '"' : ''), quoted });
    rest = value.slice(valueLength(value));
  }
  const tail = TAIL.exec(rest)?.[0] ?? '';
  const signature = members.map(({ before }) => before).join('\n') + tail;
  return members.length === 0 ? undefined : { members, tail, signature };
}

/** Whether the value with which a text begins stands in quotes, or would if it were not `null`. */
function isQuoted(text: string, { kind, quoted }: FieldPlan): boolean {
  return text.startsWith('"') || (text.startsWith('n') && (quoted || !NUMBERS.has(kind)));
}

/** How long the value is with which a text begins. */
function valueLength(text: string): number {
  const scalar = SCALAR.exec(text)?.[0];
  if (scalar !== undefined) return scalar.length;
  let level = 0;
  let length = 0;
  for (const [piece] of text.matchAll(PIECE)) {
    length += piece.length;
    if (piece === '[' || piece === '{') level++;
    if (piece === ']' || piece === '}') level--;
    if (level === 0) break;
  }
  return length;
}
