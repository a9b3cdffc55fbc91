/**
 * Listens to the frames with many clients, packed as browsers take them, and does nothing with them: `node crowd.ts <url of Daybook> <clients> [views]`;
 * with `views` each asks what the dashboard 'Daily report' asks.
 */
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { connect } from 'node:net';

const [base = '', clients = '', views = ''] = process.argv.slice(2);
const { hostname, port, host } = new URL(base);

const numbers = ['daily_pu', 'daily_rev', 'daily_profit'].map((measure) => {
  return { id: measure, kind: 'totals', report: 'daily_pu_rev', by: ['ts_date'], measure };
});
const tables = ['daily_quantity', 'daily_rev', 'daily_profit'].map((measure) => {
  const sort = `-ts_date,-${measure}`;
  return {
    id: `t ${measure}`,
    kind: 'rows',
    report: 'daily_category_product',
    sort,
    extent: measure,
    limit: 10,
    offset: 0,
  };
});
const map = { id: 'map', kind: 'totals', report: 'daily_address', by: ['latitude', 'longitude'], measure: 'daily_pu' };
const query = views === '' ? '' : `?views=${encodeURIComponent(JSON.stringify([...numbers, ...tables, map]))}`;

async function listen(): Promise<Socket> {
  const socket = connect({ host: hostname, port: Number(port) });
  socket.write(`GET /api/v1/frames${query} HTTP/1.1\r\nhost: ${host}\r\naccept-encoding: gzip\r\n\r\n`);
  await once(socket, 'data');
  return socket.resume();
}

const sockets = await Promise.all(Array.from({ length: Number(clients) }, listen));
process.once('SIGTERM', () => {
  for (const socket of sockets) socket.destroy();
});
process.stdout.write(`A crowd of ${sockets.length} is ready at ${base}\n`);
