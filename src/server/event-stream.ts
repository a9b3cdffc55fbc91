import type { FastifyReply } from 'fastify';
import type { ServerResponse } from 'node:http';

/** Begins an answer of server-sent events; for `HEAD` that is all of it, and it is ended. */
export function beginEvents(reply: FastifyReply): ServerResponse {
  reply.hijack();
  const stream = reply.raw;
  stream.writeHead(200, {
    'content-type': 'text/event-stream',
    'cache-control': 'no-store',
    'x-accel-buffering': 'no',
  });
  if (reply.request.method === 'HEAD') stream.end();
  return stream;
}
