import type { Logger } from 'pino';
import { present } from '../../base/assert.ts';
import { DaybookError } from '../../base/errors.ts';
import type { PartitionExtent, TopicPlace } from '../../ports/messages.ts';

/** Told once, when a store was filled by a Daybook that did not note ids of topics. */
export const PLACES_ADOPTED =
  'places that were noted without the ids of topics are taken to be in the topics that are there';

/** What a store's places are held against. */
export interface StartingOptions {
  readonly extents: readonly PartitionExtent[];
  /** The store, as a person calls it. */
  readonly store: string;
  /** What to do to have the store filled from topics that are not those of before, a sentence. */
  readonly fillAgain: (topics: readonly string[]) => string;
  readonly logger: Pick<Logger, 'warn'>;
}

/**
 * Where partitions are read from: where the store stands, or the oldest that is left. Each place is in the topic that is there.
 * @throws DaybookError `SINK_OF_ANOTHER_TOPIC` when a place is in a topic of another id; `SINK_AHEAD` when the store is
 *   further than the topic
 */
export function startingPlaces<P extends TopicPlace>(
  places: readonly P[],
  { extents, store, fillAgain, logger }: StartingOptions,
): readonly (P & { readonly topicId: string })[] {
  const strange = places.filter((place) => isOfAnother(place, extents));
  if (strange.length > 0) throw ofAnotherTopic(strange, { extents, store, fillAgain });
  return places.map((place) => {
    const { topicId, firstOffset, endOffset } = extentOf(place, extents);
    if (place.nextOffset < firstOffset) {
      const { topic, partition, nextOffset: from } = place;
      const text = `Kafka has not kept messages that ${store} does not have, and what was in them is missing there`;
      logger.warn({ topic, partition, from, to: firstOffset }, text);
    }
    if (place.nextOffset > endOffset) {
      throw new DaybookError(
        'SINK_AHEAD',
        `Topic ${place.topic}, partition ${place.partition}, was worked off into ${store} up to ${place.nextOffset}, but ends ` +
          `at ${endOffset}: Kafka has lost messages, or another Kafka is meant. Use the Kafka of before. ${fillAgain([place.topic])}`,
        { details: { place, endOffset } },
      );
    }
    return { ...place, topicId, nextOffset: Math.max(place.nextOffset, firstOffset) };
  });
}

/** Whether a place is in another topic than the one that has its name now. */
export function isOfAnother(place: TopicPlace, extents: readonly PartitionExtent[]): boolean {
  return place.topicId !== undefined && place.topicId !== extentOf(place, extents).topicId;
}

function extentOf(place: TopicPlace, extents: readonly PartitionExtent[]): PartitionExtent {
  return present(
    extents.find(({ topic, partition }) => topic === place.topic && partition === place.partition),
    'a partition that is read is one of the topic',
  );
}

function ofAnotherTopic(
  strange: readonly TopicPlace[],
  { extents, store, fillAgain }: Omit<StartingOptions, 'logger'>,
): DaybookError {
  const topics = [...new Map(strange.map((place) => [place.topic, place])).values()];
  const each = topics.map((place) => {
    return `${place.topic} has the id ${extentOf(place, extents).topicId}, and ${store} was filled from the one with id ${place.topicId}`;
  });
  const names = topics.map(({ topic }) => topic);
  return new DaybookError(
    'SINK_OF_ANOTHER_TOPIC',
    `Topics were made anew, or another Kafka is meant: ${each.join('; ')}. Use the Kafka of before. ${fillAgain(names)}`,
    { details: { topics: names, places: strange } },
  );
}
