import type { ConditionPlan, FieldPlan } from '../../plan/plan.ts';
import { among, COMPARISONS } from '../../base/sql-text.ts';
import { columnNumber, columnText } from '../../plan/ranges.ts';
import { quotedName, quotedText } from './sql.ts';

/** A condition of a report's `where` over a record. A null satisfies only a null in the list, and `notIn`. */
export function conditionSql({ field, test, values }: ConditionPlan): string {
  const name = columnOf(field);
  const texts = values.map((value) => (value === null ? null : valueSql(field, value)));
  if (test !== 'in' && test !== 'notIn') return `${name} ${COMPARISONS[test]} ${texts.join('')}`;
  const isWanted = among(name, texts);
  return test === 'in' ? isWanted : `NOT coalesce(${isWanted}, FALSE)`;
}

/** An integer is compared as a float too, in which it is exact: what it is compared with may have a fraction. */
function columnOf({ name, kind }: FieldPlan): string {
  return kind === 'integer' ? `CAST(${quotedName(name)} AS DOUBLE)` : quotedName(name);
}

function valueSql(field: FieldPlan, value: string | number): string {
  const text = quotedText(String(value));
  switch (field.kind) {
    case 'date':
      return `try_cast(${text} AS DATE)`;
    case 'decimal':
      return `CAST(${quotedText(columnText(field, columnNumber(field, value)))} AS DECIMAL(38, 6))`;
    case 'integer':
    case 'number':
      return `CAST(${text} AS DOUBLE)`;
    case 'uuid':
    case 'text':
    case 'timestamp':
      return text;
  }
}
