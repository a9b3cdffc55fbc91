import pg from 'pg';
import { daybook } from '../../daybook.config.ts';
import { makePlan } from '../../src/plan/normalise.ts';
import type { VersionedRow } from '../../src/ports/report-rows.ts';
import type { CassandraCluster } from '../../src/stores/cassandra/cluster.ts';
import { openCassandra } from '../../src/stores/cassandra/cluster.ts';
import { applyCassandra } from '../../src/stores/cassandra/apply.ts';
import { cassandraRecordSink } from '../../src/stores/cassandra/record-sink.ts';
import { cassandraReportSink } from '../../src/stores/cassandra/report-sink.ts';
import { applyPostgres } from '../../src/stores/postgres/apply.ts';
import { openPostgres } from '../../src/stores/postgres/database.ts';
import { postgresReportSink } from '../../src/stores/postgres/report-sink.ts';
import { recordReader } from '../../src/runtimes/stack/stream-record.ts';
import type { StoredRecord } from '../../src/ports/stored-records.ts';
import { mixedSales } from '../../test/sales/mixed-sales.ts';
import { startServers } from '../../test/stack/servers.ts';
import type { BenchContext, Figure, Line } from '../figure.ts';
import { ratiosOf } from '../figure.ts';

const ROWS = 5_000;
const BATCHES = 10;
/** One row a transaction is measured with fewer, as it takes so much longer. */
const SINGLE_ROWS = 1_000;
const FRAME = 1_795_000_000_000_000;
const PARTITIONS = 6;
/** About what a read of a partition gives. */
const RECORDS_AT_ONCE = 2_000;
const READS = 2;

const plan = makePlan(daybook);
const report = plan.reports.find(({ name }) => name === 'daily_category_product');
if (report === undefined) throw new Error('the furniture store has its report of products');
const product = report;

export const sinks: Figure = {
  name: 'sinks',
  title: 'Sinks: rows a second into PostgreSQL and Cassandra',
  method:
    `${(ROWS * BATCHES).toLocaleString('en-US')} rows of \`daily_category_product\`, ${ROWS.toLocaleString('en-US')} a frame, half of them ` +
    'new and half of them newer, written as `daybook sink` writes them: one transaction a frame with its offsets and frames as ' +
    `versions. Beside it the same upsert of ${SINGLE_ROWS.toLocaleString('en-US')} of the rows, one row a transaction, as the old sink did. ` +
    `Raw records: ${(PARTITIONS * READS * RECORDS_AT_ONCE).toLocaleString('en-US')} sales of ${PARTITIONS} partitions, ` +
    `${RECORDS_AT_ONCE.toLocaleString('en-US')} of each at once, each with its key, which is looked up first. ` +
    'Real servers on the same machine, one after the other in each run.',
  run: async (context) => {
    await using servers = await startServers(['postgres', 'cassandra']);
    const postgres = await measurePostgres(context, servers.at.postgres);
    const cassandra = await measureCassandra(context, servers.at.cassandra);
    return { lines: [...postgres, ...cassandra], versions: {} };
  },
};

/** Rows of a frame: every second one is of a key that the frame before had. */
function rowsOf(frame: number): readonly VersionedRow[] {
  return Array.from({ length: ROWS }, (_, index) => {
    const number = Math.floor((frame * ROWS) / 2) + index;
    const row = {
      ts_date: `2026-03-${String(1 + (index % 28)).padStart(2, '0')}`,
      category: 'Furniture',
      sub_category: 'Chairs',
      product_name: `Stacking chair ${number}, 18" seat`,
      daily_quantity: frame + index,
      daily_rev: BigInt(frame) * 1_000_000n + BigInt(index),
      daily_profit: BigInt(index),
    };
    const key = JSON.stringify([row.ts_date, row.category, row.sub_category, row.product_name]);
    return { row, key, frame: FRAME + frame };
  });
}

async function perSecond(rows: number, work: () => Promise<void>): Promise<number> {
  const beganMs = performance.now();
  await work();
  return (rows * 1000) / (performance.now() - beganMs);
}

function linesOf(store: string, ours: readonly number[], single: readonly number[], each: string): readonly Line[] {
  return [
    { what: `daybook sink ${store}`, unit: 'records/s', values: ours, note: 'rows, a frame at once' },
    { what: each, unit: 'records/s', values: single, ratios: ratiosOf(ours, single), note: 'rows' },
  ];
}

