import type { FastifyInstance } from 'fastify';
import { pageOf } from './parameters.ts';
import type { DuplicatesAnswer, QuarantineAnswer } from './protocol.ts';
import type { RouteContext } from './server.ts';

/** `GET /api/v1/quarantine`: what was refused and why; `GET /api/v1/duplicates`: repeats that were left out; newest first. */
export function addQuarantine(app: FastifyInstance, { runtime }: RouteContext): void {
  app.get('/api/v1/quarantine', (request): Promise<QuarantineAnswer> => runtime.quarantine(pageOf(request.query)));
  app.get('/api/v1/duplicates', (request): Promise<DuplicatesAnswer> => runtime.duplicates(pageOf(request.query)));
}
