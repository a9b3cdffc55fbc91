import { FORMATS } from '../definition/dashboard.ts';
import type { Definition } from '../definition/daybook.ts';
import { FIELD_DEFAULTS } from '../definition/fields.ts';
import type { Shape } from './shapes.ts';
import {
  DIMENSION,
  DIMENSION_OR_NULL,
  FIELD,
  FLAG,
  isObject,
  LIST,
  NUMBER,
  OBJECT,
  shown,
  TEXT,
  TEXT_OR_NULL,
  TEXTS,
} from './shapes.ts';

type Shapes = Readonly<Record<string, Shape>>;

/** What a part of a definition is made of. `has` must be there; `made` is what its maker adds and nobody writes. */
interface Keys {
  readonly has?: Shapes;
  readonly mayHave?: Shapes;
  readonly made?: Shapes;
}

/** Parts of one sort that are made of different things, by their `kind`. */
type Kinds = ReadonlyMap<unknown, Keys>;

const DAYBOOK: Keys = { has: { stream: OBJECT, reports: LIST, dashboard: OBJECT }, mayHave: { schedules: LIST } };
const STREAM: Keys = {
  has: {
    name: TEXT,
    timeZone: TEXT,
    currency: TEXT,
    primaryKey: FIELD,
    eventTime: FIELD,
    businessDate: FIELD,
    fields: OBJECT,
  },
  mayHave: { businessDayEndsAtHour: NUMBER, latenessDays: NUMBER },
};
const NULLABLE: Shapes = { nullable: FLAG };
const BOUNDS: Shapes = { min: NUMBER, max: NUMBER };
const FIELDS: Kinds = new Map(
  Object.entries({
    uuid: {},
    text: { ...NULLABLE, maxLength: NUMBER },
    timestamp: {},
    date: {},
    integer: { ...NULLABLE, ...BOUNDS },
    decimal: { ...NULLABLE, ...BOUNDS, quoted: FLAG },
    number: { ...NULLABLE, ...BOUNDS },
  }).map(([kind, mayHave]) => [kind, { mayHave }]),
);
const REPORT: Keys = {
  has: { name: TEXT, title: TEXT, dimensions: TEXTS, measures: OBJECT, where: OBJECT },
  made: { stream: OBJECT },
};
const OF_FIELD: Keys = { has: { field: FIELD } };
const MEASURES: Kinds = new Map<string, Keys>([
  ['count', {}],
  ['sum', OF_FIELD],
  ['avg', OF_FIELD],
  ['min', OF_FIELD],
  ['max', OF_FIELD],
  ['countDistinct', OF_FIELD],
  ['ratio', { has: { numerator: TEXT, denominator: TEXT } }],
]);
const DASHBOARD: Keys = { has: { title: TEXT, tiles: LIST } };
const SHOWN: Shapes = { report: TEXT, measure: TEXT };
/** Which of them it is, is asked for where the tile's measure is. */
const FORMAT: Shape = { ...TEXT, words: FORMATS.join(' or ') };
const FIGURE_TILE: Keys = { has: { title: TEXT, format: FORMAT }, made: SHOWN };
const AXIS_TILE: Keys = {
  has: { title: TEXT, format: FORMAT, x: DIMENSION },
  mayHave: { series: DIMENSION_OR_NULL },
  made: SHOWN,
};
const TILES: Kinds = new Map<string, Keys>([
  ['number', FIGURE_TILE],
  ['table', FIGURE_TILE],
  ['line', AXIS_TILE],
  ['bar', AXIS_TILE],
  ['map', { has: { title: TEXT, latitude: DIMENSION, longitude: DIMENSION }, made: SHOWN }],
]);
const SCHEDULES: Kinds = new Map<string, Keys>([
  ['dailyClose', { has: { exportTo: TEXT, cron: TEXT } }],
  ['fakeData', { has: { cron: TEXT }, mayHave: { exportTo: TEXT_OR_NULL, perDay: NUMBER, seed: NUMBER } }],
]);

/** What other tools call the same. */
const OTHER_WORDS: Readonly<Record<string, string>> = {
  filter: 'where',
  filters: 'where',
  conditions: 'where',
  having: 'where',
  groupby: 'dimensions',
  by: 'dimensions',
  columns: 'dimensions',
  metrics: 'measures',
  aggregates: 'measures',
  label: 'title',
  description: 'title',
  id: 'name',
  tz: 'timeZone',
  lateness: 'latenessDays',
  charts: 'tiles',
  widgets: 'tiles',
};

/**
 * What a definition says that nothing reads, what it does not say though it must, and what is of another kind than it must
 * be. TypeScript sees all of it, but a definition is run without it.
 * @returns one sentence a mistake; while there are any, nothing else can be said of the definition
 */
export function keyMistakes(definition: Definition): readonly string[] {
  const { stream, reports, dashboard, schedules } = membersOf(definition);
  return [
    ...mistakesOf('daybook', definition, DAYBOOK),
    ...(isObject(stream) ? streamMistakes(stream) : []),
    ...listOf(reports).flatMap(reportMistakes),
    ...(isObject(dashboard) ? mistakesOf('dashboard', dashboard, DASHBOARD) : []),
    ...listOf(membersOf(dashboard)['tiles']).flatMap((tile, index) =>
      mistakesByKind(placeOf('dashboard tile', tile, 'title', index), tile, TILES),
    ),
    ...listOf(schedules).flatMap((schedule, index) => mistakesByKind(`schedule ${index + 1}`, schedule, SCHEDULES)),
  ];
}

