import { DaybookError } from '../base/errors.ts';
import type { FieldInfo, StreamInfo } from '../server/protocol.ts';

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

/**
 * Refuses to send records to a Daybook whose stream is another: it would quarantine them, or read them otherwise.
 * @param running  as that Daybook says; an older one says less, and is taken at that
 * @throws DaybookError `OTHER_DEFINITION`; reports and the dashboard may differ
 */
export function checkSameStream(own: StreamInfo, running: Partial<StreamInfo>, url: string): void {
  const differences = [...fieldDifferences(own, running), ...partDifferences(own, running)];
  if (differences.length === 0) return;
  const more = differences.length > TOLD_MAX ? `; and ${differences.length - TOLD_MAX} more` : '';
  const stream = running.name === undefined ? '' : ` (stream '${running.name}')`;
  throw new DaybookError(
    'OTHER_DEFINITION',
    `The Daybook at ${url}${stream} runs by another definition than this command's: ` +
      `${differences.slice(0, TOLD_MAX).join('; ')}${more}. Nothing was sent. Name its definition with --config, ` +
      'start it again with this one, or take another data folder or Daybook.',
    { details: { url, differences } },
  );
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
