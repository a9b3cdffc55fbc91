import type { JsonRow, ReportAnswer, TotalsAnswer, ViewRequest, ViewsEvent } from '../../src/server/protocol.ts';
import { problemAt } from './http.ts';

const FRAMES_URL = '/api/v1/frames';
/** How long to wait before trying again when the browser itself gives up (the server answered, but not with events). */
const TRY_AGAIN_MS = 2_000;
/** The server says something at least every ten seconds: from then on a connection is lost, whatever the browser believes. */
const SILENCE_MS_MAX = 25_000;
/** A large answer over a slow line is silent, too: so often may a silence be twice as long as the one before. */
const DOUBLED_MAX = 3;
/** While the server refuses what the page asks, it is taken for another so often: what is done about it may fail. */
const REFUSED_EVERY_MS = 30_000;
/** What nobody shows any more is kept for a while, so that going back is quick. */
const KEPT_MAX = 60;

/** A question without what only the stream needs to know. */
export type ViewQuestion = Omit<ViewRequest, 'id' | 'since'>;

/** The answer to a view, as of the page's frame. Totals without a limit are by key; pages are in their order. */
export interface ViewAnswer {
  readonly total: number;
  readonly rows: readonly JsonRow[];
  readonly extent: { readonly min: number; readonly max: number } | undefined;
  readonly trends: readonly (readonly number[])[];
  readonly days: { readonly from: string; readonly to: string } | undefined;
}

/** What holds for the whole page. */
export interface PageState {
  readonly status: 'connecting' | 'live' | 'reconnecting' | 'paused';
  /** The server was there and does not answer any more, also while the page is paused and asks something. */
  readonly isLost: boolean;
  /** The log's offset that everything is as of. */
  readonly frame: number | undefined;
  /** When that frame came, on this page's own clock: `performance.now()`. */
  readonly cameAtMs: number | undefined;
  readonly newestDay: string | null | undefined;
  readonly amendments: number;
  /** How often the server fell silent: other connections to it that are as old hear nothing more, either. */
  readonly silences: number;
  /** Why the server does not take the page's questions. */
  readonly problem: string | undefined;
  /** Why it cannot answer them now, though it would: what it needs is away. */
  readonly hindrance: string | undefined;
}

/** No connection is lost, or none is wanted. */
const WELL = { isLost: false, hindrance: undefined } as const;

interface Held {
  /** What the stream calls its answers. */
  readonly name: string;
  readonly question: ViewQuestion;
  answer: ViewAnswer | undefined;
  /** Of totals without a limit: the rows by key, and the frame that they are of. */
  byKey: Map<string, JsonRow> | undefined;
  frame: number | undefined;
  readers: number;
}

/**
 * The answers to all questions that the page asks, kept up to date by one stream of events; each event is one frame, and
 * everything that is shown changes with it at once. Connects again by itself when the connection is lost.
 */
