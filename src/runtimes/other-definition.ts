import { DaybookError } from '../base/errors.ts';
import type { Plan } from '../plan/plan.ts';
import type { ColumnInfo, FieldInfo, ReportInfo, StreamInfo } from '../server/protocol.ts';
import { reportInfo } from '../server/report-info.ts';
import { streamInfo } from '../server/stream-info.ts';

/** So many differences are told; the rest is counted. */
const TOLD_MAX = 4;

/** How people call what a stream has one of; how late a record may be changes no record, and is not among them. */
const PARTS = {
  name: 'stream',
  primaryKey: 'primary key',
  eventTime: 'event time',
  businessDate: 'business date',
  timeZone: 'time zone',
  currency: 'currency',
  businessDayEndsAtHour: 'hour at which the business day ends',
} as const;

/** What a Daybook says it runs by; an older one says less, and is taken at that. */
export interface RunningDefinition {
  readonly stream?: Partial<StreamInfo>;
  readonly reports?: readonly (Pick<ReportInfo, 'name'> & Partial<ReportInfo>)[];
}

/**
 * Refuses to send records to a Daybook whose stream is another, as it would quarantine them or read them otherwise; and to
 * read from it what this side would cut into other days or columns.
 * @param report  of whose rows it is; the dashboard, and other reports, may differ
 * @throws DaybookError `OTHER_DEFINITION`
 */
export function checkSameDefinition(
  plan: Plan,
  running: RunningDefinition,
  { url, done, report }: { readonly url: string; readonly done: 'sent' | 'read'; readonly report?: string },
): void {
  const { stream = {}, reports = [] } = running;
  const own = streamInfo(plan.stream);
  const wanted = plan.reports.filter(({ name }) => name === report).map(reportInfo);
  const differences = [
    ...fieldDifferences(own, stream),
    ...partDifferences(own, stream),
    ...wanted.flatMap((each) => reportDifferences(each, reports)),
  ];
  if (differences.length === 0) return;
  const more = differences.length > TOLD_MAX ? `; and ${differences.length - TOLD_MAX} more` : '';
  const name = stream.name === undefined ? '' : ` (stream '${stream.name}')`;
  throw new DaybookError(
    'OTHER_DEFINITION',
    `The Daybook at ${url}${name} runs by another definition than this command's: ` +
      `${differences.slice(0, TOLD_MAX).join('; ')}${more}. Nothing was ${done}. Name its definition with --config, ` +
      'start it again with this one, or take another data folder or Daybook.',
    { details: { url, differences } },
  );
}

function reportDifferences(here: ReportInfo, reports: NonNullable<RunningDefinition['reports']>): readonly string[] {
  const there = reports.find(({ name }) => name === here.name);
  if (there === undefined)
    return [`report '${here.name}' is not one of its; if it is new, that Daybook's is an older one`];
  const [own, theirs] = [here.columns.map(columnText), (there.columns ?? here.columns).map(columnText)];
  const list = (columns: readonly string[], others: readonly string[]): string =>
    columns.filter((column) => !others.includes(column)).join(', ');
  const [onlyHere, onlyThere] = [list(own, theirs), list(theirs, own)];
  const { where = here.where } = there;
  return [
    ...(onlyHere === onlyThere
      ? []
      : [`report '${here.name}' has ${onlyHere || 'no such column'} here and ${onlyThere || 'no such column'} there`]),
    ...(here.where === where
      ? []
      : [`report '${here.name}' counts ${recordsOf(here.where)} here and ${recordsOf(where)} there`]),
  ];
}

/** Its kind, and whether it may be null, are the stream's. */
function columnText({ name, of }: ColumnInfo): string {
  return of === null ? name : `${name} = ${of}`;
}

function recordsOf(where: string): string {
  return where === '' ? 'every record' : `records with ${where}`;
}

function partDifferences(own: StreamInfo, running: Partial<StreamInfo>): readonly string[] {
  return Object.entries(PARTS).flatMap(([key, words]) => {
    const [here, there] = [own[key as keyof typeof PARTS], running[key as keyof typeof PARTS]];
    return there === undefined || here === there
      ? []
      : [`the ${words} is ${quoted(here)} here and ${quoted(there)} there`];
  });
}

function quoted(value: string | number): string {
  return typeof value === 'string' ? `'${value}'` : String(value);
}

/** By name: their order is that of columns, not of records. */
function fieldDifferences(own: StreamInfo, running: Partial<StreamInfo>): readonly string[] {
  const { fields: names = own.fields, schema = [] } = running;
  const theirs = new Map(schema.map((field) => [field.name, field]));
  return [
    ...own.schema.flatMap((field) => {
      if (!names.includes(field.name)) return [`field '${field.name}' (${field.kind}) is not one of its`];
      const there = theirs.get(field.name);
      return there === undefined ? [] : fieldDifference(field, there);
    }),
    ...names.filter((name) => !own.fields.includes(name)).map((name) => `its field '${name}' is not one here`),
  ];
}

function fieldDifference(here: FieldInfo, there: Partial<FieldInfo>): readonly string[] {
  const { kind = here.kind } = there;
  if (here.kind !== kind) return [`field '${here.name}' is ${here.kind} here and ${kind} there`];
  const options = (['nullable', 'quoted', 'min', 'max', 'maxLength'] as const).filter(
    (option) => there[option] !== undefined && there[option] !== here[option],
  );
  const texts = options.map(
    (option) => `${option} ${here[option] ?? 'none'} here and ${there[option] ?? 'none'} there`,
  );
  return texts.length === 0 ? [] : [`field '${here.name}' has ${texts.join(', ')}`];
}
