import { FIRST_DAY } from '../base/calendar.ts';
import type { FieldPlan, StreamPlan } from '../plan/plan.ts';
import type { ProgramKit } from './program-kit.ts';
import { makeKit } from './program-kit.ts';
import type { ReadingColumns } from './reading-columns.ts';
import type { FieldRole } from './roles.ts';
import { RECORD_BYTES_MAX } from './careful.ts';
import type { Dictionaries } from './dictionaries.ts';
import type { Shape, ShapeMember } from './shape.ts';
import { LAST_FACTOR, WORD_FACTOR } from './text-hash.ts';

/**
 * Reads records of one shape into the columns' next rows, from `position` on, until one is not what it expects, the
 * bytes end, or row `rowEnd` would be next.
 * @returns where it stopped, which is where a line begins; `columns.count` says how many records there are now
 */
export type Program = (columns: ReadingColumns, position: number, end: number, rowEnd: number) => number;

/**
 * Makes the scanner of a shape. It is a function whose source is put together here: all of a record in straight lines,
 * every variable local, the literals as 32-bit words in the code. That is what lets the compiler keep everything in
 * registers; the same loop over a list of fields takes three times as long (docs/decisions/0008-generated-scanner.md).
 * Nothing of a record becomes part of the source but the bytes of its layout, as numbers.
 */
export function makeProgram(
  shape: Shape,
  stream: StreamPlan,
  roles: readonly FieldRole[],
  dictionaries: Dictionaries,
): Program {
  const source = programSource(shape, stream, roles);
  // oxlint-disable-next-line typescript/no-implied-eval -- see above; the source holds no text of a record
  const make = new Function('kit', source) as (kit: ProgramKit) => Program;
  return make(makeKit(stream, dictionaries));
}

/** The program's source. Exported to be read in tests. */
export function programSource(shape: Shape, stream: StreamPlan, roles: readonly FieldRole[]): string {
  const ids = roles.filter(({ id }) => id).map(({ field }) => field.index);
  const values = roles.filter(({ value }) => value).map(({ field }) => field.index);
  const parts = shape.members.map((member) => memberSource(member, roles[member.field.index] as FieldRole, stream));
  return `'use strict';
const { hexPairs, powers, keyHash } = kit;
${ids.map((index) => `const texts${index} = kit.dictionaries[${index}], forms${index} = kit.forms[${index}];`).join('\n')}
let dateA = 0, dateB = 0, dateC = 0, dateDay = NaN;
return function program(columns, position, end, rowEnd) {
  const { bytes, view, starts, ends, lines, keys, hashes, days } = columns;
  ${ids.map((index) => `const ids${index} = columns.ids[${index}];`).join(' ')}
  ${values.map((index) => `const values${index} = columns.values[${index}];`).join(' ')}
  let row = columns.count, line = columns.line, p = position, from = 0, word = 0, quote = 0, slash = 0, mark = 0, hash = 0;
  let digit = 0, whole = 0, fraction = 0, places = 0, rest = 0, number = 0, negative = false, id = 0, day = 0;
  dateA = 0;
  let businessDay = 0, eventDay = 0, a = 0, b = 0, c = 0, d = 0, e = 0, bad = 0;
  scan: while (position < end && row < rowEnd) {
    p = position;
    ${parts.join('\n    ')}
    ${literalSource(shape.tail)}
    if (bytes[p] === 13) {
      p++;
      columns.isPlain = false;
    }
    if (p < end ? bytes[p] !== 10 : p > end) break scan;
    if (p - position > ${RECORD_BYTES_MAX}) break scan;
    ${businessDaySource(shape, stream, roles)}
    starts[row] = position;
    ends[row] = p;
    lines[row] = line++;
    hashes[row] = keyHash(keys, row << 2);
    row++;
    position = p + 1;
  }
  columns.count = row;
  columns.line = line;
  return position;
};`;
}

function memberSource(member: ShapeMember, role: FieldRole, stream: StreamPlan): string {
  const { field, quoted } = member;
  return `// ${JSON.stringify(field.name)}\n    ${literalSource(member.before)}
    ${valueSource(role, quoted, stream)}${quoted ? '\n    if (bytes[p++] !== 34) break scan;' : ''}`;
}

function valueSource(role: FieldRole, quoted: boolean, stream: StreamPlan): string {
  const { field } = role;
  switch (field.kind) {
    case 'text':
      return textSource(role, field === stream.primaryKey);
    case 'uuid':
      return uuidSource(field === stream.primaryKey);
    case 'date':
    case 'timestamp':
      return momentSource(role, stream);
    case 'decimal':
    case 'integer':
    case 'number':
      return role.id && !role.value ? formSource(field, quoted) : numberSource(role, quoted);
  }
}

