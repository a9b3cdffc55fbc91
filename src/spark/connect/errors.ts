import { Code, ConnectError } from '@connectrpc/connect';
import { DaybookError } from '../../base/errors.ts';

/** Conditions of Spark that name the session or the operation as gone: with a new session the same may succeed. */
const LOST = /^INVALID_HANDLE\.(SESSION|OPERATION)/;
/** Codes of a connection that is not there, or broke. */
const BROKEN = new Set([Code.Unavailable, Code.Canceled, Code.Aborted]);
/** Of a message from Spark, what people are shown: a stack of Java says nothing to them. */
const SHOWN_MAX = 600;

/**
 * What an error of a call means, as an error of the project.
 *
 * | code | retryable | meaning |
 * | --- | --- | --- |
 * | `SPARK_UNREACHABLE` | yes | no connection, or it broke: whether the call was carried out is not known |
 * | `SPARK_TOO_SLOW` | yes | no answer before the call's deadline; likewise |
 * | `SPARK_SESSION_LOST` | yes | the server knows the session no more, so queries, views and settings are to be made again |
 * | `SPARK_REFUSED` | no | the token is wrong or missing |
 * | `SPARK_FAILED` | no | Spark carried it out and failed; `details.condition` is its error condition where it names one |
 *
 * @param call  what was asked of Spark, to complete "Spark could not …"
 */
export function sparkError(error: unknown, call: string, address: string): DaybookError {
  if (error instanceof DaybookError) return error;
  const cause = ConnectError.from(error);
  const condition = /^\[([A-Z][\w.]*)\]/.exec(cause.rawMessage)?.[1];
  const details = { address, ...(condition !== undefined && { condition }) };
  if (condition !== undefined && LOST.test(condition)) {
    const message = `Spark could not ${call}: its session is gone (${condition}).`;
    return new DaybookError('SPARK_SESSION_LOST', message, { retryable: true, details, cause });
  }
  const what = firstLines(cause.rawMessage);
  if (BROKEN.has(cause.code)) {
    const message = `Spark at ${address} cannot be reached, to ${call}: ${what}. Is its Connect server running?`;
    return new DaybookError('SPARK_UNREACHABLE', message, { retryable: true, details, cause });
  }
  if (cause.code === Code.DeadlineExceeded) {
    const message = `Spark at ${address} did not ${call} in time.`;
    return new DaybookError('SPARK_TOO_SLOW', message, { retryable: true, details, cause });
  }
  if (cause.code === Code.Unauthenticated || cause.code === Code.PermissionDenied) {
    const message = `Spark at ${address} refused to ${call}: ${what}. Check DAYBOOK_SPARK_TOKEN.`;
    return new DaybookError('SPARK_REFUSED', message, { details, cause });
  }
  return new DaybookError('SPARK_FAILED', `Spark could not ${call}: ${what}`, { details, cause });
}

/** A message of Spark up to where its stack or its plan begins. */
export function firstLines(message: string): string {
  const text = (message.split(/\n\s*(?:at |== |JVM stacktrace|\n)/)[0] ?? '').trim();
  return text.length > SHOWN_MAX ? `${text.slice(0, SHOWN_MAX)}…` : text;
}
