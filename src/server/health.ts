import type { FastifyInstance } from 'fastify';
import { sendProblem } from './problems.ts';
import type { RouteContext } from './server.ts';

/** `GET /healthz`: the process answers. `GET /readyz`: it can accept records. */
export function addHealth(app: FastifyInstance, { runtime }: RouteContext): void {
  app.get('/healthz', () => ({ status: 'ok' }));
  app.get('/readyz', async (_request, reply) => {
    const { trouble } = await runtime.status();
    return trouble === undefined ? reply.send({ status: 'ready' }) : sendProblem(reply, 'IN_TROUBLE', trouble);
  });
}
