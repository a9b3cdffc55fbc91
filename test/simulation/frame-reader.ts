import type { Frame } from '../../src/ports/rows.ts';
import type { Reports } from '../oracle/furniture-store.ts';
import { sortedRows } from '../oracle/furniture-store.ts';
import { rowTexts } from '../process/reports-of-runtime.ts';
import { keyOf } from './model.ts';

/** A reader who read the reports once and has only applied frames since. */
export class FrameReader {
  readonly #rows = new Map<string, Map<string, Readonly<Record<string, string>>>>();
  #offset: number;

  constructor(reports: Reports, offset: number) {
    for (const [report, rows] of Object.entries(reports)) this.#read(report, rows);
    this.#offset = offset;
  }

  /** @param reports  what a report would be read as, where the frame says that it has too many changes */
  apply(frame: Frame, reports: Reports): void {
    if (frame.offset < this.#offset) throw new Error(`A frame at ${frame.offset} came behind one at ${this.#offset}.`);
    this.#offset = frame.offset;
    for (const { report, rows } of frame.reports) {
      if (rows === undefined) this.#read(report.name, reports[report.name] ?? []);
      else for (const row of rowTexts(rows)) this.#rows.get(report.name)?.set(keyOf(report.name, row), row);
    }
  }

  get offset(): number {
    return this.#offset;
  }

  /** The reports as the reader has them. */
  get reports(): Reports {
    return Object.fromEntries([...this.#rows].map(([report, rows]) => [report, sortedRows([...rows.values()])]));
  }

  #read(report: string, rows: Reports[string] = []): void {
    this.#rows.set(report, new Map(rows.map((row) => [keyOf(report, row), row])));
  }
}