function streamMistakes(stream: object): readonly string[] {
  const at = placeOf('stream', stream, 'name');
  return [
    ...mistakesOf(at, stream, STREAM),
    ...Object.entries(membersOf(membersOf(stream)['fields'])).flatMap(([name, field]) =>
      fieldMistakes(`${at}: field '${name}'`, field),
    ),
  ];
}

/** A field has every option; one that its kind does not take must be as it is for who never heard of it. */
function fieldMistakes(at: string, field: unknown): readonly string[] {
  const defaults = new Map<string, unknown>(Object.entries(FIELD_DEFAULTS));
  const written = Object.entries(membersOf(field)).filter(
    ([name, value]) => !defaults.has(name) || value !== defaults.get(name),
  );
  const missing = [...defaults].filter(
    ([name, value]) => value !== undefined && isObject(field) && field[name] === undefined,
  );
  return [
    ...mistakesByKind(at, isObject(field) ? Object.fromEntries(written) : field, FIELDS),
    ...missing.map(([name]) => `${at}: it has no '${name}'; make it by text(), integer() and their like`),
  ];
}

function reportMistakes(report: unknown, index: number): readonly string[] {
  const at = placeOf('report', report, 'name', index);
  const { stream, measures } = membersOf(report);
  return [
    ...mistakesOf(at, report, REPORT),
    ...(isObject(stream) && !TEXT.fits(stream['name']) ? [`${at}: the stream that it is over has no name`] : []),
    ...Object.entries(membersOf(measures)).flatMap(([name, measure]) =>
      mistakesByKind(`${at}: measure '${name}'`, measure, MEASURES),
    ),
  ];
}

function mistakesByKind(at: string, part: unknown, kinds: Kinds): readonly string[] {
  const { kind } = membersOf(part);
  const keys = kinds.get(kind);
  if (keys !== undefined || !isObject(part))
    return mistakesOf(at, part, { ...keys, made: { ...keys?.made, kind: TEXT } });
  return [`${at}: its kind is ${shown(kind)}; there are ${[...kinds.keys()].join(', ')}`];
}

function mistakesOf(at: string, part: unknown, { has = {}, mayHave = {}, made = {} }: Keys): readonly string[] {
  if (!isObject(part)) return [`${at}: it is ${shown(part)}`];
  const known = Object.keys({ ...has, ...mayHave });
  const shapes = new Map(Object.entries({ ...has, ...mayHave, ...made }));
  return [
    ...Object.keys(part)
      .filter((key) => !shapes.has(key))
      .map((key) => `${at}: unknown key '${key}'; ${adviceFor(key, known)}`),
    ...Object.keys({ ...has, ...made })
      .filter((key) => part[key] === undefined)
      .map((key) => `${at}: it has no '${key}', which must be ${shapes.get(key)?.words}`),
    ...[...shapes]
      .filter(([key, shape]) => part[key] !== undefined && !shape.fits(part[key]))
      .map(([key, shape]) => `${at}: '${key}' is ${shown(part[key])}; it must be ${shape.words}`),
  ];
}

function membersOf(part: unknown): Readonly<Record<string, unknown>> {
  return isObject(part) ? part : {};
}

function listOf(part: unknown): readonly unknown[] {
  // With `undefined` for a hole.
  return Array.isArray(part) ? Array.from(part as readonly unknown[]) : [];
}

function placeOf(what: string, part: unknown, nameKey: string, index?: number): string {
  const name = membersOf(part)[nameKey];
  if (typeof name === 'string') return `${what} '${name}'`;
  return index === undefined ? what : `${what} ${index + 1}`;
}

function adviceFor(key: string, known: readonly string[]): string {
  const meant = nearest(key, known);
  if (meant !== undefined) return `did you mean '${meant}'?`;
  return known.length === 0 ? 'it takes nothing' : `it takes ${known.join(', ')}`;
}

/** A word is taken for a slip of another when a third of it, at most, is different. */
function nearest(key: string, known: readonly string[]): string | undefined {
  const word = key.toLowerCase();
  const other = OTHER_WORDS[word];
  if (other !== undefined && known.includes(other)) return other;
  const [first] = known
    .map((name) => ({ name, distance: editDistance(word, name.toLowerCase()) }))
    .toSorted((a, b) => a.distance - b.distance);
  return first !== undefined && first.distance <= Math.max(1, Math.ceil(word.length / 3)) ? first.name : undefined;
}

/** Letters that must be put in, taken out or changed. Source: Wagner and Fischer, JACM 21 (1974). */
function editDistance(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, at) => at);
  for (let i = 1; i <= from.length; i++) {
    const next = [i];
    for (let j = 1; j <= to.length; j++) {
      const changed = (row[j - 1] ?? 0) + (from[i - 1] === to[j - 1] ? 0 : 1);
      next.push(Math.min(changed, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[to.length] ?? 0;
}
