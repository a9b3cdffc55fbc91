import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { ServerResponse } from 'node:http';
import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import { DaybookError } from '../base/errors.ts';
import { bodyTypeUnknown } from '../sources/http/body.ts';
import { NO_SUCH_PAGE } from './pages.ts';
import type { Problem } from './protocol.ts';

const RETRY_AFTER_SECONDS = 1;
/** An address and its headers may be so large: the 40 questions of a page, each with a long search, are 20 KiB and more. */
export const HEADERS_BYTES_MAX = 64 * 1024;

/** What a code means over HTTP, with a message that says what to do; any other is our own fault. */
const STATUSES: Readonly<Record<string, number>> = {
  BAD_QUERY: 400,
  BODY_UNREADABLE: 400,
  REQUEST_UNREADABLE: 400,
  FOREIGN_HOST: 403,
  FOREIGN_ORIGIN: 403,
  UNKNOWN_REPORT: 404,
  UNKNOWN_TOPIC: 404,
  NO_RECORD: 404,
  NOT_FOUND: 404,
  METHOD_NOT_ALLOWED: 405,
  BODY_STALLED: 408,
  REQUEST_STALLED: 408,
  ALREADY_CORRECTED: 409,
  FRAME_GONE: 409,
  KEY_COUNTED: 409,
  BODY_TOO_LARGE: 413,
  BODY_TYPE_UNKNOWN: 415,
  BODY_ENCODING_UNKNOWN: 415,
  RANGE_OUTSIDE: 416,
  HEADERS_TOO_LARGE: 431,
  INTAKE_FULL: 503,
  REPORTS_FULL: 507,
  CLOSING: 503,
  DISK_FULL: 503,
  DISK_FAILED: 503,
  LOG_FAILED: 503,
  KEYS_DAMAGED: 503,
  IN_TROUBLE: 503,
  NOT_WHOLE: 503,
  SINK_BEHIND: 503,
  FRAME_NOT_READ: 503,
  KAFKA_UNREACHABLE: 503,
  KAFKA_REFUSED: 503,
  TOPIC_MISSING: 503,
  TOPIC_MADE_ANEW: 503,
  TOPIC_OFFSET_GONE: 503,
  POSTGRES_UNREACHABLE: 503,
  POSTGRES_REFUSED: 503,
  POSTGRES_NOT_APPLIED: 503,
  CASSANDRA_UNREACHABLE: 503,
  CASSANDRA_REFUSED: 503,
  CASSANDRA_NOT_APPLIED: 503,
};

/** What the web framework finds wrong with a request, by status. */
const FRAMEWORK_CODES: Readonly<Record<number, string>> = { 415: 'BODY_TYPE_UNKNOWN', 416: 'RANGE_OUTSIDE' };

const TITLES: Readonly<Record<number, string>> = {
  400: 'Bad request',
  403: 'Forbidden',
  404: 'Not found',
  405: 'Method not allowed',
  408: 'Too slow',
  409: 'Conflict',
  413: 'Too large',
  415: 'Unknown content type',
  416: 'No such range',
  431: 'Headers too large',
  500: 'Internal error',
  503: 'Not now',
};

/** Answers with a problem in JSON. Source: RFC 9457. */
export function sendProblem(reply: FastifyReply, code: string, detail: string): FastifyReply {
  const problem = problemOf(code, detail);
  const { status } = problem;
  if (status === 503) void reply.header('retry-after', RETRY_AFTER_SECONDS);
  // The rest of the request may never come.
  if (status === 408) void reply.header('connection', 'close');
  return reply.status(status).type('application/problem+json').send(JSON.stringify(problem));
}

function problemOf(code: string, detail: string): Problem {
  const status = STATUSES[code] ?? 500;
  return { type: `urn:daybook:${code}`, title: TITLES[status] ?? 'Error', status, detail, code };
}

/** Answers what is no request that HTTP knows, and ends its connection, on which nothing can be told apart any more. */
export function answerClientError(error: Error & { readonly code?: string }, socket: Socket): void {
  const { _httpMessage: begun } = socket as Socket & { readonly _httpMessage?: ServerResponse | null };
  if (socket.writable && error.code !== 'ECONNRESET' && begun?.headersSent !== true) {
    const problem = clientProblem(error.code);
    const body = JSON.stringify(problem);
    socket.write(
      `HTTP/1.1 ${problem.status} ${STATUS_CODES[problem.status] ?? ''}\r\ncontent-type: application/problem+json\r\n` +
        `content-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n${body}`,
    );
  }
  socket.destroySoon();
}

