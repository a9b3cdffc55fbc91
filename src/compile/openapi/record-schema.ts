import type { FieldPlan, StreamPlan } from '../../plan/plan.ts';
import { columnText } from '../../plan/ranges.ts';
import type { Json } from '../../base/json.ts';

/** The largest float that is a decimal: the one next to 9,007,199,254.740991 is above it, and refused. */
const DECIMAL_FLOAT_MAX = 9_007_199_254.740_99;

/** A record as it is sent. Members that the definition does not name may be there; they are kept. */
export function recordSchema(stream: StreamPlan): Json {
  return {
    type: 'object',
    properties: Object.fromEntries(stream.fields.map((field) => [field.name, fieldSchema(field, stream)])),
    required: stream.fields.filter((field) => !field.optional).map((field) => field.name),
  };
}

function fieldSchema(field: FieldPlan, stream: StreamPlan): Json {
  const value = valueSchema(field, stream);
  return field.nullable || field.optional ? { anyOf: [value, { type: 'null' }] } : value;
}

function valueSchema(field: FieldPlan, stream: StreamPlan): Json {
  switch (field.kind) {
    case 'uuid':
      return { type: 'string', format: 'uuid' };
    case 'text':
      return { type: 'string', maxLength: field.maxLength };
    case 'timestamp':
      return { type: 'string', description: momentText(field, stream) };
    case 'date':
      return { type: 'string', format: 'date' };
    case 'integer':
    case 'decimal':
    case 'number':
      return numberSchema(field);
  }
}

function momentText(field: FieldPlan, { timeZone, eventTime }: StreamPlan): string {
  const ahead = field.name === eventTime.name ? '; at most an hour ahead of the clock' : '';
  return `YYYY-MM-DD HH:MM:SS in ${timeZone}, or ISO 8601 with an offset${ahead}.`;
}

function numberSchema(field: FieldPlan): Json {
  const bound = (value: number): number => Number(columnText(field, value));
  const isDecimal = field.kind === 'decimal';
  const number = {
    type: field.kind === 'integer' ? 'integer' : 'number',
    minimum: isDecimal ? Math.max(bound(field.min), -DECIMAL_FLOAT_MAX) : bound(field.min),
    maximum: isDecimal ? Math.min(bound(field.max), DECIMAL_FLOAT_MAX) : bound(field.max),
  };
  return field.quoted ? { anyOf: [{ type: 'string', description: 'A number in a string.' }, number] } : number;
}
