import { DaybookError } from '../base/errors.ts';
import type { PartitionExtent, TopicMessage, TopicPlace, TopicReader } from './messages.ts';

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
      if (++asked === ASKED_MAX) throw messageNotGiven({ topic, partition, nextOffset });
      continue;
    }
    asked = 0;
    // What came meanwhile is for whoever reads on from the end.
    yield read.messages.filter(({ offset }) => offset < endOffset);
    nextOffset = read.nextOffset;
  }
}

/** Kafka does not give a message that stood behind a place; whoever reads the topic again looks up its end first. */
export function messageNotGiven({ topic, partition, nextOffset }: TopicPlace): DaybookError {
  return new DaybookError(
    'KAFKA_UNREACHABLE',
    `Kafka gives nothing of the topic '${topic}', partition ${partition}, from offset ${nextOffset} on, where messages stood: a ` +
      'broker has just become its leader, or has lost them. What was lost is not waited for when the topic is read again.',
    { retryable: true, details: { topic, partition, nextOffset } },
  );
}
