import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { dailyRecords, daybook } from '../../daybook.config.ts';
import { count } from '../definition/measures.ts';
import { defineReport } from '../definition/report.ts';
import { makePlan } from '../plan/normalise.ts';
import type { Clock } from '../ports/clock.ts';
import type { Frame } from '../ports/rows.ts';
import type { Acceptance, Amendment } from '../ports/runtime.ts';
import { openEmbedded } from '../runtimes/embedded.ts';
import { machineClock } from '../runtimes/machine/clock.ts';
import { openDisk } from '../runtimes/machine/disk.ts';
import { FaultyDisk } from '../../test/disk/faulty-disk.ts';
import { HeldDisk } from '../../test/disk/held-disk.ts';
import { temporaryFolder } from '../../test/process/daybook-process.ts';
import { expectReportsOf } from '../../test/process/reports-of-runtime.ts';
import type { RandomSale } from '../../test/sales/random-sales.ts';
import { linesOf, randomSale } from '../../test/sales/random-sales.ts';
import { scheduledDisk } from '../../test/simulation/scheduled-disk.ts';
import { Turns } from '../../test/simulation/turns.ts';
import type { Engine } from './engine.ts';

const plan = makePlan(daybook);
const clock = machineClock();

function open(root: string, onNotice?: (sentence: string) => void, usedPlan = plan): Promise<Engine> {
  return openEmbedded({ plan: usedPlan, disk: openDisk(root), clock, ...(onNotice && { onNotice }) });
}

function sales(count_: number, ids: number, seed: number): readonly RandomSale[] {
  return fc.sample(randomSale(ids), { numRuns: count_, seed });
}

function accept(engine: Engine, batch: readonly RandomSale[]): Promise<Acceptance> {
  return engine.accept({ origin: 'test', lines: linesOf(batch) });
}

