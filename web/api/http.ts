import type { JsonRow, Problem } from '../../src/server/protocol.ts';

/** Says which frame an answer's rows are of, where the format has no place for it. */
const FRAME_HEADER = 'daybook-frame';

/** All rows of a report, as of one frame. */
export interface RowsAnswer {
  /** Undefined when something in between has dropped the answer's header. */
  readonly frame: number | undefined;
  readonly rows: readonly JsonRow[];
}

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
  const response = await request(path, signal);
  return (await response.json()) as T;
}

/** An answer in NDJSON: all its rows. @throws as {@link readJson} */
export async function readRows(path: string, signal: AbortSignal): Promise<RowsAnswer> {
  const response = await request(path, signal);
  const frame = response.headers.get(FRAME_HEADER);
  const text = await response.text();
  const lines = text.split('\n').filter((line) => line !== '');
  return {
    frame: frame === null ? undefined : Number(frame),
    rows: JSON.parse(`[${lines.join(',')}]`) as readonly JsonRow[],
  };
}

async function request(path: string, signal: AbortSignal): Promise<Response> {
  const response = await fetch(path, { signal });
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
