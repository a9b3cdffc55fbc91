import { expect, it } from 'vitest';
import { daybook } from '../../../daybook.config.ts';
import { count } from '../../definition/measures.ts';
import type { Report } from '../../definition/report.ts';
import { makePlan } from '../../plan/normalise.ts';
import { serveEmbedded } from '../../../test/server/serve-embedded.ts';
import { machineClock } from '../machine/clock.ts';
import { openRemote } from '../remote.ts';
import { migrate } from './migrate.ts';

it('is refused before anything is sent where a report of the running Daybook is another', async () => {
  await using served = await serveEmbedded();
  const reports = [...daybook.reports.slice(0, -1), { ...daybook.reports.at(-1), measures: { n: count() } } as Report];
  const plan = makePlan({ ...daybook, reports, dashboard: { title: 'none', tiles: [] } });
  const nowhere = '127.0.0.1:1';
  const migration = migrate({
    plan,
    from: openRemote(plan, served.server.url),
    kafka: nowhere,
    postgres: `${nowhere}/daybook`,
    clock: machineClock(),
    signal: new AbortController().signal,
    patienceMs: 1,
    differencesMax: 1,
    onProgress: () => expect.unreachable('nothing is sent'),
  });
  await expect(migration).rejects.toMatchObject({
    code: 'OTHER_DEFINITION',
    message: expect.stringContaining("report 'daily_address' has n = count() here") as string,
  });
});
