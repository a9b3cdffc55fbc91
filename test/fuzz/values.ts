import type { Dice } from '../chance.ts';

const DATES = [
  '2026-03-04',
  '2026-03-05',
  '2024-02-29',
  '2026-03-08',
  '2025-11-02',
  '1999-12-31',
  '1883-11-18',
  '0001-01-01',
  '9999-12-31',
];
const TEXTS = [
  'Consumer',
  'CG-12520',
  'Stacking chair, 18" seat',
  'Étagère — noire',
  '桌子',
  '😀 cushion',
  'a\\b/c',
  'tab\there',
  '',
  'É',
  'E\u0301',
  '\u0000',
  '\u007f\u0080\u2028\u2029\ufeff\uffff',
  'null',
  '12',
  '__proto__',
];
const ESCAPES: Readonly<Record<string, string>> = {
  '"': '\\"',
  '\\': '\\\\',
  '/': '\\/',
  '\b': '\\b',
  '\f': '\\f',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
};
/** What stands in no JSON string, or is no text once it is read. */
const BROKEN_IN_STRINGS = [
  '\\x41',
  '\\u12',
  '\\u12g4',
  "\\'",
  '\\',
  '\\u',
  '\\U0041',
  '\\0',
  '\t',
  '\u0001',
  '\\ud800',
  '\\udc00',
  '\\ude00\\ud83d',
  '\\ud83d\\u0041',
  '\\ud83d\\ud83d\\ude00',
  '"',
];
const ODD_DATES = [
  '2026-02-29',
  '1900-02-29',
  '2000-02-29',
  '2026-13-01',
  '2026-00-10',
  '2026-04-31',
  '2026-01-00',
  '2026-01-32',
  '0000-01-01',
  '0001-01-01',
  '9999-12-31',
  '10000-01-01',
  '2026-1-1',
  '2026/03/04',
  '20260304',
  '２０２６-03-04',
  ' 2026-03-04',
  '2026-03-04 ',
  '-026-03-04',
  '2026-03-0a',
  '2026-03-04T00:00:00Z',
  '',
];
const ODD_TIMES = [
  '24:00:00',
  '23:60:00',
  '23:59:60',
  '9:00:00',
  '09:00',
  '09:00:0',
  '02:30:00',
  '00:00:00',
  '23:59:59',
  '03:59:59',
  '04:00:00',
  '-1:00:00',
  '10:11:12,5',
  '1a:00:00',
];
const ZONES = ['Z', 'z', '+00:00', '-00:00', '-05:00', '+0545', '+14:00', '-12:00'];
const ODD_ZONES = ['-23:59', '+23:59', '+24:00', '+05:60', '+5:00', '+05', ' Z', '+05:00:00', 'EST'];
const FRACTIONS = ['.0', '.5', '.999', '.999999999'];
const ODD_FRACTIONS = ['.9999999999', '.', '.1a', '.-1'];
const ODD_NUMBERS = [
  '-0',
  '-0.0',
  '0e0',
  '-0E-7',
  '00',
  '01',
  '-01',
  '.5',
  '5.',
  '+1',
  '--1',
  '-',
  '1e',
  '1e+',
  '1.e3',
  '0x10',
  '1_000',
  '1,5',
  'NaN',
  'Infinity',
  '-Infinity',
  '９',
  '1e400',
  '-1e400',
  '1e-400',
  '1e99999999999999999999',
  '1e-99999999999999999999',
  '0e99999999999999999999',
  '9007199254740991',
  '9007199254740992',
  '9007199254740993',
  '9007199254.740991',
  '9007199254.740992',
  '9007199254.7409915',
  '9007199254.7409914999',
  '-9007199254.740991',
  '90',
  '-90.00000000000001',
  '90.000000000000001',
  '180.00000000000001',
  '5.0000004',
  '5.0000005',
  '5.0000006',
  '1.7976931348623157e308',
  '1.7976931348623159e308',
  '5e-324',
  '2e-324',
  '0.30000000000000004',
  '123456789012345678901234567890',
  '3.0',
  '3.10',
  '30e-1',
  '35e-1',
  '0.3e1',
  '1000000',
  '1e6',
  '1000001',
];

/**
 * Values of a field. A fair one is always right, in any of the ways in which it can be written; an odd one is mostly
 * wrong.
 */
