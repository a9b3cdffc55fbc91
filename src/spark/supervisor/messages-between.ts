import type { TopicMessage, TopicPartition, TopicReader } from '../../ports/messages.ts';

/** A partition's messages from one offset up to another, in parts. @throws what the reader throws */
export async function* messagesBetween(
  reader: TopicReader,
  { topic, partition }: TopicPartition,
  firstOffset: number,
  endOffset: number,
): AsyncGenerator<readonly TopicMessage[]> {
  for (let nextOffset = firstOffset; nextOffset < endOffset;) {
    const [read] = await reader.read([{ topic, partition, nextOffset }], 0);
    if (read === undefined) return;
    yield read.messages;
    nextOffset = read.nextOffset;
  }
}
