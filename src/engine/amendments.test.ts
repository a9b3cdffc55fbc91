import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FaultyDisk } from '../../test/disk/faulty-disk.ts';
import type { RandomSale } from '../../test/sales/random-sales.ts';
import { linesOf, randomSale } from '../../test/sales/random-sales.ts';
import { daybook } from '../../daybook.config.ts';
import { formatDay, parseDay } from '../base/calendar.ts';
import { makePlan } from '../plan/normalise.ts';
import type { Row } from '../ports/rows.ts';
import type { Amendment } from '../ports/runtime.ts';
import { openEmbedded } from '../runtimes/embedded.ts';
import { machineClock } from '../runtimes/machine/clock.ts';
import type { Engine } from './engine.ts';

const plan = makePlan(daybook);
const clock = machineClock();

function open(disk: FaultyDisk): Promise<Engine> {
  return openEmbedded({ plan, disk, clock, stateBytesMax: 1 });
}

/** All rows of closed days, by report and dimensions. */
async function closedRows(engine: Engine, newestDay: string | undefined): Promise<ReadonlyMap<string, Row>> {
  if (newestDay === undefined) return new Map();
  const to = formatDay((parseDay(newestDay) ?? 0) - plan.stream.latenessDays - 1);
  const rows = await Promise.all(
    plan.reports.map(async (report) => {
      const page = await engine.query(report.name, { to });
      return page.rows.map((row) => [keyOf(report.name, row), row] as const);
    }),
  );
  return new Map(rows.flat());
}

function keyOf(report: string, row: Row): string {
  const dimensions = plan.reports.find(({ name }) => name === report)?.dimensions ?? [];
  return JSON.stringify([report, ...dimensions.map(({ name }) => String(row[name]))]);
}

/** What an amendment says, whatever its number. */
function changeOf({ report, before, after }: Pick<Amendment, 'report' | 'before' | 'after'>): string {
  return `${keyOf(report, after)} ${JSON.stringify([before, after], text)}`;
}

async function newest(engine: Engine, count: number): Promise<readonly Amendment[]> {
  return (await engine.amendments({ limit: count, offset: 0 })).entries;
}

describe('amendments', () => {
  it('are just the rows of closed days that a frame changed, as they were and as they are', async () => {
    const batches = fc.array(fc.array(randomSale(80), { maxLength: 25 }), { maxLength: 8 });
    await fc.assert(
      fc.asyncProperty(batches, async (sent) => {
        const disk = new FaultyDisk();
        const engine = await open(disk);
        let total = 0;
        for (const sales of sent) {
          const { newestDay, offset } = await engine.status();
          const before = await closedRows(engine, newestDay);
          await engine.accept({ origin: 'test', lines: linesOf(sales) });
          const after = await closedRows(engine, newestDay);
          const changed = [...after].filter(
            ([key, row]) => JSON.stringify(row, text) !== JSON.stringify(before.get(key), text),
          );
          const expected = changed.map(([key, row]) => {
            const report = (JSON.parse(key) as readonly string[])[0] ?? '';
            return changeOf({ report, before: before.get(key) ?? null, after: row });
          });
          const page = await engine.amendments({ limit: 1_000, offset: 0 });
          const listed = page.entries.filter(({ id }) => id > total);
          expect(listed.map(changeOf).toSorted()).toEqual(expected.toSorted());
          expect(listed.every(({ firstOffset }) => firstOffset === offset)).toBe(true);
          total = page.total;
        }
        const entries = await newest(engine, 1_000);
        expect(entries.map(({ id }) => id)).toEqual(entries.map((_, index) => total - index));
        await engine.close();

        for (const withCheckpoint of [true, false]) {
          if (!withCheckpoint) for (const name of await disk.list('checkpoints')) disk.lose(`checkpoints/${name}`);
          const again = await open(disk.restart());
          expect(await newest(again, 1_000)).toEqual(entries);
          await again.close();
        }
      }),
      { numRuns: 40 },
    );
  });

  it('that are very many are all counted, and the newest are listed, the same after each restart', async () => {
    const [sale] = fc.sample(randomSale(1), { numRuns: 1, seed: 1 }) as [RandomSale];
    let number = 0;
    const on = (day: number): RandomSale => {
      const date = formatDay((parseDay('2000-01-01') ?? 0) + day);
      const ts_id = `00000000-0000-4000-8000-${(number++).toString(16).padStart(12, '0')}`;
      return { ...sale, ts_id, ts: `${date} 12:00:00`, ts_date: date, customer_id: `C-${number}` };
    };
    const disk = new FaultyDisk();
    const engine = await open(disk);
    await engine.accept({ origin: 'test', lines: linesOf([on(6_000)]) });
    for (const days of [3_500, 500, 3_500]) {
      const lines = linesOf(Array.from({ length: days }, (_, day) => on(days - day)));
      await engine.accept({ origin: 'test', lines });
    }
    const { total, kept, entries } = await engine.amendments({ limit: 20_000, offset: 0 });
    expect([total, kept]).toEqual([22_500, 10_000]);
    expect(entries.map(({ id }) => id)).toEqual(Array.from({ length: 10_000 }, (_, index) => 22_500 - index));
    expect(entries.every(({ before }) => before !== null)).toBe(true);
    const page = (await engine.amendments({ limit: 3, offset: 9_998 })).entries;
    expect(page).toEqual(entries.slice(9_998));
    await engine.close();
    for (const withCheckpoint of [true, false]) {
      if (!withCheckpoint) for (const name of await disk.list('checkpoints')) disk.lose(`checkpoints/${name}`);
      const again = await open(disk.restart());
      expect(await again.amendments({ limit: 20_000, offset: 0 })).toEqual({ total, kept, entries });
      await again.close();
    }
  });
});

function text(_: string, cell: unknown): unknown {
  return typeof cell === 'bigint' ? `${cell} millionths` : cell;
}
