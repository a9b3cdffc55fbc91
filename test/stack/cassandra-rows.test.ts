import { expect, test } from 'vitest';
import { daybook } from '../../daybook.config.ts';
import { present } from '../../src/base/assert.ts';
import { FIRST_DAY, LAST_DAY } from '../../src/base/calendar.ts';
import { cassandraCql } from '../../src/compile/cassandra/cassandra.ts';
import { count, date, defineReport, defineStream, text, timestamp } from '../../src/daybook.ts';
import { makePlan } from '../../src/plan/normalise.ts';
import type { Plan, ReportPlan } from '../../src/plan/plan.ts';
import type { VersionedRow } from '../../src/ports/report-rows.ts';
import type { WorkedPlace } from '../../src/ports/stored-records.ts';
import { machineClock } from '../../src/runtimes/machine/clock.ts';
import { rowReader } from '../../src/runtimes/stack/report-row.ts';
import { recordReader } from '../../src/runtimes/stack/stream-record.ts';
import { applyCassandra } from '../../src/stores/cassandra/apply.ts';
import type { CassandraCluster } from '../../src/stores/cassandra/cluster.ts';
import { openCassandra } from '../../src/stores/cassandra/cluster.ts';
import { cassandraRecordReader } from '../../src/stores/cassandra/record-reader.ts';
import { cassandraRecordSink } from '../../src/stores/cassandra/record-sink.ts';
import { cassandraReportSink } from '../../src/stores/cassandra/report-sink.ts';
import { cassandraSinkPlaces } from '../../src/stores/cassandra/sink-places.ts';
import { everyMeasure } from '../definitions/every-measure.ts';
import { startServers } from './servers.ts';
import { rowsInCassandra } from './stores.ts';

const plan = makePlan(everyMeasure);
const report = present(plan.reports[0], 'it has reports');

/** A row as its topic has it: with all that may be null, or with what is at the ends of the types. */
function versioned(row: Readonly<Record<string, unknown>>, frame: number, of: ReportPlan = report): VersionedRow {
  const value = Buffer.from(
    JSON.stringify({ ...row, frame })
      .replaceAll('"#number ', '')
      .replaceAll('#"', ''),
  );
  const read = rowReader(of)({ key: null, value, offset: 0, timestampMs: 0 });
  if (read === undefined || 'reason' in read) throw new Error(read?.reason ?? 'it is of another definition');
  return read;
}

/** A number to the letter, which a float could not hold. */
const number = (text: string): string => `#number ${text}#`;
const USUAL = { order: 'o', booked: '2026-01-01', rooms: 1, height: 0.1, records: 2, beds: 1, guests: 1, days: 1 };
const NULLS = { guest: null, cost: null, mean: null, mean_rooms: null, a_bed: null, a_guest: null, spread: null };
const rows = [
  { ...USUAL, ...NULLS, day: '2026-02-28', takings: 0, low: 0, least: 1, bottom: 1, high: 0, top: 1 },
  {
    ...USUAL,
    day: '9999-12-31',
    order: `桌 "'😀`,
    guest: '',
    cost: number('-0.000001'),
    takings: number('12345678901234567890123456.123456'),
    beds: number('123456789012345678901'),
    low: number('-9999999999.999999'),
    least: -9_007_199_254_740_991,
    bottom: number('-1.7976931348623157e308'),
    high: number('9999999999.999999'),
    top: number('5e-324'),
    mean: number('0.333333'),
    mean_rooms: number('0.5'),
    a_bed: number('-0.000001'),
    a_guest: 1,
    spread: 0,
  },
];

