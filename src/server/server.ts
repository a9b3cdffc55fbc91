import type { FastifyBaseLogger, FastifyInstance } from 'fastify';
import { fastify, LogController } from 'fastify';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { DaybookError } from '../base/errors.ts';
import type { Clock } from '../ports/clock.ts';
import type { Runtime } from '../ports/runtime.ts';
import { openApi } from '../compile/openapi/openapi.ts';
import { ByteBudget } from '../sources/http/byte-budget.ts';
import { addAmendments } from './amendments.ts';
import { addExplain } from './explain.ts';
import { addFrames } from './frames.ts';
import { addHealth } from './health.ts';
import { addMetrics } from './metrics.ts';
import { addPages } from './pages.ts';
import { addPipeline } from './pipeline.ts';
import { answerClientError, answerFrameworkError, answerProblems, HEADERS_BYTES_MAX } from './problems.ts';
import { addQuarantine } from './quarantine.ts';
import { addRecords, BODIES_BYTES_MAX } from './records.ts';
import { addReports } from './reports.ts';
import { boundAddresses, guardOrigins, isLoopback } from './origins.ts';
import { addTopics } from './topics.ts';
import { RequestsUnderWay } from './requests-under-way.ts';

export interface ServerOptions {
  readonly runtime: Runtime;
  readonly host: string;
  /** Names besides its own that it is called by, as by a proxy. */
  readonly allowHosts?: readonly string[];
  /** 0: one that is free. */
  readonly port: number;
  /** The folder of the built pages. */
  readonly pages: string;
  readonly logger: FastifyBaseLogger;
  readonly clock: Clock;
}

export interface Server {
  /** Where it answers, such as `http://127.0.0.1:4000`. */
  readonly url: string;
  /** Whether other machines may reach it. */
  readonly isOpen: boolean;
  /**
   * Takes no more requests, ends the streams of frames, and waits for the requests that are under way, but no more than
   * a few seconds: clients that have stopped reading or sending are cut off. Idempotent.
   */
  close(): Promise<void>;
}

/** What the routes work with. */
export interface RouteContext {
  readonly runtime: Runtime;
  readonly clock: Clock;
  /** Aborted when the server closes. */
  readonly closing: AbortSignal;
  /** Room for the bodies of requests. */
  readonly bodies: ByteBudget;
}

/**
 * Serves the API and the pages.
 * @throws DaybookError `PORT_TAKEN`, `HOST_UNKNOWN`
 */
export async function startServer(options: ServerOptions): Promise<Server> {
  const { runtime, host, port, pages, logger, clock } = options;
  const closing = new AbortController();
  const app = fastify({
    loggerInstance: logger,
    logController: new LogController({ disableRequestLogging: true }),
    forceCloseConnections: true,
    http: { maxHeaderSize: HEADERS_BYTES_MAX },
    clientErrorHandler: answerClientError,
    frameworkErrors: answerFrameworkError,
  });
  const context: RouteContext = { runtime, clock, closing: closing.signal, bodies: new ByteBudget(BODIES_BYTES_MAX) };
  answerProblems(app);
  const underWay = new RequestsUnderWay(app, closing.signal);
  guardOrigins(app, { host, allowHosts: options.allowHosts ?? [] });
  addMetrics(app, context);
  addRecords(app, context);
  addReports(app, context);
  addExplain(app, context);
  addTopics(app, context);
  addFrames(app, context);
  addQuarantine(app, context);
  addAmendments(app, context);
  addPipeline(app, context);
  addHealth(app, context);
  const document = JSON.stringify(openApi(runtime.plan));
  app.get('/api/v1/openapi.json', (_request, reply) => reply.type('application/json').send(document));
  await addPages(app, pages);
  const url = await listen(app, host, port);
  let closed: Promise<void> | undefined;
  return {
    url,
    isOpen: !boundAddresses(app).every(isLoopback),
    close: () => {
      closing.abort();
      closed ??= underWay.settled(clock).then(() => app.close());
      return closed;
    },
  };
}

/**
 * Looks whether a server could listen, before it has been prepared for long.
 * @throws DaybookError `PORT_TAKEN`, `HOST_UNKNOWN`
 */
export async function checkAddress(host: string, port: number): Promise<void> {
  if (port === 0) return;
  const probe = createServer();
  try {
    await once(probe.listen({ host, port }), 'listening');
  } catch (cause) {
    throw listenFailure(cause, host, port);
  }
  await once(probe.close(), 'close');
}

async function listen(app: FastifyInstance, host: string, port: number): Promise<string> {
  try {
    return await app.listen({ host, port });
  } catch (cause) {
    await app.close();
    throw listenFailure(cause, host, port);
  }
}

function listenFailure(cause: unknown, host: string, port: number): unknown {
  const { code } = cause as NodeJS.ErrnoException;
  if (code === 'EADDRINUSE') {
    return new DaybookError(
      'PORT_TAKEN',
      `Port ${port} on ${host} is taken by another program. Choose another with --port, or --port 0 for any.`,
      { cause, details: { host, port } },
    );
  }
  if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND' || code === 'EAI_AGAIN') {
    return new DaybookError(
      'HOST_UNKNOWN',
      `This machine has no address '${host}' to listen on. Choose another with --host.`,
      { cause, details: { host } },
    );
  }
  return cause;
}
