import { expect, it } from 'vitest';
import { plainSale } from '../../test/sales/plain-sale.ts';
import { serveEmbedded } from '../../test/server/serve-embedded.ts';
import { machineClock } from './machine/clock.ts';
import { query } from './query.ts';

const clock = machineClock();

it('SQL tells an empty text of a report from one that is not there', async () => {
  await using daybook = await serveEmbedded();
  const { runtime } = daybook;
  const sale = { ...plainSale, sub_category: '', latitude: null };
  await runtime.accept({ origin: 'test', lines: Buffer.from(JSON.stringify(sale)) });
  const ask = async (sql: string): Promise<unknown> =>
    (await query({ runtime, clock, sql, signal: new AbortController().signal, onProgress: () => undefined })).rows[0];
  expect(await ask('SELECT category, sub_category FROM daily_category_product')).toEqual(['Furniture', '']);
  expect(await ask('SELECT latitude, longitude FROM daily_address')).toEqual([null, plainSale.longitude]);
});
