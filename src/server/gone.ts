import type { FastifyReply } from 'fastify';

/** A signal that is aborted when whoever asked is gone, or the server closes. */
export function goneSignal(reply: FastifyReply, closing: AbortSignal): AbortSignal {
  const gone = new AbortController();
  reply.raw.once('close', () => gone.abort());
  return AbortSignal.any([gone.signal, closing]);
}
