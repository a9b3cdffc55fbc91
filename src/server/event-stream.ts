import type { FastifyReply } from 'fastify';
import type { Writable } from 'node:stream';
import { constants, crc32, deflateRawSync } from 'node:zlib';
import { combineCrc32 } from '../base/crc32-combine.ts';

/** The head of a gzip file that says nothing of itself. Source: RFC 1952, 2.3. */
const GZIP_HEAD = Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255]);
/** An empty block that is the last one. Source: RFC 1951, 3.2.6. */
const LAST_BLOCK = Buffer.from([0x03, 0x00]);
/** Rows pack to a sixth with the least of work, and to no less than a seventh with more. */
const LEVEL = 1;
/** What most frames fit into; with twice as much V8 marks its heap five times as often. */
const CHUNK_BYTES = 64 * 1024;

/** Text that is sent to many: encoded and packed once, and only if somebody takes it so. */
export class SharedText {
  readonly #text: string;
  #plain: Buffer | undefined;
  #packed: Piece | undefined;

  constructor(text: string) {
    this.#text = text;
  }

  get plain(): Buffer {
    return (this.#plain ??= Buffer.from(this.#text));
  }

  /** It refers to nothing before it, so it stands behind whatever a reader got. */
  get packed(): Piece {
    const options = { level: LEVEL, chunkSize: CHUNK_BYTES, finishFlush: constants.Z_SYNC_FLUSH };
    return (this.#packed ??= {
      bytes: deflateRawSync(this.plain, options),
      plainBytes: this.plain.length,
      crc32: crc32(this.plain),
    });
  }
}

/** Blocks of deflate, of which none is the last one, up to the end of a byte; and of what they are. */
interface Piece {
  readonly bytes: Buffer;
  readonly plainBytes: number;
  readonly crc32: number;
}

/**
 * An answer of server-sent events; packed with gzip for who takes that, of which each event is a piece of its own that is
 * there to be read as soon as it is sent.
 */
export class EventStream {
  readonly #stream: Writable;
  readonly #isPacked: boolean;
  /** Of what was packed so far: gzip's end tells it. */
  #crc32 = 0;
  #plainBytes = 0;

  /** @param stream  to which nothing else is written */
  constructor(stream: Writable, isPacked: boolean) {
    this.#stream = stream;
    this.#isPacked = isPacked;
    if (isPacked) stream.write(GZIP_HEAD);
  }

  /** How many bytes wait to be taken by the connection. */
  get waitingBytes(): number {
    return this.#stream.writableLength;
  }

  /** Whether nothing more can be sent. */
  get isOver(): boolean {
    return this.#stream.destroyed || this.#stream.writableEnded;
  }

  /** @returns whether more may be sent at once, before it is `drained` */
  send(text: SharedText | string): boolean {
    if (this.isOver) return false;
    const shared = typeof text === 'string' ? new SharedText(text) : text;
    if (!this.#isPacked) return this.#stream.write(shared.plain);
    const { bytes, plainBytes, crc32: crc } = shared.packed;
    this.#crc32 = combineCrc32(this.#crc32, crc, plainBytes);
    this.#plainBytes += plainBytes;
    return this.#stream.write(bytes);
  }

  /** Calls back once nothing waits any more; never, when the reader leaves before. */
  onDrained(then: () => void): void {
    this.#stream.once('drain', then);
  }

  end(): void {
    if (this.isOver) return;
    if (this.#isPacked) {
      const end = Buffer.alloc(8);
      end.writeUInt32LE(this.#crc32, 0);
      end.writeUInt32LE(this.#plainBytes % 2 ** 32, 4);
      this.#stream.write(LAST_BLOCK);
      this.#stream.write(end);
    }
    this.#stream.end();
  }
}

/** Begins an answer of server-sent events; for `HEAD` that is all of it, and it is ended. */
export function beginEvents(reply: FastifyReply): EventStream {
  const { method, headers } = reply.request;
  const isPacked = takesGzip(headers['accept-encoding']);
  reply.hijack();
  reply.raw.writeHead(200, {
    'content-type': 'text/event-stream',
    ...(isPacked && { 'content-encoding': 'gzip' }),
    'cache-control': 'no-store',
    'x-accel-buffering': 'no',
  });
  const stream = new EventStream(reply.raw, isPacked && method !== 'HEAD');
  if (method === 'HEAD') stream.end();
  return stream;
}

/** Whether a reader takes what is packed with gzip: it names it, and not with the weight 0. Source: RFC 9110, 12.5.3. */
export function takesGzip(acceptEncoding = ''): boolean {
  return acceptEncoding.split(',').some((each) => {
    const [coding = '', weight = 'q=1'] = each.split(';').map((part) => part.trim().toLowerCase());
    return (coding === 'gzip' || coding === 'x-gzip') && Number(weight.replace(/^q=/, '')) > 0;
  });
}