describe('the engine', () => {
  it('answers what is durable, and shows it, while what came behind is still being written', async () => {
    const disk = new HeldDisk(new FaultyDisk());
    const engine = await openEmbedded({ plan, disk, clock });
    const [first, second, third] = [sales(9, 1e6, 1), sales(9, 1e6, 2), sales(9, 1e6, 3)] as const;
    await accept(engine, first);
    disk.hold();
    const early = accept(engine, second);
    while (disk.waiting === 0) await Promise.resolve();
    const late = accept(engine, third);
    // The sync that is under way ends, and the next one waits again.
    disk.release();
    disk.hold();
    const { offset } = await early;
    const shown = await engine.query('daily_pu_rev', {});
    expect(shown.frame).toBe(offset);
    expect((await engine.status()).accepted).toBe(offset);
    disk.release();
    expect((await late).offset).toBeGreaterThan(offset);
    await expectReportsOf(engine, [...first, ...second, ...third]);
    await engine.close();
  });

  it('writes nothing of what stands behind the lines of a batch, be it a line feed that becomes something else', async () => {
    const disk = new FaultyDisk();
    const turns = new Turns();
    const engine = await turns.run(openEmbedded({ plan, disk: scheduledDisk(disk, turns), clock }), () => 0);
    const sent = sales(3, 1e6, 1);
    const lines = linesOf(sent).subarray(0, -1);
    const pool = Buffer.alloc(lines.length + 1_000, '\n');
    pool.set(lines);
    const answer = engine.accept({ origin: 'test', lines: pool.subarray(0, lines.length) });
    await turns.run(answer, () => {
      pool.fill('x', lines.length);
      return 0;
    });
    await turns.run(engine.close(), () => 0);
    for (const name of await disk.list('checkpoints')) disk.lose(`checkpoints/${name}`);
    const again = await openEmbedded({ plan, disk: disk.restart(), clock });
    await expectReportsOf(again, sent);
    await again.close();
  });

  it('answers what became of each record of overlapping batches, in the order of the calls', async () => {
    await using folder = await temporaryFolder();
    const engine = await open(folder.path);
    const batches = Array.from({ length: 20 }, (_, i) => sales(30, 200, i));
    const answers = await Promise.all(batches.map((batch) => accept(engine, batch)));
    const seen = new Set<string>();
    batches.forEach((batch, i) => {
      const fresh = batch.filter(({ ts_id }) => !seen.has(ts_id) && seen.add(ts_id)).length;
      expect(answers[i]).toMatchObject({ accepted: fresh, duplicates: batch.length - fresh, quarantined: [] });
    });
    await expectReportsOf(engine, batches.flat());
    await engine.close();
  });

  it('has the same reports, counts and quarantine after a restart, with a checkpoint and without', async () => {
    await using folder = await temporaryFolder();
    const first = await open(folder.path);
    const batch = sales(500, 400, 1);
    await accept(first, batch);
    await first.accept({ origin: 'test', lines: Buffer.from('{"no":"record"}\nnot JSON\n\n') });
    const status = await first.status();
    expect(status).toMatchObject({ quarantined: 2, accepted: new Set(batch.map((sale) => sale.ts_id)).size });
    await first.close();
    for (const withCheckpoint of [true, false]) {
      if (!withCheckpoint) await rm(join(folder.path, 'checkpoints'), { recursive: true });
      const again = await open(folder.path);
      const { offset, accepted, duplicates, quarantined } = status;
      expect(await again.status()).toMatchObject({ offset, accepted, duplicates, quarantined });
      await expectReportsOf(again, batch);
      expect(
        (await again.quarantine({ limit: 10, offset: 0 })).entries.map(({ id, line, code, record }) => [
          id,
          line,
          code,
          record,
        ]),
      ).toEqual([
        [2, 2, 'NOT_JSON', 'not JSON'],
        [1, 1, 'MISSING_FIELD', '{"no":"record"}'],
      ]);
      await again.close();
    }
  });

  it('keeps what is refused twice once, and says so both times', async () => {
    await using folder = await temporaryFolder();
    const engine = await open(folder.path);
    const refused = { origin: 'test', lines: Buffer.from([0x7b, 0xff, 0x7d]) };
    const answers = [await engine.accept(refused), await engine.accept(refused)];
    expect(answers.map(({ quarantined }) => quarantined)).toEqual([answers[0]?.quarantined, answers[0]?.quarantined]);
    expect(answers[0]?.quarantined).toMatchObject([{ line: 1, code: 'NOT_UNICODE' }]);
    const page = await engine.quarantine({ limit: 10, offset: 0 });
    expect(page.total).toBe(1);
    expect(Buffer.from(page.entries[0]?.record ?? '', page.entries[0]?.encoding)).toEqual(Buffer.from(refused.lines));
    await engine.close();
  });

  it('computes a report that is new in the definition from the records that are there', async () => {
    await using folder = await temporaryFolder();
    const first = await open(folder.path);
    const batch = sales(300, 250, 2);
    await accept(first, batch);
    await first.close();
    const bySegment = defineReport(dailyRecords, {
      name: 'daily_segment',
      dimensions: ['ts_date', 'segment'],
      measures: { sales: count() },
    });
    const notices: string[] = [];
    const second = await open(
      folder.path,
      (sentence) => notices.push(sentence),
      makePlan({ ...daybook, reports: [...daybook.reports, bySegment] }),
    );
    expect(notices.join()).toContain('is of another definition');
    const { rows } = await second.query('daily_segment', {});
    const counted = new Map<string, number>();
    for (const sale of new Map(batch.toReversed().map((each) => [each.ts_id, each])).values()) {
      const key = `${sale.ts_date}/${sale.segment}`;
      counted.set(key, (counted.get(key) ?? 0) + 1);
    }
    expect(new Map(rows.map((row) => [`${String(row['ts_date'])}/${String(row['segment'])}`, row['sales']]))).toEqual(
      counted,
    );
    await second.close();
  });

  it('goes on from the log when its checkpoint is damaged', async () => {
    await using folder = await temporaryFolder();
    const first = await open(folder.path);
    const batch = sales(100, 100, 3);
    await accept(first, batch);
    await first.close();
    const disk = openDisk(folder.path);
    const [name = ''] = await disk.list('checkpoints');
    const file = await disk.open(`checkpoints/${name}`, 'append');
    await file.writeAt(100, [Buffer.from('damage')]);
    await file.close();
    const notices: string[] = [];
    const second = await open(folder.path, (sentence) => notices.push(sentence));
    expect(notices).toEqual([`The checkpoint checkpoints/${name} is damaged and is left out.`]);
    await expectReportsOf(second, batch);
    await second.close();
  });

  it('sends frames that bring a reader who applies them to what the reports say', async () => {
    await using folder = await temporaryFolder();
    const engine = await open(folder.path);
    const known = new Map<string, unknown>();
    let offset = 0;
    const { promise: whole, resolve } = Promise.withResolvers<void>();
    const batches = Array.from({ length: 10 }, (_, i) => sales(40, 300, 10 + i));
    const wanted = new Set(batches.flat().map((sale) => sale.ts_id)).size;
    const end = engine.subscribe((frame: Frame) => {
      expect(frame.offset).toBeGreaterThan(offset);
      offset = frame.offset;
      for (const { report, rows } of frame.reports) {
        for (const row of rows ?? [])
          known.set(`${report.name}/${report.dimensions.map((field) => String(row[field.name])).join('/')}`, row);
      }
      if (offset === wanted) resolve();
    });
    for (const batch of batches) await accept(engine, batch);
    await whole;
    end();
    for (const report of plan.reports) {
      for (const row of (await engine.query(report.name, {})).rows) {
        expect(
          known.get(`${report.name}/${report.dimensions.map((field) => String(row[field.name])).join('/')}`),
        ).toEqual(row);
      }
    }
    await engine.close();
  });

  it('lists what changes in closed days, one amendment a row and frame, and still does after a restart', async () => {
    await using folder = await temporaryFolder();
    const [sale] = sales(1, 1, 4) as [RandomSale];
    const on = (date: string, id: number, revenue: number): RandomSale => {
      return {
        ...sale,
        ts: `${date} 10:00:00`,
        ts_date: date,
        ts_id: `00000000-0000-4000-8000-${id.toString().padStart(12, '0')}`,
        revenue,
      };
    };
    const first = await open(folder.path);
    // The day is open while the newest is at most 7 days ahead of it, also within the frame that closes it.
    await accept(first, [on('2026-02-01', 1, 10), on('2026-02-08', 2, 5)]);
    await accept(first, [on('2026-02-01', 3, 20), on('2026-02-09', 4, 5)]);
    expect((await first.amendments({ limit: 9, offset: 0 })).total).toBe(0);
    await accept(first, [
      on('2026-02-01', 5, 1),
      on('2026-02-01', 6, 2),
      on('2026-02-01', 5, 99),
      on('2026-01-31', 7, 3),
    ]);
    const expected = [
      {
        frame: 7,
        firstOffset: 4,
        before: { ts_date: '2026-02-01', daily_rev: 30_000_000n },
        after: { ts_date: '2026-02-01', daily_rev: 33_000_000n },
      },
      { frame: 7, firstOffset: 4, before: null, after: { ts_date: '2026-01-31', daily_rev: 3_000_000n } },
    ];
    const listed = async (engine: Engine): Promise<readonly Amendment[]> => {
      const { total, entries } = await engine.amendments({ limit: 9, offset: 0 });
      expect(total).toBe(entries.length);
      return entries.filter(({ report }) => report === 'daily_pu_rev');
    };
    expect(await listed(first)).toMatchObject(expected);
    await first.close();
    for (const withCheckpoint of [true, false]) {
      if (!withCheckpoint) await rm(join(folder.path, 'checkpoints'), { recursive: true });
      const again = await open(folder.path);
      expect(await listed(again)).toMatchObject(expected);
      await again.close();
    }
  });

  it('quarantines a sale of tomorrow, which closes no day, and takes what is in its log whatever the clock says', async () => {
    await using folder = await temporaryFolder();
    const [sale] = sales(1, 1, 6) as [RandomSale];
    const on = (date: string, id: number): RandomSale => {
      return { ...sale, ts: `${date} 10:00:00`, ts_date: date, ts_id: `00000000-0000-4000-8000-00000000000${id}` };
    };
    const clockAt = (instant: string): Clock => ({ ...clock, nowMs: () => Date.parse(instant) });
    const disk = openDisk(folder.path);
    const first = await openEmbedded({ plan, disk, clock: clockAt('2026-02-10T15:30:00Z') });
    const answer = await accept(first, [on('2026-02-10', 1), on('2026-02-28', 2), on('2026-02-03', 3)]);
    expect(answer).toMatchObject({ accepted: 2, quarantined: [{ line: 2, code: 'DATE_IN_THE_FUTURE', field: 'ts' }] });
    expect((await first.quarantine({ limit: 9, offset: 0 })).entries).toMatchObject([
      { line: 2, record: JSON.stringify(on('2026-02-28', 2)) },
    ]);
    await accept(first, [on('2026-02-03', 4)]);
    expect((await first.status()).newestDay).toBe('2026-02-10');
    expect((await first.amendments({ limit: 9, offset: 0 })).total).toBe(0);
    await first.close();
    await rm(join(folder.path, 'checkpoints'), { recursive: true });
    const again = await openEmbedded({ plan, disk, clock: clockAt('2026-01-01T12:00:00Z') });
    await expectReportsOf(again, [on('2026-02-10', 1), on('2026-02-03', 3), on('2026-02-03', 4)]);
    await again.close();
  });

  it('gives back the raw records of a range of days as they came, in their order', async () => {
    await using folder = await temporaryFolder();
    const engine = await open(folder.path);
    const batch = sales(300, 10_000, 5);
    await accept(engine, batch);
    const chunks: Uint8Array[] = [];
    for await (const chunk of engine.records({ from: '2026-02-03', to: '2026-02-09' })) chunks.push(chunk);
    const first = [...new Map(batch.toReversed().map((sale) => [sale.ts_id, sale])).values()].toReversed();
    const within = batch.filter(
      (sale) => first.includes(sale) && sale.ts_date >= '2026-02-03' && sale.ts_date <= '2026-02-09',
    );
    expect(Buffer.concat(chunks).toString()).toBe(Buffer.from(linesOf(within)).toString());
    await engine.close();
  });
});
