import { zone } from '../base/calendar.ts';
import { DaybookError } from '../base/errors.ts';
import type { Definition } from '../definition/daybook.ts';
import type { Dashboard, Tile } from '../definition/dashboard.ts';
import { FORMATS, TILES_MAX } from '../definition/dashboard.ts';
import type { Field, FieldKind } from '../definition/fields.ts';
import type { Measure } from '../definition/measures.ts';
import type { Condition, Report } from '../definition/report.ts';
import type { Schedule } from '../definition/schedules.ts';
import type { Stream } from '../definition/stream.ts';
import { conditionMistakes } from './conditions.ts';
import { keyMistakes } from './keys.ts';
import { columnText, exactRange, fieldRange } from './ranges.ts';
import { OWN_TOPICS, ownTopic, RECORDS_PARAMETERS, ROWS_PARAMETERS, TOTALS_PARAMETERS } from './shared-names.ts';

/** Names end up as columns, topics and tables, so they are what all of those take. */
const NAME = /^[a-z][a-z0-9_]{0,62}$/;
/** What a row of a report carries beside its columns, in topics and tables. */
const FRAME = 'frame';
/** What the API takes beside a report's dimensions, by which its rows are told. */
const PARAMETERS: ReadonlySet<string> = new Set([...ROWS_PARAMETERS, ...TOTALS_PARAMETERS, ...RECORDS_PARAMETERS]);
const MEASURED: Readonly<Record<string, readonly FieldKind[]>> = {
  sum: ['integer', 'decimal'],
  avg: ['integer', 'decimal'],
  min: ['integer', 'decimal', 'number'],
  max: ['integer', 'decimal', 'number'],
  countDistinct: ['text', 'date', 'integer', 'decimal', 'number'],
};
/** Measures whose values of several rows can be summed. */
const ADDED_UP: readonly Measure['kind'][] = ['sum', 'count', 'countDistinct'];
/** Those of them whose sum is right: who is in two rows is counted in both. */
const ADDED_UP_RIGHTLY: readonly Measure['kind'][] = ['sum', 'count'];
const GROUPED: readonly FieldKind[] = ['text', 'date', 'integer', 'decimal', 'number'];

/**
 * Checks what TypeScript's types do not, or what was not type-checked.
 * @throws DaybookError `DEFINITION_WRONG`, details.mistakes: one sentence a mistake
 */
export function checkDefinition(definition: Definition): void {
  const unread = keyMistakes(definition);
  const mistakes = unread.length > 0 ? unread : contentMistakes(definition);
  if (mistakes.length === 0) return;
  throw new DaybookError('DEFINITION_WRONG', `The definition is wrong: ${mistakes.join('; ')}.`, {
    details: { mistakes },
  });
}

function contentMistakes(definition: Definition): readonly string[] {
  return [
    ...streamMistakes(definition.stream),
    ...duplicates(definition.reports.map((report) => report.name)).map((name) => `two reports are named '${name}'`),
    ...definition.reports
      .filter(({ name }) => OWN_TOPICS.some((topic) => name === ownTopic(definition.stream, topic)))
      .map(({ name }) => `report '${name}': Daybook has a topic of that name on Kafka for itself; name it otherwise`),
    ...definition.reports
      .filter(({ name }) => name === definition.stream.name)
      .map(({ name }) => `report '${name}': the stream has that name, and each is a table of SQL and of the stores`),
    ...definition.reports.flatMap((report) =>
      reportMistakes(report, definition.stream).map((mistake) => `report '${report.name}': ${mistake}`),
    ),
    ...tooManyTiles(definition.dashboard),
    ...definition.dashboard.tiles.flatMap((tile) =>
      tileMistakes(tile, definition.reports).map((mistake) => `dashboard tile '${tile.title}': ${mistake}`),
    ),
    ...(definition.schedules ?? []).flatMap((schedule, index) =>
      scheduleMistakes(schedule).map((mistake) => `schedule ${index + 1} (${schedule.kind}): ${mistake}`),
    ),
  ];
}

function tooManyTiles({ tiles }: Dashboard): readonly string[] {
  if (tiles.length <= TILES_MAX) return [];
  return [`the dashboard has ${tiles.length} tiles; a page asks for all of them at once, so there may be ${TILES_MAX}`];
}

function scheduleMistakes(schedule: Schedule): readonly string[] {
  const { cron, exportTo } = schedule;
  const perDay = schedule.kind === 'fakeData' ? schedule.perDay : 1;
  return [
    // Whether there is such a time at all is found at the start.
    ...(cron.trim().split(/\s+/).length === 5 ? [] : [`its cron is '${cron}'; it must have five parts: '0 1 * * *'`]),
    ...(exportTo === '' ? ['its exportTo names no folder'] : []),
    ...(Number.isInteger(perDay) && perDay >= 1
      ? []
      : [`its perDay is ${perDay}; it must be a whole number from 1 on`]),
  ];
}

