/** A message of a topic. Offsets are those of its partition. */
export interface TopicMessage {
  readonly offset: number;
  readonly timestampMs: number;
  readonly key: Uint8Array | null;
  readonly value: Uint8Array | null;
}

export interface TopicPartition {
  readonly topic: string;
  readonly partition: number;
}

/** Where somebody goes on in a partition: `nextOffset` is the first that was not read yet. */
export interface TopicPlace extends TopicPartition {
  readonly nextOffset: number;
  /** The id of the topic that the place is in; undefined: of whichever is there by that name. */
  readonly topicId?: string | undefined;
}

/** What a read gave of one partition. */
export interface ReadPartition extends TopicPlace {
  /** In order; there may be gaps, as topics are compacted, and as what a producer took back is left out. */
  readonly messages: readonly TopicMessage[];
  /** The partition's next offset when it was read; what belongs to a transaction that has not ended is not in it yet. */
  readonly endOffset: number;
}

/** Where a partition begins and ends. */
export interface PartitionExtent extends TopicPartition {
  /** Stays with the topic and is no other's, not even if it is deleted and made anew. */
  readonly topicId: string;
  /** The oldest offset that can still be read. */
  readonly firstOffset: number;
  /** The offset of the message that comes next; what belongs to a transaction that has not ended is yet to come. */
  readonly endOffset: number;
}

/**
 * Reads topics from any place, without a group. One call of `read` at a time.
 * Every method may fail with DaybookError `KAFKA_UNREACHABLE` (retryable), `TOPIC_MISSING`, `KAFKA_REFUSED`.
 */
export interface TopicReader extends AsyncDisposable {
  /**
   * What stands behind the places, some of it if it is much; waits up to `waitMs` when there is nothing.
   * @throws DaybookError `TOPIC_OFFSET_GONE` when a place is not in its partition any more, or was never;
   *   `TOPIC_MADE_ANEW` (retryable from `extents`) when a place is in a topic of another id
   */
  read(places: readonly TopicPlace[], waitMs: number): Promise<readonly ReadPartition[]>;
  /** All partitions of topics, with their extents. */
  extents(topics: readonly string[]): Promise<readonly PartitionExtent[]>;
}

/** The partitions that a member of a group reads, until the group shares them out again. */
export interface Assignment {
  readonly partitions: readonly TopicPartition[];
  /** Aborted when the group shares them out again, or the membership is lost. */
  readonly ended: AbortSignal;
}

/** Membership in a consumer group, which shares partitions out among its members. */
export interface GroupMember extends AsyncDisposable {
  /**
   * The assignment that holds now; waits for the next one when the last has ended.
   * @throws DaybookError `KAFKA_UNREACHABLE` (retryable: the membership is lost, join again), `KAFKA_REFUSED`
   */
  assignment(signal: AbortSignal): Promise<Assignment>;
  /** Whether a topic has partitions that it had not when this one joined: a group gives them to nobody until one joins. */
  hasMorePartitions(): Promise<boolean>;
  /** Tells the group how far its partitions were worked off, for those who look at its lag. */
  commit(places: readonly TopicPlace[]): Promise<void>;
}
