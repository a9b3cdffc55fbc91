/** Listens to the frames with many clients, and does nothing with them: `node crowd.ts <url of Daybook> <clients>` */
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { connect } from 'node:net';

const [base = '', clients = ''] = process.argv.slice(2);
const { hostname, port, host } = new URL(base);

async function listen(): Promise<Socket> {
  const socket = connect({ host: hostname, port: Number(port) });
  socket.write(`GET /api/v1/frames HTTP/1.1\r\nhost: ${host}\r\n\r\n`);
  await once(socket, 'data');
  return socket.resume();
}

const sockets = await Promise.all(Array.from({ length: Number(clients) }, listen));
process.once('SIGTERM', () => {
  for (const socket of sockets) socket.destroy();
});
process.stdout.write(`A crowd of ${sockets.length} is ready at ${base}\n`);