/** Compares the bytes at `p` with a text's, four at a time, the last four overlapping the ones before. */
function literalSource(text: string): string {
  const bytes = Buffer.from(text);
  const tests: string[] = [];
  for (let at = 0; at + 4 <= bytes.length; at += 4) tests.push(wordTest(bytes, at));
  if (bytes.length >= 4 && bytes.length % 4 !== 0) tests.push(wordTest(bytes, bytes.length - 4));
  if (bytes.length < 4) bytes.forEach((byte, at) => tests.push(`bytes[p + ${at}] !== ${byte}`));
  return `if (${tests.join(' || ')}) break scan;\n    p += ${bytes.length};`;
}

function wordTest(bytes: Buffer, at: number): string {
  return `view.getInt32(p + ${at}, true) !== ${bytes.readInt32LE(at)}`;
}

/**
 * Walks a text to its quote four bytes at a time, hashing it when it is interned. A mark is set in the lowest byte that
 * is a quote, a backslash or a control character.
 * Source: tests for a zero byte and for a byte below n, Hacker's Delight 6-1, and Anderson, Bit Twiddling Hacks
 */
function textSource({ field, id }: FieldRole, isKey: boolean): string {
  const index = field.index;
  const words = `
    from = p;${id ? ' hash = 0;' : ''}
    for (;;) {
      word = view.getInt32(p, true);
      quote = word ^ 0x22222222;
      slash = word ^ 0x5c5c5c5c;
      mark = (((quote - 0x01010101) & ~quote) | ((slash - 0x01010101) & ~slash) | ((word - 0x20202020) & ~word)) & 0x80808080;
      if (mark !== 0 || p >= end) break;
      ${id ? `hash = Math.imul(hash ^ word, ${WORD_FACTOR});\n      hash ^= hash >>> 15;` : ''}
      p += 4;
    }
    if (mark === 0) break scan;
    mark = (31 - Math.clz32(mark & -mark)) >> 3;
    ${id ? `hash = Math.imul(hash ^ (word & ((1 << (mark << 3)) - 1)), ${LAST_FACTOR});\n    hash ^= hash >>> 13;` : ''}
    p += mark;
    if (bytes[p] === 92) {
      // With escapes, which are read only the first time that they come.
      ${id ? 'id = ' : 'if ('}kit.escapedText(${index}, view, from, end)${id ? ';\n      if (id < 0) break scan;' : ' < 0) break scan;'}
      p = kit.end;
    } else {
      if (p - from > ${field.maxLength}) break scan;
      ${id ? `id = texts${index}.find(view, from, p, hash) || texts${index}.intern(view, from, p, hash);` : ''}
    }`;
  const store = id ? `\n    ids${index}[row] = id;` : '';
  const key = isKey ? '\n    a = row << 2; keys[a] = id; keys[a + 1] = 0; keys[a + 2] = 0; keys[a + 3] = 0;' : '';
  return words.trim() + store + key;
}

/** A UUID: two hexadecimal digits by each look into a table, where what is no digit is negative. The key's bits are kept. */
function uuidSource(isKey: boolean): string {
  const half = (at: number): string =>
    `c = view.getInt32(p + ${at}, true); d = hexPairs[c & 65535]; b = hexPairs[c >>> 16]; bad |= d | b;`;
  const wordAt = (at: number, places: readonly [number, number]): string =>
    isKey
      ? `${half(places[0])} e = (d << 24) | (b << 16); ${half(places[1])} keys[a + ${at}] = e | (d << 8) | b;`
      : `${half(places[0])} ${half(places[1])}`;
  return `bad = 0; a = row << 2;
    ${wordAt(0, [0, 4])}
    ${wordAt(1, [9, 14])}
    ${wordAt(2, [19, 24])}
    ${wordAt(3, [28, 32])}
    if (bad < 0 || bytes[p + 8] !== 45 || bytes[p + 13] !== 45 || bytes[p + 18] !== 45 || bytes[p + 23] !== 45) break scan;
    p += 36;`;
}

/** A date, or a local moment to the second; dates mostly come again, so the last one is compared first. */
function momentSource({ field, id, value }: FieldRole, stream: StreamPlan): string {
  const { index } = field;
  const { eventTime, businessDate, businessDayEndsAtHour } = stream;
  const date = `a = view.getInt32(p, true); b = view.getInt32(p + 4, true); c = view.getInt16(p + 8, true);
    if (a !== dateA || b !== dateB || c !== dateC) {
      dateDay = kit.day(bytes, p);
      dateA = a; dateB = b; dateC = c;
    }
    day = dateDay;
    if (day !== day) break scan;`;
  const store =
    field === businessDate
      ? 'businessDay = day;'
      : `${value ? `values${index}[row] = day;` : ''}${id ? `ids${index}[row] = kit.number(${index}, day);` : ''}`;
  if (field.kind === 'date') return `${date}\n    ${store}\n    p += 10;`;
  const isEventTime = field === eventTime;
  return `${date}
    ${store}
    a = kit.hour(bytes, p + 10);
    if (a < 0) break scan;
    ${isEventTime ? `eventDay = ${businessDayEndsAtHour === 0 ? 'day' : `a < ${businessDayEndsAtHour} ? day - 1 : day`};` : ''}
    p += 19;`;
}

