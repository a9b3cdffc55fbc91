import { randomUUID } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { daybook } from '../../daybook.config.ts';
import { zoneOffsets } from '../../src/base/zone-offsets.ts';
import { kafkaTopics } from '../../src/compile/kafka/topics.ts';
import { sparkSql } from '../../src/compile/spark/spark.ts';
import { makePlan } from '../../src/plan/normalise.ts';
import { machineClock } from '../../src/runtimes/machine/clock.ts';
import { applyTopics } from '../../src/sources/kafka/topics.ts';
import { parseSparkAddress } from '../../src/spark/connect/address.ts';
import { query, stream } from '../../src/spark/connect/relations.ts';
import { SparkSession } from '../../src/spark/connect/session.ts';
import { ReportsQuery } from '../../src/spark/supervisor/reports-query.ts';
import { readSale, reportsOf } from '../../test/oracle/furniture-store.ts';
import { reportsInTopics, sendRecords } from '../../test/stack/report-topics.ts';
import { startServers } from '../../test/stack/servers.ts';
import type { BenchContext, Figure, Line, Outcome } from '../figure.ts';
import { ratiosOf } from '../figure.ts';
import { differenceOf, rowsOfJson } from '../report-rows.ts';
import { temporarySales } from '../sales-file.ts';

const DAYS = 9;
const WAIT_MS = 1_200_000;
const CORES = 2;
const plan = makePlan(daybook);

export const sparkQuery: Figure = {
  name: 'spark-query',
  title: 'On Spark: the compiled query beside three queries as they are usually written',
  method:
    `${DAYS} days of sales, about 33,333 a day with 1 % repeats, in a Kafka topic with ${CORES} partitions; Spark 4.2 with ` +
    `\`local[${CORES}]\` and 1 GB on the same machine, already warm. From the start of the queries until all of the topic ` +
    'is taken in and the rows are in their topics. Daybook checks every record, drops repeats, counts customers exactly, sums ' +
    'decimals, and keeps all reports by one query; its rows are compared with the oracle in each run. Beside it three ' +
    'queries over `from_json`, without checks and repeats dropped, with `approx_count_distinct` and floats, as many a ' +
    "pipeline has them and the one that this project began from had: with Spark's default settings, and with 2 shuffle " +
    'partitions. One after the other, in each run in the opposite order.',
  run,
};

/** What keeps the reports: how long it took from its start to its end. */
interface Rival {
  readonly what: string;
  readonly note: string;
  readonly measure: (folder: string) => Promise<number>;
}

async function run({ runs, scratchFolder, say }: BenchContext): Promise<Outcome> {
  await using sales = await temporarySales(scratchFolder, { days: DAYS, seed: 1 }, say);
  const lines = (await readFile(sales.path, 'utf8')).trimEnd().split('\n');
  const right = rowsOfJson(
    Object.fromEntries(
      Object.entries(reportsOf(lines.map(readSale))).map(([name, rows]) => [name, JSON.stringify({ rows })]),
    ),
  );
  await using servers = await startServers(['kafka', 'spark']);
  const { kafka, spark } = servers.at;
  const topics = kafkaTopics(plan, { partitions: CORES });
  const others = topics
    .filter(({ name }) => plan.reports.some((report) => report.name === name))
    .map((topic) => ({ ...topic, name: `bench_${topic.name}`, config: {} }));
  await applyTopics({
    connection: { bootstrapBrokers: [kafka] },
    topics: [...topics, ...others],
    isPartitionsTold: true,
  });
  await sendRecords(plan, kafka, lines);
  const address = parseSparkAddress(spark);
  const clock = machineClock();
  const session = (): SparkSession => new SparkSession({ address, sessionId: randomUUID(), user: 'bench', clock });
  const rivals: readonly Rival[] = [
    {
      what: 'the compiled query',
      note: 'exact, checked, without repeats',
      measure: async (folder) => {
        const tookMs = await measureCompiled(session(), kafka, folder);
        const reports = await reportsInTopics(plan, kafka);
        const given = rowsOfJson(
          Object.fromEntries(Object.entries(reports).map(([name, rows]) => [name, JSON.stringify({ rows })])),
        );
        const difference = differenceOf(right, given);
        if (difference !== undefined)
          throw new Error(`The rows are wrong, so the figure does not count: ${difference}`);
        return tookMs;
      },
    },
    {
      what: 'three queries, default settings',
      note: 'approximate, repeats count; 200 shuffle partitions',
      measure: (folder) => measureThree(session(), kafka, folder, 200),
    },
    {
      what: 'three queries, tuned',
      note: 'approximate, repeats count; 2 shuffle partitions',
      measure: (folder) => measureThree(session(), kafka, folder, CORES),
    },
  ];
  const rates = new Map<Rival, number[]>(rivals.map((rival) => [rival, []]));
  // The first time, Java compiles what it runs.
  for (let turn = -1; turn < runs; turn++) {
    for (const rival of turn % 2 === 0 ? rivals : rivals.toReversed()) {
      const folder = await mkdtemp(join(scratchFolder, 'checkpoints-'));
      const tookMs = await rival.measure(folder);
      await rm(folder, { recursive: true, force: true });
      say(`run ${turn + 1} of ${runs}: ${rival.what} ${(tookMs / 1000).toFixed(1)} s`);
      if (turn >= 0) rates.get(rival)?.push(lines.length / (tookMs / 1000));
    }
  }
  return { lines: linesOf(rivals, rates), versions: { Spark: '4.2.0', Kafka: '4.4.0' } };
}

