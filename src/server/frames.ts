import type { FastifyInstance } from 'fastify';
import type { ServerResponse } from 'node:http';
import type { ReportPlan } from '../plan/plan.ts';
import type { Frame } from '../ports/rows.ts';
import { rowPrinter } from './row-text.ts';
import type { RouteContext } from './server.ts';

const HEARTBEAT_MS = 15_000;
/** A reader with more than this waiting is sent no more until it has read all of it; then it is skipped to the newest frame. */
const WAITING_BYTES_MAX = 1024 * 1024;
const RETRY_MS = 1_000;

/** Someone who listens to frames. */
interface Listener {
  readonly stream: ServerResponse;
  /** Where the newest frame stands that it was not sent, as it could not keep up; undefined: it has missed none. */
  missed: Pick<Frame, 'offset' | 'atMs'> | undefined;
}

/** `GET /api/v1/frames`: server-sent events, one a frame, with the rows that changed; its text is made once for all. */
export function addFrames(app: FastifyInstance, { runtime, clock, closing }: RouteContext): void {
  const listeners = new Set<Listener>();
  const printers = new Map(runtime.plan.reports.map((report) => [report, rowPrinter(report)]));

  runtime.subscribe((frame) => {
    if (listeners.size === 0) return;
    const text = eventText(frame, printers);
    for (const listener of listeners) send(listener, frame, text, runtime.plan.reports);
  });

  app.get('/api/v1/frames', async (_request, reply) => {
    const { offset } = await runtime.status();
    reply.hijack();
    const stream = reply.raw;
    stream.writeHead(200, {
      'content-type': 'text/event-stream',
      'cache-control': 'no-store',
      'x-accel-buffering': 'no',
    });
    stream.write(`retry: ${RETRY_MS}\n${eventText({ offset, atMs: clock.nowMs(), reports: [] }, printers)}`);
    const listener: Listener = { stream, missed: undefined };
    listeners.add(listener);
    const gone = new AbortController();
    stream.once('close', () => {
      listeners.delete(listener);
      gone.abort();
    });
    const ended = AbortSignal.any([gone.signal, closing]);
    while (!ended.aborted) {
      await clock.sleep(HEARTBEAT_MS, ended);
      // Where something waits to be read, there is no silence to break.
      if (!ended.aborted && stream.writableLength === 0) stream.write(': still here\n\n');
    }
    stream.end();
  });
}

function send(listener: Listener, { offset, atMs }: Frame, text: string, reports: readonly ReportPlan[]): void {
  const { stream } = listener;
  if (listener.missed !== undefined) {
    listener.missed = { offset, atMs };
  } else if (stream.writableLength <= WAITING_BYTES_MAX) {
    stream.write(text);
  } else {
    listener.missed = { offset, atMs };
    stream.once('drain', () => skipToNewest(listener, reports));
  }
}

/** What it missed is not kept, so it is told to read all reports again: at once, as no other frame may come for long. */
function skipToNewest(listener: Listener, reports: readonly ReportPlan[]): void {
  const { stream, missed } = listener;
  if (missed === undefined || stream.writableEnded) return;
  listener.missed = undefined;
  stream.write(eventText({ ...missed, reports: reports.map((report) => ({ report, rows: undefined })) }, new Map()));
}

function eventText(frame: Frame, printers: ReadonlyMap<ReportPlan, ReturnType<typeof rowPrinter>>): string {
  const reports = frame.reports.map(({ report, rows }) => {
    const print = printers.get(report) ?? rowPrinter(report);
    return `{"name":${JSON.stringify(report.name)},"rows":${rows === undefined ? 'null' : `[${rows.map(print).join(',')}]`}}`;
  });
  return `id: ${frame.offset}\nevent: frame\ndata: {"frame":${frame.offset},"atMs":${frame.atMs},"reports":[${reports.join(',')}]}\n\n`;
}
