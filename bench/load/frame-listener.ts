import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { get } from 'node:http';
import { createGunzip } from 'node:zlib';

const EVENT_END = '\n\n';

/** Listens to the frames of a Daybook, packed as browsers take them, and says when each has come whole. */
export class FrameListener {
  readonly #response: IncomingMessage;
  readonly #onFrame: (offset: number, atMs: number) => void;
  #text = '';
  #frames = 0;
  #rereads = 0;

  private constructor(response: IncomingMessage, onFrame: (offset: number, atMs: number) => void) {
    this.#response = response;
    this.#onFrame = onFrame;
    const isPacked = response.headers['content-encoding'] === 'gzip';
    const events = isPacked ? response.pipe(createGunzip()) : response;
    events.setEncoding('latin1').on('data', (text: string) => this.#take(text));
  }

  /**
   * @param base  where the Daybook serves
   * @param onFrame  told the frame's offset, and when it came by `performance.now()`
   */
  static async open(base: string, onFrame: (offset: number, atMs: number) => void): Promise<FrameListener> {
    const headers = { 'accept-encoding': 'gzip' };
    const [response] = (await once(get(new URL('/api/v1/frames', base), { headers }), 'response')) as [IncomingMessage];
    return new FrameListener(response, onFrame);
  }

  get frames(): number {
    return this.#frames;
  }

  /** Frames that only said that a report should be read again. */
  get rereads(): number {
    return this.#rereads;
  }

  close(): void {
    this.#response.destroy();
  }

  #take(text: string): void {
    // An event's end may be cut in two; the rest of what came before has been looked at.
    let from = Math.max(0, this.#text.length - 1);
    this.#text += text;
    for (let end = this.#text.indexOf(EVENT_END, from); end >= 0; end = this.#text.indexOf(EVENT_END)) {
      this.#takeEvent(this.#text.slice(0, end));
      this.#text = this.#text.slice(end + EVENT_END.length);
      from = 0;
    }
  }

  #takeEvent(event: string): void {
    const offset = /^id: (\d+)$/m.exec(event)?.[1];
    if (offset === undefined) return;
    this.#frames++;
    if (event.includes('"rows":null')) this.#rereads++;
    this.#onFrame(Number(offset), performance.now());
  }
}
