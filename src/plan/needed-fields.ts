import type { FieldPlan, Plan } from './plan.ts';

/** The fields that the reports need, in the stream's order; the business date always. */
export function neededFields({ stream, reports }: Plan): readonly FieldPlan[] {
  const needed = new Set<FieldPlan>([stream.businessDate]);
  for (const { dimensions, measures, where } of reports) {
    for (const field of dimensions) needed.add(field);
    for (const measure of measures) if ('field' in measure) needed.add(measure.field);
    for (const { field } of where) needed.add(field);
  }
  return stream.fields.filter((field) => needed.has(field));
}