/** Whatever the clocks say, whoever writes meanwhile, and wherever an apply ends: what has no rows, or not all of them, is filled. */
async function expectFilledAgain(cluster: CassandraCluster): Promise<void> {
  const { name: topic } = report;
  const place = { topic, topicId: 'one', partition: 0, accepted: 0, duplicates: 0, refused: 0 };
  const begun = async (): Promise<readonly WorkedPlace[]> =>
    (await cassandraSinkPlaces(cluster, plan, machineClock()).read([topic])).filter((each) => each.nextOffset > 0);
  // A sink's clock may be an hour ahead of this one's, and that of the next sink may not.
  for (const [nextOffset, aheadMs] of [3_600_000, 0].entries()) {
    const places = cassandraSinkPlaces(cluster, plan, { nowMs: () => Date.now() + aheadMs });
    await places.read([topic]);
    await places.note([{ ...place, nextOffset: nextOffset + 1 }]);
    expect(await places.read([topic])).toMatchObject([{ topicId: 'one', nextOffset: nextOffset + 1 }]);
    const late = cassandraSinkPlaces(cluster, plan, machineClock());
    await late.read([topic]);
    await applyCassandra(cluster, plan, [topic]);
    expect(await begun()).toEqual([]);
    // What a sink notes of rows that it wrote before.
    await late.note([{ ...place, nextOffset: 9 }]);
    expect(await begun()).toEqual([]);
  }

  const places = cassandraSinkPlaces(cluster, plan, machineClock());
  const fewer = without(plan, 'records');
  // Before the first change of the table nothing is to be filled.
  for (const { drop, first } of [
    { drop: [], first: 1 },
    { drop: [topic], first: 2 },
  ]) {
    for (let isDone = false, statements = first; !isDone; statements++) {
      if (drop.length === 0) await applyCassandra(cluster, fewer, [topic]);
      await places.read([topic]);
      await places.note([{ ...place, nextOffset: 7 }]);
      isDone = await applyCassandra(endingAfter(cluster, statements), plan, drop).then(
        () => true,
        () => false,
      );
      await applyCassandra(cluster, plan, []);
      expect(await begun(), `after ${statements}`).toEqual([]);
    }
  }
}

/** An apply that comes to its end while another is between its statements lets all begin that is noted. */
async function expectFilledBesideAnother(cluster: CassandraCluster): Promise<void> {
  const { name: topic } = report;
  const places = cassandraSinkPlaces(cluster, plan, machineClock());
  const interrupted: CassandraCluster = {
    ...cluster,
    run: async (cql, values) => {
      if (cql.startsWith('DROP TABLE')) {
        await applyCassandra(cluster, plan, []);
        await places.read([topic]);
        await places.note([
          { topic, topicId: 'one', partition: 0, nextOffset: 7, accepted: 0, duplicates: 0, refused: 0 },
        ]);
        expect(await places.read([topic])).toHaveLength(1);
      }
      return cluster.run(cql, values);
    },
  };
  await applyCassandra(interrupted, plan, [topic]);
  expect(await places.read([topic])).toEqual([]);
}

/** The plan without a measure of its report. */
function without(of: Plan, measure: string): Plan {
  const isOther = ({ name }: { readonly name: string }): boolean => name !== measure;
  const reports = of.reports.map((each) => ({
    ...each,
    measures: each.measures.filter(isOther),
    columns: each.columns.filter(isOther),
  }));
  return { ...of, reports };
}

/** A column that was dropped and added again would hide what the sink fills it with. */
async function expectDroppedForGood(cluster: CassandraCluster): Promise<void> {
  const { name } = report;
  expect((await applyCassandra(cluster, without(plan, 'records'), [`${name}.records`])).refusals).toEqual([]);
  const { statements, refusals } = await applyCassandra(cluster, plan, []);
  expect([statements, refusals.join()]).toEqual([[], expect.stringContaining("column 'records' was dropped before")]);
  expect((await applyCassandra(cluster, plan, [name])).refusals).toEqual([]);
}

/** What is prepared is no longer taken once somebody has dropped its table; nobody is told that Cassandra does not answer. */
async function expectNotApplied(
  cluster: CassandraCluster,
  node: string,
  works: readonly { readonly table: string; readonly work: () => Promise<unknown> }[],
): Promise<void> {
  await using other = openCassandra({ contactPoints: [node], localDataCenter: 'datacenter1' });
  for (const { table, work } of works) {
    await work();
    await other.run(`DROP TABLE spark_streams.${table}`);
    const message = expect.stringMatching(`${table} .*Run daybook apply --target cassandra`) as string;
    for (let time = 0; time < 2; time++) {
      await expect(work()).rejects.toMatchObject({ code: 'CASSANDRA_NOT_APPLIED', retryable: false, message });
    }
    await applyCassandra(cluster, plan, []);
    await work();
  }
}

