import type { IncomingMessage } from 'node:http';
import { DaybookError } from '../base/errors.ts';
import type { Clock } from '../ports/clock.ts';
import type { BodyLimits } from '../sources/http/body.ts';
import { bodyTooLarge, joined } from '../sources/http/body.ts';

/** A body of which nothing more comes is given up after so long, or twice that at most. */
const STALL_MS = 30_000;

/** A body that is being read. */
interface Incoming {
  hasMoved: boolean;
  readonly giveUp: (error: DaybookError) => void;
}

/** Reads the bodies of requests. However slow one is, it may take its time; one that has stopped is given up. */
export class IncomingBodies {
  readonly #clock: Clock;
  readonly #closing: AbortSignal;
  readonly #underWay = new Set<Incoming>();
  #isWatching = false;

  constructor(clock: Clock, closing: AbortSignal) {
    this.#clock = clock;
    this.#closing = closing;
  }

  /**
   * All of a request's body. Its room is taken before it is read, or as it comes when its length was not announced. When
   * it fails, what else comes of the body is read and dropped, so that the client gets its answer.
   * @throws DaybookError `BODY_TOO_LARGE`; `INTAKE_FULL` (retryable) when there is no room for it; `BODY_STALLED`
   *   (retryable); `BODY_UNREADABLE` when the connection ends before the body
   */
  async read(request: IncomingMessage, { bytesMax, claim }: Omit<BodyLimits, 'recordsMax'>): Promise<Uint8Array> {
    let roomBytes = Number(request.headers['content-length'] ?? 0);
    if (roomBytes > bytesMax) throw bodyTooLarge(bytesMax);
    claim.grow(roomBytes);
    const chunks: Uint8Array[] = [];
    let size = 0;
    await this.#receive(request, (chunk) => {
      size += chunk.length;
      if (size > bytesMax) throw bodyTooLarge(bytesMax);
      if (size > roomBytes) {
        claim.grow(size - roomBytes);
        roomBytes = size;
      }
      chunks.push(chunk);
    });
    return joined(chunks, size);
  }

  #receive(request: IncomingMessage, take: (chunk: Uint8Array) => void): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const incoming: Incoming = { hasMoved: true, giveUp: reject };
    const onData = (chunk: Uint8Array): void => {
      incoming.hasMoved = true;
      try {
        take(chunk);
      } catch (error) {
        reject(error);
      }
    };
    const onClose = (): void => {
      reject(new DaybookError('BODY_UNREADABLE', 'The connection ended before the body did; send it again.'));
    };
    request.on('data', onData).once('end', resolve).once('close', onClose);
    if (request.destroyed) onClose();
    this.#underWay.add(incoming);
    if (!this.#isWatching) void this.#watch();
    return promise.finally(() => {
      this.#underWay.delete(incoming);
      request.off('data', onData).off('end', resolve).off('close', onClose).resume();
    });
  }

  /** Looks now and then which bodies have not moved since. */
  async #watch(): Promise<void> {
    this.#isWatching = true;
    while (this.#underWay.size > 0 && !this.#closing.aborted) {
      for (const incoming of this.#underWay) incoming.hasMoved = false;
      await this.#clock.sleep(STALL_MS, this.#closing);
      if (this.#closing.aborted) break;
      for (const { hasMoved, giveUp } of this.#underWay) if (!hasMoved) giveUp(stalled());
    }
    this.#isWatching = false;
  }
}

function stalled(): DaybookError {
  return new DaybookError(
    'BODY_STALLED',
    `Nothing more of the body has come for ${STALL_MS / 1000} seconds, so nothing of it was taken; send it again.`,
    { retryable: true },
  );
}