function streamMistakes(stream: Stream): readonly string[] {
  const at = `stream '${stream.name}'`;
  const role = (name: string, what: string, kinds: readonly FieldKind[]): readonly string[] => {
    const field = fieldOf(stream, name);
    if (field === undefined) return [`${at}: its ${what} '${name}' is ${unknownField(name, stream)}`];
    if (!kinds.includes(field.kind))
      return [`${at}: its ${what} '${name}' must be ${kinds.join(' or ')}, not ${field.kind}`];
    return field.nullable ? [`${at}: its ${what} '${name}' must not be nullable`] : [];
  };
  const names = [stream.name, ...Object.keys(stream.fields)];
  return [
    ...names.filter((name) => !NAME.test(name)).map((name) => `${at}: '${name}' is no name: ${NAME_RULE}`),
    ...role(stream.primaryKey, 'primary key', ['uuid', 'text']),
    ...role(stream.eventTime, 'event time', ['timestamp']),
    ...role(stream.businessDate, 'business date', ['date']),
    ...(isTimeZone(stream.timeZone)
      ? []
      : [`${at}: there is no time zone '${stream.timeZone}'; use a name such as 'Europe/Paris'`]),
    ...(/^[A-Z]{3}$/.test(stream.currency)
      ? []
      : [`${at}: '${stream.currency}' is no currency; use an ISO 4217 code such as 'USD'`]),
    ...(isWholeIn(stream.businessDayEndsAtHour, 0, 23)
      ? []
      : [`${at}: businessDayEndsAtHour must be a whole number from 0 to 23`]),
    ...(isWholeIn(stream.latenessDays, 0, 3650) ? [] : [`${at}: latenessDays must be a whole number from 0 to 3650`]),
    ...Object.entries(stream.fields).flatMap(([name, field]) =>
      [
        ...boundMistakes(field),
        ...(isWholeIn(field.maxLength, 1, Infinity)
          ? []
          : [`maxLength is ${field.maxLength}; it must be a whole number from 1 on`]),
      ].map((mistake) => `${at}: field '${name}': ${mistake}`),
    ),
  ];
}

function boundMistakes(field: Field): readonly string[] {
  const { kind, min, max } = field;
  const infinite = Object.entries({ min, max }).filter(([, bound]) => bound !== undefined && !Number.isFinite(bound));
  if (infinite.length > 0) {
    return infinite.map(([which, bound]) => `${which} is ${bound}; it must be a finite number, or left out`);
  }
  const { low, high } = fieldRange(field);
  if (low <= high) return [];
  const exact = exactRange(field);
  const kindText = `${kind === 'integer' ? 'an' : 'a'} ${kind}`;
  const exactText = `${kindText} is from ${columnText(field, exact.low)} to ${columnText(field, exact.high)}`;
  if (low > exact.high) return [`its min is ${min}; ${exactText}`];
  if (high < exact.low) return [`its max is ${max}; ${exactText}`];
  return [
    min !== undefined && max !== undefined && min > max
      ? `its min ${min} is above its max ${max}`
      : `no ${kind} is from its min ${min} to its max ${max}`,
  ];
}

const NAME_RULE = 'use lower-case letters, digits and _, a letter first, 63 at most';

function reportMistakes(report: Report, stream: Stream): readonly string[] {
  const measures = Object.entries(report.measures);
  const names = [...report.dimensions, ...measures.map(([name]) => name)];
  return [
    ...(NAME.test(report.name) ? [] : [`'${report.name}' is no name: ${NAME_RULE}`]),
    ...(report.stream.name === stream.name
      ? []
      : [`it is over the stream '${report.stream.name}', not '${stream.name}'`]),
    ...(report.dimensions[0] === stream.businessDate
      ? []
      : [`its first dimension must be the business date '${stream.businessDate}', as reports are kept by day`]),
    ...report.dimensions.flatMap((name) => dimensionMistakes(name, stream)),
    ...(measures.length === 0 ? ['it has no measures'] : []),
    ...duplicates(names).map((name) => `two of its columns are named '${name}'`),
    ...(names.includes(FRAME)
      ? [`'${FRAME}' cannot be a column: each row carries the frame that it is as of by that name`]
      : []),
    ...measures.flatMap(([name, measure]) =>
      measureMistakes(measure, stream, report).map((mistake) => `measure '${name}': ${mistake}`),
    ),
    ...measures
      .filter(([name]) => !NAME.test(name))
      .map(([name]) => `measure '${name}': that is no name: ${NAME_RULE}`),
    ...Object.entries(report.where).flatMap(([name, condition]) =>
      whereMistakes(name, condition, stream).map((mistake) => `where '${name}': ${mistake}`),
    ),
  ];
}

