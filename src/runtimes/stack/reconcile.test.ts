import { expect, it } from 'vitest';
import { everyMeasure } from '../../../test/definitions/every-measure.ts';
import { present } from '../../base/assert.ts';
import { makePlan } from '../../plan/normalise.ts';
import type { Cell, ReportPage, Row } from '../../ports/rows.ts';
import type { RemoteRuntime } from '../remote.ts';
import { reconcileUntilEqual } from './reconcile.ts';

const plan = makePlan(everyMeasure);
const report = present(plan.reports[0], 'it has reports');

/** A row of the report, zero where nothing else is told. */
function rowOf([order, guest]: readonly [string, string | null], records: number): Row {
  const zeros = report.columns.map(({ name, kind }): [string, Cell] => [name, kind === 'decimal' ? 0n : 0]);
  return { ...Object.fromEntries(zeros), day: '2026-01-01', booked: '2026-01-01', order, guest, records };
}

it.each([
  ['a comma', ['Paris', 'Texas, USA'], ['Paris, Texas', 'USA']],
  ['the word null', ['Paris', null], ['Paris', 'null']],
] as const)('two rows that read alike, as of %s in a text, are compared each with its own', async (_what, a, b) => {
  const pageOf = (name: string, ...rows: readonly Row[]): ReportPage =>
    name === report.name
      ? { frame: 1, total: rows.length, rows, extent: undefined }
      : { frame: 1, total: 0, rows: [], extent: undefined };
  const [here, there, same] = [rowOf(a, 1), rowOf(a, 999), rowOf(b, 2)];
  const from: Pick<RemoteRuntime, 'query'> = { query: async (name) => pageOf(name, here, same) };
  const { reports, differences } = await reconcileUntilEqual(
    {
      plan,
      from: from as RemoteRuntime,
      clock: { nowMs: () => 0, sleep: async () => undefined },
      signal: new AbortController().signal,
      patienceMs: 1,
      differencesMax: 5,
      onClosedDays: () => undefined,
    },
    async (name) => pageOf(name, there, same),
    { wholeFrame: async () => 1, announced: async () => ({ frame: 1, daysBehind: 0 }) },
  );
  expect(reports[0]).toEqual({ report, rows: 2, differing: 1 });
  expect(differences).toMatchObject([{ here, there }]);
});
