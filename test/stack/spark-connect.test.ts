import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { query, stream } from '../../src/spark/connect/relations.ts';
import type { SparkSession } from '../../src/spark/connect/session.ts';
import { temporaryFolder } from '../process/daybook-process.ts';
import type { Servers } from './servers.ts';
import { startServers } from './servers.ts';
import { openSession } from './spark-session.ts';

let servers: Servers<'spark'>;
let session: SparkSession;
beforeAll(async () => {
  servers = await startServers(['spark']);
  session = openSession(servers.at.spark);
});
afterAll(async () => {
  session.close();
  await servers[Symbol.asyncDispose]();
});

describe('a session of Spark Connect', () => {
  it('gives the rows of a query, and has its settings and views', async () => {
    await session.configure({ 'spark.sql.session.timeZone': 'Asia/Kathmandu' });
    await session.createView('three', query('SELECT * FROM range(3)'));
    expect(await session.rows('SELECT id, current_timezone() AS zone FROM three ORDER BY id DESC')).toEqual([
      { id: 2n, zone: 'Asia/Kathmandu' },
      { id: 1n, zone: 'Asia/Kathmandu' },
      { id: 0n, zone: 'Asia/Kathmandu' },
    ]);
  });

  it('says what is wrong with a query, with Spark’s own condition', async () => {
    await expect(session.rows('SELECT nothing')).rejects.toMatchObject({
      code: 'SPARK_FAILED',
      retryable: false,
      details: { condition: 'UNRESOLVED_COLUMN.WITHOUT_SUGGESTION' },
    });
  });

  it('gives up at a deadline, whoever sees first that it is over, and Spark does too', async () => {
    const tooSlow = { code: 'SPARK_TOO_SLOW', retryable: true };
    const pairs = (few: number, many: number, msMax: number) =>
      session.rows(`SELECT count(*) FROM range(${few}) a JOIN range(${many}) b ON a.id % 7 = b.id % 5`, msMax);
    // What Spark is asked to give up while it plans may go on, for seconds here.
    for (const msMax of [10, 20, 50, 100, 150, 200]) {
      await expect(pairs(100_000, 100_000, msMax)).rejects.toMatchObject(tooSlow);
    }
    // This one would have both cores for many minutes.
    await expect(pairs(1_000_000, 10_000_000, 10_000)).rejects.toMatchObject(tooSlow);
    expect(await session.rows('SELECT count(*) AS n FROM range(10)')).toEqual([{ n: 10n }]);
  });

  it('has a query that runs on without it, and that another client of the session finds and stops', async () => {
    await using folder = await temporaryFolder();
    const sessionId = randomUUID();
    const first = openSession(servers.at.spark, sessionId);
    const started = await first.start({
      input: stream('rate', { rowsPerSecond: '10' }),
      name: 'ticks',
      format: 'noop',
      options: { checkpointLocation: folder.path },
      outputMode: 'append',
    });
    await expect(first.status(started)).resolves.toMatchObject({ isActive: true });
    first.close();
    const second = openSession(servers.at.spark, sessionId);
    expect(await second.queries()).toEqual([started]);
    expect(await second.awaitEnd(started, 100)).toBe(false);
    expect(await second.failure(started)).toBeUndefined();
    await expect.poll(() => second.recentProgress(started)).not.toEqual([]);
    await second.stop(started);
    expect(await second.awaitEnd(started, 10_000)).toBe(true);
    expect(await second.queries()).toEqual([]);
    await second.release();
    await expect(second.rows('SELECT 1')).rejects.toMatchObject({ code: 'SPARK_SESSION_LOST', retryable: true });
    second.close();
  });

  it('is not reached where no Spark is', async () => {
    const nowhere = openSession('sc://127.0.0.1:1');
    await expect(nowhere.rows('SELECT 1')).rejects.toMatchObject({ code: 'SPARK_UNREACHABLE', retryable: true });
    nowhere.close();
  });
});
