import type { FastifyInstance } from 'fastify';
import { parametersOf } from './parameters.ts';
import type { PipelineAnswer } from './protocol.ts';
import type { RouteContext } from './server.ts';

/** `GET /api/v1/pipeline`: what the parts are doing; `/details` how they have been doing lately. */
export function addPipeline(app: FastifyInstance, { runtime }: RouteContext): void {
  app.get('/api/v1/pipeline', async (request): Promise<PipelineAnswer> => {
    parametersOf(request.query, []);
    const { checkpoint, trouble, engine, newestDay, sources, ...status } = await runtime.status();
    return {
      ...status,
      checkpoint: checkpoint ?? null,
      trouble: trouble ?? null,
      engine:
        engine === undefined
          ? null
          : { state: engine.state, heardAtMs: engine.heardAtMs ?? null, reason: engine.reason ?? null },
      newestDay: newestDay ?? null,
      sources: sources.map((source) => ({ ...source, trouble: source.trouble ?? null })),
    };
  });
  // What is undefined is left out of JSON, which is what the protocol says.
  app.get('/api/v1/pipeline/details', (request) => {
    parametersOf(request.query, []);
    return runtime.pipeline();
  });
}
