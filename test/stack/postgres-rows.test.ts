import { expect, test } from 'vitest';
import { daybook } from '../../daybook.config.ts';
import { everyMeasure } from '../definitions/every-measure.ts';
import { formatDay } from '../../src/base/calendar.ts';
import { makePlan } from '../../src/plan/normalise.ts';
import type { VersionedRow } from '../../src/ports/report-rows.ts';
import { rowReader } from '../../src/runtimes/stack/report-row.ts';
import { applyPostgres } from '../../src/stores/postgres/apply.ts';
import { postgresOwnReader } from '../../src/stores/postgres/own-reader.ts';
import { postgresReportReader } from '../../src/stores/postgres/report-reader.ts';
import type { SinkBatch } from '../../src/stores/postgres/report-sink.ts';
import { postgresReportSink } from '../../src/stores/postgres/report-sink.ts';
import { startServers } from './servers.ts';
import { openDatabase, rowsInPostgres } from './stores.ts';

const plan = makePlan(daybook);
const [days, products, places] = plan.reports;
if (days === undefined || products === undefined || places === undefined) throw new Error('there are three reports');

function dayRow(day: string, customers: number, frame: number): VersionedRow {
  const row = { ts_date: day, daily_pu: customers, daily_rev: BigInt(customers) * 1_500_000n, daily_profit: -1n };
  return { row, key: JSON.stringify([day]), frame };
}

function productRow(name: string, frame: number): VersionedRow {
  const row = {
    ts_date: '2026-03-20',
    category: 'a',
    sub_category: 'b',
    product_name: name,
    daily_quantity: 1,
    daily_rev: 2n,
    daily_profit: 3n,
  };
  return { row, key: JSON.stringify(['2026-03-20', 'a', 'b', name]), frame };
}

const emptyPartition = (topic: string, partition = 0) => ({
  topic,
  topicId: 'one',
  partition,
  firstOffset: 0,
  endOffset: 0,
});

const batch = (part: Partial<SinkBatch>): SinkBatch => ({
  reports: [],
  quarantine: [],
  moves: [],
  frame: undefined,
  since: 0,
  ...part,
});

test('rows have versions, closed days have amendments, and keys may be null, long, or hold U+0000', async () => {
  await using servers = await startServers(['postgres']);
  await using database = openDatabase(servers.at.postgres);
  await applyPostgres(database, plan, []);
  expect(await applyPostgres(database, plan, [])).toMatchObject({ statements: [], refusals: [] });
  const sink = postgresReportSink(database, plan);
  await sink.note(plan.reports.map(({ name }) => emptyPartition(name)));
  await sink.begin({ frame: 50, accepted: 0 });
  const write = (...rows: readonly VersionedRow[]) => sink.write(batch({ reports: [{ report: days, rows }] }));

  expect(await write(dayRow('2026-03-01', 5, 60), dayRow('2026-03-20', 7, 60))).toEqual({ rows: 2, amendments: 0 });
  // An older frame changes nothing, the same one again neither, but for a write of the same values.
  expect(await write(dayRow('2026-03-20', 1, 59))).toEqual({ rows: 0, amendments: 0 });
  expect(await write(dayRow('2026-03-20', 7, 60))).toEqual({ rows: 1, amendments: 0 });
  // 1 March is more than 7 days behind 20 March; what was so before the sink came is no change.
  expect(await write(dayRow('2026-03-01', 6, 70), dayRow('2026-03-02', 1, 50))).toEqual({ rows: 2, amendments: 1 });
  expect(await write(dayRow('2026-03-01', 6, 71))).toEqual({ rows: 1, amendments: 0 });
  expect(await write(dayRow('2026-03-03', 2, 72))).toEqual({ rows: 1, amendments: 1 });
  const { total, entries } = await postgresOwnReader(database, plan).amendments({ limit: 10, offset: 0 });
  expect(total).toBe(2);
  expect(
    entries.map(({ before, after, ...entry }) => [
      entry,
      before === null ? null : (JSON.parse(before) as unknown),
      JSON.parse(after) as unknown,
    ]),
  ).toEqual([
    [
      { id: 2, frame: 72, report: 'daily_pu_rev' },
      null,
      { ts_date: '2026-03-03', daily_pu: 2, daily_rev: 3, daily_profit: -0.000001 },
    ],
    [
      { id: 1, frame: 70, report: 'daily_pu_rev' },
      { ts_date: '2026-03-01', daily_pu: 5, daily_rev: 7.5, daily_profit: -0.000001 },
      { ts_date: '2026-03-01', daily_pu: 6, daily_rev: 9, daily_profit: -0.000001 },
    ],
  ]);

  // Random, so that no compression makes it short; twice, so that the second one finds the first.
  const long = Array.from({ length: 1_000 }, (_, index) =>
    String.fromCodePoint(0x4e00 + ((index * 7_919) % 20_000)),
  ).join('');
  for (const frame of [80, 81]) {
    const rows = [productRow(long, frame), productRow('with \0 in it', frame), productRow('usual', frame)];
    expect(await sink.write(batch({ reports: [{ report: products, rows }] }))).toMatchObject({ rows: 3 });
  }
  const reader = postgresReportReader(database, plan);
  const [page] = (await reader.read([{ kind: 'rows', report: products.name, query: {} }]))?.answers ?? [];
  expect(page?.rows.map(({ product_name: name }) => name).sort()).toEqual(['usual', 'with \u2400 in it', long]);

  const nowhere: VersionedRow = {
    row: { ts_date: '2026-03-20', latitude: null, longitude: 1.5, daily_pu: 3 },
    key: 'x',
    frame: 90,
  };
  for (const frame of [90, 91])
    await sink.write(batch({ reports: [{ report: places, rows: [{ ...nowhere, frame }] }] }));
  const [found] =
    (await reader.read([{ kind: 'rows', report: places.name, query: { equals: { latitude: [''] } } }]))?.answers ?? [];
  expect(found?.rows).toEqual([nowhere.row]);
});

