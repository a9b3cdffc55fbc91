import type { FastifyBaseLogger } from 'fastify';
import { present } from '../base/assert.ts';
import { DaybookError } from '../base/errors.ts';
import type { Clock } from '../ports/clock.ts';
import type { Frame, Reading, ReportPage, TotalsPage } from '../ports/rows.ts';
import type { Runtime } from '../ports/runtime.ts';
import type { EventStream } from './event-stream.ts';
import { SharedText } from './event-stream.ts';
import { problemEvent } from './problems.ts';
import { answerText, rowPrinter, totalsColumns } from './row-text.ts';
import type { View } from './views.ts';

/** A page with more than this waiting is sent no more until it has read all of it; then it gets all its views anew. */
const WAITING_BYTES_MAX = 1024 * 1024;
/** Answers are computed for no more than this share of the time, and so large ones less often. */
const REST_FOR_WORK = 4;
/** So many bytes of answers are worth a millisecond's rest. */
const BYTES_FOR_MS = 4_096;
const REST_MS_MAX = 2_000;
/** When the runtime cannot be read, it is asked again after so long. */
const AGAIN_MS = 1_000;

/** A page that is open. */
interface Page {
  readonly views: readonly View[];
  /** What it asks, in words: pages that ask the same are sent the same. */
  readonly key: string;
  /** Undefined until there is something to send. */
  stream: EventStream | undefined;
  /** It could not keep up, and waits for all its views. */
  isBehind: boolean;
}

/** A question that open pages ask, and the frame of which all of them have the answer. */
interface Asked {
  readonly reading: Reading;
  frame: number;
}

/**
 * Keeps the views of open pages up to date: one event a frame, all answers in it as of that frame. A question is
 * answered once for all pages that ask it, and only when its report has changed.
 */
export class ViewHub {
  /** Tells this run of the server from others. */
  readonly run: string;
  readonly #log: FastifyBaseLogger;
  readonly #runtime: Runtime;
  readonly #clock: Clock;
  readonly #pages = new Set<Page>();
  readonly #asked = new Map<string, Asked>();
  /** Reports that changed and are not told yet. */
  readonly #changed = new Set<string>();
  #isTelling = false;
  /** Grows when the pages begin to be told of a frame: from then on its reports count as changed no more. */
  #begun = 0;
  #restUntilMs = 0;

  constructor(runtime: Runtime, clock: Clock, log: FastifyBaseLogger) {
    this.#log = log;
    this.#runtime = runtime;
    this.#clock = clock;
    this.run = String(clock.nowMs());
  }

