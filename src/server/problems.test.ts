import { pino } from 'pino';
import { expect, it } from 'vitest';
import { serveEmbedded } from '../../test/server/serve-embedded.ts';
import type { DaybookError } from '../base/errors.ts';
import type { Runtime } from '../ports/runtime.ts';
import { machineClock } from '../runtimes/machine/clock.ts';
import { cassandraFailure } from '../stores/cassandra/cluster.ts';
import { postgresFailure } from '../stores/postgres/database.ts';
import { kafkaFailure } from '../sources/kafka/failure.ts';
import { startServer } from './server.ts';

const ADVISED: Readonly<Record<string, DaybookError>> = {
  POSTGRES_NOT_APPLIED: postgresFailure({ code: '42P01', message: 'no table' }),
  POSTGRES_REFUSED: postgresFailure({ code: '28P01', message: 'no' }),
  CASSANDRA_NOT_APPLIED: cassandraFailure({ code: 0x2200, message: 'no table' }),
  CASSANDRA_REFUSED: cassandraFailure({ code: 0x2100, message: 'no' }),
  KAFKA_REFUSED: kafkaFailure(Object.assign(new Error('no'), { apiId: 'TOPIC_AUTHORIZATION_FAILED' }), 'read topic x'),
};

it('what is amiss around the Daybook is answered with what to do, and what nobody foresaw is not', async () => {
  await using daybook = await serveEmbedded();
  let failure: unknown;
  const failing: Runtime = Object.assign(Object.create(daybook.runtime) as Runtime, {
    plan: daybook.runtime.plan,
    query: () => Promise.reject(failure as Error),
  });
  const server = await startServer({
    runtime: failing,
    host: '127.0.0.1',
    port: 0,
    pages: '/nowhere',
    logger: pino({ level: 'silent' }),
    clock: machineClock(),
  });
  try {
    const answer = async (error: unknown): Promise<unknown> => {
      failure = error;
      return (await fetch(`${server.url}/api/v1/reports/daily_pu_rev`)).json();
    };
    for (const [code, error] of Object.entries(ADVISED)) {
      expect(await answer(error)).toMatchObject({ status: 503, code, detail: error.message });
    }
    expect(await answer(new TypeError('secret'))).toMatchObject({
      status: 500,
      code: 'INTERNAL',
      detail: 'Something went wrong in Daybook; its log says what.',
    });
  } finally {
    await server.close();
  }
});
