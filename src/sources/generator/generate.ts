import { parseDay } from '../../base/calendar.ts';
import { DaybookError } from '../../base/errors.ts';
import type { Plan } from '../../plan/plan.ts';
import type { AnswerKey } from './answer-key.ts';
import type { Catalogue } from './catalogue.ts';
import type { FaultShares } from './faults.ts';
import { withFaults } from './faults.ts';
import type { Sale } from './sales.ts';
import { requireSalesStream } from './sales-stream.ts';
import { salesCount, salesOfDay } from './sales.ts';

export interface GenerateSalesOptions extends FaultShares {
  readonly plan: Plan;
  /** The first and the last day, `YYYY-MM-DD`, both included. */
  readonly from: string;
  readonly to: string;
  readonly perDay: number;
  readonly seed: number;
  readonly catalogue: Catalogue;
}

/** Lines that are sent together. */
export interface SalesChunk {
  /** NDJSON in UTF-8, whole lines only. */
  readonly lines: Uint8Array;
  /** How many lines. */
  readonly count: number;
  /** How much of all was given with this chunk, 0 to 1. */
  readonly share: number;
}

const CHUNK_LINES = 1000;

/**
 * Sales of a range of days: the same bytes for the same options, on any machine.
 * @param answerKey  is given each line as it is sent
 * @throws DaybookError `GENERATE_DAYS`, `GENERATE_STREAM`
 */
export function* generateSales(options: GenerateSalesOptions, answerKey?: AnswerKey): Generator<SalesChunk> {
  const { plan, seed, perDay } = options;
  requireSalesStream(plan);
  const { first, last } = daysOf(options);
  let total = 0;
  for (let day = first; day <= last; day++) total += salesCount({ seed, day, perDay });
  let made = 0;
  const sales = function* (): Generator<Sale> {
    for (let day = first; day <= last; day++) {
      for (const sale of salesOfDay({ ...options, day })) {
        made++;
        yield sale;
      }
    }
  };
  let text = '';
  let count = 0;
  for (const line of withFaults(sales(), options, seed)) {
    answerKey?.add(line);
    text += `${line.text}\n`;
    if (++count < CHUNK_LINES) continue;
    yield { lines: Buffer.from(text), count, share: made / total };
    text = '';
    count = 0;
  }
  if (count > 0) yield { lines: Buffer.from(text), count, share: 1 };
}

function daysOf({ from, to }: GenerateSalesOptions): { readonly first: number; readonly last: number } {
  const first = parseDay(from);
  const last = parseDay(to);
  if (first !== undefined && last !== undefined && first <= last) return { first, last };
  throw new DaybookError(
    'GENERATE_DAYS',
    `Sales cannot be generated from '${from}' to '${to}': both must be days that exist, as YYYY-MM-DD, the first not after the last.`,
    { details: { from, to } },
  );
}
