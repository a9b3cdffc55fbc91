import type { FastifyInstance } from 'fastify';
import { pageOf } from './parameters.ts';
import type { QuarantineAnswer } from './protocol.ts';
import type { RouteContext } from './server.ts';

/** `GET /api/v1/quarantine`: what was refused and why, newest first. */
export function addQuarantine(app: FastifyInstance, { runtime }: RouteContext): void {
  app.get('/api/v1/quarantine', (request): Promise<QuarantineAnswer> => runtime.quarantine(pageOf(request.query)));
}
