import { expect, it } from 'vitest';
import { HeldClock } from '../../../test/clock/held-clock.ts';
import { DaybookError } from '../../base/errors.ts';
import type { WorkedPlace } from '../../ports/stored-records.ts';
import { RecordCounts } from './record-counts.ts';

const place = (partition: number, duplicates: number, refused: number): WorkedPlace => ({
  topic: 'daily_records',
  partition,
  nextOffset: 10,
  accepted: 10,
  duplicates,
  refused,
});
const away = new DaybookError('CASSANDRA_UNREACHABLE', 'Cassandra does not answer.', { retryable: true });

function countsOf(read: () => Promise<readonly WorkedPlace[]>) {
  const clock = new HeldClock();
  const said: string[] = [];
  const logger = {
    info: (message: string) => said.push(message),
    warn: (_details: object, message: string) => said.push(message),
  };
  return { counts: new RecordCounts({ read, clock, logger: logger as never }), clock, said };
}

it('while Cassandra is away, those who can do without it have what was known last, and it is said once', async () => {
  let answer: () => Promise<readonly WorkedPlace[]> = async () => [place(0, 3, 1), place(1, 4, 2)];
  const { counts, said } = countsOf(() => answer());
  expect(await counts.lately()).toEqual({ duplicates: 7, refused: 3 });
  answer = () => Promise.reject(away);
  expect(await counts.lately()).toEqual({ duplicates: 7, refused: 3 });
  expect(await counts.lately()).toEqual({ duplicates: 7, refused: 3 });
  await expect(counts.now()).rejects.toBe(away);
  answer = async () => [place(0, 5, 0)];
  expect(await counts.lately()).toEqual({ duplicates: 5, refused: 0 });
  expect(said).toEqual([
    'Cassandra does not answer: repeats stay as they were counted last',
    'Cassandra answers again',
  ]);
});

it('a Cassandra that says nothing is waited for shortly, and once', async () => {
  let asked = 0;
  const pending = Promise.withResolvers<readonly WorkedPlace[]>();
  const { counts, clock } = countsOf(() => {
    asked++;
    return pending.promise;
  });
  const both = Promise.all([counts.lately(), counts.lately()]);
  clock.advance(500);
  expect(await both).toEqual([
    { duplicates: 0, refused: 0 },
    { duplicates: 0, refused: 0 },
  ]);
  expect(await counts.lately()).toEqual({ duplicates: 0, refused: 0 });
  expect(asked).toBe(1);
  pending.resolve([place(0, 2, 0)]);
  await pending.promise;
  expect(await counts.lately()).toEqual({ duplicates: 2, refused: 0 });
});
