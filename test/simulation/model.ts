import type { Acceptance } from '../../src/ports/runtime.ts';
import type { Reports, Sale } from '../oracle/furniture-store.ts';
import { readSale, reportsOf } from '../oracle/furniture-store.ts';
import type { Batch } from './batches.ts';

const LATENESS_DAYS = 7;
const MS_PER_DAY = 86_400_000;

/** A line in the quarantine. */
export interface QuarantinedLine {
  readonly origin: string;
  readonly line: number;
  readonly code: string;
  /** The whole line, in base64. */
  readonly record: string;
}

/** A row of a closed day that a group of batches changed. */
export interface AmendedRow {
  readonly frame: number;
  readonly firstOffset: number;
  readonly report: string;
  readonly before: Readonly<Record<string, string>> | null;
  readonly after: Readonly<Record<string, string>>;
}

/** What a Daybook must answer and hold, told by nothing but the batches that count, in their order. */
export class Model {
  readonly sales: readonly Sale[];
  /** The accepted records' lines as they came. */
  readonly records: readonly string[];
  readonly quarantine: readonly QuarantinedLine[];
  readonly amended: readonly AmendedRow[];
  readonly duplicates: number;
  #reports: Reports | undefined;

  constructor(from: Partial<Pick<Model, 'sales' | 'records' | 'quarantine' | 'amended' | 'duplicates'>> = {}) {
    this.sales = from.sales ?? [];
    this.records = from.records ?? [];
    this.quarantine = from.quarantine ?? [];
    this.amended = from.amended ?? [];
    this.duplicates = from.duplicates ?? 0;
  }

  /** The oracle's reports of the accepted records. */
  get reports(): Reports {
    this.#reports ??= reportsOf(this.sales);
    return this.#reports;
  }

  /** What it is after batches that became durable together, and what each of them is answered. */
  after(group: readonly Batch[]): { readonly model: Model; readonly answers: readonly ExpectedAnswer[] } {
    const keys = new Set(this.sales.map(({ ts_id }) => ts_id.toLowerCase()));
    const entries = new Map(this.quarantine.map(({ record }, index) => [record, index + 1]));
    const sales = [...this.sales];
    const records = [...this.records];
    const quarantine = [...this.quarantine];
    let { duplicates } = this;
    const answers = group.map((batch) => {
      const answer = { accepted: 0, duplicates: 0, quarantined: [] as { line: number; code: string; id: number }[] };
      const refuse = (line: number, code: string, bytes: Uint8Array): void => {
        const record = Buffer.from(bytes).toString('base64');
        const id = entries.get(record) ?? quarantine.push({ origin: batch.origin, line, code, record });
        entries.set(record, id);
        answer.quarantined.push({ line, code, id });
      };
      batch.lines.forEach(({ bytes, fate }, index) => {
        if (fate.kind === 'blank') return;
        if (fate.kind === 'bad') refuse(batch.firstLine + index, fate.code, bytes);
        else if (keys.has(fate.key)) answer.duplicates++;
        else {
          keys.add(fate.key);
          answer.accepted++;
          sales.push(readSale(fate.json));
          records.push(Buffer.from(bytes).toString().replace(/\r$/, ''));
        }
      });
      for (const { line, code, record } of batch.unreadable) refuse(line, code, Buffer.from(record));
      duplicates += answer.duplicates;
      return { ...answer, offset: sales.length };
    });
    const next = { sales, records, quarantine, duplicates };
    const model = new Model({ ...next, amended: [...this.amended, ...this.#amendedBy(new Model(next))] });
    return { model, answers };
  }

  /** Rows of days that were closed before, whose values are others in a later model. */
  #amendedBy(later: Model): readonly AmendedRow[] {
    const newest = this.reports['daily_pu_rev']?.reduce((day, row) => (dayOf(row) > day ? dayOf(row) : day), '') ?? '';
    if (newest === '' || later.sales.length === this.sales.length) return [];
    const closedBelow = new Date(Date.parse(newest) - LATENESS_DAYS * MS_PER_DAY).toISOString().slice(0, 10);
    const place = { frame: later.sales.length, firstOffset: this.sales.length };
    return Object.entries(later.reports).flatMap(([report, rows]) => {
      const before = new Map(this.reports[report]?.map((row) => [keyOf(report, row), row]));
      return rows
        .filter((row) => dayOf(row) < closedBelow)
        .map((after): AmendedRow => ({ ...place, report, before: before.get(keyOf(report, after)) ?? null, after }))
        .filter((amended) => JSON.stringify(amended.before) !== JSON.stringify(amended.after));
    });
  }
}

/** An answer without the reasons' words. */
export type ExpectedAnswer = Pick<Acceptance, 'accepted' | 'duplicates' | 'offset'> & {
  readonly quarantined: readonly { readonly line: number; readonly code: string; readonly id: number | undefined }[];
};

const DIMENSIONS: Readonly<Record<string, readonly string[]>> = {
  daily_pu_rev: ['ts_date'],
  daily_category_product: ['ts_date', 'category', 'sub_category', 'product_name'],
  daily_address: ['ts_date', 'latitude', 'longitude'],
};

/** What a report's row is known by. */
export function keyOf(report: string, row: Readonly<Record<string, string>>): string {
  return JSON.stringify(DIMENSIONS[report]?.map((name) => row[name]));
}

function dayOf(row: Readonly<Record<string, string>>): string {
  return row['ts_date'] ?? '';
}
