import type { FastifyInstance } from 'fastify';
import { pageOf, parametersOf, whole, word } from './parameters.ts';
import type { DuplicatesAnswer, QuarantineAnswer } from './protocol.ts';
import type { RouteContext } from './server.ts';

/** `GET /api/v1/quarantine`: what was refused and why; `GET /api/v1/duplicates`: repeats that were left out; newest first. */
export function addQuarantine(app: FastifyInstance, { runtime }: RouteContext): void {
  app.get('/api/v1/quarantine', (request): Promise<QuarantineAnswer> => {
    const { open, ...page } = request.query as Readonly<Record<string, unknown>>;
    if ('id' in page) {
      const id = whole(parametersOf(request.query, ['id']), 'id', 1, Number.MAX_SAFE_INTEGER);
      return runtime.quarantine({ limit: 1, offset: 0, ...(id !== undefined && { id }) });
    }
    const isOpen =
      word(parametersOf(open === undefined ? {} : { open }, ['open']), 'open', ['true', 'false']) === 'true';
    return runtime.quarantine({ ...pageOf(page), ...(isOpen && { open: true }) });
  });
  app.get('/api/v1/duplicates', (request): Promise<DuplicatesAnswer> => runtime.duplicates(pageOf(request.query)));
}
