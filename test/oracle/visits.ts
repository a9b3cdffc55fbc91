import type { OracleRecord, OracleStream, OracleValue } from '../fuzz/record-oracle.ts';
import { judge } from '../fuzz/record-oracle.ts';
import type { Reports } from './furniture-store.ts';
import { moneyText, sortedRows } from './furniture-store.ts';

/** The stream of `every-measure.ts`, once more by hand. */
const VISITS: OracleStream = {
  primaryKey: 'id',
  eventTime: 'at',
  businessDate: 'day',
  timeZone: 'Australia/Lord_Howe',
  businessDayEndsAtHour: 4,
  fields: [
    { name: 'id', kind: 'uuid' },
    { name: 'at', kind: 'timestamp' },
    { name: 'day', kind: 'date' },
    { name: 'order', kind: 'text' },
    { name: 'guest', kind: 'text', nullable: true },
    { name: 'booked', kind: 'date' },
    { name: 'rooms', kind: 'integer' },
    { name: 'paid', kind: 'decimal', quoted: true },
    { name: 'cost', kind: 'decimal', nullable: true },
    { name: 'height', kind: 'number' },
  ],
};
const UNIT = 1_000_000n;

type Record = OracleRecord['values'];
type Row = Reports[string][number];

/** The reports of `every-measure-by-day.ts` of lines in the order in which they came, in the plainest way that there is. */
export function reportsOfVisits(lines: readonly string[]): Reports {
  const firsts = new Map<OracleValue, Record>();
  for (const line of lines) {
    const verdict = judge(Buffer.from(line), VISITS);
    if (typeof verdict === 'string') continue;
    const id = verdict.values.get('id') ?? null;
    if (!firsts.has(id)) firsts.set(id, verdict.values);
  }
  const records = [...firsts.values()];
  const selected = records.filter(isSelected);
  return {
    every_measure: rowsBy(records, ['day', 'order', 'guest', 'booked', 'rooms', 'cost', 'height'], measuresOf),
    every_condition: rowsBy(selected, ['day'], (group) => ({ select: String(group.length) })),
    every_day: rowsBy(records, ['day'], measuresOf),
  };
}

/** The conditions of `every_condition`. */
function isSelected(record: Record): boolean {
  const of = (name: string): OracleValue => record.get(name) ?? null;
  return (
    ["it's", 'a "b"'].includes(String(of('order'))) &&
    of('guest') !== null &&
    of('guest') !== 'Ann' &&
    String(of('booked')) >= '2026-01-01' &&
    String(of('booked')) <= '2026-12-31' &&
    numberIn(record, 'rooms') >= 2n &&
    numberIn(record, 'paid') < UNIT / 10n &&
    (of('cost') === null || of('cost') === (UNIT * 5n) / 2n) &&
    of('height') !== 0
  );
}

function rowsBy(
  records: readonly Record[],
  dimensions: readonly string[],
  measures: (group: readonly Record[]) => Row,
): Reports[string] {
  const groups = Map.groupBy(records, (record) => JSON.stringify(dimensions.map((name) => cellText(record, name))));
  return sortedRows(
    [...groups].map(([key, group]) => {
      const cells = JSON.parse(key) as readonly string[];
      return { ...Object.fromEntries(dimensions.map((name, at) => [name, cells[at] ?? ''])), ...measures(group) };
    }),
  );
}

function measuresOf(group: readonly Record[]): Row {
  const numbers = (name: string): readonly bigint[] => group.map((record) => numberIn(record, name));
  const sum = (name: string): bigint => numbers(name).reduce((total, each) => total + each, 0n);
  const least = (all: readonly bigint[]): bigint => all.reduce((a, b) => (b < a ? b : a));
  const most = (all: readonly bigint[]): bigint => all.reduce((a, b) => (b > a ? b : a));
  const distinct = (name: string): bigint =>
    BigInt(new Set(group.map((record) => record.get(name)).filter((each) => each !== null)).size);
  const heights = group.map((record) => Number(record.get('height')));
  const count = BigInt(group.length);
  const [low, fewest] = [least(numbers('paid')), least(numbers('rooms'))];
  return {
    records: String(count),
    takings: moneyText(sum('paid')),
    beds: String(sum('rooms')),
    guests: String(distinct('guest')),
    days: String(distinct('day')),
    low: moneyText(low),
    least: String(fewest),
    bottom: String(Math.min(...heights)),
    high: moneyText(most(numbers('paid'))),
    top: String(Math.max(...heights)),
    mean: quotientText(sum('paid'), count * UNIT),
    mean_rooms: quotientText(sum('rooms'), count),
    a_bed: quotientText(sum('paid'), sum('rooms') * UNIT),
    a_guest: quotientText(distinct('guest'), count),
    spread: quotientText(low, fewest * UNIT),
  };
}

function numberIn(record: Record, name: string): bigint {
  return record.get(name) as bigint;
}

function cellText(record: Record, name: string): string {
  const value = record.get(name) ?? null;
  return typeof value === 'bigint' && name !== 'rooms' ? moneyText(value) : String(value);
}

/** A quotient with six places, rounded half-even; null where it is divided by zero. */
function quotientText(numerator: bigint, denominator: bigint): string {
  if (denominator === 0n) return 'null';
  const isNegative = numerator < 0n !== denominator < 0n;
  const [n, d] = [numerator < 0n ? -numerator : numerator, denominator < 0n ? -denominator : denominator];
  const scaled = n * UNIT;
  const rest = (scaled % d) * 2n;
  let value = scaled / d;
  if (rest > d || (rest === d && value % 2n === 1n)) value += 1n;
  return moneyText(isNegative ? -value : value);
}
