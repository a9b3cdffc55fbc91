import fc from 'fast-check';
import type { FieldKind } from '../../src/definition/fields.ts';
import type { Measure } from '../../src/definition/measures.ts';
import type { Condition, Report } from '../../src/definition/report.ts';
import type { Stream } from '../../src/definition/stream.ts';

const GROUPED: readonly FieldKind[] = ['text', 'date', 'integer', 'decimal', 'number'];
const SUMMED: readonly FieldKind[] = ['integer', 'decimal'];
const COMPARED: readonly FieldKind[] = ['integer', 'decimal', 'number'];
/** Values that records are likely to have, or to lie about, by kind; the smallest first. */
const VALUES: Readonly<Partial<Record<FieldKind, readonly (string | number)[]>>> = {
  text: ['Furniture', 'Technology', 'Binder 9', "O'Brien 2-drawer file", 'C-3'],
  date: ['2026-02-01', '2026-02-14', '2026-02-28'],
  integer: [1, 7, 12.5, 20],
  decimal: [0, 1e-7, 0.15, 0.3, 1, 150.000001],
  number: [-74.0059413, 0, 1e-7, 34.0522342],
};

/** Reports over a stream with any dimensions, measures and conditions that its fields allow. */
export function randomReports(stream: Stream): fc.Arbitrary<readonly Report[]> {
  return fc
    .array(randomReport(stream), { minLength: 1, maxLength: 3 })
    .map((reports) => reports.map((report, index) => ({ ...report, name: `report_${index}` })));
}

function randomReport(stream: Stream): fc.Arbitrary<Report> {
  const others = namesOf(stream, GROUPED).filter((name) => name !== stream.businessDate);
  return fc
    .record({
      dimensions: fc.subarray(others, { maxLength: 3 }),
      measures: fc.array(randomMeasure(stream), { minLength: 1, maxLength: 5 }),
      ratios: fc.array(fc.tuple(fc.nat(), fc.nat()), { maxLength: 2 }),
      where: fc.dictionary(fc.constantFrom(...others), fc.nat(5), { maxKeys: 2 }),
      pick: fc.infiniteStream(fc.nat(1000)),
    })
    .map(({ dimensions, measures, ratios, where, pick }) => {
      const named = Object.fromEntries(measures.map((measure, index) => [`measure_${index}`, measure]));
      const parts = Object.entries(named).filter(([, measure]) => canBePart(measure, stream));
      const part = (index: number): string => parts[index % parts.length]?.[0] ?? '';
      const divided = parts.length === 0 ? [] : ratios;
      return {
        name: 'report',
        title: 'report',
        stream,
        dimensions: [stream.businessDate, ...dimensions],
        measures: {
          ...named,
          ...Object.fromEntries(
            divided.map(([a, b], index) => [
              `ratio_${index}`,
              { kind: 'ratio' as const, numerator: part(a), denominator: part(b) },
            ]),
          ),
        },
        where: Object.fromEntries(
          Object.entries(where).map(([name, shape]) => [name, conditionOf(stream, name, shape, pick)]),
        ),
      };
    });
}

function namesOf(stream: Stream, kinds: readonly FieldKind[]): readonly string[] {
  return Object.entries(stream.fields)
    .filter(([, field]) => kinds.includes(field.kind))
    .map(([name]) => name);
}

function randomMeasure(stream: Stream): fc.Arbitrary<Measure> {
  const over = (kinds: readonly FieldKind[], nullable: boolean): fc.Arbitrary<string> =>
    fc.constantFrom(...namesOf(stream, kinds).filter((name) => nullable || stream.fields[name]?.nullable === false));
  return fc.oneof(
    fc.constant({ kind: 'count' as const }),
    fc.record({ kind: fc.constantFrom('sum' as const, 'avg' as const), field: over(SUMMED, false) }),
    fc.record({ kind: fc.constantFrom('min' as const, 'max' as const), field: over(COMPARED, false) }),
    fc.record({ kind: fc.constant('countDistinct' as const), field: over(GROUPED, true) }),
  );
}

function canBePart(measure: Measure, stream: Stream): boolean {
  return measure.kind !== 'avg' && !('field' in measure && stream.fields[measure.field]?.kind === 'number');
}

function conditionOf(stream: Stream, name: string, shape: number, pick: Iterator<number>): Condition {
  const field = stream.fields[name];
  const { kind = 'text', min = -Infinity, max = Infinity, nullable } = field ?? {};
  const isTaken = (value: string | number): boolean => typeof value === 'string' || (value >= min && value <= max);
  const values = (VALUES[kind] ?? []).filter(isTaken);
  const whole = kind === 'integer' ? values.filter(Number.isInteger) : values;
  const oneOf = <T>(list: readonly T[]): T => list[Number(pick.next().value) % list.length] as T;
  const orNull = nullable === true ? [null] : [];
  if (shape === 0) return oneOf(whole);
  if (shape === 1) return [oneOf(whole), oneOf(whole), ...orNull];
  if (shape === 2) return { not: [oneOf(whole), ...orNull] };
  if (shape === 3 || kind === 'text') return { not: oneOf(whole) };
  if (shape !== 4) return { above: oneOf(values.filter((value) => value !== max)) };
  // Such that some record can meet it: a 12.5 to 12.5 is no whole number.
  const atLeast = oneOf(whole);
  return { atLeast, atMost: oneOf(values.slice(values.indexOf(atLeast))) };
}
