import { isUtf8 } from 'node:buffer';
import type { QuarantineEntry, Refusal } from '../../ports/runtime.ts';
import type { TopicMessage, TopicPartition } from '../../ports/messages.ts';

type RefusedRecord = Omit<QuarantineEntry, 'id'>;

/** The value of a message of the quarantine's topic. */
export function quarantineValue(entry: RefusedRecord): string {
  const { atMs, origin, line, code, field = null, reason, record, encoding, converted = null } = entry;
  return JSON.stringify({ atMs, origin, line, code, field, reason, record, encoding, converted });
}

/** Reads a message of the quarantine's topic; one that is no such entry is itself what was refused. */
export function quarantineEntry(at: TopicPartition, message: TopicMessage): RefusedRecord {
  const entry = readEntry(Buffer.from(message.value ?? []).toString());
  return entry ?? refusedMessage(at, message, { code: 'NOT_JSON', reason: 'the message is no entry of a quarantine' });
}

/** A message that cannot be taken, as an entry: its origin is the topic, its line the offset. */
export function refusedMessage(at: TopicPartition, message: TopicMessage, refusal: Refusal): RefusedRecord {
  const bytes = Buffer.from(message.value ?? []);
  const encoding = isUtf8(bytes) ? 'utf8' : 'base64';
  return {
    atMs: message.timestampMs,
    origin: `kafka:${at.topic}/${at.partition}`,
    line: message.offset,
    code: refusal.code,
    ...(refusal.field !== undefined && { field: refusal.field }),
    reason: refusal.reason,
    record: bytes.toString(encoding),
    encoding,
  };
}

function readEntry(text: string): RefusedRecord | undefined {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
  if (typeof parsed !== 'object' || parsed === null) return undefined;
  const { atMs, origin, line, code, field, reason, record, encoding, converted } = parsed as Partial<
    Record<string, unknown>
  >;
  if (typeof code !== 'string' || typeof reason !== 'string' || typeof record !== 'string') return undefined;
  return {
    atMs: wholeOr(atMs, 0),
    origin: typeof origin === 'string' ? origin : 'unknown',
    line: wholeOr(line, 0),
    code: code as RefusedRecord['code'],
    ...(typeof field === 'string' && { field }),
    reason,
    record,
    encoding: encoding === 'base64' ? 'base64' : 'utf8',
    ...(typeof converted === 'string' && { converted }),
  };
}

function wholeOr(value: unknown, otherwise: number): number {
  return typeof value === 'number' && Number.isSafeInteger(value) ? value : otherwise;
}