test('whatever number another engine writes, what is taken for a row has room in its table', async () => {
  await using servers = await startServers(['postgres']);
  await using database = openDatabase(servers.at.postgres);
  const every = makePlan(everyMeasure);
  await applyPostgres(database, every, []);
  const sink = postgresReportSink(database, every);
  await sink.begin({ frame: 50, accepted: 0 });
  const sizes = [11, 12, 15, 16, 18, 19, 31, 32, 37, 38, 44].map((zeros) => 10n ** BigInt(zeros));
  const texts = [2n ** 63n, ...sizes].flatMap((size) => [
    `${size}`,
    `${size - 1n}`,
    `-${size}`,
    `${size - 1n}.9999996`,
  ]);
  let refused = 0;
  for (const report of every.reports) {
    const read = rowReader(report);
    const usual = Object.fromEntries(report.columns.map(({ name, kind }) => [name, kind === 'text' ? 'x' : 1]));
    for (const { name, kind } of report.columns) {
      if (kind === 'text' || kind === 'date') continue;
      const rows = texts.flatMap((text, index) => {
        const day = formatDay(index);
        const json = JSON.stringify({ ...usual, day, booked: day, [name]: 'HERE', frame: 60 });
        const value = Buffer.from(json.replace('"HERE"', text));
        const row = read({ key: null, value, offset: 0, timestampMs: 0 });
        return row === undefined || 'reason' in row ? [] : [row];
      });
      refused += texts.length - rows.length;
      expect(await sink.write(batch({ reports: [{ report, rows }] }))).toMatchObject({ rows: rows.length });
    }
  }
  expect(refused).toBeGreaterThan(0);
});

test('an entry of the quarantine is as it came: any bytes, and the record that was made of them', async () => {
  await using servers = await startServers(['postgres']);
  await using database = openDatabase(servers.at.postgres);
  await applyPostgres(database, plan, []);
  const sink = postgresReportSink(database, plan);
  await sink.begin({ frame: 50, accepted: 0 });
  const why = { atMs: 1, origin: 'a.csv', code: 'WRONG_TYPE', reason: 'odd' } as const;
  const quarantine = [
    { ...why, line: 2, record: Buffer.from('\xff,x', 'latin1').toString('base64'), encoding: 'base64' },
    { ...why, line: 3, record: 'é\0,x', encoding: 'utf8', field: 'city', converted: '{"city":"é\0"}' },
  ] as const;
  await sink.write(batch({ quarantine }));
  await sink.write(batch({ quarantine }));
  const own = postgresOwnReader(database, plan);
  const { entries } = await own.quarantine({ limit: 10, offset: 0 });
  expect(entries.map(({ id: _, ...entry }) => entry)).toEqual(quarantine.toReversed());
  // Anybody may write to the topic, and a shown value may have been cut in the middle of a character.
  const odd = {
    ...why,
    origin: 'a\0',
    line: 4,
    field: '\ud83d',
    reason: 'is \ude00',
    record: 'x',
    encoding: 'utf8',
  } as const;
  await sink.write(batch({ quarantine: [{ ...odd, code: 'A\0\ud83d' as typeof why.code }] }));
  const [newest] = (await own.quarantine({ limit: 1, offset: 0 })).entries;
  expect(newest).toMatchObject({
    origin: 'a\u2400',
    code: 'A\u2400\ufffd',
    field: '\ufffd',
    reason: 'is \ufffd',
    record: 'x',
  });
});

