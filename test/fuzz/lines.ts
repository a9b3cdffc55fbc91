import type { Dice } from '../chance.ts';
import { dateValues, momentValues, numberValues, someDate, stringOf, textValues, uuidValues } from './values.ts';
import type { Values } from './values.ts';
import type { OracleField, OracleStream } from './record-oracle.ts';

const LINE_BYTES_MAX = 1_048_576;
const EARLIER_MAX = 50;
const ODD_SPACES = ['\t', '\r', '  ', ' \t\r ', '\f', '\v', '\u00a0', '\ufeff', '\u2028', '\0'];
const ODD_VALUES = [
  'null',
  'true',
  'false',
  '{}',
  '[]',
  '""',
  '0',
  '-1',
  '"0"',
  '"0.5"',
  '" 0.5"',
  '"0.5 "',
  '"+1"',
  '"0x1"',
  '"1e0"',
  '"-0"',
  '"NaN"',
  '{"a":1}',
  '[1]',
  'nul',
  'undefined',
  'None',
  "'x'",
  '',
  '"s"',
  '"n1"',
  '1 2',
];
const ODD_LINES = [
  '',
  ' ',
  '\r',
  '\t \r',
  '\f',
  '{}',
  '[]',
  '{',
  '}',
  'null',
  'true',
  '1',
  '-0',
  '"text"',
  '[{}]',
  '{"a":}',
  '{"a":1,}',
  '{,}',
  '{}{}',
  '// {}',
  '{a:1}',
  '\ufeff{}',
  '\ufeff',
];
const FURTHER_NAMES = ['extra', '', '__proto__', 'TS', 'é', 'n'.repeat(40)];
const EXTRA_NAMES = ['extra', '', '__proto__', 'constructor', 'toString', 'TS', 'ts ', 'ts_id\\u0000', 'é', '\\ud800'];
/** Pieces that matter to whoever reads JSON byte by byte. */
const PIECES = Array.from('"\\{}[]:,-+.eE019 \t\r\n\0ux').concat([
  '""',
  '\\"',
  '\\\\',
  '\\u0041',
  '\\ud83d',
  'null',
  '":',
  ',"',
  'e5',
  '.0',
  '00',
  '\ufeff',
  '😀',
]);
/** Bytes that are no UTF-8: alone, too long, surrogates, beyond Unicode, cut short. */
const BAD_BYTES = [
  [0xff],
  [0x80],
  [0xc0, 0x80],
  [0xc1, 0xbf],
  [0xe0, 0x80, 0x80],
  [0xed, 0xa0, 0x80],
  [0xed, 0xbf, 0xbf],
  [0xf4, 0x90, 0x80, 0x80],
  [0xf8, 0x88, 0x80, 0x80, 0x80],
  [0xe2, 0x82],
  [0xf0, 0x9f, 0x98],
];

/** How a producer lays out its records. */
interface Layout {
  readonly fields: readonly OracleField[];
  /** What stands behind colons and commas. */
  readonly space: string;
  /** Numbers that may stand in quotes mostly do. */
  readonly quotes: boolean;
  /** Members that the definition does not know, and which of all members they come before. */
  readonly further: readonly (readonly [name: string, before: number])[];
}

/** Makes lines for a stream: records, records with something odd, and damaged ones; about half of them are records. */
export class LineMaker {
  readonly #dice: Dice;
  readonly #stream: OracleStream;
  /** Those of a few producers; the one that sends at present. */
  readonly #layouts: readonly Layout[];
  #layout: Layout;
  /** To be damaged, or sent again. */
  readonly #earlier: Uint8Array[] = [];

  constructor(dice: Dice, stream: OracleStream) {
    this.#dice = dice;
    this.#stream = stream;
    this.#layouts = Array.from({ length: dice.whole(1, 4) }, () => this.#someLayout());
    this.#layout = dice.pick(this.#layouts);
  }