function dimensionMistakes(name: string, stream: Stream): readonly string[] {
  const field = fieldOf(stream, name);
  if (field === undefined) return [`dimension '${name}' is ${unknownField(name, stream)}`];
  return [
    ...(GROUPED.includes(field.kind) ? [] : [`dimension '${name}' is a ${field.kind}, which cannot be grouped by`]),
    ...(PARAMETERS.has(name)
      ? [
          `dimension '${name}' has the name of a parameter by which the API is asked for rows, so nobody could ask for its ` +
            `values; name the field otherwise. Such names are ${[...PARAMETERS].join(', ')}`,
        ]
      : []),
  ];
}

function measureMistakes(measure: Measure, stream: Stream, report: Report): readonly string[] {
  if (measure.kind === 'count') return [];
  if (measure.kind === 'ratio') {
    return [measure.numerator, measure.denominator].flatMap((name) => {
      const part = measureOf(report, name);
      if (part === undefined)
        return [`'${name}' is not a measure of this report; it has ${Object.keys(report.measures).join(', ')}`];
      const floating = 'field' in part && fieldOf(stream, part.field)?.kind === 'number';
      return part.kind === 'ratio' || part.kind === 'avg' || floating
        ? [`'${name}' cannot be part of a ratio; take a count, or a sum, min or max of integers or decimals`]
        : [];
    });
  }
  const field = fieldOf(stream, measure.field);
  if (field === undefined) return [`'${measure.field}' is ${unknownField(measure.field, stream)}`];
  const kinds = MEASURED[measure.kind] ?? [];
  if (!kinds.includes(field.kind)) {
    return [`${measure.kind} of '${measure.field}' needs a field of kind ${kinds.join(', ')}; it is ${field.kind}`];
  }
  return field.nullable && measure.kind !== 'countDistinct'
    ? [`${measure.kind} of '${measure.field}' needs a field that is never null`]
    : [];
}

function whereMistakes(name: string, condition: Condition, stream: Stream): readonly string[] {
  const field = fieldOf(stream, name);
  if (field === undefined) return [`that is ${unknownField(name, stream)}`];
  if (!GROUPED.includes(field.kind)) return [`a ${field.kind} cannot be compared with a value`];
  return conditionMistakes(name, condition, field);
}

function tileMistakes(tile: Tile, reports: readonly Report[]): readonly string[] {
  const report = reports.find((each) => each.name === tile.report);
  if (report === undefined) {
    return [`there is no report '${tile.report}'; there are ${reports.map((each) => each.name).join(', ')}`];
  }
  const measure = measureOf(report, tile.measure);
  const isSummed = tile.kind === 'map' || tile.kind === 'line' || tile.kind === 'bar';
  const cannotBeSummed = measure !== undefined && isSummed && !ADDED_UP.includes(measure.kind);
  const dimensions =
    tile.kind === 'map'
      ? [tile.latitude, tile.longitude]
      : tile.kind === 'line' || tile.kind === 'bar'
        ? [...new Set([tile.x, tile.series ?? tile.x])]
        : [];
  const isOfSeveralRows = tile.kind === 'number' && report.dimensions.length > 1;
  const isNoFigure = measure !== undefined && isOfSeveralRows && !ADDED_UP_RIGHTLY.includes(measure.kind);
  return [
    ...(measure === undefined
      ? [`report '${report.name}' has no measure '${tile.measure}'; it has ${Object.keys(report.measures).join(', ')}`]
      : []),
    ...(isNoFigure
      ? [
          `a number is of a whole day, and '${tile.measure}' (${measure.kind}) cannot be had from the rows that ` +
            `'${report.name}' has of one; take a sum or a count, or a report whose only dimension is '${report.stream.businessDate}'`,
        ]
      : []),
    ...(cannotBeSummed
      ? [
          `a ${tile.kind} adds up values, and those of '${tile.measure}' (${measure.kind}) cannot be; take a sum or a count`,
        ]
      : []),
    ...dimensions
      .filter((name) => !report.dimensions.includes(name))
      .map((name) => `report '${report.name}' has no dimension '${name}'; it has ${report.dimensions.join(', ')}`),
    ...('format' in tile && !FORMATS.includes(tile.format)
      ? [`its format is '${tile.format as string}'; it must be ${FORMATS.join(' or ')}`]
      : []),
  ];
}

function fieldOf(stream: Stream, name: string): Field | undefined {
  return Object.hasOwn(stream.fields, name) ? stream.fields[name] : undefined;
}

function measureOf(report: Report, name: string): Measure | undefined {
  return Object.hasOwn(report.measures, name) ? report.measures[name] : undefined;
}

function unknownField(name: string, stream: Stream): string {
  return `not a field of stream '${stream.name}', which has ${Object.keys(stream.fields).join(', ')}`;
}

function duplicates(names: readonly string[]): readonly string[] {
  return [...new Set(names.filter((name, index) => names.indexOf(name) !== index))];
}

function isWholeIn(value: number, min: number, max: number): boolean {
  return Number.isInteger(value) && value >= min && value <= max;
}

function isTimeZone(name: string): boolean {
  try {
    zone(name);
    return true;
  } catch (error) {
    if (error instanceof RangeError) return false;
    throw error;
  }
}
