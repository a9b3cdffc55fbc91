import { DaybookError } from '../../base/errors.ts';
import type { Plan } from '../../plan/plan.ts';
import type { Sale } from './sales.ts';

/** What a generated sale has; a stream may want no more. */
const SALE_FIELDS: ReadonlySet<string> = new Set([
  'ts_id',
  'ts',
  'ts_date',
  'customer_id',
  'customer_name',
  'segment',
  'country',
  'city',
  'category',
  'sub_category',
  'product_name',
  'price',
  'quantity',
  'discount',
  'revenue',
  'profit',
  'latitude',
  'longitude',
] satisfies readonly (keyof Sale)[]);

/** @throws DaybookError `GENERATE_STREAM` when records of the stream need a field that generated sales do not have */
export function requireSalesStream({ stream }: Plan): void {
  const missing = stream.fields.filter((field) => !field.optional && !SALE_FIELDS.has(field.name));
  if (missing.length === 0) return;
  const names = missing.map((field) => field.name).join(', ');
  throw new DaybookError(
    'GENERATE_STREAM',
    `No sales can be generated for the stream '${stream.name}': generated sales have no ${names}. ` +
      'Send records of the stream instead (daybook start --no-generate, or daybook import), or take the fields out of it.',
    { details: { stream: stream.name, missing: missing.map((field) => field.name) } },
  );
}
