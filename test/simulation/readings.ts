import type { Engine } from '../../src/engine/engine.ts';
import type { Row } from '../../src/ports/rows.ts';
import type { Reports } from '../oracle/furniture-store.ts';
import { rowTexts } from '../process/reports-of-runtime.ts';
import type { AmendedRow, Model, QuarantinedLine } from './model.ts';

const ALL = { limit: 1_000_000, offset: 0 };

/** Everything that a Daybook says, in the words of the model. */
export interface Reading {
  readonly offset: number;
  readonly accepted: number;
  readonly duplicates: number;
  readonly records: readonly string[];
  readonly quarantine: readonly QuarantinedLine[];
  /** By the report and the row, as the order within a group is the engine's. */
  readonly amended: readonly string[];
  readonly reports: Reports;
}

/** Reads all that there is by the engine's own door. */
export async function readAll(engine: Engine): Promise<Reading> {
  const { offset, accepted, duplicates, quarantined } = await engine.status();
  const chunks: Uint8Array[] = [];
  for await (const chunk of engine.records({})) chunks.push(chunk);
  const { entries, total } = await engine.quarantine(ALL);
  const amendments = await engine.amendments(ALL);
  must(total === entries.length && total === quarantined, 'the quarantine lists all that it counts');
  must(amendments.total === amendments.entries.length, 'the amendments list all that they count');
  for (const list of [entries, amendments.entries]) {
    must(
      list.every(({ id }, index) => id === list.length - index),
      'what is listed is numbered, the newest first',
    );
  }
  const amended = amendments.entries.map(({ frame, firstOffset, report, before, after }): AmendedRow => {
    return { frame, firstOffset, report, before: before && textsOf(before), after: textsOf(after) };
  });
  return {
    offset,
    accepted,
    duplicates,
    records: Buffer.concat(chunks).toString().split('\n').slice(0, -1),
    quarantine: entries.toReversed().map(({ origin, line, code, record, encoding }) => {
      return { origin, line, code, record: Buffer.from(record, encoding).toString('base64') };
    }),
    amended: sortedAmendments(amended),
    reports: await readReports(engine),
  };
}

/** The reports alone, for which no disk is read. */
export async function readReports(engine: Engine): Promise<Reports> {
  const reports: Record<string, Reports[string]> = {};
  for (const { name } of engine.plan.reports) reports[name] = rowTexts((await engine.query(name, {})).rows);
  return reports;
}

/** What must be read where the model holds. */
export function readingOf(model: Model): Reading {
  return {
    offset: model.sales.length,
    accepted: model.sales.length,
    duplicates: model.duplicates,
    records: model.records,
    quarantine: model.quarantine,
    amended: sortedAmendments(model.amended),
    reports: model.reports,
  };
}

/** Rows that were touched and have the values that they had before say nothing of what changed. */
function sortedAmendments(amended: readonly AmendedRow[]): readonly string[] {
  return amended
    .filter(({ before, after }) => JSON.stringify(before) !== JSON.stringify(after))
    .map(({ frame, firstOffset, report, before, after }) => JSON.stringify([frame, firstOffset, report, before, after]))
    .toSorted();
}

function textsOf(row: Row): Readonly<Record<string, string>> {
  return rowTexts([row])[0] ?? {};
}

function must(condition: boolean, what: string): void {
  if (!condition) throw new Error(`It does not hold that ${what}.`);
}