export interface Values {
  readonly fair: () => string;
  readonly odd: () => string;
}

/** A day for a record: mostly one of a few, so that dictionaries see it again. */
export function someDate(dice: Dice): string {
  return dice.happens(0.97)
    ? dice.pick(DATES)
    : new Date(dice.whole(-6e10, 2.5e11) * 1000).toISOString().slice(-24, -14);
}

export function dateValues(dice: Dice, date: string): Values {
  return { fair: () => stringOf(dice, date), odd: () => stringOf(dice, dice.pick(ODD_DATES)) };
}

/** Moments on a day, or a day from it. */
export function momentValues(dice: Dice, date: string): Values {
  const two = (most: number): string => String(dice.whole(0, most)).padStart(2, '0');
  const time = (): string => `${two(23)}:${two(59)}:${two(59)}`;
  const fraction = (): string => (dice.happens(0.3) ? dice.pick(FRACTIONS) : '');
  const zone = (): string => (dice.happens(0.5) ? dice.pick(ZONES) : '');
  return {
    fair: () => stringOf(dice, `${date}${dice.pick([' ', ' ', ' ', 'T', 't'])}${time()}${fraction()}${zone()}`),
    odd: () =>
      stringOf(
        dice,
        dice.weighted<string>([
          [2, () => `${dice.pick(ODD_DATES)} ${time()}${zone()}`],
          [2, () => `${date} ${dice.pick(ODD_TIMES)}${zone()}`],
          [1, () => `${date}${dice.pick(['_', '  ', '\u00a0', ''])}${time()}`],
          [1, () => `${date} ${time()}${dice.pick(ODD_FRACTIONS)}`],
          [1, () => `${date} ${time()}${fraction()}${dice.pick(ODD_ZONES)}`],
          [1, () => date],
        ]),
      ),
  };
}

/** Texts, mostly out of a few, so that dictionaries see them again; some are just as long as may be. */
export function textValues(dice: Dice, lengthMax: number): Values {
  const cut = (text: string, length: number): string => Array.from(text).slice(0, length).join('');
  return {
    fair: () =>
      stringOf(
        dice,
        dice.weighted<string>([
          [20, () => cut(dice.pick(TEXTS), lengthMax)],
          [6, () => cut(`${dice.whole(1, 40)} items`, lengthMax)],
          [0.4, () => dice.pick(['a', 'é', '桌', '😀']).repeat(lengthMax - dice.whole(0, 1))],
        ]),
      ),
    odd: () =>
      dice.weighted<string>([
        [3, () => brokenString(dice, dice.pick(TEXTS))],
        [1, () => stringOf(dice, dice.pick(['a', 'é', '桌', '😀']).repeat(lengthMax + 1))],
        [1, () => stringOf(dice, `${'x'.repeat(lengthMax - 1)}😀`)],
      ]),
  };
}

export function uuidValues(dice: Dice): Values {
  const digits = (count: number): string =>
    Array.from({ length: count }, () => dice.whole(0, 15).toString(16)).join('');
  const plain = (): string => [8, 4, 4, 4, 12].map(digits).join('-');
  return {
    fair: () =>
      stringOf(
        dice,
        dice.weighted<string>([
          [12, plain],
          [3, () => '0b7d1a2e-5f1c-4c8e-9d53-2f60a1c3b4d5'],
          [2, () => plain().toUpperCase()],
        ]),
      ),
    odd: () =>
      stringOf(
        dice,
        dice.weighted<string>([
          [1, () => plain().slice(0, -1)],
          [1, () => `{${plain()}}`],
          [1, () => plain().replaceAll('-', '')],
          [1, () => plain().replace('-', '0')],
          [1, () => ` ${plain()}`],
          [3, () => withUnit(dice, plain(), dice.pick(['g', 'G', ' ', '`', '@', ':', '/', '-', 'é', 'Ａ']))],
        ]),
      ),
  };
}

