import type { AcceptanceAnswer, Problem } from '../../src/server/protocol.ts';

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

/** An answer in JSON. @throws ApiError when the API says no; TypeError when nobody answers */
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

async function request(path: string, init: RequestInit): Promise<Response> {
  const response = await fetch(path, init);
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
