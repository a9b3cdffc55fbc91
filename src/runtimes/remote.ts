import { present } from '../base/assert.ts';
import { parseMicros } from '../base/decimal.ts';
import { DaybookError } from '../base/errors.ts';
import { CONVERTED_BYTES_MAX } from '../engine/quarantine.ts';
import type { Plan, ReportPlan } from '../plan/plan.ts';
import type { ExplainQuery, Explanation } from '../ports/explanation.ts';
import type { Cell, ReportPage, ReportQuery, Row } from '../ports/rows.ts';
import type { Acceptance, Intake, QuarantinePage, Runtime, RuntimeStatus, Unreadable } from '../ports/runtime.ts';
import type { AcceptanceAnswer, PipelineAnswer, Problem, QuarantineAnswer } from '../server/protocol.ts';
import { INTAKE_TYPE, printIntake } from '../sources/http/intake.ts';
import { requestParts } from '../sources/http/request-parts.ts';
import type { RunningDefinition } from './other-definition.ts';
import { checkSameDefinition } from './other-definition.ts';
import { OrderedPosts } from './ordered-posts.ts';

const LINE_FEED = 10;
/** Say which frame the rows are of, and how many there are. */
const FRAME_HEADER = 'daybook-frame';
const TOTAL_HEADER = 'daybook-total';
const RETRYABLE_STATUSES = new Set([408, 429, 502, 503, 504]);

/** What a Daybook that runs elsewhere does for commands: of a runtime what they need. */
export type RemoteRuntime = Pick<Runtime, 'plan' | 'accept' | 'query' | 'records' | 'quarantine' | 'status' | 'close'>;

/**
 * A Daybook that serves at a URL, through its HTTP API.
 * @param plan  the definition of this side; its decimal columns are read exactly, as micro-units
 * @param url  as the Daybook announced it: `http://127.0.0.1:4000`
 * Every method throws DaybookError with the code that the API answered, or `UNREACHABLE` (retryable); those that give rows
 * or records `OTHER_DEFINITION` when that Daybook's stream, or the report, is another than the plan's.
 */
export function openRemote(plan: Plan, url: string): RemoteRuntime & Pick<Runtime, 'explain'> {
  const api = apiOf(url);
  /** What became of lines whose refused ones could not be handed over: they are, when the batch is handed over again. */
  const answered = new WeakMap<Uint8Array, Acceptance>();
  const posts = new OrderedPosts();
  let running: Promise<RunningDefinition> | undefined;
  const checkSame = async (report?: string): Promise<void> => {
    running ??= runningDefinition(api).catch((error: unknown) => {
      // The next one asks again.
      running = undefined;
      throw error;
    });
    checkSameDefinition(plan, await running, { url, done: 'read', ...(report !== undefined && { report }) });
  };
  return {
    plan,
    accept: (intake) =>
      posts.inTurn(async (turn) => {
        const send: Send = (batch) => sendInParts(api, posts, batch, turn);
        const isMadeOfOthers = intake.originalOf !== undefined && intake.lines.length > 0;
        return isMadeOfOthers ? sendWithOriginals(send, intake, answered) : send(intake);
      }),
    query: async (report, query) => {
      await checkSame(report);
      return queryReport(api, plan, report, query);
    },
    records: async function* (range) {
      await checkSame();
      yield* rawRecords(api, range);
    },
    explain: async (query, signal) => {
      await checkSame(query.report);
      return explain(api, plan, query, signal);
    },
    quarantine: async (query) => {
      const which = new URLSearchParams(
        Object.entries(query).map(([name, value]): [string, string] => [name, String(value)]),
      );
      const answer = await call(api, `/quarantine?${which.toString()}`);
      return JSON.parse(await textOf(api, answer)) as QuarantinePage & QuarantineAnswer;
    },
    status: async () => statusOf(JSON.parse(await textOf(api, await call(api, '/pipeline'))) as PipelineAnswer),
    close: () => posts.close(),
  };
}

/**
 * The same for who is about to send records.
 * @throws DaybookError `OTHER_DEFINITION` when that Daybook's stream is another than the plan's; `UNREACHABLE` (retryable)
 */
export async function openRemoteToSend(plan: Plan, url: string): Promise<ReturnType<typeof openRemote>> {
  checkSameDefinition(plan, await runningDefinition(apiOf(url)), { url, done: 'sent' });
  return openRemote(plan, url);
}

async function runningDefinition(api: string): Promise<RunningDefinition> {
  return JSON.parse(await textOf(api, await call(api, '/reports'))) as RunningDefinition;
}

function apiOf(url: string): string {
  return `${url.replace(/\/$/, '')}/api/v1`;
}

