import type { FastifyInstance } from 'fastify';
import { DaybookError } from '../base/errors.ts';

const LOOPBACK = new Set(['localhost', '127.0.0.1', '[::1]', '::1']);
const SAFE_METHODS = new Set(['GET', 'HEAD', 'OPTIONS']);

/**
 * Keeps other sites' pages out. Bound to loopback, only requests that name this machine are answered, so that a foreign
 * name that resolves to it gets nothing (DNS rebinding); and what a browser sends from another origin changes nothing.
 */
export function guardOrigins(app: FastifyInstance, host: string): void {
  const onlyLoopback = LOOPBACK.has(host);
  app.addHook('onRequest', async (request) => {
    const name = hostName(request.headers.host);
    if (onlyLoopback && !LOOPBACK.has(name)) {
      throw new DaybookError(
        'FOREIGN_HOST',
        `This Daybook answers on ${host} only, not as '${name}'. Start it with --host to open it up.`,
      );
    }
    const { origin } = request.headers;
    if (SAFE_METHODS.has(request.method) || origin === undefined || origin === `http://${request.headers.host ?? ''}`)
      return;
    throw new DaybookError('FOREIGN_ORIGIN', `A page from ${origin} may not send records here.`);
  });
}

function hostName(header: string | undefined): string {
  return (header ?? '').replace(/:\d+$/, '').toLowerCase();
}
