import { counted } from '../../base/counted.ts';
import { DaybookError } from '../../base/errors.ts';
import type { Clock } from '../../ports/clock.ts';
import type { PartitionExtent } from '../../ports/messages.ts';
import type { WorkedPlace } from '../../ports/stored-records.ts';

/** How often it is looked at where the sink is. */
const POLL_MS = 250;

/** Without an id: of the topic that the sink is in. */
type Extent = Omit<PartitionExtent, 'topicId'> & Partial<Pick<PartitionExtent, 'topicId'>>;

export interface UntilStoredOptions {
  /** Of the stream's topic, up to where it is waited for. */
  readonly extents: readonly Extent[];
  /** Where the sink of raw records stands in that topic. @throws DaybookError */
  readonly places: () => Promise<readonly WorkedPlace[]>;
  readonly clock: Clock;
  /** So long the sink is waited for. */
  readonly waitMs: number;
  /** Nobody waits any longer. */
  readonly ended: AbortSignal;
}

/**
 * Waits until Cassandra has all records of the stream's topic, so that who reads them there misses none.
 * @throws DaybookError `SINK_BEHIND` (retryable) when it has not within that time; what `places` throws
 */
export async function untilStored({ extents, places, clock, waitMs, ended }: UntilStoredOptions): Promise<void> {
  const untilMs = clock.nowMs() + waitMs;
  for (;;) {
    const missing = missingIn(extents, await places());
    if (missing === 0) return;
    if (clock.nowMs() >= untilMs || ended.aborted) {
      throw new DaybookError(
        'SINK_BEHIND',
        `Raw records are read from Cassandra, and ${counted(missing, 'message')} of the topic ${extents[0]?.topic} must get ` +
          'there first. See that daybook sink cassandra runs and does not fail, and try again once it has caught up.',
        { retryable: true, details: { missing } },
      );
    }
    await clock.sleep(POLL_MS, ended);
  }
}

/** How many messages that can still be read a sink has not worked off. */
function missingIn(extents: readonly Extent[], places: readonly WorkedPlace[]): number {
  return extents.reduce((sum, { partition, topicId, firstOffset, endOffset }) => {
    const place = places.find((each) => each.partition === partition);
    // A place in another topic of the name says nothing of this one; one without an id is from before there were ids.
    const isOfOther = place?.topicId !== undefined && topicId !== undefined && place.topicId !== topicId;
    const from = Math.max(firstOffset, isOfOther ? 0 : (place?.nextOffset ?? 0));
    return sum + Math.max(0, endOffset - from);
  }, 0);
}