type Send = (intake: Intake) => Promise<Acceptance>;

/** A batch is handed over as it is, with its origin, line numbers and what its source could not read. */
async function sendInParts(
  api: string,
  posts: OrderedPosts,
  intake: Intake,
  turn: Promise<unknown>,
): Promise<Acceptance> {
  let all: Acceptance | undefined;
  const url = `${api}/records`;
  for (const part of requestParts(intake)) {
    const { status, text } = await posts.post(url, INTAKE_TYPE, printIntake(part), turn).catch((error: unknown) => {
      // What was before it has a name already.
      throw error instanceof DaybookError ? error : unreachable(api, error);
    });
    if (status !== 200) throw problemIn(url, status, text);
    all = together(all, JSON.parse(text) as AcceptanceAnswer as Acceptance);
  }
  return present(all, 'a batch has at least one part');
}

/**
 * Which lines are refused is known once they are answered; then follows what they were made of, in the order of the file with
 * what could not be read.
 */
async function sendWithOriginals(
  send: Send,
  intake: Intake,
  answered: WeakMap<Uint8Array, Acceptance>,
): Promise<Acceptance> {
  const { origin, lines, firstLine = 1, unreadable = [] } = intake;
  const sent = answered.get(lines) ?? (await send({ origin, lines, firstLine, originalsFollow: true }));
  if (sent.quarantined.length + unreadable.length === 0) return sent;
  answered.set(lines, sent);
  const originals = [...withOriginals(intake, sent.quarantined), ...unreadable].sort((a, b) => a.line - b.line);
  const { quarantined } = await send({ origin, lines: new Uint8Array(), unreadable: originals });
  answered.delete(lines);
  return { ...sent, quarantined };
}

function withOriginals(intake: Intake, refused: Acceptance['quarantined']): readonly Unreadable[] {
  if (refused.length === 0) return [];
  const { lines, firstLine = 1, originalOf } = intake;
  const texts = Buffer.from(lines.buffer, lines.byteOffset, lines.length).toString().split('\n');
  return refused.map((refusal) => {
    const converted = texts[refusal.line - firstLine] ?? '';
    const record = present(originalOf, 'lines that were made of others have originals')(refusal.line);
    return { ...refusal, record, ...(Buffer.byteLength(converted) <= CONVERTED_BYTES_MAX && { converted }) };
  });
}

function together(before: Acceptance | undefined, next: Acceptance): Acceptance {
  if (before === undefined) return next;
  return {
    accepted: before.accepted + next.accepted,
    duplicates: before.duplicates + next.duplicates,
    quarantined: [...before.quarantined, ...next.quarantined].sort((a, b) => a.line - b.line),
    offset: next.offset,
  };
}

/** As lines, of which an answer may have any number. */
async function queryReport(api: string, plan: Plan, name: string, query: ReportQuery): Promise<ReportPage> {
  const parameters = new URLSearchParams({ format: 'ndjson' });
  if (query.from !== undefined) parameters.set('from', query.from);
  if (query.to !== undefined) parameters.set('to', query.to);
  if (query.search !== undefined) parameters.set('search', query.search);
  for (const [dimension, values] of Object.entries(query.equals ?? {})) {
    for (const value of values) parameters.append(dimension, value);
  }
  const sort = query.sort?.map(({ column, descending }) => `${descending ? '-' : ''}${column}`).join(',');
  if (sort !== undefined && sort !== '') parameters.set('sort', sort);
  if (query.limit !== undefined) parameters.set('limit', String(query.limit));
  if (query.offset !== undefined) parameters.set('offset', String(query.offset));
  const response = await call(api, `/reports/${encodeURIComponent(name)}?${parameters.toString()}`);
  const report = plan.reports.find((each) => each.name === name);
  const lines = (await textOf(api, response)).split('\n').slice(0, -1);
  const total = response.headers.get(TOTAL_HEADER);
  if (total === null) throw otherVersion(api);
  return {
    frame: Number(response.headers.get(FRAME_HEADER)),
    total: Number(total),
    rows: parseRows(`[${lines.join(',')}]`, report),
  };
}

function otherVersion(api: string): DaybookError {
  const message = `The Daybook at ${api} is of another version than this one. Start it anew, and ask again.`;
  return new DaybookError('OTHER_VERSION', message, { details: { api } });
}

/** What JSON.parse tells a reviver of a number: its digits as they stand in the text. */
interface Source {
  readonly source?: string;
}

/** Reads rows of a report; what is no exact float becomes micro-units from its own digits, never through a float. */
export function parseRows(text: string, report: ReportPlan | undefined): readonly Row[] {
  return JSON.parse(text, exactCells(report)) as readonly Row[];
}

