import { DaybookError } from '../../base/errors.ts';

/** Words of Kafka's protocol for what no waiting mends. */
const OFFSET_GONE = 'OFFSET_OUT_OF_RANGE';
const TOO_LARGE: readonly string[] = ['MESSAGE_TOO_LARGE', 'RECORD_LIST_TOO_LARGE'];
const UNKNOWN_TOPIC = 'UNKNOWN_TOPIC_OR_PARTITION';
const REFUSED: readonly string[] = [
  'SASL_AUTHENTICATION_FAILED',
  'TOPIC_AUTHORIZATION_FAILED',
  'GROUP_AUTHORIZATION_FAILED',
  'CLUSTER_AUTHORIZATION_FAILED',
];

/** What the library's errors tell of themselves. */
interface LibraryError extends Error {
  readonly code?: string;
  readonly apiId?: string;
  readonly errors?: readonly unknown[];
}

/** A failure of the Kafka library as one of ours. @param doing  what failed: 'read topic daily_records' */
export function kafkaFailure(error: unknown, doing: string): DaybookError {
  if (error instanceof DaybookError) return error;
  const errors = flatten(error);
  const ids = new Set(errors.flatMap(({ apiId }) => apiId ?? []));
  const reason = errors.at(-1)?.message ?? String(error);
  if (ids.has(OFFSET_GONE)) {
    return new DaybookError(
      'TOPIC_OFFSET_GONE',
      `Cannot ${doing}: Kafka no longer has, or never had, the offset that was read up to. Was the topic made anew?`,
      { cause: error },
    );
  }
  if (ids.has(UNKNOWN_TOPIC) || errors.some(({ message }) => message.startsWith('Unknown topic '))) {
    return new DaybookError(
      'TOPIC_MISSING',
      `Cannot ${doing}: there is no such topic. Make the topics with daybook apply --target kafka.`,
      { cause: error },
    );
  }
  if (TOO_LARGE.some((id) => ids.has(id))) {
    return new DaybookError(
      'MESSAGE_TOO_LARGE',
      `Cannot ${doing}: the topic takes no batch of that size. Give it a max.message.bytes of 1048576 or more.`,
      { cause: error },
    );
  }
  if (REFUSED.some((id) => ids.has(id)) || errors.some(({ code }) => code === 'PLT_KFK_AUTHENTICATION')) {
    return new DaybookError('KAFKA_REFUSED', `Cannot ${doing}: Kafka refuses it: ${reason}`, { cause: error });
  }
  return new DaybookError('KAFKA_UNREACHABLE', `Cannot ${doing}: ${reason}`, { retryable: true, cause: error });
}

/** An error and all that it was made of, innermost last. */
function flatten(error: unknown): readonly LibraryError[] {
  if (!(error instanceof Error)) return [];
  const { errors = [], cause } = error as LibraryError;
  return [error, ...errors.flatMap(flatten), ...flatten(cause)];
}