test('what was refused and what changed of one stream is told apart from that of another in the same database', async () => {
  await using servers = await startServers(['postgres']);
  await using database = openDatabase(servers.at.postgres);
  const other = makePlan(everyMeasure);
  const why = { atMs: 1, origin: 'a.csv', code: 'NOT_JSON', reason: 'odd', encoding: 'utf8', line: 1 } as const;
  await applyPostgres(database, plan, []);
  const sink = postgresReportSink(database, plan);
  await sink.begin({ frame: 50, accepted: 0 });
  await sink.write(batch({ quarantine: [{ ...why, record: 'both' }] }));
  // What a Daybook put there that told no streams apart is of the only one that there was.
  await database.query('ALTER TABLE daybook.quarantine DROP COLUMN stream');
  await database.query('ALTER TABLE daybook.quarantine ADD UNIQUE (entry_hash)');
  await database.query('DELETE FROM daybook.versions WHERE version = 5');
  await applyPostgres(database, plan, []);
  await sink.write(batch({ quarantine: [{ ...why, record: 'both' }] }));

  await applyPostgres(database, other, []);
  const sinkOfOther = postgresReportSink(database, other);
  await sinkOfOther.begin({ frame: 50, accepted: 0 });
  await sinkOfOther.write(batch({ quarantine: ['both', 'one'].map((record) => ({ ...why, record })) }));
  await sink.write(
    batch({ reports: [{ report: days, rows: [dayRow('2026-03-01', 5, 60), dayRow('2026-03-20', 7, 60)] }] }),
  );
  await sink.write(batch({ reports: [{ report: days, rows: [dayRow('2026-03-01', 6, 70)] }] }));
  const [own, ownOfOther] = [postgresOwnReader(database, plan), postgresOwnReader(database, other)];
  expect(await own.counts()).toMatchObject({ quarantined: 1, amendments: 1 });
  expect(await ownOfOther.counts()).toMatchObject({ quarantined: 2, amendments: 0 });
  const page = { limit: 10, offset: 0 };
  const [{ total, entries }, ofOther] = await Promise.all([own.quarantine(page), ownOfOther.quarantine(page)]);
  expect([total, entries.map(({ record }) => record)]).toEqual([1, ['both']]);
  expect([ofOther.total, ofOther.entries.map(({ record }) => record)]).toEqual([2, ['one', 'both']]);
  expect(await ownOfOther.quarantine({ id: entries[0]?.id ?? 0 })).toEqual({ total: 2, entries: [] });
  expect((await ownOfOther.amendments(page)).entries).toEqual([]);
  expect(await own.amendments(page)).toMatchObject({ total: 1, entries: [{ report: days.name }] });
});

test('a page of the quarantine has of long records the start, and one that is asked for alone is whole', async () => {
  await using servers = await startServers(['postgres']);
  await using database = openDatabase(servers.at.postgres);
  await applyPostgres(database, plan, []);
  const sink = postgresReportSink(database, plan);
  await sink.begin({ frame: 50, accepted: 0 });
  const why = { atMs: 1, origin: 'a.csv', code: 'WRONG_TYPE', reason: 'odd' } as const;
  const quarantine = [
    { ...why, line: 1, record: '\u0001é'.repeat(6_000), encoding: 'utf8' },
    { ...why, line: 2, record: Buffer.alloc(20_000, 0xff).toString('base64'), encoding: 'base64' },
    { ...why, line: 3, record: 'a row', encoding: 'utf8', converted: 'x'.repeat(17_000) },
    { ...why, line: 4, record: 'short', encoding: 'utf8' },
  ] as const;
  await sink.write(batch({ quarantine }));
  const own = postgresOwnReader(database, plan);
  const page = await own.quarantine({ limit: 10, offset: 0 });
  const { converted: _, ...row } = quarantine[2];
  expect(page.entries.map(({ id: _id, ...entry }) => entry)).toEqual([
    quarantine[3],
    { ...row, cutFrom: 5 },
    { ...quarantine[1], record: Buffer.alloc(1024, 0xff).toString('base64'), cutFrom: 20_000 },
    { ...quarantine[0], record: `${'\u0001é'.repeat(341)}\u0001`, cutFrom: 18_000 },
  ]);
  for (const [index, { id }] of page.entries.toReversed().entries()) {
    const alone = { total: 4, entries: [{ id, ...quarantine[index] }] };
    expect(await own.quarantine({ limit: 1, offset: 3 - index })).toEqual(alone);
    expect(await own.quarantine({ id })).toEqual(alone);
  }
  expect(await own.quarantine({ id: 0 })).toEqual({ total: 4, entries: [] });
});

