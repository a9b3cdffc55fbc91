import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { expect, it } from 'vitest';
import { openPostgres } from './database.ts';

/** A message of PostgreSQL's protocol: a letter, its length, and what it says. */
function message(type: string, ...parts: readonly (string | Uint8Array)[]): Buffer {
  const body = Buffer.concat(parts.map((part) => Buffer.from(part as Uint8Array)));
  const head = Buffer.alloc(5, type, 'latin1');
  head.writeInt32BE(body.length + 4, 1);
  return Buffer.concat([head, body]);
}

const READY = message('Z', 'I');

/** A server that takes any statement, and fails those that it is told to, with a code of PostgreSQL's. */
async function serve(codes: Readonly<Record<string, string>> = {}) {
  const statements: string[] = [];
  const server = createServer((socket) => {
    let isStarted = false;
    socket.on('data', (bytes) => {
      if (!isStarted) {
        isStarted = true;
        socket.write(Buffer.concat([message('R', Uint8Array.of(0, 0, 0, 0)), READY]));
      } else if (bytes.toString('latin1', 0, 1) === 'Q') {
        const statement = bytes.toString('utf8', 5, bytes.length - 1);
        statements.push(statement);
        const code = codes[statement];
        const failed = message('E', `SERROR\0C${code ?? ''}\0Mit failed\0\0`);
        socket.write(Buffer.concat([code === undefined ? message('C', `${statement}\0`) : failed, READY]));
      }
    });
    socket.on('error', () => undefined);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const database = openPostgres({ host: '127.0.0.1', port, user: 'daybook', database: 'daybook' });
  return {
    database,
    statements,
    async [Symbol.asyncDispose]() {
      await database[Symbol.asyncDispose]();
      server.close();
    },
  };
}

it('what is wrong in a transaction’s own work is no failure of PostgreSQL', async () => {
  await using served = await serve();
  const broken = new Error('Broken invariant: a row has its key');
  await expect(served.database.transaction(() => Promise.reject(broken))).rejects.toBe(broken);
  expect(served.statements).toEqual(['BEGIN', 'ROLLBACK']);
});

it.each([
  ['a statement', { 'SELECT 1': '42P01' }, 'POSTGRES_NOT_APPLIED', false],
  ['the beginning', { BEGIN: '53300' }, 'POSTGRES_UNREACHABLE', true],
  ['the commit', { COMMIT: '40001' }, 'POSTGRES_UNREACHABLE', true],
] as const)('what PostgreSQL says of %s is an error of ours', async (_what, codes, code, retryable) => {
  await using served = await serve(codes);
  const failed = served.database.transaction((run) => run('SELECT 1'));
  await expect(failed).rejects.toMatchObject({ name: 'DaybookError', code, retryable });
  expect(served.statements.at(-1)).toBe('ROLLBACK');
});
