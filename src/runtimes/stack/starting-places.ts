import { present } from '../../base/assert.ts';
import { DaybookError } from '../../base/errors.ts';
import type { PartitionExtent, TopicPlace } from '../../ports/messages.ts';

/**
 * Where partitions are read from: where the store stands, or the oldest that is left.
 * @throws DaybookError `SINK_AHEAD` when the store is further than the topic, which then is not the one it was
 */
export function startingPlaces(
  places: readonly TopicPlace[],
  extents: readonly PartitionExtent[],
): readonly TopicPlace[] {
  return places.map((place) => {
    const extent = present(
      extents.find(({ topic, partition }) => topic === place.topic && partition === place.partition),
      'a partition that is read is one of the topic',
    );
    if (place.nextOffset > extent.endOffset) {
      throw new DaybookError(
        'SINK_AHEAD',
        `Topic ${place.topic}, partition ${place.partition}, was worked off up to ${place.nextOffset}, but ends at ` +
          `${extent.endOffset}: it was made anew, or another Kafka is meant. Use the Kafka of before, or an empty store.`,
        { details: { ...place, endOffset: extent.endOffset } },
      );
    }
    return { ...place, nextOffset: Math.max(place.nextOffset, extent.firstOffset) };
  });
}
