import { pino } from 'pino';
import { expect, it } from 'vitest';
import { serveEmbedded } from '../../test/server/serve-embedded.ts';
import { DaybookError } from '../base/errors.ts';
import type { Runtime } from '../ports/runtime.ts';
import { machineClock } from '../runtimes/machine/clock.ts';
import { startServer } from './server.ts';

const away = new DaybookError('POSTGRES_UNREACHABLE', 'PostgreSQL does not answer.', { retryable: true });

it('what cannot be read is left out of the metrics, which say that it is not ready', async () => {
  await using daybook = await serveEmbedded();
  let failing: readonly ('status' | 'pipeline')[] = [];
  const runtime: Runtime = Object.assign(Object.create(daybook.runtime) as Runtime, {
    plan: daybook.runtime.plan,
    status: () => (failing.includes('status') ? Promise.reject(away) : daybook.runtime.status()),
    pipeline: () => (failing.includes('pipeline') ? Promise.reject(away) : daybook.runtime.pipeline()),
    subscribe: (...[listener]: Parameters<Runtime['subscribe']>) => daybook.runtime.subscribe(listener),
  });
  const server = await startServer({
    runtime,
    host: '127.0.0.1',
    port: 0,
    pages: '/nowhere',
    logger: pino({ level: 'silent' }),
    clock: machineClock(),
  });
  await using stack = new AsyncDisposableStack();
  stack.defer(() => server.close());
  const metrics = async (...parts: readonly ('status' | 'pipeline')[]): Promise<readonly string[]> => {
    failing = parts;
    const response = await fetch(`${server.url}/metrics`);
    expect(response.status).toBe(200);
    return (await response.text()).split('\n');
  };
  const [accepted, lag] = ['daybook_records_accepted_total 0', 'daybook_lag_records 0'];
  expect(await metrics()).toEqual(expect.arrayContaining(['daybook_ready 1', accepted, lag]));
  const withoutPipeline = await metrics('pipeline');
  expect(withoutPipeline).toEqual(expect.arrayContaining(['daybook_ready 1', accepted]));
  expect(withoutPipeline).not.toContain(lag);
  const withoutBoth = await metrics('pipeline', 'status');
  expect(withoutBoth).toEqual(expect.arrayContaining(['daybook_ready 0', 'daybook_intake_reading_bytes 0']));
  expect(withoutBoth).not.toContain(accepted);
  expect(withoutBoth.join('\n')).toMatch(/^process_cpu_seconds_total \S+$/m);
});
