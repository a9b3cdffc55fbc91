import { resolve } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { daybook as furnitureStore } from '../../daybook.config.ts';
import { makePlan } from '../../src/plan/normalise.ts';
import { daybook } from '../definitions/every-measure-by-day.ts';
import { readSale, reportsOf } from '../oracle/furniture-store.ts';
import { reportsOfVisits } from '../oracle/visits.ts';
import { mixedSales } from '../sales/mixed-sales.ts';
import { startProcess } from './processes.ts';
import { openFeeder } from './report-feeder.ts';
import { sendRecords } from './report-topics.ts';
import { startServers } from './servers.ts';
import { apply, reportsInCassandra, reportsInPostgres } from './stores.ts';

const RUNS = 8;
const IDS = 150;
const plan = makePlan(daybook);

/** Visits of few days, guests and orders, so that many meet in a row; numbers at the ends of what their fields take. */
const visit = fc
  .record({
    id: fc.nat(IDS - 1),
    date: fc.integer({ min: 1, max: 12 }),
    time: fc.constantFrom('00:30:00', '03:59:59.999', '04:00:00', '23:59:59'),
    zone: fc.constantFrom('', '+11:00', 'Z'),
    isDayGiven: fc.boolean(),
    order: fc.constantFrom("it's", 'a "b"', 'tab\there\u0001', '😀', ''),
    guest: fc.constantFrom(null, 'Ann', 'Zoë', ''),
    booked: fc.constantFrom('2025-12-31', '2026-01-01', '2026-12-31'),
    rooms: fc.constantFrom(0, 1, 2, 3, -7, Number.MAX_SAFE_INTEGER),
    paid: fc.constantFrom('0', '0.05', '-1e-7', '0.0000015', '422.23999999999995', '9007199254.740991'),
    cost: fc.constantFrom(null, 2.5, 0.1, 1e-7),
    height: fc.constantFrom(1e-7, 0, -0, 1e21, 0.1 + 0.2, Number.MIN_VALUE, Number.MAX_VALUE),
  })
  .map(({ id, date, time, zone, isDayGiven, ...values }) => {
    const day = `2026-04-${String(date).padStart(2, '0')}`;
    return JSON.stringify({
      id: `0b7d1a2e-5f1c-4c8e-9d53-${String(id).padStart(12, '0')}`,
      at: `${day} ${time}${zone}`,
      ...(isDayGiven && { day }),
      ...values,
    });
  });

/** The embedded engine stands in the place of Spark, whose messages are its own to the letter: `spark-reports.test.ts`. */
test('every kind of measure, dimension and condition is in both stores, to the last digit, as the oracle has it of any records', async () => {
  await using servers = await startServers(['kafka', 'postgres', 'cassandra']);
  const { kafka, postgres, cassandra } = servers.at;
  const reached = { DAYBOOK_KAFKA: kafka, DAYBOOK_POSTGRES: postgres, DAYBOOK_CASSANDRA: cassandra };
  const config = resolve(import.meta.dirname, '../definitions/every-measure-by-day.ts');
  const environment = { ...reached, DAYBOOK_CONFIG: config };
  await using processes = new AsyncDisposableStack();
  // Sinks of another definition are there already, on the same servers: neither takes the other's partitions.
  const others = makePlan(furnitureStore);
  await using otherFeeder = await openFeeder(others, kafka);
  for (const [definition, settings] of [
    [others, reached],
    [plan, environment],
  ] as const) {
    await apply(settings, 'kafka', 'postgres', 'cassandra');
    for (const store of ['postgres', 'cassandra']) {
      const sink = processes.use(startProcess(['sink', store], settings));
      await expect.poll(() => sink.text()).toContain(`${definition.reports[0]?.name}/0`);
    }
  }
  await using feeder = await openFeeder(plan, kafka);
  feeder.follow();
  const sales = mixedSales(300, { repeats: 0.05, seed: 11 });
  await otherFeeder.feed(sales);
  const expectedOthers = reportsOf(sales.map(readSale));
  await expect.poll(() => reportsInPostgres(others, postgres), { interval: 200 }).toEqual(expectedOthers);
  await expect.poll(() => reportsInCassandra(others, cassandra), { interval: 200 }).toEqual(expectedOthers);

  // What is sent stays, so each run is also more of the same days: what fails cannot be tried again with less.
  const sent: string[] = [];
  await fc.assert(
    fc.asyncProperty(fc.array(visit, { minLength: 1, maxLength: 60, size: 'max' }), async (lines) => {
      await sendRecords(plan, kafka, lines);
      sent.push(...lines);
      const expected = reportsOfVisits(sent);
      await expect.poll(() => reportsInPostgres(plan, postgres), { interval: 200 }).toEqual(expected);
      await expect.poll(() => reportsInCassandra(plan, cassandra), { interval: 200 }).toEqual(expected);
    }),
    { numRuns: RUNS, endOnFailure: true },
  );
});
