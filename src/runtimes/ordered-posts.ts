import type { Agent, ClientRequest, IncomingMessage, RequestOptions } from 'node:http';
import { text } from 'node:stream/consumers';

/** A server that says nothing for so long is given up, as one that is away. */
const SILENCE_MS = 300_000;

/** What a server answered to a request. */
export interface Answered {
  readonly status: number;
  readonly text: string;
}

/** Resolves once all that came before is done, and fails if that did. */
type Turn = Promise<unknown>;

/**
 * Posts that are taken in their order though several are under way, whatever becomes of one of them and of the connections
 * between: of each all but its last byte is sent at once, and that follows when the ones before are answered. So a server
 * reads them side by side, and begins with none before its turn.
 */
export class OrderedPosts {
  #connections: Promise<Connections> | undefined;
  #last: Turn = Promise.resolve();
  #underWay = 0;

  /**
   * Does one's posts when its turn comes. One that fails fails those that wait for it; who comes when nobody is under
   * way waits for nothing.
   */
  async inTurn<T>(work: (turn: Turn) => Promise<T>): Promise<T> {
    const doing = work(this.#underWay === 0 ? Promise.resolve() : this.#last);
    this.#last = doing;
    this.#underWay++;
    try {
      return await doing;
    } finally {
      this.#underWay--;
    }
  }

  /**
   * @param body  at least one byte, in pieces
   * @throws what `turn` throws; Error when the connection fails
   */
  async post(url: string, contentType: string, body: readonly Uint8Array[], turn: Turn): Promise<Answered> {
    this.#connections ??= connectionsFor(url);
    const { request, agent } = await this.#connections;
    const bytes = body.reduce((sum, piece) => sum + piece.length, 0);
    const headers = { 'content-type': contentType, 'content-length': bytes };
    const outgoing = request(url, { method: 'POST', headers, agent, timeout: SILENCE_MS });
    const answer = new Promise<IncomingMessage>((resolve, reject) => {
      outgoing.once('response', resolve).once('error', reject);
      outgoing.once('timeout', () => outgoing.destroy(new Error('no answer came')));
    });
    let held: Uint8Array = new Uint8Array();
    for (const piece of body) {
      if (piece.length === 0) continue;
      if (held.length > 0) outgoing.write(held);
      outgoing.write(piece.subarray(0, -1));
      held = piece.subarray(-1);
    }
    try {
      // One that is refused unread is answered before its turn.
      await Promise.race([turn, answer]);
    } catch (error) {
      outgoing.destroy();
      // It fails as well now, which nobody waits for.
      answer.catch(() => undefined);
      throw error;
    }
    outgoing.end(held);
    const response = await answer;
    return { status: response.statusCode ?? 0, text: await text(response) };
  }

  /** Lets connections go that are kept for the next post. */
  async close(): Promise<void> {
    (await this.#connections)?.agent.destroy();
  }
}

interface Connections {
  readonly agent: Agent;
  readonly request: (url: string, options: RequestOptions) => ClientRequest;
}

async function connectionsFor(url: string): Promise<Connections> {
  const { Agent: OwnAgent, request } = await (url.startsWith('https:') ? import('node:https') : import('node:http'));
  return { agent: new OwnAgent({ keepAlive: true }), request };
}