test('a sink that was overtaken writes nothing, and readers wait while one is between two frames', async () => {
  await using servers = await startServers(['postgres']);
  await using database = openDatabase(servers.at.postgres);
  await applyPostgres(database, plan, []);
  const sink = postgresReportSink(database, plan);
  const reader = postgresReportReader(database, plan);
  expect(await reader.wholeFrame()).toBe(0);
  const parts = [0, 1].map((partition) => ({ topic: days.name, topicId: 'one', partition }));
  expect(await sink.places(parts)).toEqual([]);
  const others = [products, places].map(({ name }) => emptyPartition(name));
  await sink.note([...others, ...parts.map(({ topic, partition }) => emptyPartition(topic, partition))]);
  expect(await sink.places(parts)).toEqual(parts.map((part) => ({ ...part, nextOffset: 0 })));
  const moves = parts.map((part) => ({ ...part, fromOffset: 0, nextOffset: 4 }));
  const unmoved = others.map((part) => ({ ...part, fromOffset: 0, nextOffset: 0 }));
  const reports = [{ report: days, rows: [dayRow('2026-03-01', 5, 60)] }];
  await sink.write(batch({ reports, moves: moves.slice(0, 1), frame: { frame: 60, accepted: 5 } }));
  expect(await reader.wholeFrame()).toBeUndefined();
  expect(await reader.read([])).toBeUndefined();
  await expect(
    sink.write(batch({ reports: [{ report: days, rows: [dayRow('2026-03-01', 9, 99)] }], moves })),
  ).rejects.toMatchObject({ code: 'SINK_OVERTAKEN' });
  await sink.write(batch({ moves: [...moves.slice(1), ...unmoved], frame: { frame: 60, accepted: 5 } }));
  expect(await reader.wholeFrame()).toBe(60);
  const { answers } = (await reader.read([{ kind: 'rows', report: days.name, query: {} }])) ?? {};
  expect(answers?.[0]?.rows).toEqual([dayRow('2026-03-01', 5, 60).row]);
});

test('a report that is to be filled again is whole as of no frame until it is, also when it is the last one', async () => {
  await using servers = await startServers(['postgres']);
  await using database = openDatabase(servers.at.postgres);
  await applyPostgres(database, plan, []);
  const sink = postgresReportSink(database, plan);
  const reader = postgresReportReader(database, plan);
  const parts = plan.reports.map(({ name }) => emptyPartition(name));
  await sink.note(parts);
  await sink.begin({ frame: 0, accepted: 0 });
  expect(await reader.wholeFrame()).toBe(0);
  const frame = { frame: 60, accepted: 5 };
  const moves = parts.map((part) => ({ ...part, fromOffset: 0, nextOffset: 4 }));
  await sink.write(batch({ moves, frame }));
  expect(await reader.wholeFrame()).toBe(60);
  const dropped = [[days.name], plan.reports.map(({ name }) => name)].map((names) => ({ names, isByHand: false }));
  for (const { names, isByHand } of [...dropped, { names: [days.name], isByHand: true }]) {
    if (isByHand) await database.query(`DROP TABLE daily_report.${days.name}`);
    expect((await applyPostgres(database, plan, isByHand ? [] : names)).refusals).toEqual([]);
    expect(await reader.wholeFrame()).toBeUndefined();
    await sink.note(parts.map((part) => ({ ...part, endOffset: 4 })));
    expect(await reader.wholeFrame()).toBeUndefined();
    await sink.write(batch({ moves: moves.filter(({ topic }) => names.includes(topic)), frame }));
    expect(await reader.wholeFrame()).toBe(60);
  }
});

test('the readers’ role reads the reports and nothing else; a definition of every measure is taken as well', async () => {
  await using servers = await startServers(['postgres']);
  await using database = openDatabase(servers.at.postgres);
  await applyPostgres(database, plan, []);
  const as = (sql: string) =>
    rowsInPostgres(servers.at.postgres, `SET ROLE daily_report_reader; ${sql}`).then(
      () => 'allowed',
      (error: Error) => error.message,
    );
  expect(await as('SELECT 1')).toBeDefined();
  for (const sql of [
    'SELECT * FROM daybook.offsets',
    'SELECT * FROM daybook.quarantine',
    'DELETE FROM daily_report.daily_pu_rev',
  ]) {
    expect(await as(sql)).toMatch(/permission denied/);
  }
  await database.transaction(async (run) => {
    await run('SET LOCAL ROLE daily_report_reader');
    await run('SELECT * FROM daily_report.daily_category_product');
  });
  const { notes, refusals } = await applyPostgres(database, makePlan(everyMeasure), []);
  expect(refusals).toEqual([]);
  expect(notes).toContain('daily_report.every_measure: created');
  expect(notes).toContain('daily_report.daily_pu_rev is of no report; it stays until --drop daily_pu_rev');
});