/** A reviver for `JSON.parse` that makes a report's decimals micro-units. */
function exactCells(report: ReportPlan | undefined): (key: string, value: Cell, context?: Source) => Cell {
  const kinds = new Map(report?.columns.map(({ name, kind }) => [name, kind]));
  return (key, value, context) => {
    if (typeof value !== 'number') return value;
    const kind = kinds.get(key);
    const isMicros = kind === 'decimal' || (kind === 'integer' && !Number.isSafeInteger(value));
    return isMicros ? (parseMicros(context?.source ?? String(value)) ?? null) : value;
  };
}

async function explain(api: string, plan: Plan, query: ExplainQuery, signal: AbortSignal): Promise<Explanation> {
  const { limit, offset } = query;
  const parameters = new URLSearchParams({ ...query.key, limit: String(limit), offset: String(offset) });
  const path = `/reports/${encodeURIComponent(query.report)}/records?${parameters.toString()}`;
  const text = await textOf(api, await call(api, path, { signal }));
  const report = plan.reports.find(({ name }) => name === query.report);
  const answer = JSON.parse(text) as Explanation;
  // A reviver knows no more than names, and a measure may have that of anything in the answer: of this only rows are taken.
  const exact = JSON.parse(text, exactCells(report)) as Explanation;
  return {
    ...answer,
    row: exact.row,
    computed: exact.computed,
    amendments: exact.amendments.map(({ before, after }, index) => {
      return { ...present(answer.amendments[index], 'the same text has as many'), before, after };
    }),
  };
}

async function* rawRecords(
  api: string,
  range: { readonly from?: string; readonly to?: string },
): AsyncGenerator<Uint8Array> {
  const response = await call(api, `/records?${new URLSearchParams({ ...range }).toString()}`);
  let rest: Uint8Array = new Uint8Array();
  // The network cuts where it likes; those who read want whole lines.
  for await (const chunk of chunksOf(api, response)) {
    const end = chunk.lastIndexOf(LINE_FEED) + 1;
    if (end > 0) yield Buffer.concat([rest, chunk.subarray(0, end)]);
    rest = end > 0 ? chunk.subarray(end) : Buffer.concat([rest, chunk]);
  }
  if (rest.length > 0) yield Buffer.concat([rest, Uint8Array.of(LINE_FEED)]);
}

function statusOf(answer: PipelineAnswer): RuntimeStatus {
  const { checkpoint, trouble, engine, newestDay, sources, ...rest } = answer;
  return {
    ...rest,
    checkpoint: checkpoint ?? undefined,
    trouble: trouble ?? undefined,
    engine:
      engine === null
        ? undefined
        : { state: engine.state, heardAtMs: engine.heardAtMs ?? undefined, reason: engine.reason ?? undefined },
    newestDay: newestDay ?? undefined,
    sources: sources.map((source) => ({ ...source, trouble: source.trouble ?? undefined })),
  };
}

async function call(api: string, path: string, init: RequestInit = {}): Promise<Response> {
  let response: Response;
  try {
    response = await fetch(api + path, init);
  } catch (cause) {
    throw unreachable(api, cause);
  }
  if (response.ok) return response;
  throw problemIn(response.url, response.status, await textOf(api, response));
}

/** The body of an answer, which may break off though its head is there. */
async function textOf(api: string, response: Response): Promise<string> {
  try {
    return await response.text();
  } catch (cause) {
    throw unreachable(api, cause);
  }
}

/** The same, as it comes. */
async function* chunksOf(api: string, { body }: Response): AsyncGenerator<Uint8Array> {
  try {
    yield* (body as ReadableStream<Uint8Array> | null) ?? [];
  } catch (cause) {
    throw unreachable(api, cause);
  }
}

function unreachable(api: string, cause: unknown): DaybookError {
  return new DaybookError('UNREACHABLE', `The Daybook at ${api} does not answer. Is it still running?`, {
    retryable: true,
    details: { url: api },
    cause,
  });
}

/** What an answer that is no success means; one that is no problem JSON comes from something in between, a proxy say. */
function problemIn(url: string, status: number, text: string): DaybookError {
  const problem = problemOf(text);
  return new DaybookError(
    problem?.code ?? `HTTP_${status}`,
    problem?.detail ?? `${url} answered ${status}: ${text.slice(0, 200)}`,
    { retryable: RETRYABLE_STATUSES.has(status), details: { status } },
  );
}

function problemOf(text: string): Problem | undefined {
  if (!text.startsWith('{')) return undefined;
  try {
    return JSON.parse(text) as Problem;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
