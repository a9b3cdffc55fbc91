import type { FastifyInstance } from 'fastify';
import { Readable } from 'node:stream';
import { linesOfBody } from '../sources/http/body.ts';
import { IncomingBodies } from './incoming-bodies.ts';
import { parametersOf, single } from './parameters.ts';
import type { AcceptanceAnswer } from './protocol.ts';
import type { RouteContext } from './server.ts';

/** A request's body may be so large, packed or not. */
export const BODY_BYTES_MAX = 16 * 1024 * 1024;

/** `POST /api/v1/records` takes records in, `GET` gives back those of some days. */
export function addRecords(app: FastifyInstance, { runtime, clock, closing }: RouteContext): void {
  const bodies = new IncomingBodies(clock, closing);
  app.removeAllContentTypeParsers();
  // Bodies are read by the routes that want one.
  app.addContentTypeParser('*', (_request, _body, done) => done(null));

  app.post('/api/v1/records', async (request): Promise<AcceptanceAnswer> => {
    const lines = await linesOfBody(
      {
        bytes: await bodies.read(request.raw, BODY_BYTES_MAX),
        contentType: request.headers['content-type'],
        contentEncoding: request.headers['content-encoding'],
      },
      BODY_BYTES_MAX,
    );
    return runtime.accept({ origin: 'http', lines });
  });

  app.get('/api/v1/records', (request, reply) => {
    const parameters = parametersOf(request.query, ['from', 'to']);
    const from = single(parameters, 'from');
    const to = single(parameters, 'to');
    const records = runtime.records({ ...(from !== undefined && { from }), ...(to !== undefined && { to }) });
    return reply.type('application/x-ndjson').send(Readable.from(records, { objectMode: false }));
  });
}
