import type { FastifyInstance } from 'fastify';
import type { ReportPlan } from '../plan/plan.ts';
import type { Frame } from '../ports/rows.ts';
import type { EventStream } from './event-stream.ts';
import { beginEvents, SharedText } from './event-stream.ts';
import { goneSignal } from './gone.ts';
import { parametersOf, single } from './parameters.ts';
import { rowPrinter } from './row-text.ts';
import type { RouteContext } from './server.ts';
import { ViewHub } from './view-hub.ts';
import { viewsOf } from './views.ts';

/** A page takes the connection for lost that says nothing for two and a half times as long (web/api/view-store.ts). */
const SIGN_OF_LIFE_EVERY_MS = 10_000;
/** A reader with more than this waiting is sent no more until it has read all of it; then it is skipped to the newest frame. */
const WAITING_BYTES_MAX = 1024 * 1024;
const RETRY_MS = 1_000;
/** An event, as browsers hide comments from pages. */
const SIGN_OF_LIFE = new SharedText('event: alive\ndata:\n\n');

/** Someone who listens to frames. */
interface Listener {
  readonly stream: EventStream;
  /** Where the newest frame stands that it was not sent, as it could not keep up; undefined: it has missed none. */
  missed: Pick<Frame, 'offset' | 'atMs'> | undefined;
}

/**
 * `GET /api/v1/frames`: server-sent events, one a frame, with the rows that changed; with `views`, with the answers to
 * these questions. What all of them are sent is made, and encoded, once.
 */
export function addFrames(app: FastifyInstance, { runtime, clock, closing }: RouteContext): void {
  const listeners = new Set<Listener>();
  const hub = new ViewHub(runtime, clock, app.log);
  const printers = new Map(runtime.plan.reports.map((report) => [report, rowPrinter(report)]));

  const onFrame = (frame: Frame): void => {
    hub.frame(frame);
    if (listeners.size === 0) return;
    const event = new SharedText(eventText(frame, printers));
    for (const listener of listeners) send(listener, frame, event, runtime.plan.reports);
  };
  // Without anybody who listens, no frame is made.
  let streams = 0;
  let unsubscribe = (): void => undefined;
  const attend = (ended: AbortSignal): void => {
    if (streams++ === 0) unsubscribe = runtime.subscribe(onFrame);
    ended.addEventListener('abort', () => --streams === 0 && unsubscribe(), { once: true });
  };

  const join = async (begin: () => EventStream, gone: AbortSignal): Promise<EventStream> => {
    const { offset } = await runtime.status();
    const stream = begin();
    stream.send(eventText({ offset, atMs: clock.nowMs(), reports: [] }, printers));
    // Who has left meanwhile is told nothing, and would never be seen to leave.
    if (gone.aborted) return stream;
    const listener: Listener = { stream, missed: undefined };
    listeners.add(listener);
    gone.addEventListener('abort', () => listeners.delete(listener), { once: true });
    return stream;
  };

  app.get('/api/v1/frames', async (request, reply) => {
    const parameters = parametersOf(request.query, ['views', 'run']);
    const views = single(parameters, 'views');
    const questions = views === undefined ? undefined : viewsOf(views, single(parameters, 'run') === hub.run);
    if (request.method === 'HEAD') {
      beginEvents(reply);
      return;
    }
    const ended = goneSignal(reply, closing);
    attend(ended);
    const begin = (): EventStream => {
      const begun = beginEvents(reply);
      begun.send(`retry: ${RETRY_MS}\n`);
      return begun;
    };
    const stream = questions === undefined ? await join(begin, ended) : await hub.open(questions, begin, ended);
    while (!ended.aborted) {
      await clock.sleep(SIGN_OF_LIFE_EVERY_MS, ended);
      // Where something waits to be read, there is no silence to break.
      if (!ended.aborted && stream.waitingBytes === 0) stream.send(SIGN_OF_LIFE);
    }
    stream.end();
  });
}

function send(listener: Listener, { offset, atMs }: Frame, event: SharedText, reports: readonly ReportPlan[]): void {
  const { stream } = listener;
  if (listener.missed !== undefined) {
    listener.missed = { offset, atMs };
  } else if (stream.waitingBytes <= WAITING_BYTES_MAX) {
    stream.send(event);
  } else {
    listener.missed = { offset, atMs };
    stream.onDrained(() => skipToNewest(listener, reports));
  }
}

/** What it missed is not kept, so it is told to read all reports again: at once, as no other frame may come for long. */
function skipToNewest(listener: Listener, reports: readonly ReportPlan[]): void {
  const { stream, missed } = listener;
  if (missed === undefined) return;
  listener.missed = undefined;
  stream.send(eventText({ ...missed, reports: reports.map((report) => ({ report, rows: undefined })) }, new Map()));
}

function eventText(frame: Frame, printers: ReadonlyMap<ReportPlan, ReturnType<typeof rowPrinter>>): string {
  const reports = frame.reports.map(({ report, rows }) => {
    const print = printers.get(report) ?? rowPrinter(report);
    return `{"name":${JSON.stringify(report.name)},"rows":${rows === undefined ? 'null' : `[${rows.map(print).join(',')}]`}}`;
  });
  return `id: ${frame.offset}\nevent: frame\ndata: {"frame":${frame.offset},"atMs":${frame.atMs},"reports":[${reports.join(',')}]}\n\n`;
}