  /** A frame came: tells the pages, unless that is under way; then once more behind it. */
  frame(frame: Frame): void {
    if (this.#pages.size === 0) return;
    this.#change(frame.reports.map(({ report }) => report.name));
  }

  #change(reports: readonly string[]): void {
    for (const report of reports) this.#changed.add(report);
    if (!this.#isTelling) void this.#tell();
  }

  /**
   * Sends a page all its views, and from then on what changes, until it is gone.
   * @param begin  called once there is something to send
   * @returns what `begin` gave
   * @throws DaybookError `UNKNOWN_REPORT`, `BAD_QUERY` for a view that cannot be; before `begin`
   */
  async open(views: readonly View[], begin: () => EventStream, gone: AbortSignal): Promise<EventStream> {
    const key = JSON.stringify(views.map((view) => [view.id, view.key]));
    const page: Page = { views, key, stream: undefined, isBehind: true };
    this.#pages.add(page);
    gone.addEventListener('abort', () => this.#leave(page), { once: true });
    try {
      return await this.#catchUp(page, begin);
    } catch (error) {
      this.#leave(page);
      throw error;
    }
  }

  #leave(page: Page): void {
    this.#pages.delete(page);
    const kept = new Set([...this.#pages].flatMap(({ views }) => views.map(({ key }) => key)));
    for (const key of this.#asked.keys()) if (!kept.has(key)) this.#asked.delete(key);
  }

  async #tell(): Promise<void> {
    this.#isTelling = true;
    try {
      while (this.#changed.size > 0 && this.#pages.size > 0) {
        const restMs = this.#restUntilMs - this.#clock.nowMs();
        if (restMs > 0) await this.#clock.sleep(restMs);
        await this.#tellOnce().catch(async (error: unknown) => this.#failed(error));
      }
    } finally {
      this.#isTelling = false;
    }
  }

  /** Pages show what they have until the runtime can be read again; then all reports count as changed. */
  async #failed(error: unknown): Promise<void> {
    this.#log.error({ err: error }, 'the pages could not be told of a frame');
    // What has a name is of the runtime, whose store is away; what nobody foresaw may be of one question.
    if (!(error instanceof DaybookError)) await this.#endFailing();
    for (const { reading } of this.#asked.values()) this.#changed.add(reading.report);
    this.#restUntilMs = this.#clock.nowMs() + AGAIN_MS;
  }

  /** Ends the pages that ask what cannot be answered, so that the others are told. Their readers ask again, and hear why not. */
  async #endFailing(): Promise<void> {
    for (const [key, { reading, frame }] of this.#asked) {
      try {
        const { answers } = await this.#runtime.read([sinceFrame(reading, frame)]);
        // One may be too long to be printed, too.
        this.#textOf(reading, answers[0]);
      } catch (error) {
        if (error instanceof DaybookError) return;
        this.#log.error({ err: error, reading }, 'a question of a page cannot be answered');
        for (const page of this.#pages) if (page.views.some((view) => view.key === key)) this.#end(page, error);
      }
    }
  }

  #end(page: Page, error: unknown): void {
    const { stream } = page;
    // One that is opening is told by its own answer.
    if (stream === undefined) return;
    this.#leave(page);
    stream.send(problemEvent(error));
    stream.end();
  }

  async #tellOnce(): Promise<void> {
    const startMs = this.#clock.nowMs();
    const due = [...this.#asked].filter(([, { reading }]) => this.#changed.has(reading.report));
    this.#changed.clear();
    this.#begun++;
    // Who catches up meanwhile has other questions, or newer answers, and is told the next time.
    const pages = [...this.#pages].filter(({ isBehind }) => !isBehind);
    const readings = due.map(([, { reading, frame }]) => sinceFrame(reading, frame));
    const { frame, answers } = await this.#runtime.read(readings);
    const texts = new Map(due.map(([key, { reading }], index) => [key, this.#textOf(reading, answers[index])]));
    const head = await this.#head(frame);
    for (const [, asked] of due) asked.frame = frame;
    let bytes = 0;
    for (const text of texts.values()) bytes += text.length;
    const events = new Map<string, SharedText>();
    for (const page of pages) if (this.#pages.has(page)) this.#send(page, eventFor(page, head, texts, events));
    const endMs = this.#clock.nowMs();
    this.#restUntilMs = endMs + Math.min(REST_MS_MAX, (endMs - startMs) * REST_FOR_WORK + bytes / BYTES_FOR_MS);
  }

  #send(page: Page, event: SharedText): void {
    const { stream } = page;
    if (page.isBehind || stream === undefined) return;
    if (stream.waitingBytes > WAITING_BYTES_MAX) {
      page.isBehind = true;
      stream.onDrained(() => void this.#catchUpLater(page, stream));
      return;
    }
    stream.send(event);
  }

  /** Sends a page all its views; what changed while they were read, and others have been told, it is told behind them. */
  async #catchUp(page: Page, begin: () => EventStream): Promise<EventStream> {
    const { views } = page;
    const begun = this.#begun;
    const readings = views.map(({ reading, since }) => (since === undefined ? reading : sinceFrame(reading, since)));
    const { frame, answers } = await this.#runtime.read(readings);
    const head = await this.#head(frame);
    const texts = new Map(views.map(({ key, reading }, index) => [key, this.#textOf(reading, answers[index])]));
    const stream = begin();
    // One that has left meanwhile asks nothing any more.
    if (!this.#pages.has(page)) return stream;
    page.stream = stream;
    page.isBehind = false;
    this.#send(page, eventFor(page, head, texts));
    this.#join(views, frame);
    if (begun !== this.#begun) this.#change(views.map(({ reading }) => reading.report));
    return stream;
  }

  /** From now on these are asked, of what changes after the frame: of others who ask them too, after the older of both. */
  #join(views: readonly View[], frame: number): void {
    for (const { key, reading } of views) {
      // What is under way for the others says nothing of this page: it leaves a new entry as it is.
      this.#asked.set(key, { reading, frame: Math.min(frame, this.#asked.get(key)?.frame ?? frame) });
    }
  }

  /** A page that cannot be told now is closed, and its reader connects again. */
  async #catchUpLater(page: Page, stream: EventStream): Promise<void> {
    try {
      await this.#catchUp(page, () => stream);
    } catch (error) {
      this.#log.error({ err: error }, 'a page could not catch up');
      this.#end(page, error);
    }
  }

  async #head(frame: number): Promise<string> {
    const { newestDay, amendments } = await this.#runtime.status();
    const facts = { run: this.run, frame, atMs: this.#clock.nowMs(), newestDay: newestDay ?? null, amendments };
    return `id: ${frame}\nevent: views\ndata: ${JSON.stringify(facts).slice(0, -1)},`;
  }

  #textOf(reading: Reading, answer: ReportPage | TotalsPage | undefined): string {
    const report = this.#runtime.plan.reports.find(({ name }) => name === reading.report);
    const printed = reading.kind === 'totals' ? totalsColumns(reading.query) : present(report, 'it has an answer');
    return answerText(present(answer, 'a question has its answer'), rowPrinter(printed));
  }
}

/**
 * The answers to what a page asks, as one event.
 * @param head  how the event begins
 * @param texts  answers by their views' keys; a page is told of those that are there
 * @param made  events for other pages, by the pages' keys
 */
function eventFor(
  { views, key }: Page,
  head: string,
  texts: ReadonlyMap<string, string>,
  made = new Map<string, SharedText>(),
): SharedText {
  const known = made.get(key);
  if (known !== undefined) return known;
  const parts = views.flatMap((view) => {
    const text = texts.get(view.key);
    return text === undefined ? [] : [`${JSON.stringify(view.id)}:${text}`];
  });
  const event = new SharedText(`${head}"views":{${parts.join(',')}}}\n\n`);
  made.set(key, event);
  return event;
}

/** Of totals, only what changed is asked for. */
function sinceFrame(reading: Reading, frame: number): Reading {
  // Pages of totals are sorted and cut, so they are read whole.
  if (reading.kind === 'rows' || reading.query.limit !== undefined) return reading;
  return { ...reading, query: { ...reading.query, since: frame } };
}
