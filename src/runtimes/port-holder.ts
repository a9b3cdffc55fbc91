import { DaybookError } from '../base/errors.ts';
import type { Clock } from '../ports/clock.ts';

/** Whoever listens there has so long to answer. */
const ANSWER_MS_MAX = 1000;
/** What is asked for; there is nothing there, and a Daybook says so in a way of its own. */
const ASKED = '/api/v1/';
const OWN_PROBLEM = '"urn:daybook:';
/** An address that stands for all of them can be listened at, but not called. */
const CALLED_AS: Readonly<Record<string, string>> = { '0.0.0.0': '127.0.0.1', '::': '::1' };

/** Where what listens at a host and port is called: `http://127.0.0.1:4000`. */
export function urlOf(host: string, port: number): string {
  const called = CALLED_AS[host] ?? host;
  return `http://${called.includes(':') ? `[${called}]` : called}:${port}`;
}

/**
 * Whether it is a Daybook that listens at a URL.
 * @returns false also when nobody answers in a second
 */
export async function isDaybookAt(url: string, clock: Clock): Promise<boolean> {
  const answered = new AbortController();
  const late = new AbortController();
  void clock.sleep(ANSWER_MS_MAX, answered.signal).then(() => late.abort());
  try {
    const answer = await fetch(url + ASKED, { signal: late.signal });
    return (await answer.text()).includes(OWN_PROBLEM);
  } catch {
    // It speaks no HTTP, or not in time.
    return false;
  } finally {
    answered.abort();
  }
}

/** What a server's failure to start means: that a port is taken is said with who has it, when that is a Daybook. */
export async function startFailure(error: unknown, host: string, port: number, clock: Clock): Promise<unknown> {
  if (!(error instanceof DaybookError) || error.code !== 'PORT_TAKEN') return error;
  const url = urlOf(host, port);
  if (!(await isDaybookAt(url, clock))) return error;
  const advice = 'Use that one, stop it first, or choose another port with --port, or --port 0 for any.';
  return new DaybookError('PORT_TAKEN', `Port ${port} is taken by another Daybook, which serves at ${url}. ${advice}`, {
    details: { ...error.details, url },
    cause: error,
  });
}
