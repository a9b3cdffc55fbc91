import type { FieldPlan, Plan } from '../plan/plan.ts';

/** What the reports need of a field. */
export interface FieldRole {
  readonly field: FieldPlan;
  /** It is grouped by, counted as different values, or compared with texts: its values are interned. */
  readonly id: boolean;
  /** It is summed or compared as a number. */
  readonly value: boolean;
}

/** The fields' roles, in the stream's order. A field with no role is checked and then only kept in the record. */
export function fieldRoles(plan: Plan): readonly FieldRole[] {
  const ids = new Set<FieldPlan>();
  const values = new Set<FieldPlan>();
  if (plan.stream.primaryKey.kind === 'text') ids.add(plan.stream.primaryKey);
  for (const report of plan.reports) {
    for (const field of report.dimensions.slice(1)) ids.add(field);
    for (const measure of report.measures) {
      if (!('field' in measure)) continue;
      (measure.kind === 'countDistinct' ? ids : values).add(measure.field);
    }
    for (const { field } of report.where) (field.kind === 'text' ? ids : values).add(field);
  }
  return plan.stream.fields.map((field) => ({ field, id: ids.has(field), value: values.has(field) }));
}
