import type { PartitionExtent, TopicMessage, TopicReader } from '../../ports/messages.ts';

/**
 * A partition's messages from one offset up to another, in parts.
 * @throws what the reader throws, as of a place in the topic that the extent is of
 */
export async function* messagesBetween(
  reader: TopicReader,
  { topic, topicId, partition }: PartitionExtent,
  firstOffset: number,
  endOffset: number,
): AsyncGenerator<readonly TopicMessage[]> {
  for (let nextOffset = firstOffset; nextOffset < endOffset;) {
    const [read] = await reader.read([{ topic, topicId, partition, nextOffset }], 0);
    if (read === undefined) return;
    // What came meanwhile is for whoever reads on from the end.
    yield read.messages.filter(({ offset }) => offset < endOffset);
    nextOffset = read.nextOffset;
  }
}
