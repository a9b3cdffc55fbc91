import type { FastifyInstance } from 'fastify';
import { parametersOf, whole } from './parameters.ts';
import type { QuarantineAnswer } from './protocol.ts';
import type { RouteContext } from './server.ts';

const LIMIT_DEFAULT = 100;
const LIMIT_MAX = 1_000;

/** `GET /api/v1/quarantine`: what was refused and why, newest first. */
export function addQuarantine(app: FastifyInstance, { runtime }: RouteContext): void {
  app.get('/api/v1/quarantine', (request): Promise<QuarantineAnswer> => {
    const parameters = parametersOf(request.query, ['limit', 'offset']);
    const limit = whole(parameters, 'limit', 0, LIMIT_MAX) ?? LIMIT_DEFAULT;
    return runtime.quarantine({ limit, offset: whole(parameters, 'offset', 0, Number.MAX_SAFE_INTEGER) ?? 0 });
  });
}