/**
 * A number that is only interned: known by how it is written. It ends at the first byte that is none of `-./0123456789`,
 * which is marked as in `textSource`; so one with an exponent is not usual.
 */
function formSource({ index, nullable }: FieldPlan, quoted: boolean): string {
  const read = `from = p; hash = 0;
    for (;;) {
      word = view.getInt32(p, true);
      mark = (((word - 0x2d2d2d2d) & ~word) | (word + 0x46464646) | word) & 0x80808080;
      if (mark !== 0 || p >= end) break;
      hash = Math.imul(hash ^ word, ${WORD_FACTOR});
      hash ^= hash >>> 15;
      p += 4;
    }
    if (mark === 0) break scan;
    mark = (31 - Math.clz32(mark & -mark)) >> 3;
    hash = Math.imul(hash ^ (word & ((1 << (mark << 3)) - 1)), ${LAST_FACTOR});
    hash ^= hash >>> 13;
    p += mark;
    id = forms${index}.idOf(view, from, p, hash);
    if (id < 0 && (id = kit.numberForm(${index}, view, from, p, hash)) < 0) break scan;
    ids${index}[row] = id;`;
  return nullable && !quoted ? nullOr(`ids${index}[row] = 0;`, read) : read;
}

/** A value that may be `null`. */
function nullOr(storeNull: string, read: string): string {
  return `if (view.getInt32(p, true) === ${Buffer.from('null').readInt32LE()}) {
      p += 4;
      ${storeNull}
    } else {
      ${read}
    }`;
}

/** A number in whole units of its column (micro-units for a decimal), rounded half-even at the seventh place. */
function numberSource({ field, id, value }: FieldRole, quoted: boolean): string {
  const { index, kind, min, max, nullable } = field;
  const store = `${value ? `values${index}[row] = number;` : ''} ${id ? `ids${index}[row] = kit.number(${index}, number);` : ''}`;
  const storeNull = `${value ? `values${index}[row] = NaN;` : ''} ${id ? `ids${index}[row] = 0;` : ''}`;
  const digits = `negative = bytes[p] === 45;
    if (negative) p++;
    from = p; whole = 0;
    for (digit = bytes[p] - 48; digit >= 0 && digit <= 9; digit = bytes[++p] - 48) whole = (Math.imul(whole, 10) + digit) | 0;
    places = p - from;
    if (places === 0 || places > 9 || (places > 1 && bytes[from] === 48)) break scan;`;
  const read = {
    integer: `${digits}
    if (bytes[p] === 46 || (bytes[p] | 32) === 101) break scan;
    number = negative ? 0 - whole : whole;`,
    decimal: `${digits}
    number = whole * 1000000;
    if (bytes[p] === 46) {
      from = ++p; fraction = 0;
      digit = bytes[p] - 48;
      if (!(digit >= 0 && digit <= 9)) break scan;
      do {
        fraction = fraction * 10 + digit;
        digit = bytes[++p] - 48;
        places = p - from;
      } while (places < 6 && digit >= 0 && digit <= 9);
      number += fraction * powers[6 - places];
      if (digit >= 0 && digit <= 9) {
        places = digit; rest = 0;
        for (digit = bytes[++p] - 48; digit >= 0 && digit <= 9; digit = bytes[++p] - 48) rest |= digit;
        if (places > 5 || (places === 5 && (rest !== 0 || (fraction & 1) === 1))) number++;
      }
    }
    if ((bytes[p] | 32) === 101) break scan;
    if (negative) number = 0 - number;`,
    number: `from = p;
    number = kit.float(bytes, p, end);
    p = kit.end;
    if (p === from) break scan;`,
  }[kind as 'integer' | 'decimal' | 'number'];
  const inRange = `if (!(number >= ${min} && number <= ${max})) break scan;`;
  const whole = `${read}\n    ${inRange}\n    ${store}`;
  return nullable && !quoted ? nullOr(storeNull, whole) : whole;
}

/** The business date is a column of its own, and it may be counted or compared like any other field. */
function businessDaySource(
  shape: Shape,
  { businessDate, businessDayEndsAtHour }: StreamPlan,
  roles: readonly FieldRole[],
): string {
  const { index } = businessDate;
  const role = roles[index];
  const given = shape.members.some(({ field }) => field === businessDate);
  // The first hours of the first day there is belong to a day that there is not.
  const taken = businessDayEndsAtHour === 0 ? '' : ` if (eventDay < ${FIRST_DAY}) break scan;`;
  return `${given ? 'if (businessDay - eventDay > 1 || eventDay - businessDay > 1) break scan;' : `businessDay = eventDay;${taken}`}
    days[row] = businessDay;
    ${role?.value === true ? `values${index}[row] = businessDay;` : ''}
    ${role?.id === true ? `ids${index}[row] = kit.number(${index}, businessDay);` : ''}`;
}
