import type { FastifyInstance } from 'fastify';
import { closingError } from '../base/closing.ts';
import type { Clock } from '../ports/clock.ts';

/** Requests that are under way are waited for so long; a client that has stopped reading or sending is not waited for. */
const GRACE_MS = 5_000;

/** Counts requests until they are answered, or their connection is gone; a closing server takes no more. */
export class RequestsUnderWay {
  readonly #settled = new AbortController();
  readonly #closing: AbortSignal;
  #count = 0;

  constructor(app: FastifyInstance, closing: AbortSignal) {
    this.#closing = closing;
    app.addHook('onRequest', async (_request, reply) => {
      if (closing.aborted) {
        void reply.header('connection', 'close');
        throw closingError('send the request again');
      }
      this.#count++;
      reply.raw.once('close', () => {
        this.#count--;
        this.#settle();
      });
    });
  }

  /** Once the server closes: resolves when no request is under way, or after a few seconds. */
  async settled(clock: Clock): Promise<void> {
    this.#settle();
    await clock.sleep(GRACE_MS, this.#settled.signal);
  }

  #settle(): void {
    if (this.#closing.aborted && this.#count === 0) this.#settled.abort();
  }
}
