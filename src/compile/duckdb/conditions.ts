import type { ConditionPlan, FieldPlan } from '../../plan/plan.ts';
import { among, COMPARISONS, quotedName, quotedText } from '../../base/sql-text.ts';

/** A condition of a report's `where`, over a record `r`. A null satisfies only a null in the list, and `notIn`. */
export function conditionSql({ field, test, values }: ConditionPlan): string {
  const name = columnOf(field);
  const texts = values.map((value) => (value === null ? null : valueSql(field, value)));
  if (test !== 'in' && test !== 'notIn') return `${name} ${COMPARISONS[test]} ${texts.join('')}`;
  const isWanted = among(name, texts);
  return test === 'in' ? isWanted : `${isWanted} IS NOT TRUE`;
}

/** An integer is compared as a float too, in which it is exact: what it is compared with may have a fraction. */
function columnOf(field: FieldPlan): string {
  const name = `r.${quotedName(field.name)}`;
  return field.kind === 'integer' ? `CAST(${name} AS DOUBLE)` : name;
}

function valueSql(field: FieldPlan, value: string | number): string {
  const text = quotedText(String(value));
  switch (field.kind) {
    case 'date':
      return `CAST(${text} AS DATE)`;
    case 'decimal':
      return `micros(${text})`;
    case 'integer':
    case 'number':
      return `CAST(${text} AS DOUBLE)`;
    case 'uuid':
    case 'text':
    case 'timestamp':
      return text;
  }
}
