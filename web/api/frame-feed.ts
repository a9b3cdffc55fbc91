import type { FrameEvent } from '../../src/server/protocol.ts';

/** Whether frames arrive, and the newest of them. */
export interface FeedState {
  readonly status: 'connecting' | 'live' | 'reconnecting';
  /** The log's next offset as of the newest frame. */
  readonly frame: number | undefined;
  /** When the newest frame came, on this page's own clock: `performance.now()`. */
  readonly cameAtMs: number | undefined;
}

/** What was read, as of a frame; what came since does not show in it unless it takes frames. */
export interface AsOf {
  readonly frame: number;
}

/** How long to wait before trying again when the browser itself gives up (the server answered, but not with events). */
const TRY_AGAIN_MS = 2_000;

/** The server's frames, for whoever listens; connects again by itself when the connection is lost. */
export class FrameFeed {
  readonly #url: string;
  readonly #frameListeners = new Set<(frame: FrameEvent) => void>();
  readonly #gapListeners = new Set<() => void>();
  readonly #stateListeners = new Set<() => void>();
  #source: EventSource | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #wasLive = false;
  /** Where the frames of the first connection begin. */
  #beginsAt: number | undefined;
  /** The oldest frame that anything was read as of. */
  #oldestRead = Number.POSITIVE_INFINITY;
  /** Only what was asked for before the first connection can be older than it. */
  #wasReadAgain = false;
  #state: FeedState = { status: 'connecting', frame: undefined, cameAtMs: undefined };

  constructor(url: string) {
    this.#url = url;
  }

  /** Connects. */
  open(): void {
    const source = new EventSource(this.#url);
    this.#source = source;
    source.addEventListener('open', () => this.#opened());
    source.addEventListener('frame', (event) => this.#arrived(JSON.parse(String(event.data)) as FrameEvent));
    source.addEventListener('error', () => {
      this.#become({ status: this.#wasLive ? 'reconnecting' : 'connecting' });
      if (source.readyState !== EventSource.CLOSED) return;
      this.#timer = setTimeout(() => this.open(), TRY_AGAIN_MS);
    });
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#source?.close();
  }

  /** Calls the listener with each frame from now on. @returns a function that ends it */
  onFrame(listener: (frame: FrameEvent) => void): () => void {
    this.#frameListeners.add(listener);
    return () => this.#frameListeners.delete(listener);
  }

  /** Calls the listener when frames may have been missed, so that everything has to be read again. */
  onGap(listener: () => void): () => void {
    this.#gapListeners.add(listener);
    return () => this.#gapListeners.delete(listener);
  }

  /** Says that something was read as of a frame: if the first connection's frames begin later, some have been missed. */
  noteRead(frame: number): void {
    this.#oldestRead = Math.min(this.#oldestRead, frame);
    this.#findGap();
  }

  readonly onState = (listener: () => void): (() => void) => {
    this.#stateListeners.add(listener);
    return () => this.#stateListeners.delete(listener);
  };

  readonly state = (): FeedState => this.#state;

  #opened(): void {
    const isAgain = this.#wasLive;
    this.#wasLive = true;
    this.#become({ status: 'live' });
    if (isAgain) this.#tellOfGap();
  }

  #arrived(frame: FrameEvent): void {
    this.#beginsAt ??= frame.frame;
    for (const listener of this.#frameListeners) listener(frame);
    this.#become({ frame: frame.frame, cameAtMs: performance.now() });
    this.#findGap();
  }

  #findGap(): void {
    if (this.#wasReadAgain || this.#beginsAt === undefined || this.#oldestRead >= this.#beginsAt) return;
    this.#tellOfGap();
  }

  #tellOfGap(): void {
    this.#wasReadAgain = true;
    for (const listener of this.#gapListeners) listener();
  }

  #become(change: Partial<FeedState>): void {
    this.#state = { ...this.#state, ...change };
    for (const listener of this.#stateListeners) listener();
  }
}