/** Numbers between two bounds, and around them. */
export function numberValues(dice: Dice, kind: 'integer' | 'decimal' | 'number', min: number, max: number): Values {
  const within = (): number => {
    const value = dice.happens(0.5) ? min + dice.chance() * (max - min) : dice.chance() * 10 ** dice.whole(-7, 5);
    const signed = dice.happens(0.2) ? -value : value;
    return Math.min(max, Math.max(min, kind === 'integer' ? Math.round(signed) : signed));
  };
  const digits = (most: number): string => Array.from({ length: dice.whole(1, most) }, () => dice.whole(0, 9)).join('');
  const sign = (): string => dice.pick(['', '', '-']);
  const exponent = (): string => `${dice.pick(['e', 'E'])}${dice.pick(['', '+', '-'])}${digits(2)}`;
  return {
    fair: () =>
      dice.weighted<string>([
        [6, () => String(within())],
        [4, () => (kind === 'integer' ? `${within()}` : within().toFixed(dice.whole(0, 12)))],
        [
          1,
          () => `${within()}${kind === 'integer' ? '.' : ''}`.replace(/\.(\d*)$/, `.$1${'0'.repeat(dice.whole(1, 9))}`),
        ],
        [1, () => within().toExponential()],
        [0.5, () => within().toExponential().toUpperCase()],
        [kind === 'decimal' ? 3 : 0, () => halfOf(within().toFixed(6), dice)],
        [0.5, () => String(dice.pick([min, max]))],
        [1, () => String(Math.round(within()) || min)],
      ]),
    odd: () =>
      dice.weighted<string>([
        [
          1,
          () =>
            `${sign()}${digits(4)}.${digits(6).padEnd(6, '0')}5${dice.pick(['', '0', '000', '1', '0000000000001'])}`,
        ],
        [1, () => `${sign()}${dice.whole(0, 99)}${dice.pick(['', `.${digits(8)}`])}${exponent()}`],
        [1, () => `${sign()}${digits(24)}${dice.pick(['', `.${digits(24)}`])}`],
        [1, () => `${sign()}${dice.whole(0, 99)}.${digits(24)}`],
        [0.3, () => `${sign()}0.${'0'.repeat(dice.whole(1, 400))}${digits(3)}`],
        [0.3, () => `${sign()}${dice.whole(1, 9)}${'0'.repeat(dice.whole(10, 400))}e-${dice.whole(0, 400)}`],
        [3, () => dice.pick(ODD_NUMBERS)],
        [1, () => `0${within()}`],
        [1, () => `${within()}${dice.pick(['e1', 'E-1', 'e', '.', '-', ' 1', '_', 'n'])}`],
        [4, () => String(dice.pick([min, max]) + dice.pick([0, 1, -1, 0.5, -0.5, 1e-6, -1e-6, 5e-7, -5e-7, 1e-7]))],
      ]),
  };
}

/** A number between two millionths: half way, or nearly. */
function halfOf(millionths: string, dice: Dice): string {
  return `${millionths}${dice.pick(['5', '5', '50', '5000', '51', '50000000001', '49', '4999999999999', '6'])}`;
}

/** A text as a JSON string: as it is, or with escapes that say the same. */
export function stringOf(dice: Dice, text: string): string {
  return dice.happens(0.9) ? JSON.stringify(text) : `"${unitsOf(dice, text).join('')}"`;
}

/** A string that holds what none may, or what is no text once it is read. */
function brokenString(dice: Dice, text: string): string {
  const units = unitsOf(dice, text);
  const control = String.fromCharCode(dice.pick([0, 1, 8, 9, 11, 13, 27, 31]));
  units.splice(dice.whole(0, units.length), 0, dice.happens(0.3) ? control : dice.pick(BROKEN_IN_STRINGS));
  return `"${units.join('')}"`;
}

/** A text's UTF-16 units as they may stand in a JSON string, some of them escaped. */
function unitsOf(dice: Dice, text: string): string[] {
  const escaped = (unit: string): string => {
    const code = unit.charCodeAt(0).toString(16).padStart(4, '0');
    const short = ESCAPES[unit];
    if (short !== undefined && dice.happens(0.6)) return short;
    return `\\u${dice.happens(0.5) ? code : code.toUpperCase()}`;
  };
  // Code point by code point, as half a surrogate pair must not stand beside an escaped half.
  return Array.from(text).map((point) => {
    const mustEscape = point === '"' || point === '\\' || point < ' ';
    return mustEscape || dice.happens(0.3) ? point.split('').map(escaped).join('') : point;
  });
}

function withUnit(dice: Dice, text: string, unit: string): string {
  const at = dice.whole(0, text.length - 1);
  return text.slice(0, at) + unit + text.slice(at + 1);
}
