import type { Random } from './random.ts';
import { makeRandom } from './random.ts';
import type { Sale } from './sales.ts';

/** Shares of the sales, 0 to 1. */
export interface FaultShares {
  /** Sent once more later on with the same primary key, every second one with other values. */
  readonly duplicates: number;
  /** Sent after sales that happened later. */
  readonly late: number;
  /** So many lines in addition that cannot be accepted. */
  readonly corrupt: number;
}

/** A line as it is sent, without its line feed. */
export interface SentLine {
  readonly text: string;
  /** The record that the line holds; undefined when the line is broken. */
  readonly sale: Sale | undefined;
}

/** How many sales later a late one, or a repeat, is sent at most. */
export const DELAY_SALES_MAX = 3000;

/**
 * Sends sales with faults. A late sale stands in its own day's time all the same, and a repeat always comes after the
 * first sending. The sales themselves do not depend on the faults.
 */
export function* withFaults(sales: Iterable<Sale>, shares: FaultShares, seed: number): Generator<SentLine> {
  const random = makeRandom(seed, 'faults');
  /** What is still to be sent, by how many sales came before it. */
  const delayed = new Map<number, Delayed[]>();
  let count = 0;
  const delay = (item: Delayed): void => {
    const due = count + 1 + random.below(DELAY_SALES_MAX);
    const others = delayed.get(due);
    if (others === undefined) delayed.set(due, [item]);
    else others.push(item);
  };
  const send = function* ({ sale, isRepeat }: Delayed): Generator<SentLine> {
    yield { text: JSON.stringify(sale), sale };
    if (isRepeat) return;
    if (random.chance(shares.duplicates)) delay({ sale: repeatOf(sale, random), isRepeat: true });
    if (random.chance(shares.corrupt)) yield { text: corruptLine(sale, random), sale: undefined };
  };
  const sendDue = function* (): Generator<SentLine> {
    for (const item of delayed.get(count) ?? []) yield* send(item);
    delayed.delete(count);
  };
  for (const sale of sales) {
    const item = { sale, isRepeat: false };
    if (random.chance(shares.late)) delay(item);
    else yield* send(item);
    count++;
    yield* sendDue();
  }
  while (delayed.size > 0) {
    count++;
    yield* sendDue();
  }
}

interface Delayed {
  readonly sale: Sale;
  readonly isRepeat: boolean;
}

/** The sale again: as it was, as a sender that got no answer does, or with another quantity and all that follows. */
function repeatOf(sale: Sale, random: Random): Sale {
  if (random.chance(0.5)) return sale;
  const quantity = (sale.quantity % 20) + 1;
  const revenue = sale.price * quantity;
  return { ...sale, quantity, revenue, profit: revenue * (1 - Number(sale.discount)) };
}

/** Longer than a text may be. */
const LONG_TEXT_LENGTH = 1001;

/** How a line is broken, given a sale with a primary key of its own, which makes each line another one. */
const BREAKS: readonly ((sale: Sale, random: Random) => string)[] = [
  // Cut off behind its primary key, as by a connection that breaks.
  (sale, random) => {
    const text = JSON.stringify(sale);
    const keyEnd = text.indexOf(',');
    return text.slice(0, keyEnd + random.below(text.length - keyEnd));
  },
  (sale, random) => {
    const name = random.pick(['ts', 'customer_id', 'product_name', 'quantity', 'revenue'] as const);
    const { [name]: _, ...rest } = sale;
    return JSON.stringify(rest);
  },
  (sale) => JSON.stringify({ ...sale, ts: `${sale.ts.slice(0, 5)}02-30${sale.ts.slice(10)}` }),
  (sale) => JSON.stringify({ ...sale, ts_date: `${sale.ts_date.slice(0, 5)}02-30` }),
  (sale) => JSON.stringify({ ...sale, quantity: 0 }),
  (sale) => JSON.stringify({ ...sale, quantity: 'a few' }),
  (sale) => JSON.stringify({ ...sale, product_name: sale.product_name.padEnd(LONG_TEXT_LENGTH, ' and so on') }),
  (sale) => `${sale.ts} ${sale.ts_id} sold: ${sale.quantity} x ${sale.product_name}`,
];

function corruptLine(sale: Sale, random: Random): string {
  return random.pick(BREAKS)({ ...sale, ts_id: random.uuid() }, random);
}
