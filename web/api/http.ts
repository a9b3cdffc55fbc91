import type { AcceptanceAnswer, Problem } from '../../src/server/protocol.ts';

/** Statuses of an address that is too long for the server, or for what stands before it. */
const TOO_LONG: readonly number[] = [414, 431];
/** Status of what the server would answer, if it could. */
const NOT_NOW = 503;
const TOO_LONG_SAID = 'What the page asks is longer than a request may be. Search for a shorter text.';

/** What the API answered instead of what was asked for; the message is for people. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  readonly status: number;
  readonly code: string;

  constructor(status: number, code: string, message: string) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

/** Whether the server answered that it will not do what was asked, however often. */
export function isRefused(error: Error): boolean {
  return error instanceof ApiError && error.status < 500;
}

/** Whether the server answered that it cannot do now what was asked. */
export function isNotNow(error: Error): boolean {
  return error instanceof ApiError && error.status === NOT_NOW;
}

/** An answer in JSON. @throws ApiError when the API says no; Error when nobody answers */
export async function readJson<T>(path: string, signal: AbortSignal): Promise<T> {
  const response = await request(path, { signal });
  return (await response.json()) as T;
}

/** Sends the record that puts an entry of the quarantine right. @throws as {@link readJson} */
export async function putBack(entryId: number, record: string): Promise<AcceptanceAnswer> {
  const response = await request(`/api/v1/records?corrects=${entryId}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: record,
  });
  return (await response.json()) as AcceptanceAnswer;
}

/** What is wrong with an address, in a sentence for people. */
export interface AddressProblem {
  readonly detail: string;
  /** It is nothing that was asked: what the server needs is away, and may be back soon. */
  readonly isPassing: boolean;
}

/**
 * What the server says that is wrong with an address of events, which the browser does not tell.
 * @returns undefined when it says nothing: nobody answers, or nothing is wrong any more
 */
export async function problemAt(address: string): Promise<AddressProblem | undefined> {
  const gone = new AbortController();
  try {
    const response = await fetch(address, { signal: gone.signal });
    if (TOO_LONG.includes(response.status)) return { detail: TOO_LONG_SAID, isPassing: false };
    const problem = response.ok ? undefined : await problemOf(response);
    return problem && { detail: problem.detail, isPassing: response.status === NOT_NOW };
  } catch {
    return undefined;
  } finally {
    // A good answer has no end.
    gone.abort();
  }
}

async function request(path: string, init: RequestInit): Promise<Response> {
  const response = await fetch(path, init).catch((cause: unknown) => {
    // Browsers have words of their own for it, and for what was asked for no more.
    throw init.signal?.aborted === true ? cause : new Error('Daybook does not answer.', { cause });
  });
  if (response.ok) return response;
  const problem = await problemOf(response);
  throw new ApiError(
    response.status,
    problem?.code ?? 'UNKNOWN',
    problem?.detail ?? `The server answered ${response.status}.`,
  );
}

async function problemOf(response: Response): Promise<Problem | undefined> {
  if (response.headers.get('content-type')?.includes('json') !== true) return undefined;
  return (await response.json()) as Problem;
}
