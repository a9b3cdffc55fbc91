import { quotedName } from '../../base/sql-text.ts';
import type { FieldPlan } from '../../plan/plan.ts';

/** Columns of ours begin with `#`, which no name of a definition can. */
export const POSITION = quotedName('#');
export const KEY = quotedName('#key');
export const SLICE = quotedName('#slice');
export const FIRST = quotedName('#first');
export const FOUND = quotedName('#found');
export const DIFFERS = quotedName('#differs');

/** The type of a field's column: decimals are whole micro-units. */
export function columnType({ kind }: FieldPlan): string {
  switch (kind) {
    case 'uuid':
    case 'text':
    case 'timestamp':
      return 'VARCHAR';
    case 'date':
      return 'DATE';
    case 'integer':
    case 'decimal':
      return 'BIGINT';
    case 'number':
      return 'DOUBLE';
  }
}
