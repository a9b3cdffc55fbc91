import { DaybookError } from '../../src/base/errors.ts';
import type { Acceptance } from '../../src/ports/runtime.ts';
import type { Frame } from '../../src/ports/rows.ts';
import type { Reports } from '../oracle/furniture-store.ts';
import type { Batch } from './batches.ts';
import type { Call, Settled } from './daybook-life.ts';
import { FrameReader } from './frame-reader.ts';
import { Model } from './model.ts';
import type { Reading } from './readings.ts';
import { readingOf } from './readings.ts';

/** Errors of a batch that was written, or begun to be, and did not become durable as far as Daybook knows. */
const FAILED_WRITES = ['DISK_FULL', 'DISK_FAILED', 'LOG_FAILED'];

/**
 * Holds Daybook to its promises: what was answered is there, once, and of what was not answered whole groups or nothing.
 */
export class Witness {
  /** What was answered, and what a started Daybook has shown to be durable. */
  #model = new Model();
  /**
   * Groups of batches whose write failed, or was never heard of again, since the last one that succeeded: one of them, at
   * most, may be there after a start.
   */
  #doubtful: (readonly Batch[])[] = [];
  #reader: FrameReader | undefined;

  get model(): Model {
    return this.#model;
  }

  /** What calls came to between two turns: at most one group of batches was written. @returns those refused */
  settled(settled: readonly Settled[], pending: readonly Call[]): readonly Batch[] {
    if (settled.length === 0) return [];
    this.#answered(
      settled.filter((each) => 'answer' in each),
      pending,
    );
    const refused = settled.filter((each) => 'error' in each);
    this.#refused(refused);
    return refused.map(({ batch }) => batch);
  }

  #answered(answered: readonly (Call & { readonly answer: Acceptance })[], pending: readonly Call[]): void {
    if (answered.length === 0) return;
    const { model, answers } = this.#model.after(answered.map(({ batch }) => batch));
    const given = answered.map(({ answer: { accepted, duplicates, quarantined, offset } }) => {
      return {
        accepted,
        duplicates,
        quarantined: quarantined.map(({ line, code, id }) => ({ line, code, id })),
        offset,
      };
    });
    mustBeEqual('answers', given, answers);
    const numbers = answered.map(({ number }) => number);
    const overtaken = pending.filter(({ number }) => number < Math.max(...numbers));
    mustBeEqual(
      'the order of the answers',
      numbers,
      numbers.toSorted((a, b) => a - b),
    );
    mustBeEqual('calls that were overtaken', overtaken.length, 0);
    this.#doubtful = [];
    this.#model = model;
  }

  #refused(refused: readonly (Call & { readonly error: unknown })[]): void {
    const failed = new Map<unknown, Batch[]>();
    for (const { error, batch } of refused) {
      if (!(error instanceof DaybookError)) throw error;
      if (error.code === 'CLOSING') continue;
      if (!FAILED_WRITES.includes(error.code)) throw error;
      // The batches of a group are refused with one and the same error.
      const group = failed.get(error);
      if (group === undefined) failed.set(error, [batch]);
      else group.push(batch);
    }
    this.#doubtful.push(...failed.values());
  }

  /** Daybook says that all is well: a write has succeeded since any that failed, which therefore can no longer show. */
  allIsWell(): void {
    this.#doubtful = [];
  }

  /** The process died with these calls pending. The group that was under way is made of the first ones. */
  died(pending: readonly Call[]): void {
    this.#reader = undefined;
    const batches = pending.map(({ batch }) => batch);
    batches.forEach((_, index) => this.#doubtful.push(batches.slice(0, index + 1)));
  }

  /** Daybook has started and says this. What it shows is durable from now on. */
  started(reading: Reading): void {
    const models = [this.#model, ...this.#doubtful.map((group) => this.#model.after(group).model)];
    const found = models.find((model) => isOf(reading, model)) ?? this.#model;
    mustAgree(reading, found, `after the start, by the nearest of ${models.length} outcomes`);
    this.#model = found;
    this.#doubtful = [];
    this.#reader = new FrameReader(reading.reports, reading.offset);
  }

  /** Daybook says this, and no batch is under way. */
  says(reading: Reading): void {
    mustAgree(reading, this.#model, 'of what Daybook says');
  }

  /** Daybook's reports say this, whatever is under way: only what was answered is shown. */
  shows(reports: Reports): void {
    mustBeEqual('the reports', reports, this.#model.reports);
  }

  /** A file of a day holds these lines: all of the day below the offset in its name, each once. */
  files(name: string, lines: readonly string[]): void {
    const match = /^(\d{4}-\d\d-\d\d)\.(\d+)$/.exec(name);
    if (match === null) return;
    const { sales, records } = this.#model;
    const wanted = records.filter((_, offset) => {
      const { ts_date, ts } = sales[offset] ?? { ts: '' };
      return offset < Number(match[2]) && (ts_date ?? ts.slice(0, 10)) === match[1];
    });
    mustBeEqual(`the records in the file ${name}`, lines.toSorted(), wanted.toSorted());
  }

  /** Files of days that Daybook names are there. */
  filesAreThere(named: readonly string[], there: readonly string[]): void {
    const missing = named.filter((name) => !there.includes(name));
    mustBeEqual('files of days that are not there', missing, []);
  }

  /** All files that were there still are. */
  nothingIsRemoved(before: readonly string[], after: readonly string[]): void {
    const removed = before.filter((path) => !after.includes(path));
    mustBeEqual('files that were removed', removed, []);
  }

  /** Days that have files, and have rested, have one with all of their records. */
  filesAreComplete(names: readonly string[]): void {
    const newest = new Map(names.toSorted().map((name) => name.split('.') as [day: string, offset: string]));
    for (const [day, offset] of newest) {
      const rest = this.#model.sales
        .slice(Number(offset))
        .filter(({ ts_date, ts }) => (ts_date ?? ts.slice(0, 10)) === day);
      mustBeEqual(`records of ${day} in no file`, rest.length, 0);
    }
  }

  /** Whoever applies a frame has the reports of its offset. */
  sees(frame: Frame): void {
    if (this.#reader === undefined) return;
    this.#reader.apply(frame, this.#model.reports);
    mustBeEqual("a frame's offset", this.#reader.offset, this.#model.sales.length);
    mustBeEqual("the reports of a frames' reader", this.#reader.reports, this.#model.reports);
  }
}

/** Whether a model is the one that holds; then everything else must agree too. */
function isOf(reading: Reading, model: Model): boolean {
  const of = ({ duplicates, records, quarantine }: Reading): string =>
    JSON.stringify([duplicates, records, quarantine]);
  return of(reading) === of(readingOf(model));
}

function mustAgree(reading: Reading, model: Model, where: string): void {
  const wanted = readingOf(model);
  for (const part of Object.keys(wanted) as (keyof Reading)[]) {
    mustBeEqual(`${part} ${where}`, reading[part], wanted[part]);
  }
}

/** @throws Error which says where two values differ first */
function mustBeEqual(what: string, found: unknown, wanted: unknown): void {
  if (JSON.stringify(found) === JSON.stringify(wanted)) return;
  if (Array.isArray(found) && Array.isArray(wanted)) {
    const differs = found.findIndex((each, index) => JSON.stringify(each) !== JSON.stringify(wanted[index]));
    const at = differs < 0 ? found.length : differs;
    const counts = `of ${found.length} where there must be ${wanted.length}`;
    throw new Error(`${what}: number ${at} ${counts} is ${shown(found[at])}, not ${shown(wanted[at])}`);
  }
  throw new Error(`${what}: ${shown(found)}, not ${shown(wanted)}`);
}

function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? 'missing';
  return text.length > 400 ? `${text.slice(0, 400)}…` : text;
}
