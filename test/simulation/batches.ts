import type { Intake, Refusal, Unreadable } from '../../src/ports/runtime.ts';
import type { Dice } from '../chance.ts';
import { mixedSales } from '../sales/mixed-sales.ts';

/** A line that is sent, and what must become of it, known from how it was made. */
export interface SentLine {
  readonly bytes: Uint8Array;
  readonly fate:
    | { readonly kind: 'sale'; readonly key: string; readonly json: string }
    | { readonly kind: 'bad'; readonly code: Refusal['code'] }
    | { readonly kind: 'blank' };
}

/** Lines that a client sends together. */
export interface Batch {
  readonly origin: string;
  readonly lines: readonly SentLine[];
  readonly firstLine: number;
  readonly unreadable: readonly Unreadable[];
  readonly endsWithLineFeed: boolean;
}

/** A batch as the engine is handed it. */
export function intakeOf({ origin, lines, firstLine, unreadable, endsWithLineFeed }: Batch): Intake {
  const parts = lines.flatMap(({ bytes }, index) =>
    index < lines.length - 1 || endsWithLineFeed ? [bytes, Buffer.from('\n')] : [bytes],
  );
  return { origin, lines: Uint8Array.from(Buffer.concat(parts)), firstLine, unreadable };
}

type Sale = Readonly<Record<string, unknown>>;

const LINES_MAX = 6;
const CUSTOMERS = 5;
const PRODUCTS = 16;
/** Some more than it takes for a day to be closed. */
const DAYS = 18;
const BLANK: SentLine = { bytes: Buffer.from(' \t'), fate: { kind: 'blank' } };

/** What is wrong with a sale, and how that is called. */
const WRONGS: readonly (readonly [Refusal['code'], (sale: Sale, dice: Dice) => string | Uint8Array])[] = [
  ['NOT_JSON', (sale, dice) => JSON.stringify(sale).slice(0, dice.whole(1, 60))],
  ['NOT_JSON', (sale) => `${JSON.stringify(sale)}}`],
  ['NOT_AN_OBJECT', (sale) => JSON.stringify([sale])],
  ['NOT_UNICODE', (sale) => Buffer.from(JSON.stringify({ ...sale, city: 'Zürich' }), 'latin1')],
  ['MISSING_FIELD', (sale) => JSON.stringify({ ...sale, city: undefined })],
  ['WRONG_TYPE', (sale) => JSON.stringify({ ...sale, customer_id: 7 })],
  ['NOT_A_UUID', (sale, dice) => JSON.stringify({ ...sale, ts_id: `x${dice.whole(1, 3)}` })],
  ['IMPOSSIBLE_DATE', (sale) => JSON.stringify({ ...sale, ts_date: '2026-02-30' })],
  ['DATE_APART_FROM_TIME', (sale) => JSON.stringify({ ...sale, ts_date: '2026-01-01' })],
  ['NUMBER_OUT_OF_RANGE', (sale) => JSON.stringify({ ...sale, quantity: 0 })],
  ['DATE_IN_THE_FUTURE', (sale) => JSON.stringify({ ...sale, ts: '2031-01-01 00:00:00', ts_date: undefined })],
  ['TOO_LONG', (sale) => JSON.stringify({ ...sale, product_name: 'x'.repeat(1001) })],
];

/** Makes batches of new sales, of ones that were sent before (the same, altered, or written otherwise), and of bad lines. */
export class BatchMaker {
  readonly #dice: Dice;
  readonly #sent: Sale[] = [];
  readonly #bad: SentLine[] = [];

  constructor(dice: Dice) {
    this.#dice = dice;
  }

  next(client: number): Batch {
    const dice = this.#dice;
    const lines = Array.from({ length: dice.whole(dice.happens(0.05) ? 0 : 1, LINES_MAX) }, () => this.#line());
    const withReturns = dice.happens(0.15);
    const firstLine = dice.happens(0.8) ? 1 : dice.whole(2, 1_000);
    const unreadable = Array.from({ length: dice.happens(0.06) ? dice.whole(1, 2) : 0 }, (_, index): Unreadable => {
      const text = `2026-04-01;"Ch\u00E4ir ${dice.whole(1, 4)}`;
      const record = dice.happens(0.5) ? text : Buffer.from(text, 'latin1');
      const line = firstLine + lines.length + index;
      return { line, record, code: 'CANNOT_BE_CONVERTED', reason: 'the quote is not closed' };
    });
    return {
      origin: `client ${client}`,
      lines: withReturns ? lines.map(withReturn) : lines,
      firstLine,
      unreadable,
      endsWithLineFeed: dice.happens(0.7),
    };
  }

  /** The same lines in another order. */
  reordered(batch: Batch): Batch {
    return { ...batch, lines: this.#dice.shuffled(batch.lines) };
  }

  #line(): SentLine {
    const dice = this.#dice;
    const known = this.#sent.length > 0;
    return dice.weighted<SentLine>([
      [62, () => this.#newSale()],
      [known ? 12 : 0, () => saleLine(JSON.stringify(dice.pick(this.#sent)))],
      [known ? 8 : 0, () => saleLine(JSON.stringify(this.#altered(dice.pick(this.#sent))))],
      [known ? 6 : 0, () => saleLine(writtenOtherwise(dice.pick(this.#sent)))],
      [9, () => this.#badLine()],
      [3, () => BLANK],
    ]);
  }

  #newSale(): SentLine {
    const json = this.#someSale();
    this.#sent.push(JSON.parse(json) as Sale);
    return saleLine(json);
  }

  #someSale(): string {
    const seed = this.#dice.whole(0, 2 ** 31);
    const [json = ''] = mixedSales(1, { repeats: 0, seed, customers: CUSTOMERS, products: PRODUCTS, days: DAYS });
    return json;
  }

  /** Another sale under the key of one that was sent: the first one that is accepted counts. */
  #altered(sale: Sale): Sale {
    const key = String(sale['ts_id']);
    return { ...(JSON.parse(this.#someSale()) as Sale), ts_id: this.#dice.happens(0.5) ? key : key.toUpperCase() };
  }

  /** A line that is no record: a new one, or one that was sent before. */
  #badLine(): SentLine {
    const dice = this.#dice;
    if (this.#bad.length > 0 && dice.happens(0.3)) return dice.pick(this.#bad);
    const [code, make] = dice.pick(WRONGS);
    const line: SentLine = {
      bytes: Buffer.from(make(JSON.parse(this.#someSale()) as Sale, dice)),
      fate: { kind: 'bad', code },
    };
    this.#bad.push(line);
    return line;
  }
}

function saleLine(json: string): SentLine {
  const { ts_id } = JSON.parse(json) as { readonly ts_id: string };
  return { bytes: Buffer.from(json), fate: { kind: 'sale', key: ts_id.toLowerCase(), json } };
}

/** The same record with its members in another order, an escape, an exponent, spaces, and a member that nobody knows. */
function writtenOtherwise(sale: Sale): string {
  const members = Object.entries(sale).toReversed();
  const json = JSON.stringify({ extra: [{}], ...Object.fromEntries(members) }, null, 1).replaceAll('\n', '');
  const escaped = (letter: string): string => `\\u${letter.charCodeAt(0).toString(16).padStart(4, '0')}`;
  return ` ${json
    .replace(/"category": "(.)/, (_, letter: string) => `"category": "${escaped(letter)}`)
    .replace(/"quantity": (\d+)/, '"quantity": $1.0e0')}`;
}

function withReturn(line: SentLine): SentLine {
  return { ...line, bytes: Buffer.concat([line.bytes, Buffer.from('\r')]) };
}
