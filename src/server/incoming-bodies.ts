import type { IncomingMessage } from 'node:http';
import { copyBytes } from '../base/copy-bytes.ts';
import { DaybookError } from '../base/errors.ts';
import { SLACK_BYTES } from '../base/slack.ts';
import type { Clock } from '../ports/clock.ts';
import type { BodyLimits } from '../sources/http/body.ts';
import { bodyTooLarge } from '../sources/http/body.ts';

/** What a body is given room for at once: about 500 records. */
const FIRST_BYTES = 256 * 1024 - SLACK_BYTES;
/** Larger rooms are in memory that threads share: what stands in them is read by another one, as it is. */
const OWN_BYTES_MAX = FIRST_BYTES + SLACK_BYTES;
/** Rooms of these sizes are used again, and so much is kept: memory that comes and goes is what collecting it takes long for. */
const KEPT_BYTES_MIN = 16 * 1024;
const KEPT_BYTES_MAX = 8 * 1024 * 1024;
const KEPT_TOTAL_BYTES_MAX = 32 * 1024 * 1024;
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
  /** Rooms of bodies that nobody looks at any more. */
  readonly #rooms: ArrayBufferLike[] = [];
  #keptBytes = 0;
  #isWatching = false;

  constructor(clock: Clock, closing: AbortSignal) {
    this.#clock = clock;
    this.#closing = closing;
  }

  /**
   * All of a request's body. Its room is taken as it comes, however large it was announced: a first part with its first
   * byte, and then twice as much each time it is full. When it fails, what else comes of the body is read and dropped, so
   * that the client gets its answer.
   * @throws DaybookError `BODY_TOO_LARGE`; `INTAKE_FULL` (retryable) when there is no room for it; `BODY_STALLED`
   *   (retryable); `BODY_UNREADABLE` when the connection ends before the body
   */
  async read(request: IncomingMessage, { bytesMax, claim }: Omit<BodyLimits, 'recordsMax'>): Promise<Uint8Array> {
    const announced = Number(request.headers['content-length'] ?? bytesMax);
    if (announced > bytesMax) throw bodyTooLarge(bytesMax);
    let room: Buffer = Buffer.alloc(SLACK_BYTES);
    let [size, roomBytes] = [0, 0];
    await this.#receive(request, (chunk) => {
      const end = size + chunk.length;
      if (end > bytesMax) throw bodyTooLarge(bytesMax);
      if (end > roomBytes) {
        const wanted = Math.max(end, Math.min(announced, Math.max(FIRST_BYTES, 2 * roomBytes)));
        // Who finds no room is refused, and gives back what it had: none waits for another.
        claim.grow(wanted - roomBytes);
        roomBytes = wanted;
        if (room.length < wanted + SLACK_BYTES) {
          const larger = this.#roomFor(wanted, announced);
          copyBytes(room, size, larger, 0);
          this.release(room);
          room = larger;
        }
      }
      copyBytes(chunk, chunk.length, room, size);
      size = end;
    });
    return room.subarray(0, size);
  }

  /** Says that nobody looks at a body any more: another one will stand in its room. */
  release({ buffer }: Uint8Array): void {
    const { byteLength } = buffer;
    if (byteLength < KEPT_BYTES_MIN || byteLength > KEPT_BYTES_MAX) return;
    if (this.#keptBytes + byteLength > KEPT_TOTAL_BYTES_MAX) return;
    this.#rooms.push(buffer);
    this.#keptBytes += byteLength;
  }

  /** Room for so many bytes: one that is kept, best for all that are announced, or a new one. */
  #roomFor(bytes: number, announced: number): Buffer {
    const kept = this.#takeKept(announced + SLACK_BYTES) ?? this.#takeKept(bytes + SLACK_BYTES);
    if (kept !== undefined) return Buffer.from(kept);
    const size = bytes + SLACK_BYTES;
    // In few sizes, so that what is kept is of use.
    const isKept = size >= KEPT_BYTES_MIN && size <= KEPT_BYTES_MAX;
    const roomy = isKept ? 2 ** Math.ceil(Math.log2(size)) : size;
    return Buffer.from(size > OWN_BYTES_MAX ? new SharedArrayBuffer(roomy) : new ArrayBuffer(roomy));
  }

  #takeKept(bytes: number): ArrayBufferLike | undefined {
    if (bytes < KEPT_BYTES_MIN) return undefined;
    const isShared = bytes > OWN_BYTES_MAX;
    const at = this.#rooms.findIndex(
      (room) => room.byteLength >= bytes && room instanceof SharedArrayBuffer === isShared,
    );
    const [kept] = at === -1 ? [] : this.#rooms.splice(at, 1);
    this.#keptBytes -= kept?.byteLength ?? 0;
    return kept;
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
      } finally {
        giveBack(chunk);
      }
    };
    const onClose = (): void => {
      if (request.readableEnded) return;
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

/**
 * Frees what a chunk stands in, once nobody looks at it any more. V8 would do so when it comes to it, and until then counts it as
 * memory outside of its heap: for every 64 MB or so of that it marks all of the heap. Node copies each part of a body into
 * memory of its own and hands it over for good; of what others may have a part of as well, nothing is freed.
 */
function giveBack({ buffer, byteLength }: Uint8Array): void {
  if (buffer instanceof ArrayBuffer && byteLength === buffer.byteLength) buffer.transfer(0);
}

function stalled(): DaybookError {
  return new DaybookError(
    'BODY_STALLED',
    `Nothing more of the body has come for ${STALL_MS / 1000} seconds, so nothing of it was taken; send it again.`,
    { retryable: true },
  );
}
