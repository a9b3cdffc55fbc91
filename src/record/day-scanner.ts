import type { Plan } from '../plan/plan.ts';
import { fieldRoles } from './roles.ts';
import { Scanner } from './scanner.ts';

/**
 * A scanner for those who want the business days alone. Nothing is interned, not the primary key either, so that it holds
 * no more however much it reads; what its columns have for keys says nothing.
 */
export function dayScanner(plan: Plan): Scanner {
  const roles = fieldRoles({ ...plan, reports: [] }).map(({ field }) => ({ field, id: false, value: false }));
  return new Scanner(plan, [], roles);
}
