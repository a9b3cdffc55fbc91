import type { FastifyReply } from 'fastify';
import { closingError } from '../base/closing.ts';

/** A signal that is aborted when whoever asked is gone, or the server closes. */
export function goneSignal(reply: FastifyReply, closing: AbortSignal): AbortSignal {
  const gone = new AbortController();
  reply.raw.once('close', () => gone.abort());
  return AbortSignal.any([gone.signal, closing]);
}

/**
 * Refuses to give what was found until a signal ended the search: it looks like an answer and is none.
 * @throws DaybookError `CLOSING`
 */
export function refuseCutShort(signal: AbortSignal): void {
  if (signal.aborted) throw closingError('ask again');
}
