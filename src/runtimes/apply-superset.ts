import { DATABASE_FILE } from '../compile/superset/superset.ts';
import { DaybookError } from '../base/errors.ts';

const ANSWER_SHOWN = 500;

export interface ApplySupersetOptions {
  /** Superset's address: `http://127.0.0.1:8088`. */
  readonly url: string;
  /** A user who may import assets, such as an administrator. */
  readonly user: string;
  readonly password: string;
  /** The password of the connection's own user; undefined: Superset keeps the one that it has. */
  readonly databasePassword: string | undefined;
  /** What `supersetZip` made. */
  readonly bundle: Uint8Array;
}

/**
 * Imports an assets bundle over Superset's REST API. What was imported before is overwritten and keeps its id, so doing it
 * again changes nothing.
 * @throws DaybookError `SUPERSET_UNREACHABLE` (retryable), `SUPERSET_LOGIN`, `SUPERSET_REFUSED`
 */
export async function applySuperset(options: ApplySupersetOptions): Promise<void> {
  const { user, password, databasePassword, bundle } = options;
  const base = options.url.replace(/\/+$/, '');
  const api = `${base}/api/v1`;
  const login = await post(`${api}/security/login`, {
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ username: user, password, provider: 'db', refresh: false }),
  });
  if (login.status === 401) {
    throw new DaybookError(
      'SUPERSET_LOGIN',
      `Superset at ${base} does not let ${user} in. Check the user and the password.`,
      {
        details: { url: base, user },
      },
    );
  }
  const bearer = { authorization: `Bearer ${String(await field(login, 'access_token'))}` };
  const csrf = await request(`${api}/security/csrf_token/`, { headers: bearer });
  const token = String(await field(csrf, 'result'));
  const form = new FormData();
  form.set('bundle', new Blob([Uint8Array.from(bundle)], { type: 'application/zip' }), 'daily_report.zip');
  if (databasePassword !== undefined) form.set('passwords', JSON.stringify({ [DATABASE_FILE]: databasePassword }));
  const imported = await post(`${api}/assets/import/`, {
    // The token belongs to the session of the cookie, and to a page of Superset's.
    headers: { ...bearer, 'x-csrftoken': token, cookie: cookiesOf(csrf), referer: `${base}/` },
    body: form,
  });
  await field(imported, 'message');
}

function post(url: string, init: RequestInit): Promise<Response> {
  return request(url, { ...init, method: 'POST' });
}

async function request(url: string, init: RequestInit): Promise<Response> {
  try {
    return await fetch(url, init);
  } catch (cause) {
    throw new DaybookError('SUPERSET_UNREACHABLE', `Nobody answers at ${url}. Is Superset running there?`, {
      retryable: true,
      details: { url },
      cause,
    });
  }
}

function cookiesOf(response: Response): string {
  return response.headers
    .getSetCookie()
    .map((cookie) => cookie.split(';', 1)[0])
    .join('; ');
}

/** A field of an answer that says that all went well. */
async function field(response: Response, name: string): Promise<unknown> {
  const text = await response.text();
  const body = response.ok ? parsed(text) : undefined;
  if (typeof body === 'object' && body !== null && name in body) return (body as Record<string, unknown>)[name];
  throw new DaybookError(
    'SUPERSET_REFUSED',
    `Superset answered ${response.status} for ${response.url}, where '${name}' was expected. It must be Superset 6.1, and ` +
      `the user must be allowed to import assets. It said: ${text.slice(0, ANSWER_SHOWN)}`,
    { details: { url: response.url, status: response.status } },
  );
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
