import { once } from 'node:events';
import type { Socket } from 'node:net';
import { connect } from 'node:net';

const HEAD_END = '\r\n\r\n';

/** What was answered, its body not yet read. */
export interface Answer {
  readonly status: number;
  readonly body: Buffer;
}

/**
 * One HTTP/1.1 connection that is kept open, one request at a time. It writes and reads bytes and little else, because
 * the load generator shares the machine with the server: node:http as client takes as much of it as the server does,
 * and would hide what the server costs.
 */
export class Connection {
  readonly #socket: Socket;
  readonly #head: string;
  #received: Buffer = Buffer.alloc(0);
  #waiting: ((answer: Answer) => void) | undefined;
  #failed: ((error: Error) => void) | undefined;

  private constructor(socket: Socket, url: URL) {
    this.#socket = socket;
    this.#head = `POST ${url.pathname} HTTP/1.1\r\nhost: ${url.host}\r\ncontent-type: application/x-ndjson\r\n`;
    socket.on('data', (bytes: Buffer) => this.#take(bytes));
    socket.on('error', (error) => this.#failed?.(error));
    socket.on('close', () => this.#failed?.(new Error(`${url.host} closed the connection.`)));
  }

  /** @param url  what is posted to */
  static async open(url: URL): Promise<Connection> {
    const socket = connect({ host: url.hostname, port: Number(url.port), noDelay: true });
    await once(socket, 'connect');
    return new Connection(socket, url);
  }

  /** Posts a body, which must stay as it is until the answer is there. */
  post(body: Uint8Array): Promise<Answer> {
    return new Promise((resolve, reject) => {
      this.#waiting = resolve;
      this.#failed = reject;
      this.#socket.cork();
      this.#socket.write(`${this.#head}content-length: ${body.length}${HEAD_END}`, 'latin1');
      this.#socket.write(body);
      this.#socket.uncork();
    });
  }

  close(): void {
    this.#failed = undefined;
    this.#socket.destroy();
  }

  #take(bytes: Buffer): void {
    this.#received = this.#received.length === 0 ? bytes : Buffer.concat([this.#received, bytes]);
    const headEnd = this.#received.indexOf(HEAD_END);
    if (headEnd < 0) return;
    const head = this.#received.toString('latin1', 0, headEnd);
    const length = Number(/\r\ncontent-length: (\d+)/i.exec(head)?.[1]);
    const end = headEnd + HEAD_END.length + length;
    if (Number.isNaN(length)) this.#failed?.(new Error(`An answer without a length: ${head}`));
    if (this.#received.length < end || Number.isNaN(length)) return;
    const answer = { status: Number(head.slice(9, 12)), body: this.#received.subarray(headEnd + HEAD_END.length, end) };
    this.#received = this.#received.subarray(end);
    this.#waiting?.(answer);
  }
}