const CHANGE = /^(?:ALTER|DROP|INSERT|CREATE TABLE IF NOT EXISTS "spark_streams")/;

/** A cluster whose user is killed once so many statements have changed something. */
function endingAfter(cluster: CassandraCluster, statements: number): CassandraCluster {
  let left = statements;
  const counted = async <T>(cql: string, run: () => Promise<T>): Promise<T> => {
    if (CHANGE.test(cql) && left-- <= 0) throw new Error('it was killed');
    return run();
  };
  return {
    ...cluster,
    run: (cql, values) => counted(cql, () => cluster.run(cql, values)),
    runEach: (cql, values) => counted(cql, () => cluster.runEach(cql, values)),
  };
}

test('Cassandra takes a definition of every measure beside another one, and its records and rows to the last digit', async () => {
  await using servers = await startServers(['cassandra']);
  const node = servers.at.cassandra;
  await using cluster = openCassandra({ contactPoints: [node], localDataCenter: 'datacenter1' });
  await applyCassandra(cluster, makePlan(daybook), []);
  const { notes, refusals } = await applyCassandra(cluster, plan, []);
  expect([refusals, notes]).toEqual([[], expect.arrayContaining(['spark_streams.every_measure: created'])]);
  const again = await applyCassandra(cluster, plan, []);
  expect(again.statements).toEqual([]);

  await expectFilledAgain(cluster);
  await expectFilledBesideAnother(cluster);
  await expectDroppedForGood(cluster);
  // The stack's own Cassandra acknowledges what is on the disk.
  expect(again.notes.join()).not.toContain('commitlog_sync');

  const records = ['{"guest":null,"cost":null}', '{"guest":"Zoë","cost":2.5}'].map((extra, offset) => {
    const id = `0000000${offset}-0000-4000-8000-000000000000`;
    const fixed = { id, at: '2026-03-01 12:00:00', day: '2026-03-01', order: "it's", booked: '2026-03-02', rooms: 2 };
    const text = JSON.stringify({ ...fixed, paid: '0.05', height: 1e300, ...(JSON.parse(extra) as object) });
    const read = recordReader(plan.stream)({ key: null, value: Buffer.from(text), offset, timestampMs: 0 });
    if ('reason' in read) throw new Error(read.reason);
    return read;
  });
  const sink = cassandraRecordSink(cluster, plan);
  // Both of a key come at once, as they may once the topic has got more partitions.
  const parts = [
    { partition: 3, records },
    { partition: 5, records },
  ];
  expect(await sink.write(parts)).toEqual([0, 2]);
  expect(await sink.write(parts)).toEqual([0, 2]);
  const found: string[] = [];
  for await (const page of cassandraRecordReader(cluster, plan).records({ first: FIRST_DAY, last: LAST_DAY })) {
    found.push(...page.map(({ text }) => text));
  }
  expect(found).toEqual(records.map(({ text }) => text));

  const reports = cassandraReportSink(cluster, plan);
  await reports.write([{ report, rows: rows.map((row) => versioned(row, 20)) }]);
  await reports.write([{ report, rows: rows.map((row) => versioned({ ...row, records: 1, top: 7 }, 10)) }]);
  const columns = report.columns.map(({ name }) => `"${name}"`).join(', ');
  const stored = await rowsInCassandra(node, `SELECT ${columns} FROM spark_streams.every_measure`);
  const expected = rows.map((row) =>
    Object.fromEntries(
      Object.entries(row).map(([name, cell]) => [name, String(cell).replace(/^#number (.*)#$/, '$1')]),
    ),
  );
  const comparable = (all: readonly Readonly<Record<string, string>>[]) =>
    all
      .map((row) => Object.fromEntries(Object.entries(row).map(([name, cell]) => [name, numberText(cell)])))
      .sort((a, b) => ((a['day'] ?? '') < (b['day'] ?? '') ? -1 : 1));
  expect(comparable(stored)).toEqual(comparable(expected));

  const readAll = async (): Promise<void> => {
    for await (const page of cassandraRecordReader(cluster, plan).records({ first: FIRST_DAY, last: LAST_DAY }))
      void page;
  };
  const { name: stream } = plan.stream;
  await expectNotApplied(cluster, node, [
    { table: report.name, work: () => reports.write([{ report, rows: rows.map((row) => versioned(row, 30)) }]) },
    { table: stream, work: () => cassandraRecordSink(cluster, plan).write(parts) },
    { table: stream, work: readAll },
  ]);
});

test('Cassandra takes the longest keys that a definition may have, of the characters that take most', async () => {
  const long = (lengths: Readonly<Record<'id' | 'order' | 'guest', number>>): Plan => {
    const stream = defineStream({
      name: 'visits',
      timeZone: 'UTC',
      currency: 'AUD',
      primaryKey: 'id',
      eventTime: 'at',
      businessDate: 'day',
      fields: {
        id: text({ maxLength: lengths.id }),
        at: timestamp(),
        left: timestamp(),
        day: date(),
        order: text({ maxLength: lengths.order }),
        guest: text({ maxLength: lengths.guest, nullable: true }),
      },
    });
    const measures = { records: count() };
    const reports = (['order', 'guest'] as const).map((name) =>
      defineReport(stream, { name: `by_${name}`, dimensions: ['day', name], measures }),
    );
    return makePlan({ stream, reports, dashboard: { title: '', tiles: [] } });
  };
  const lengths = { id: 16_351, order: 16_351, guest: 10_901 };
  for (const [name, length] of Object.entries(lengths)) {
    expect(() => cassandraCql(long({ ...lengths, [name]: length + 1 }))).toThrow(`has room for ${length}.`);
  }
  const longest = long(lengths);
  const { stream, reports } = longest;
  await using servers = await startServers(['cassandra']);
  const contactPoints = [servers.at.cassandra];
  await using cluster = openCassandra({ contactPoints, localDataCenter: 'datacenter1' });
  await applyCassandra(cluster, longest, []);
  const row = { day: '2026-03-01', order: '😀'.repeat(lengths.order), guest: '\u0001'.repeat(lengths.guest) };
  const moments = { at: '2026-03-01 12:00:00', left: '2026-03-02T08:30:00.25+01:00' };
  const record = { ...row, ...moments, id: '😀'.repeat(lengths.id) };
  const message = { key: null, value: Buffer.from(JSON.stringify(record)), offset: 0, timestampMs: 0 };
  const read = recordReader(stream)(message);
  if ('reason' in read) throw new Error(read.reason);
  expect(await cassandraRecordSink(cluster, longest).write([{ partition: 0, records: [read] }])).toEqual([0]);
  expect(await cassandraRecordSink(cluster, longest).write([{ partition: 1, records: [read] }])).toEqual([1]);
  const [stored] = await rowsInCassandra(
    servers.at.cassandra,
    'SELECT toUnixTimestamp("at") AS "at", toUnixTimestamp("left") AS "left" FROM spark_streams.visits',
  );
  const asMs = [Date.UTC(2026, 2, 1, 12), Date.UTC(2026, 2, 2, 7, 30, 0, 250)].map(String);
  expect([stored?.['at'], stored?.['left']]).toEqual(asMs);
  // A topic that packs its messages gives many long records at once; a write of Cassandra has room for 16 MiB.
  const many = Array.from({ length: 50 }, (_, index) => {
    const value = Buffer.from(JSON.stringify({ ...record, id: `k${index}`, note: 'x'.repeat(400_000) }));
    const each = recordReader(stream)({ ...message, value, offset: index + 1 });
    if ('reason' in each) throw new Error(each.reason);
    return each;
  });
  expect(await cassandraRecordSink(cluster, longest).write([{ partition: 0, records: many }])).toEqual([0]);
  await cassandraReportSink(cluster, longest).write(
    reports.map((each) => ({ report: each, rows: [versioned({ ...row, records: 1 }, 10, each)] })),
  );
  for (const { name } of reports) {
    const [found] = await rowsInCassandra(servers.at.cassandra, `SELECT records FROM spark_streams.${name}`);
    expect(found).toEqual({ records: '1' });
  }
});

/** Numbers as each side writes them. */
function numberText(cell: string): string {
  if (/e/i.test(cell) && Number.isFinite(Number(cell))) return String(Number(cell));
  return /^-?\d+\.\d+$/.test(cell) ? cell.replace(/\.?0+$/, '') : cell;
}