async function measurePostgres({ runs, say }: BenchContext, url: string): Promise<readonly Line[]> {
  const { hostname, port, username, password, pathname } = new URL(url);
  const connection = { host: hostname, port: Number(port), user: username, password, database: pathname.slice(1) };
  await using database = openPostgres(connection);
  await applyPostgres(database, plan, []);
  const sink = postgresReportSink(database, plan);
  const client = new pg.Client(connection);
  await client.connect();
  const partition = { topic: product.name, topicId: 'one', partition: 0 };
  const ours: number[] = [];
  const single: number[] = [];
  for (let run = 0; run < runs; run++) {
    await database.query('TRUNCATE daily_report.daily_category_product, daybook.offsets');
    await sink.places([partition]);
    await sink.begin({ frame: 0, accepted: 0 });
    ours.push(
      await perSecond(ROWS * BATCHES, async () => {
        for (let frame = 0; frame < BATCHES; frame++) {
          const moves = [{ ...partition, fromOffset: frame * ROWS, nextOffset: (frame + 1) * ROWS }];
          const reports = [{ report: product, rows: rowsOf(frame) }];
          await sink.write({
            reports,
            quarantine: [],
            moves,
            frame: { frame: FRAME + frame, accepted: frame },
            since: 0,
          });
        }
      }),
    );
    await database.query('TRUNCATE daily_report.daily_category_product');
    const rows = rowsOf(0).slice(0, SINGLE_ROWS);
    single.push(
      await perSecond(SINGLE_ROWS, async () => {
        for (const { row, frame } of rows) {
          const { daily_rev: revenue, daily_profit: profit, ...rest } = row;
          await client.query(
            `INSERT INTO daily_report.daily_category_product AS t VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
ON CONFLICT (ts_date, category, sub_category, product_name) DO UPDATE SET daily_quantity = excluded.daily_quantity,
  daily_rev = excluded.daily_rev, daily_profit = excluded.daily_profit, frame = excluded.frame`,
            [...Object.values(rest), String(revenue), String(profit), frame],
          );
        }
      }),
    );
    say(`PostgreSQL: ${Math.round(ours.at(-1) ?? 0)} rows/s, one row a transaction ${Math.round(single.at(-1) ?? 0)}`);
  }
  await client.end();
  return linesOf('postgres', ours, single, 'PostgreSQL, one row a transaction');
}

async function measureCassandra({ runs, say }: BenchContext, node: string): Promise<readonly Line[]> {
  await using cluster = openCassandra({ contactPoints: [node], localDataCenter: 'datacenter1' });
  await applyCassandra(cluster, plan, []);
  const sink = cassandraReportSink(cluster, plan);
  const ours: number[] = [];
  const single: number[] = [];
  const raw: number[] = [];
  for (let run = 0; run < runs; run++) {
    ours.push(
      await perSecond(ROWS * BATCHES, async () => {
        for (let frame = 0; frame < BATCHES; frame++) await sink.write([{ report: product, rows: rowsOf(frame) }]);
      }),
    );
    const rows = rowsOf(0).slice(0, SINGLE_ROWS);
    single.push(
      await perSecond(SINGLE_ROWS, async () => {
        for (const row of rows) await sink.write([{ report: product, rows: [row] }]);
      }),
    );
    raw.push(await measureRecords(cluster, run));
    const [rate, singly, records] = [ours, single, raw].map((values) => Math.round(values.at(-1) ?? 0));
    say(`Cassandra: ${rate} rows/s, one row a write ${singly}, raw records ${records}`);
  }
  return [
    ...linesOf('cassandra', ours, single, 'Cassandra, one row a write'),
    {
      what: 'daybook sink cassandra, raw records',
      unit: 'records/s',
      values: raw,
      note: 'each is two rows and a look-up',
    },
  ];
}

/** Raw records as the sink has them written: what was read of each partition, all partitions at once. */
async function measureRecords(cluster: CassandraCluster, run: number): Promise<number> {
  const read = recordReader(plan.stream);
  const count = PARTITIONS * READS * RECORDS_AT_ONCE;
  const records = mixedSales(count, { repeats: 0, seed: 1000 + run }).map((line, index): StoredRecord => {
    const offset = run * count + index;
    const record = read({ offset, timestampMs: 0, key: null, value: Buffer.from(line) });
    if ('reason' in record) throw new Error(`a sale is no record: ${record.reason}`);
    return record;
  });
  const sink = cassandraRecordSink(cluster, plan);
  let repeats = 0;
  const rate = await perSecond(count, async () => {
    for (let at = 0; at < count; at += PARTITIONS * RECORDS_AT_ONCE) {
      const parts = Array.from({ length: PARTITIONS }, (_, partition) => {
        const from = at + partition * RECORDS_AT_ONCE;
        return { partition, records: records.slice(from, from + RECORDS_AT_ONCE) };
      });
      for (const each of await sink.write(parts)) repeats += each;
    }
  });
  if (repeats > 0) throw new Error(`${repeats} records were taken for repeats, and none is one`);
  return rate;
}
