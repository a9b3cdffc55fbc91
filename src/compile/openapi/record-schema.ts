import { microsText } from '../../base/decimal.ts';
import type { FieldPlan, StreamPlan } from '../../plan/plan.ts';
import type { Json } from './json.ts';

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
      return { type: 'string', description: `YYYY-MM-DD HH:MM:SS in ${stream.timeZone}, or ISO 8601 with an offset.` };
    case 'date':
      return { type: 'string', format: 'date' };
    case 'integer':
    case 'decimal':
    case 'number':
      return numberSchema(field);
  }
}

function numberSchema(field: FieldPlan): Json {
  const bound = (value: number): number => (field.kind === 'decimal' ? Number(microsText(BigInt(value))) : value);
  const number = {
    type: field.kind === 'integer' ? 'integer' : 'number',
    minimum: bound(field.min),
    maximum: bound(field.max),
  };
  return field.quoted ? { anyOf: [{ type: 'string', description: 'A number in a string.' }, number] } : number;
}
