import type { Definition } from '../definition/daybook.ts';

/** What a part of a definition is made of. `has` must be there; `made` is what its maker adds and nobody writes. */
interface Keys {
  readonly has: readonly string[];
  readonly mayHave?: readonly string[];
  readonly made?: readonly string[];
}

const DAYBOOK: Keys = { has: ['stream', 'reports', 'dashboard'], mayHave: ['schedules'] };
const STREAM: Keys = {
  has: ['name', 'timeZone', 'currency', 'primaryKey', 'eventTime', 'businessDate', 'fields'],
  mayHave: ['businessDayEndsAtHour', 'latenessDays'],
};
const FIELD: Keys = { has: [], mayHave: ['nullable', 'min', 'max', 'quoted', 'maxLength'], made: ['kind'] };
const REPORT: Keys = { has: ['name', 'title', 'dimensions', 'measures', 'where'], made: ['stream'] };
const DASHBOARD: Keys = { has: ['title', 'tiles'] };
const TILE_MADE = ['kind', 'report', 'measure'];
const FIGURE_TILE: Keys = { has: ['title', 'format'], made: TILE_MADE };
const AXIS_TILE: Keys = { has: ['title', 'format', 'x'], mayHave: ['series'], made: TILE_MADE };
const MAP_TILE: Keys = { has: ['title', 'latitude', 'longitude'], made: TILE_MADE };
const TILES: Readonly<Record<string, Keys>> = { map: MAP_TILE, line: AXIS_TILE, bar: AXIS_TILE };

const SCHEDULES: Readonly<Record<string, Keys>> = {
  dailyClose: { has: ['exportTo', 'cron'], made: ['kind'] },
  fakeData: { has: ['cron'], mayHave: ['exportTo', 'perDay', 'seed'], made: ['kind'] },
};
const NO_SCHEDULE: Keys = { has: ['kind'] };

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
 * What a definition says that nothing reads, and what it does not say though it must. TypeScript sees both, but a
 * definition is run without it.
 * @returns one sentence a mistake; while there are any, nothing else can be said of the definition
 */
export function keyMistakes(definition: Definition): readonly string[] {
  const top = mistakesOf('daybook', definition, DAYBOOK);
  if (!isObject(definition.stream) || !Array.isArray(definition.reports) || !isObject(definition.dashboard)) return top;
  const { stream, reports, dashboard } = definition;
  const streamAt = `stream '${stream.name}'`;
  const schedules: readonly unknown[] = Array.isArray(definition.schedules) ? definition.schedules : [];
  const tiles: readonly unknown[] = Array.isArray(dashboard.tiles) ? dashboard.tiles : [];
  return [
    ...top,
    ...mistakesOf(streamAt, stream, STREAM),
    ...Object.entries(isObject(stream.fields) ? stream.fields : {}).flatMap(([name, field]) =>
      mistakesOf(`${streamAt}: field '${name}'`, field, FIELD),
    ),
    ...reports.flatMap((report, index) => mistakesOf(placeOf('report', report, 'name', index), report, REPORT)),
    ...mistakesOf('dashboard', dashboard, DASHBOARD),
    ...tiles.flatMap((tile, index) =>
      mistakesOf(
        placeOf('dashboard tile', tile, 'title', index),
        tile,
        TILES[isObject(tile) ? String(tile['kind']) : ''] ?? FIGURE_TILE,
      ),
    ),
    ...schedules.flatMap((schedule, index) => {
      const kind = isObject(schedule) ? String(schedule['kind']) : '';
      return mistakesOf(`schedule ${index + 1}`, schedule, SCHEDULES[kind] ?? NO_SCHEDULE);
    }),
  ];
}

function mistakesOf(at: string, part: unknown, { has, mayHave = [], made = [] }: Keys): readonly string[] {
  if (!isObject(part)) return [`${at}: it is ${String(part)}`];
  const known = [...has, ...mayHave];
  return [
    ...Object.keys(part)
      .filter((key) => !known.includes(key) && !made.includes(key))
      .map((key) => `${at}: unknown key '${key}'; ${adviceFor(key, known)}`),
    ...has.filter((key) => part[key] === undefined).map((key) => `${at}: it has no '${key}'`),
  ];
}

function placeOf(what: string, part: unknown, nameKey: string, index: number): string {
  const name = isObject(part) ? part[nameKey] : undefined;
  return typeof name === 'string' ? `${what} '${name}'` : `${what} ${index + 1}`;
}

function adviceFor(key: string, known: readonly string[]): string {
  const meant = nearest(key, known);
  return meant === undefined ? `it takes ${known.join(', ')}` : `did you mean '${meant}'?`;
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

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}
