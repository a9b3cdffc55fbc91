import { once } from 'node:events';
import type { Socket } from 'node:net';
import { connect } from 'node:net';

/** A connection on which a test says each byte, when it wants to. */
export class RawClient implements Disposable {
  readonly #socket: Socket;
  #received = '';

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.setEncoding('latin1').on('data', (text: string) => (this.#received += text));
    // A server that cuts it off is seen by what was received until then.
    socket.on('error', () => undefined);
  }

  static async open(url: string): Promise<RawClient> {
    const { hostname, port } = new URL(url);
    // Each piece goes out at once: what was sent is there when another connection's request is answered.
    const socket = connect({ port: Number(port), host: hostname, noDelay: true });
    await once(socket, 'connect');
    return new RawClient(socket);
  }

  /** Begins a request with a body of so many bytes, and resolves once the server has read its headers. */
  static async beginPost(url: string, bytes: number): Promise<RawClient> {
    const client = await RawClient.open(url);
    await client.send(
      `POST /api/v1/records HTTP/1.1\r\nhost: ${new URL(url).host}\r\ncontent-type: application/x-ndjson\r\n` +
        `content-length: ${bytes}\r\nexpect: 100-continue\r\n\r\n`,
    );
    await client.until('HTTP/1.1 100 Continue');
    return client;
  }

  async send(text: string): Promise<void> {
    await new Promise((resolve) => {
      this.#socket.write(text, resolve);
    });
  }

  /** Resolves once a text was received; with all that was. */
  async until(text: string): Promise<string> {
    while (!this.#received.includes(text)) await once(this.#socket, 'data');
    return this.#received;
  }

  /** Resolves once the server has ended the connection; with all that was received. */
  async ended(): Promise<string> {
    if (!this.#socket.destroyed) await once(this.#socket, 'close');
    return this.#received;
  }

  [Symbol.dispose](): void {
    this.#socket.destroy();
  }
}