function linesOf(rivals: readonly Rival[], rates: ReadonlyMap<Rival, readonly number[]>): readonly Line[] {
  const [own] = rivals;
  const ours = (own && rates.get(own)) ?? [];
  return rivals.map((rival) => {
    const values = rates.get(rival) ?? [];
    const line: Line = { what: rival.what, unit: 'records/s', values, note: rival.note };
    return rival === own ? line : { ...line, ratios: ratiosOf(ours, values) };
  });
}

async function measureCompiled(session: SparkSession, kafka: string, folder: string): Promise<number> {
  const reports = new ReportsQuery({
    plan,
    sql: sparkSql(plan, zoneOffsets(plan.stream.timeZone)),
    topicId: 'the only one',
    kafka: { 'kafka.bootstrap.servers': kafka },
    checkpoints: `file://${folder}`,
    statePartitions: CORES,
  });
  const startMs = performance.now();
  const streaming = await reports.start(session);
  await session.processAllAvailable(streaming, WAIT_MS);
  const tookMs = performance.now() - startMs;
  await session.stop(streaming);
  await session.release();
  session.close();
  return tookMs;
}

const SCHEMA = `ts_id STRING, ts STRING, ts_date STRING, customer_id STRING, customer_name STRING, segment STRING,
  country STRING, city STRING, category STRING, sub_category STRING, product_name STRING, price DOUBLE, quantity INT,
  discount STRING, revenue DOUBLE, profit DOUBLE, latitude DOUBLE, longitude DOUBLE`;
const REPORTS = {
  daily_pu_rev: `SELECT ts_date, approx_count_distinct(customer_id) AS daily_pu, sum(revenue) AS daily_rev,
    sum(profit) AS daily_profit FROM sales GROUP BY ts_date`,
  daily_category_product: `SELECT ts_date, category, sub_category, product_name, sum(quantity) AS daily_quantity,
    sum(revenue) AS daily_rev, sum(profit) AS daily_profit FROM sales
    GROUP BY ts_date, category, sub_category, product_name`,
  daily_address: `SELECT ts_date, latitude, longitude, approx_count_distinct(customer_id) AS daily_pu FROM sales
    GROUP BY ts_date, latitude, longitude`,
};

async function measureThree(
  session: SparkSession,
  kafka: string,
  folder: string,
  shufflePartitions: number,
): Promise<number> {
  const servers = { 'kafka.bootstrap.servers': kafka };
  await session.configure({ 'spark.sql.shuffle.partitions': String(shufflePartitions) });
  const startMs = performance.now();
  await session.createView(
    'raw',
    stream('kafka', { ...servers, subscribe: plan.stream.name, startingOffsets: 'earliest' }),
  );
  const parsed = `SELECT sale.* FROM (SELECT from_json(CAST(value AS STRING), '${SCHEMA}') AS sale FROM raw)`;
  await session.createView('sales', query(parsed));
  const started = [];
  for (const [name, sql] of Object.entries(REPORTS)) {
    started.push(
      await session.start({
        input: query(`SELECT to_json(struct(*)) AS value FROM (${sql})`),
        name: `bench-${name}`,
        format: 'kafka',
        options: { ...servers, topic: `bench_${name}`, checkpointLocation: `file://${join(folder, name)}` },
        outputMode: 'update',
      }),
    );
  }
  await Promise.all(started.map((streaming) => session.processAllAvailable(streaming, WAIT_MS)));
  const tookMs = performance.now() - startMs;
  for (const streaming of started) await session.stop(streaming);
  await session.release();
  session.close();
  return tookMs;
}
