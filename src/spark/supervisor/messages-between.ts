import { DaybookError } from '../../base/errors.ts';
import type { PartitionExtent, TopicMessage, TopicReader } from '../../ports/messages.ts';

const WAIT_MS = 250;
/** A message that stands in a topic is asked for so often, ten seconds long: a broker that becomes the leader may have lost it for good. */
const ASKED_MAX = 40;

/**
 * A partition's messages from one offset up to another, in parts. A broker that has just become the leader gives nothing for a while.
 * @throws DaybookError `KAFKA_UNREACHABLE` (retryable) when it gives nothing for ten seconds; what the reader throws, as of a
 *   place in the topic that the extent is of
 */
export async function* messagesBetween(
  reader: TopicReader,
  { topic, topicId, partition }: PartitionExtent,
  firstOffset: number,
  endOffset: number,
): AsyncGenerator<readonly TopicMessage[]> {
  let asked = 0;
  for (let nextOffset = firstOffset; nextOffset < endOffset;) {
    const [read] = await reader.read([{ topic, topicId, partition, nextOffset }], WAIT_MS);
    // An answer may leave out a partition of which it has nothing.
    if (read === undefined || read.nextOffset === nextOffset) {
      if (++asked === ASKED_MAX) throw messageNotGiven(topic);
      continue;
    }
    asked = 0;
    // What came meanwhile is for whoever reads on from the end.
    yield read.messages.filter(({ offset }) => offset < endOffset);
    nextOffset = read.nextOffset;
  }
}

/** Kafka does not give a message that stood in a topic. */
export function messageNotGiven(topic: string): DaybookError {
  return new DaybookError(
    'KAFKA_UNREACHABLE',
    `The newest message of the topic '${topic}' is not given; a broker may have lost it. It is looked up again.`,
    { retryable: true },
  );
}