export class ViewStore {
  readonly #held = new Map<string, Held>();
  readonly #listeners = new Set<() => void>();
  #count = 0;
  /** What the open stream was asked. */
  #asked = '';
  #source: EventSource | undefined;
  /** What each stream was asked, by the names of the answers. */
  readonly #names = new WeakMap<EventSource, ReadonlySet<string>>();
  /** The stream that will take the place of the open one with its first event. */
  #next: EventSource | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** Runs out when the server has been silent for too long. */
  #silence: ReturnType<typeof setTimeout> | undefined;
  /** How often it has been, since it last said something. */
  #doubled = 0;
  #isDue = false;
  #isLeft = false;
  #run: string | undefined;
  /** When the page was last told that the server refuses what it asks. */
  #refusedAtMs = 0;
  #state: PageState = {
    status: 'connecting',
    isLost: false,
    frame: undefined,
    cameAtMs: undefined,
    newestDay: undefined,
    amendments: 0,
    silences: 0,
    problem: undefined,
    hindrance: undefined,
  };

  readonly #onOtherServer: () => void;

  /** @param onOtherServer  the server is another than before, or refuses what the page asks: its definition may be another, too */
  constructor(onOtherServer: () => void) {
    this.#onOtherServer = onOtherServer;
  }

  /** Connects, also when nothing is asked: the page is told of frames all the same. */
  open(): void {
    this.#connectSoon();
  }

  /** Asks a question until the function that it returns is called. */
  ask(id: string, question: ViewQuestion): () => void {
    const held = this.#held.get(id) ?? this.#newHeld(question);
    held.readers++;
    this.#held.delete(id);
    this.#held.set(id, held);
    this.#connectSoon();
    return () => {
      held.readers--;
      this.#connectSoon();
    };
  }

  #newHeld(question: ViewQuestion): Held {
    const name = `v${++this.#count}`;
    return { name, question, answer: undefined, byKey: undefined, frame: undefined, readers: 0 };
  }

  answer(id: string): ViewAnswer | undefined {
    return this.#held.get(id)?.answer;
  }

  /** Whether there is an answer as of the page's frame: one that nobody showed for a while may be older. */
  isCurrent(id: string): boolean {
    return this.#isOfFrame(this.#held.get(id));
  }

  readonly state = (): PageState => this.#state;

  /** Calls the listener after each change of anything. */
  readonly onChange = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  /** Lets everything stand as it is until `resume`; what is asked before or meanwhile is answered once. */
  pause(): void {
    this.#close();
    this.#become({ status: 'paused', ...WELL });
    this.#connectSoon();
  }

  resume(): void {
    this.#become({ status: 'connecting', ...WELL });
    this.#connect();
  }

  /** Nobody looks at the page: it holds no connection until `comeBack`. */
  leave(): void {
    this.#isLeft = true;
    this.#close();
    this.#become({ ...WELL, ...(this.#state.status !== 'paused' && { status: 'connecting' }) });
  }

  comeBack(): void {
    this.#isLeft = false;
    this.#connectSoon();
  }

  #close(): void {
    clearTimeout(this.#timer);
    clearTimeout(this.#silence);
    this.#silence = undefined;
    this.#source?.close();
    this.#next?.close();
    this.#source = undefined;
    this.#next = undefined;
    this.#asked = '';
  }

  /** All parts of a page ask in one go. */
  #connectSoon(): void {
    if (this.#isDue) return;
    this.#isDue = true;
    queueMicrotask(() => {
      this.#isDue = false;
      if (this.#state.status !== 'paused' || this.#lacksAnswer()) this.#connect();
    });
  }

  #lacksAnswer(): boolean {
    return [...this.#held.values()].some((held) => held.readers > 0 && !this.#isOfFrame(held));
  }

  #isOfFrame(held: Held | undefined): boolean {
    return held?.answer !== undefined && held.frame === this.#state.frame;
  }

  #connect(): void {
    if (this.#isLeft) return;
    const wanted = [...this.#held].filter(([, { readers }]) => readers > 0);
    const asked = JSON.stringify(wanted.map(([id]) => id));
    if (asked === this.#asked) return;
    this.#asked = asked;
    clearTimeout(this.#timer);
    this.#next?.close();
    const views = wanted.map(([, { name, question, byKey, frame }]): ViewRequest => {
      return { id: name, ...question, ...(byKey !== undefined && frame !== undefined && { since: frame }) };
    });
    const parameters = new URLSearchParams({ views: JSON.stringify(views) });
    if (this.#run !== undefined) parameters.set('run', this.#run);
    const url = `${FRAMES_URL}?${parameters}`;
    const source = new EventSource(url);
    this.#names.set(source, new Set(views.map(({ id }) => id)));
    if (this.#source === undefined) this.#source = source;
    else this.#next = source;
    source.addEventListener('views', (event) => this.#arrived(source, JSON.parse(String(event.data)) as ViewsEvent));
    source.addEventListener('alive', () => this.#heard());
    source.addEventListener('error', () => this.#failed(source, url));
    // Another question is no sign of life: a wait that has begun goes on.
    if (this.#silence === undefined) this.#listen();
  }

  /** The server said something. */
  #heard(): void {
    this.#doubled = 0;
    this.#listen();
  }

  #listen(): void {
    clearTimeout(this.#silence);
    this.#silence = setTimeout(() => this.#fellSilent(), SILENCE_MS_MAX * 2 ** this.#doubled);
  }

  /** A server that hangs, or a network that is gone, closes no connection: this one is given up for another. */
  #fellSilent(): void {
    this.#doubled = Math.min(DOUBLED_MAX, this.#doubled + 1);
    this.#close();
    this.#lost();
    this.#become({ hindrance: undefined, silences: this.#state.silences + 1 });
    this.#connect();
  }

  #arrived(source: EventSource, event: ViewsEvent): void {
    if (source !== this.#source) {
      if (source !== this.#next) return;
      this.#source?.close();
      this.#source = source;
      this.#next = undefined;
    }
    this.#heard();
    const wasPaused = this.#state.status === 'paused';
    if (this.#run !== undefined && this.#run !== event.run) {
      this.#onOtherServer();
      // Its frames are others, whatever their numbers: what it does not answer here is asked of it as a whole.
      for (const held of this.#held.values()) empty(held);
    }
    this.#run = event.run;
    for (const held of this.#held.values()) {
      const answer = event.views[held.name];
      if (answer !== undefined) take(held, answer);
      // What did not change is as of this frame, too, if this stream was asked for it.
      if (this.#names.get(source)?.has(held.name) === true) held.frame = event.frame;
    }
    this.#forget();
    const { frame, newestDay, amendments } = event;
    const cameAtMs = performance.now();
    const status = wasPaused ? 'paused' : 'live';
    this.#become({ status, ...WELL, frame, cameAtMs, newestDay, amendments, problem: undefined });
    if (wasPaused) this.#close();
  }

  /** Lets go of the oldest answers that nobody shows. */
  #forget(): void {
    for (const [id, { readers }] of this.#held) {
      if (this.#held.size <= KEPT_MAX) return;
      if (readers === 0) this.#held.delete(id);
    }
  }

  #failed(source: EventSource, url: string): void {
    if (source !== this.#source && source !== this.#next) return;
    this.#lost();
    if (source.readyState !== EventSource.CLOSED) {
      // Nobody answers, and so nobody says why not.
      this.#become({ hindrance: undefined });
      return;
    }
    // The browser says nothing of the answer, so it is asked for once more.
    void problemAt(url).then((problem) => {
      if (source !== this.#source && source !== this.#next) return;
      if (problem?.isPassing === false) this.#refused(problem.detail);
      else this.#become({ hindrance: problem?.detail, ...(problem !== undefined && { problem: undefined }) });
      this.#close();
      this.#timer = setTimeout(() => this.#connect(), TRY_AGAIN_MS);
    });
  }

  #refused(problem: string): void {
    const nowMs = performance.now();
    if (problem !== this.#state.problem || nowMs - this.#refusedAtMs >= REFUSED_EVERY_MS) {
      this.#refusedAtMs = nowMs;
      this.#onOtherServer();
    }
    this.#become({ problem, hindrance: undefined });
  }

  #lost(): void {
    const isLost = this.#state.frame !== undefined;
    const isPaused = this.#state.status === 'paused';
    this.#become({ isLost, ...(!isPaused && { status: isLost ? 'reconnecting' : 'connecting' }) });
  }

  #become(change: Partial<PageState>): void {
    this.#state = { ...this.#state, ...change };
    for (const listener of this.#listeners) listener();
  }
}

function empty(held: Held): void {
  held.answer = undefined;
  held.byKey = undefined;
  held.frame = undefined;
}

/** Puts an answer in the place of the one before; of totals without a limit, what changed on top of it. */
function take(held: Held, answer: ReportAnswer | TotalsAnswer): void {
  const { by, limit } = held.question;
  let { rows } = answer;
  if (by !== undefined && limit === undefined) {
    const isWhole = !('isWhole' in answer) || answer.isWhole;
    const byKey = isWhole || held.byKey === undefined ? new Map<string, JsonRow>() : held.byKey;
    for (const row of rows) byKey.set(JSON.stringify(by.map((name) => row[name])), row);
    held.byKey = byKey;
    rows = [...byKey.values()];
  }
  held.answer = {
    total: answer.total,
    rows,
    extent: answer.extent ?? undefined,
    trends: 'trends' in answer ? answer.trends : [],
    days: ('days' in answer ? answer.days : null) ?? undefined,
  };
}