function clientProblem(code: string | undefined): Problem {
  if (code === 'HPE_HEADER_OVERFLOW') {
    const detail = `The address and the headers of the request are larger than ${HEADERS_BYTES_MAX / 1024} KiB; ask for less at once.`;
    return problemOf('HEADERS_TOO_LARGE', detail);
  }
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') {
    return problemOf('REQUEST_STALLED', 'The headers of the request did not come in time; send it again.');
  }
  return problemOf('REQUEST_UNREADABLE', `The request is none that HTTP knows (${code ?? 'no code'}).`);
}

/** Answers what does not come as far as a route, such as an address that cannot be read. */
export function answerFrameworkError(error: FastifyError, request: FastifyRequest, reply: FastifyReply): void {
  const code = error.statusCode === 414 || error.code === 'FST_ERR_BAD_URL' ? 'BAD_QUERY' : 'INTERNAL';
  if (code === 'INTERNAL') request.log.error({ err: error, url: request.url }, 'a request failed');
  sendProblem(reply, code, code === 'INTERNAL' ? detailOf(error) : `The address cannot be read: ${error.message}.`);
}

/** What people are told of a failure: what nobody foresaw stands in the log alone. */
export function detailOf(error: unknown): string {
  return error instanceof DaybookError ? error.message : 'Something went wrong in Daybook; its log says what.';
}

/** A failure as the last event of a stream that has begun. */
export function problemEvent(error: unknown): string {
  return `event: problem\ndata: ${JSON.stringify({ detail: detailOf(error) })}\n\n`;
}

/** Turns whatever a route throws, and routes that are not there, into problems. Must be called before routes are added. */
export function answerProblems(app: FastifyInstance): void {
  const routes: RoutePattern[] = [];
  app.addHook('onRoute', ({ url, method }) => {
    routes.push({ parts: url.split('/'), methods: [method].flat() });
  });
  app.setErrorHandler((error: FastifyError | Error, request, reply) => {
    const code = codeOf(error);
    if (code === 'BODY_TYPE_UNKNOWN' && !(error instanceof DaybookError)) {
      return sendProblem(reply, code, bodyTypeUnknown(request.headers['content-type'] ?? '').message);
    }
    if (code !== undefined) return sendProblem(reply, code, error.message);
    request.log.error({ err: error, url: request.url }, 'a request failed');
    return sendProblem(reply, 'INTERNAL', detailOf(error));
  });
  app.setNotFoundHandler((request, reply) => {
    if (wantsPage(request)) return reply.status(404).type('text/html; charset=utf-8').send(NO_SUCH_PAGE);
    const { method, url } = request;
    const path = url.split('?', 1)[0] ?? '';
    const allowed = methodsAt(routes, path);
    if (allowed === '') {
      return sendProblem(reply, 'NOT_FOUND', `There is nothing at ${method} ${path}; see /api/v1/openapi.json.`);
    }
    return sendProblem(
      reply.header('allow', allowed),
      'METHOD_NOT_ALLOWED',
      `${path} takes ${allowed}, not ${method}.`,
    );
  });
}

/** A route: the parts of its path, of which one that begins with a colon stands for any, and what it takes. */
interface RoutePattern {
  readonly parts: readonly string[];
  readonly methods: readonly string[];
}

/** What the routes take that a path is of, as `Allow` lists it: empty when it is of none. Source: RFC 9110, 10.2.1. */
function methodsAt(routes: readonly RoutePattern[], path: string): string {
  const parts = path.split('/');
  const fits = (part: string, index: number): boolean => {
    const own = parts[index] ?? '';
    return part.startsWith(':') ? own !== '' : own === part;
  };
  const found = routes.filter((route) => route.parts.length === parts.length && route.parts.every(fits));
  return [...new Set(found.flatMap(({ methods }) => methods))].toSorted().join(', ');
}

/** Whether a person with a browser asks, outside the API. */
function wantsPage({ method, url, headers }: FastifyRequest): boolean {
  return method === 'GET' && !url.startsWith('/api/') && headers.accept?.includes('text/html') === true;
}

function codeOf(error: FastifyError | Error): string | undefined {
  if (error instanceof DaybookError) return error.code in STATUSES ? error.code : undefined;
  if (!('statusCode' in error) || error.statusCode === undefined || error.statusCode >= 500) return undefined;
  return FRAMEWORK_CODES[error.statusCode] ?? 'BODY_UNREADABLE';
}
