import type { TopicReader } from '../../ports/messages.ts';
import { messagesBetween } from '../../ports/messages-between.ts';
import type { Overtaken } from './day-counts.ts';

/** How a row's text ends. */
const FRAME_AT_END = /"frame":(\d+)\}$/;

/** A row of a report as its topic has it. */
export interface RowMessage {
  readonly topic: string;
  readonly key: string;
  readonly value: string;
}

/**
 * The rows that were written behind newer ones and are the last of their key: their figures are right, and only their frame is not.
 * Those among them that were in time are as they were.
 * @param topics  of reports, to which nobody writes meanwhile
 * @param frame  that the rows are given
 * @throws what the reader throws
 */
export async function overtakenRows(
  reader: TopicReader,
  topics: readonly string[],
  { from, by }: Overtaken,
  frame: number,
): Promise<readonly RowMessage[]> {
  const found = new Map<string, RowMessage>();
  for (const extent of await reader.extents(topics)) {
    const { topic } = extent;
    for await (const messages of messagesBetween(reader, extent, extent.firstOffset, extent.endOffset)) {
      for (const message of messages) {
        const key = Buffer.from(message.key ?? []).toString();
        const text = Buffer.from(message.value ?? []).toString();
        const written = Number(FRAME_AT_END.exec(text)?.[1]);
        const value = text.replace(FRAME_AT_END, `"frame":${frame}}`);
        if (written >= from && written < by) found.set(`${topic} ${key}`, { topic, key, value });
        else found.delete(`${topic} ${key}`);
      }
    }
  }
  return [...found.values()];
}
