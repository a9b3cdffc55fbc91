import type { FastifyInstance } from 'fastify';
import { Readable } from 'node:stream';
import { DaybookError } from '../base/errors.ts';
import { countRecords, intakeOfBody, kindOfBody } from '../sources/http/body.ts';
import { IncomingBodies } from './incoming-bodies.ts';
import { daysOf, parametersOf, whole } from './parameters.ts';
import type { AcceptanceAnswer } from './protocol.ts';
import type { RouteContext } from './server.ts';

/** A request's body may be so large, packed or not. */
const BODY_BYTES_MAX = 16 * 1024 * 1024;
/** A request may hold so many records. */
const BODY_RECORDS_MAX = 200_000;
/** What all requests together may take that are being read, unpacked or answered; what waits for the disk is not in it. */
export const BODIES_BYTES_MAX = 128 * 1024 * 1024;
/** What a record takes besides its bytes, until its request is answered. */
const RECORD_BYTES = 512;

/** `POST /api/v1/records` takes records in, `GET` gives back those of some days. */
export function addRecords(app: FastifyInstance, { runtime, clock, closing, bodies }: RouteContext): void {
  const incoming = new IncomingBodies(clock, closing);
  app.removeAllContentTypeParsers();
  // Bodies are read by the routes that want one.
  app.addContentTypeParser('*', (_request, _body, done) => done(null));

  app.post('/api/v1/records', async (request): Promise<AcceptanceAnswer> => {
    const corrects = whole(parametersOf(request.query, ['corrects']), 'corrects', 1, Number.MAX_SAFE_INTEGER);
    const claim = bodies.open();
    const limits = { bytesMax: BODY_BYTES_MAX, recordsMax: BODY_RECORDS_MAX, claim };
    try {
      const { 'content-type': type, 'content-encoding': encoding } = request.headers;
      const kind = kindOfBody(type, encoding);
      const body = await incoming.read(request.raw, limits);
      const intake = await intakeOfBody(body, kind, limits);
      const count = countRecords(intake, BODY_RECORDS_MAX);
      if (corrects !== undefined && count !== 1) {
        throw new DaybookError('BAD_QUERY', `One record corrects entry ${corrects} of the quarantine, not ${count}.`);
      }
      const recordBytes = count * RECORD_BYTES;
      claim.grow(recordBytes);
      const accepting = runtime.accept({ ...intake, ...(corrects !== undefined && { corrects }) });
      // From here on the runtime counts the lines themselves.
      claim.keep(recordBytes);
      const acceptance = await accepting;
      // Only now: what failed may still be on its way somewhere.
      incoming.release(body);
      return acceptance;
    } finally {
      claim.keep(0);
    }
  });

  app.get('/api/v1/records', (request, reply) => {
    const parameters = parametersOf(request.query, ['from', 'to']);
    const days = daysOf(parameters);
    void reply.type('application/x-ndjson');
    // The log is read for records alone, also by who has left before they are told.
    if (request.method === 'HEAD') return reply.send();
    return reply.send(Readable.from(runtime.records(days), { objectMode: false }));
  });
}
