import type { ColumnInfo, JsonCell, JsonRow } from '../../src/server/protocol.ts';
import { dayNumber, dayText } from '../days.ts';
import { exactSum } from '../exact-sum.ts';
import { printCell } from '../key-text.ts';

/** Lines or parts beyond these are one called `Other`. */
const SERIES_MAX = 6;
const OTHER = 'Other';
/** A longer axis has none of the points between that have no rows. */
const FILLED_MAX = 1_000;

/** Values along an axis, by series. */
export interface AxisData {
  /** What lies along the axis, in its order. */
  readonly points: readonly JsonCell[];
  /** How many there are, be it that not all are drawn. */
  readonly pointCount: number;
  /** The largest first. */
  readonly series: readonly Series[];
  /** The ends of the scale: round numbers around all that is drawn. */
  readonly max: number;
  readonly min: number;
}

interface Series {
  /** Tells it from the others, which a name need not: nothing is printed as a text can be. */
  readonly key: string;
  readonly name: string;
  /** Of the dimension, where it stands for one. */
  readonly value: JsonCell;
  readonly values: readonly number[];
  /** Of all points, drawn or not. */
  readonly total: number;
  /** Which of the six it is drawn in. */
  readonly colour: number;
  /** Whether it stands for one value of the dimension; else for all that have no series of their own. */
  readonly isOne: boolean;
}

export interface AxisOptions {
  /** What lies along the axis. */
  readonly x: ColumnInfo;
  /** What each line, or part of a bar, stands for. */
  readonly series: string | null;
  readonly measure: string;
  /** By the axis itself; else the largest first. */
  readonly isSorted: boolean;
  /** Of more points, those at the axis' end are drawn, which are the newest days, or else the largest. */
  readonly pointsMax: number;
  /** A point's values stand on each other. */
  readonly isStacked: boolean;
}

/** Orders totals by a dimension, and by another one where there is one. Days and whole numbers between others are 0. */
export function axisData(rows: readonly JsonRow[], options: AxisOptions): AxisData {
  const { x, series, measure, isSorted, pointsMax, isStacked } = options;
  const sums = new Map<JsonCell, Map<JsonCell, number>>();
  const byPoint = new Map<JsonCell, number>();
  for (const row of rows) {
    const part = series === null ? '' : (row[series] ?? null);
    const point = row[x.name] ?? null;
    const value = Number(row[measure] ?? 0);
    const own = sums.get(part) ?? new Map<JsonCell, number>();
    sums.set(part, own.set(point, (own.get(point) ?? 0) + value));
    byPoint.set(point, (byPoint.get(point) ?? 0) + value);
  }
  const every = isSorted ? inOrder([...byPoint.keys()], x) : byValue(byPoint);
  const points = isSorted ? every.slice(-pointsMax) : every.slice(0, pointsMax);
  const all = [...sums]
    .map(([part, own]) => {
      const values = points.map((point) => own.get(point) ?? 0);
      const total = exactSum([...own.values()]);
      const name = series === null ? '' : printCell(part);
      return { key: JSON.stringify(part), name, value: part, values, total, colour: 0, isOne: true };
    })
    .toSorted((a, b) => b.total - a.total);
  const shown = series === null ? all : withColours(withOther(all));
  const drawn = isStacked ? points.flatMap((_, at) => stackEnds(shown, at)) : shown.flatMap(({ values }) => values);
  const [max, min] = [drawn.reduce((a, b) => Math.max(a, b), 0), drawn.reduce((a, b) => Math.min(a, b), 0)];
  return { points, pointCount: every.length, series: shown, max: roundOut(max), min: 0 - roundOut(-min) };
}

/** How far a bar's parts go up, and how far those below zero go down. */
function stackEnds(series: readonly Series[], at: number): readonly [up: number, down: number] {
  const values = series.map((each) => each.values[at] ?? 0);
  const sum = (part: readonly number[]): number => part.reduce((a, b) => a + b, 0);
  return [sum(values.filter((value) => value > 0)), sum(values.filter((value) => value < 0))];
}

const ROUND = [1, 1.2, 1.6, 2, 2.4, 3, 4, 5, 6, 8, 10];

/** The next number that is good to read. */
function roundOut(value: number): number {
  if (value <= 0) return 0;
  const power = 10 ** Math.floor(Math.log10(value));
  return power * (ROUND.find((each) => each * power >= value) ?? 10);
}

function byValue(sums: ReadonlyMap<JsonCell, number>): readonly JsonCell[] {
  return [...sums].toSorted(([, a], [, b]) => b - a).map(([point]) => point);
}

/** Points in their order, with those between that have no rows; what has no value lies behind all of them. */
function inOrder(all: readonly JsonCell[], { kind }: ColumnInfo): readonly JsonCell[] {
  const points = all.filter((point) => point !== null);
  return [...valuesInOrder(points, kind), ...(points.length < all.length ? [null] : [])];
}

function valuesInOrder(points: readonly (string | number)[], kind: ColumnInfo['kind']): readonly JsonCell[] {
  if (kind === 'date') {
    const days = points.map((point) => dayNumber(String(point)));
    return filled(days).map(dayText);
  }
  if (kind === 'integer') return filled(points.map(Number));
  if (kind === 'text')
    return points.toSorted((a, b) => String(a).localeCompare(String(b), undefined, { numeric: true }));
  return points.toSorted((a, b) => Number(a) - Number(b));
}

function filled(numbers: readonly number[]): readonly number[] {
  const sorted = numbers.toSorted((a, b) => a - b);
  const [first, last] = [sorted[0], sorted.at(-1)];
  if (first === undefined || last === undefined || last - first >= FILLED_MAX) return sorted;
  return Array.from({ length: last - first + 1 }, (_, index) => first + index);
}

function withOther(all: AxisData['series']): AxisData['series'] {
  if (all.length <= SERIES_MAX) return all;
  const kept = all.slice(0, SERIES_MAX - 1);
  const rest = all.slice(SERIES_MAX - 1);
  const values = (rest[0]?.values ?? []).map((_, index) => exactSum(rest.map((each) => each.values[index] ?? 0)));
  return [
    ...kept,
    {
      key: OTHER,
      name: OTHER,
      value: null,
      values,
      total: exactSum(rest.map(({ total }) => total)),
      colour: SERIES_MAX - 1,
      isOne: false,
    },
  ];
}

/**
 * Gives each series a colour that goes by its own name: it stays the same when another one overtakes it, or is not there,
 * but for those whose names lead to one colour.
 */
function withColours(series: AxisData['series']): AxisData['series'] {
  const colours = new Map(series.filter(({ isOne }) => !isOne).map(({ key, colour }) => [colour, key]));
  for (const { key } of series.filter(({ isOne }) => isOne).toSorted((a, b) => (a.key < b.key ? -1 : 1))) {
    let colour = hashOf(key) % (SERIES_MAX - 1);
    while (colours.has(colour)) colour = (colour + 1) % SERIES_MAX;
    colours.set(colour, key);
  }
  const colourOf = new Map(Array.from(colours, ([colour, key]) => [key, colour]));
  return series.map((each) => ({ ...each, colour: colourOf.get(each.key) ?? 0 }));
}

/** Source: FNV-1a, Fowler, Noll, Vo, of UTF-16 units. */
function hashOf(text: string): number {
  let hash = 2_166_136_261;
  for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 16_777_619);
  return hash >>> 0;
}
