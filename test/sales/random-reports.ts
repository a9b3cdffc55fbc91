import fc from 'fast-check';
import type { FieldKind } from '../../src/definition/fields.ts';
import type { Measure } from '../../src/definition/measures.ts';
import type { Condition, Report } from '../../src/definition/report.ts';
import type { Stream } from '../../src/definition/stream.ts';

const GROUPED: readonly FieldKind[] = ['text', 'date', 'integer', 'decimal', 'number'];
const SUMMED: readonly FieldKind[] = ['integer', 'decimal'];
const COMPARED: readonly FieldKind[] = ['integer', 'decimal', 'number'];
/** Values that records are likely to have, or to lie about, by kind. */
const VALUES: Readonly<Partial<Record<FieldKind, readonly (string | number)[]>>> = {
  text: ['Furniture', 'Technology', 'Binder 9', "O'Brien 2-drawer file", 'C-3'],
  date: ['2026-02-01', '2026-02-14', '2026-02-28'],
  integer: [1, 7, 12.5, 20],
  decimal: [0, 0.15, 0.3, 1, 150.000001, 1e-7],
  number: [0, -74.0059413, 34.0522342, 1e-7],
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
  const values = VALUES[field?.kind ?? 'text'] ?? [];
  const value = (): string | number => values[Number(pick.next().value) % values.length] ?? '';
  const orNull = field?.nullable === true ? [null] : [];
  if (shape === 0) return value();
  if (shape === 1) return [value(), value(), ...orNull];
  if (shape === 2) return { not: [value(), ...orNull] };
  if (shape === 3 || field?.kind === 'text') return { not: value() };
  return shape === 4 ? { atLeast: value(), atMost: value() } : { above: value() };
}
