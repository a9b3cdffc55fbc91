import type { FastifyInstance } from 'fastify';
import { DaybookError } from '../base/errors.ts';
import { PAGE_PARAMETERS, pageOf, parametersOf, whole, word } from './parameters.ts';
import type { DuplicatesAnswer, QuarantineAnswer } from './protocol.ts';
import type { RouteContext } from './server.ts';

/** `GET /api/v1/quarantine`: what was refused and why; `GET /api/v1/duplicates`: repeats that were left out; newest first. */
export function addQuarantine(app: FastifyInstance, { runtime }: RouteContext): void {
  app.get('/api/v1/quarantine', (request): Promise<QuarantineAnswer> => {
    const parameters = parametersOf(request.query, [...PAGE_PARAMETERS, 'open', 'id']);
    const id = whole(parameters, 'id', 1, Number.MAX_SAFE_INTEGER);
    if (id !== undefined) {
      if (parameters.size > 1) throw new DaybookError('BAD_QUERY', `'id' names one entry, and goes with nothing else.`);
      return runtime.quarantine({ id });
    }
    const isOpen = word(parameters, 'open', ['true', 'false']) === 'true';
    return runtime.quarantine({ ...pageOf(parameters), ...(isOpen && { open: true }) });
  });
  app.get('/api/v1/duplicates', (request): Promise<DuplicatesAnswer> =>
    runtime.duplicates(pageOf(parametersOf(request.query, PAGE_PARAMETERS))),
  );
}
