import type { TopicMessage } from '../../ports/messages.ts';

/** The members of a message's JSON object; none when it is no such, as anybody may write to a topic. */
export function objectOf({ value }: TopicMessage): Readonly<Record<string, unknown>> {
  try {
    const parsed: unknown = JSON.parse(Buffer.from(value ?? []).toString());
    return typeof parsed === 'object' && parsed !== null ? (parsed as Readonly<Record<string, unknown>>) : {};
  } catch (error) {
    if (error instanceof SyntaxError) return {};
    throw error;
  }
}