  /** A line, which holds a line feed only where one was put into it by damage. */
  next(): Uint8Array {
    const dice = this.#dice;
    return dice.weighted<Uint8Array>([
      [78, () => this.#remember(Buffer.from(this.#record()))],
      [18, () => this.#damaged(dice.pick(this.#earlier.length > 0 ? this.#earlier : [Buffer.from(this.#record())]))],
      [2, () => Buffer.from(dice.pick(ODD_LINES))],
      [
        1,
        () =>
          Buffer.from(
            dice.pick(['[%]', '\ufeff%', '%%', '%,', '"%"', '%x', '\0%']).replaceAll('%', () => this.#record()),
          ),
      ],
      [0.02, () => this.#huge()],
    ]);
  }

  #remember(line: Uint8Array): Uint8Array {
    if (this.#earlier.length < EARLIER_MAX) this.#earlier.push(line);
    else this.#earlier[this.#dice.whole(0, EARLIER_MAX - 1)] = line;
    return line;
  }

  /** A record's line: a right one, or one that a few things are odd about. */
  #record(): string {
    const dice = this.#dice;
    const { businessDate } = this.#stream;
    if (dice.happens(0.15)) this.#layout = dice.pick(this.#layouts);
    // Most lines are laid out as others before them, as scanners may count on that.
    const layout = dice.happens(0.04) ? this.#someLayout() : this.#layout;
    const isOdd = dice.happens(0.4);
    const date = someDate(dice);
    const oddFields = isOdd ? dice.shuffled(layout.fields).slice(0, dice.whole(0, 2)) : [];
    const kept = layout.fields.filter(({ name }) => name === businessDate || !(isOdd && dice.happens(0.003)));
    const members = kept.map((field): [name: string, value: string] => {
      const isDateOff = isOdd && field.name === businessDate && dice.happens(0.1);
      const value = oddFields.includes(field)
        ? this.#oddValue(field, date, layout)
        : this.#values(field, isDateOff ? daysFrom(date, dice.whole(-3, 3)) : date, layout).fair();
      return [dice.happens(0.003) ? stringOf(dice, field.name) : `"${field.name}"`, value];
    });
    for (const [name, before] of layout.further) members.splice(before, 0, [`"${name}"`, this.#anyValue(3, 0.02)]);
    if (isOdd && dice.happens(0.3)) this.#makeOdd(members, date, layout);
    return this.#printed(members, layout.space, isOdd);
  }

  #someLayout(): Layout {
    const dice = this.#dice;
    const { fields, businessDate } = this.#stream;
    const withDate = dice.happens(0.8);
    const kept = fields.filter(({ name }) => withDate || name !== businessDate);
    return {
      fields: dice.happens(0.5) ? kept : dice.shuffled(kept),
      space: dice.pick(['', '', ' ']),
      quotes: dice.happens(0.6),
      further: dice
        .shuffled(FURTHER_NAMES)
        .slice(0, dice.pick([0, 0, 1, 2]))
        .map((name) => [name, dice.whole(0, kept.length)]),
    };
  }

  #oddValue(field: OracleField, date: string, layout: Layout): string {
    return this.#dice.happens(0.2) ? this.#dice.pick(ODD_VALUES) : this.#values(field, date, layout).odd();
  }

  #makeOdd(members: [name: string, value: string][], date: string, layout: Layout): void {
    const dice = this.#dice;
    const anywhere = (): number => dice.whole(0, members.length);
    if (dice.happens(0.4)) {
      const again = dice.pick(this.#stream.fields);
      members.splice(anywhere(), 0, [
        `"${again.name}"`,
        dice.happens(0.5) ? this.#oddValue(again, date, layout) : this.#values(again, date, layout).fair(),
      ]);
    }
    if (dice.happens(0.4)) members.splice(anywhere(), 0, [`"${dice.pick(EXTRA_NAMES)}"`, this.#anyValue(6, 0.5)]);
    if (dice.happens(0.01)) {
      const depth = dice.pick([20, 99, 100, 101, 500, 5_000, 100_000]);
      const [open, close] = dice.pick([
        ['[', ']'],
        ['{"a":', '}'],
      ] as const);
      members.splice(anywhere(), 0, ['"deep"', `${open.repeat(depth)}1${close.repeat(depth)}`]);
    }
  }

  #printed(members: readonly (readonly [name: string, value: string])[], style: string, isOdd: boolean): string {
    const dice = this.#dice;
    const oddSpaces = isOdd && dice.happens(0.1);
    const space = (usual: string): string => (oddSpaces && dice.happens(0.05) ? dice.pick(ODD_SPACES) : usual);
    const inside = members
      .map(([name, value]) => `${space('')}${name}${space('')}:${space(style)}${value}${space('')}`)
      .join(`,${style}`);
    return `${space('')}{${inside}${space('')}}${space('')}`;
  }

  #values(field: OracleField, date: string, { quotes }: Layout): Values {
    const dice = this.#dice;
    const values = this.#valuesOf(field, date);
    const isNullable = field.nullable || field.name === this.#stream.businessDate;
    if (!isNullable && !field.quoted) return values;
    const shaped = (text: string): string => {
      if (isNullable && dice.happens(0.25)) return 'null';
      return field.quoted && quotes !== dice.happens(0.05) ? `"${text}"` : text;
    };
    return { fair: () => shaped(values.fair()), odd: () => shaped(values.odd()) };
  }

  #valuesOf({ kind, maxLength = 1000, min = -9_007_199_254, max = 9_007_199_254 }: OracleField, date: string): Values {
    switch (kind) {
      case 'uuid':
        return uuidValues(this.#dice);
      case 'text':
        return textValues(this.#dice, maxLength);
      case 'timestamp':
        return momentValues(this.#dice, date);
      case 'date':
        return dateValues(this.#dice, date);
      case 'integer':
      case 'decimal':
      case 'number':
        return numberValues(this.#dice, kind, min, max);
    }
  }

  /** Any value at all, and each that it is made of an odd one in so many of all cases. */
  #anyValue(depth: number, oddShare: number): string {
    const dice = this.#dice;
    if (depth === 0 || dice.happens(0.6)) {
      if (dice.happens(oddShare)) return dice.pick(ODD_VALUES);
      return dice.weighted<string>([
        [3, () => textValues(dice, 20).fair()],
        [2, () => numberValues(dice, 'number', -1e9, 1e9).fair()],
        [1, () => dice.pick(['true', 'false', 'null'])],
      ]);
    }
    const space = dice.pick(['', '', ' ']);
    const inside = Array.from({ length: dice.whole(0, 3) }, () => this.#anyValue(depth - 1, oddShare));
    if (dice.happens(0.5)) return `[${space}${inside.join(`,${space}`)}${space}]`;
    return `{${space}${inside.map((value) => `${textValues(dice, 20).fair()}:${space}${value}`).join(`${space},`)}${space}}`;
  }

  /** A line with one to three things done to its bytes. */
  #damaged(line: Uint8Array): Uint8Array {
    const dice = this.#dice;
    let bytes = line;
    for (let damages = dice.whole(1, 3); damages > 0; damages--) {
      const at = dice.whole(0, bytes.length);
      const to = Math.min(bytes.length, at + dice.whole(0, 12));
      const put = (...pieces: (Uint8Array | string)[]): Uint8Array =>
        Buffer.concat(pieces.map((piece) => (typeof piece === 'string' ? Buffer.from(piece) : piece)));
      bytes = dice.weighted<Uint8Array>([
        [3, () => put(bytes.subarray(0, at), Buffer.from([dice.whole(0, 255)]), bytes.subarray(at + 1))],
        [3, () => put(bytes.subarray(0, at), dice.pick(PIECES), bytes.subarray(at))],
        [2, () => put(bytes.subarray(0, at), dice.pick(PIECES), bytes.subarray(at + 1))],
        [2, () => put(bytes.subarray(0, at), bytes.subarray(to))],
        [1, () => put(bytes.subarray(0, to), bytes.subarray(at))],
        [2, () => bytes.subarray(0, at)],
        [1, () => put(bytes.subarray(0, at), Buffer.from(dice.pick(BAD_BYTES)), bytes.subarray(at))],
        [
          1,
          () => put(bytes.subarray(0, at), dice.pick(this.#earlier.length > 0 ? this.#earlier : [line]).subarray(at)),
        ],
        [1, () => withDigitChanged(bytes, at, dice)],
      ]);
    }
    return bytes;
  }

  /** A record of about as many bytes as a line may have. */
  #huge(): Uint8Array {
    const dice = this.#dice;
    const record = this.#record();
    const length = dice.pick([LINE_BYTES_MAX - 1, LINE_BYTES_MAX, LINE_BYTES_MAX + 1, 200_000]);
    const room = Math.max(0, length - Buffer.byteLength(record));
    return Buffer.from(
      dice.weighted<string>([
        [1, () => record + ' '.repeat(room)],
        [1, () => ' '.repeat(room) + record],
        [1, () => record.replace('{', () => `{"pad":"${'x'.repeat(Math.max(0, room - 9))}",`)],
        [1, () => record.replace('{', () => `{"pad":${'9'.repeat(Math.max(1, room - 7))},`)],
        [
          2,
          () => record.replace(/(\d)\.(\d+)/, (_, whole: string, rest: string) => `${whole}.${rest.padEnd(room, '0')}`),
        ],
        [1, () => record.replace('{', () => `{"pad":[${'1,'.repeat(Math.max(1, Math.floor((room - 10) / 2)))}1],`)],
      ]),
    );
  }
}

/** Another digit in place of the next one: a line that is damaged and still JSON. */
function withDigitChanged(bytes: Uint8Array, from: number, dice: Dice): Uint8Array {
  const changed = Uint8Array.from(bytes);
  const at = changed.findIndex((byte, index) => index >= from && byte >= 48 && byte <= 57);
  if (at >= 0) changed[at] = 48 + dice.whole(0, 9);
  return changed;
}

/** A day some days from another one; the same where it is none. */
function daysFrom(date: string, days: number): string {
  const moment = Date.parse(`${date}T00:00:00Z`) + days * 86_400_000;
  return Number.isNaN(moment) ? date : new Date(moment).toISOString().slice(-24, -14);
}
