import type { Zone } from '../base/calendar.ts';
import { parseTimestamp, zone } from '../base/calendar.ts';
import { DaybookError } from '../base/errors.ts';
import type { FieldPlan, Plan, StreamPlan } from '../plan/plan.ts';
import { readCarefully } from '../record/careful.ts';
import type { RecordColumns } from '../record/columns.ts';
import { KEY_WORDS } from '../record/columns.ts';
import { makeDictionaries } from '../record/dictionaries.ts';
import { Scanner } from '../record/scanner.ts';
import { keyIn } from './duplicates.ts';
import type { LogIndex } from './log-index.ts';

/** How a repeat and the record that counts in its place differ. */
export interface CountedRecord {
  /** Where the one that counts stands; undefined: it is of another business day than the repeat. */
  readonly offset: number | undefined;
  /** The fields whose values differ, in the stream's order; none: it is the same record. */
  readonly differing: readonly string[];
}

/**
 * Finds the record that counts in the place of a repeat, in the frames of the repeat's business day, and compares what the
 * definition reads of both: `1.0` is `1`, and what else a record has says nothing.
 * @param repeat  its line, and blank ones
 * @param frame   the log's next offset, up to which is looked
 * @param signal  ends the search
 * @returns undefined when the search was ended
 */
export async function countedRecord(
  { plan, index, frame }: { readonly plan: Plan; readonly index: LogIndex; readonly frame: number },
  repeat: Uint8Array,
  signal: AbortSignal,
): Promise<CountedRecord | undefined> {
  const own: Plan = { ...plan, reports: [] };
  const scanner = new Scanner(own, makeDictionaries(own));
  const { columns } = scanner.scan(repeat, 1);
  const line = lineOf(columns, 0).slice();
  const key = columns.keys.slice(0, KEY_WORDS);
  const day = columns.days[0] as number;
  await index.refresh(signal);
  for await (const stored of index.frames({ fromOffset: 0, toOffset: frame, days: { first: day, last: day } })) {
    if (signal.aborted) return undefined;
    const { columns: counted } = scanner.scan(stored.records, 1);
    const record = recordOf(counted, key);
    if (record === undefined) continue;
    const differing = differingFields(plan.stream, line, lineOf(counted, record));
    return { offset: stored.firstOffset + record, differing };
  }
  return signal.aborted ? undefined : { offset: undefined, differing: [plan.stream.businessDate.name] };
}

function lineOf({ bytes, starts, ends }: RecordColumns, record: number): Uint8Array {
  return bytes.subarray(starts[record], ends[record]);
}

function recordOf({ keys, count }: RecordColumns, key: Int32Array): number | undefined {
  for (let record = 0; record < count; record++) {
    if (key.every((word, place) => keys[record * KEY_WORDS + place] === word)) return record;
  }
  return undefined;
}

function differingFields(stream: StreamPlan, a: Uint8Array, b: Uint8Array): readonly string[] {
  const local = zone(stream.timeZone);
  const [ofA, ofB] = [valuesOf(stream, a, local), valuesOf(stream, b, local)];
  return stream.fields.filter((field) => ofA(field) !== ofB(field)).map(({ name }) => name);
}

/** The values of an accepted record, comparable. */
function valuesOf(stream: StreamPlan, line: Uint8Array, local: Zone): (field: FieldPlan) => unknown {
  const read = readCarefully(line, stream, local);
  if ('reason' in read) return () => read;
  const members = JSON.parse(Buffer.from(line).toString()) as Readonly<Record<string, unknown>>;
  return ({ index, kind, name }) => {
    const text = members[name];
    if (kind !== 'timestamp' || typeof text !== 'string') return read.values[index] ?? null;
    // The columns have the day alone.
    const moment = parseTimestamp(text, local);
    return `${moment?.day} ${moment?.msOfDay}`;
  };
}

/** What a correction is answered that repeats the key of another record. @param id  of the entry that it was to put right */
export function keyCounted(
  { stream: { primaryKey } }: Plan,
  { offset, differing }: CountedRecord,
  { id, repeat, isOpen }: { readonly id: number; readonly repeat: Uint8Array; readonly isOpen: boolean },
): DaybookError {
  const key = keyIn(Buffer.from(repeat).toString(), primaryKey);
  const where = offset === undefined ? '' : `, at offset ${offset}`;
  const values = differing.length === 1 ? 'another value' : 'other values';
  const names = differing.map((name) => `'${name}'`).join(', ');
  const entry = isOpen ? `, and entry ${id} of the quarantine stays open` : '';
  return new DaybookError(
    'KEY_COUNTED',
    `A record with the ${primaryKey.name} '${key}' is counted already${where}, with ${values} of ${names}. Nothing was ` +
      `counted${entry}. If it is another sale, send it with a ${primaryKey.name} of its own.`,
    { details: { id, offset, fields: differing } },
  );
}
