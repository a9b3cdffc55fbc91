import { Consumer } from '@platformatic/kafka';
import type { Assignment, GroupMember, TopicPlace } from '../../ports/messages.ts';
import type { KafkaConnection } from './connection.ts';
import { kafkaFailure } from './failure.ts';

/** How long a member may be silent before its partitions go to others. */
const SESSION_MS = 15_000;
const REBALANCE_MS = 30_000;
const HEARTBEAT_MS = 1_000;

export interface GroupOptions {
  readonly connection: KafkaConnection;
  readonly clientId: string;
  readonly groupId: string;
  readonly topics: readonly string[];
}

/**
 * Joins a consumer group. Only membership is the group's: where a member goes on reading is the store's knowledge, in
 * which offsets stand beside the rows that they made.
 * @throws DaybookError `KAFKA_UNREACHABLE` (retryable), `TOPIC_MISSING`, `KAFKA_REFUSED`
 */
export async function joinGroup({ connection, clientId, groupId, topics }: GroupOptions): Promise<GroupMember> {
  const client = new Consumer({
    ...connection,
    clientId,
    groupId,
    sessionTimeout: SESSION_MS,
    rebalanceTimeout: REBALANCE_MS,
    heartbeatInterval: HEARTBEAT_MS,
  });
  try {
    const member = new Member(client, groupId, await partitionCounts(client, topics));
    client.topics.trackAll(...topics);
    await client.joinGroup();
    return member;
  } catch (error) {
    await client.close(true);
    throw kafkaFailure(error, `join group ${groupId}`);
  }
}

/** How many partitions each topic has now. */
async function partitionCounts(client: Consumer, topics: readonly string[]): Promise<ReadonlyMap<string, number>> {
  const known = await client.metadata({ topics: [...topics], forceUpdate: true });
  return new Map([...known.topics].map(([name, { partitionsCount }]) => [name, partitionsCount]));
}

class Member implements GroupMember {
  readonly #client: Consumer;
  readonly #groupId: string;
  /** By topic, as of when it joined. */
  readonly #partitionCounts: ReadonlyMap<string, number>;
  #ended = new AbortController();
  #current: Assignment | undefined;
  #lost: unknown;
  #changed = Promise.withResolvers<void>();

  constructor(client: Consumer, groupId: string, counts: ReadonlyMap<string, number>) {
    this.#client = client;
    this.#groupId = groupId;
    this.#partitionCounts = counts;
    client.on('consumer:group:join', ({ assignments }) => {
      this.#end();
      this.#ended = new AbortController();
      const partitions = (assignments ?? []).flatMap(({ topic, partitions }) =>
        partitions.map((partition) => ({ topic, partition })),
      );
      this.#current = { partitions, ended: this.#ended.signal };
      this.#notify();
    });
    client.on('consumer:group:rebalance', () => this.#end());
    // The client joins again by itself until it gives up, which it tells by this event alone.
    client.on('error', (error: unknown) => {
      this.#lost = error;
      this.#end();
      this.#notify();
    });
  }

  async assignment(signal: AbortSignal): Promise<Assignment> {
    const aborted = Promise.withResolvers<void>();
    const onAbort = (): void => aborted.resolve();
    signal.addEventListener('abort', onAbort, { once: true });
    try {
      while (!signal.aborted) {
        if (this.#lost !== undefined) throw kafkaFailure(this.#lost, `stay in group ${this.#groupId}`);
        if (this.#current !== undefined) return this.#current;
        await Promise.race([this.#changed.promise, aborted.promise]);
      }
      return { partitions: [], ended: signal };
    } finally {
      signal.removeEventListener('abort', onAbort);
    }
  }

  async hasMorePartitions(): Promise<boolean> {
    const before = this.#partitionCounts;
    try {
      const now = await partitionCounts(this.#client, [...before.keys()]);
      return [...now].some(([topic, count]) => count > (before.get(topic) ?? 0));
    } catch (error) {
      throw kafkaFailure(error, `look at the topics of group ${this.#groupId}`);
    }
  }

  async commit(places: readonly TopicPlace[]): Promise<void> {
    try {
      await this.#client.commit({
        offsets: places.map(({ topic, partition, nextOffset }) => ({
          topic,
          partition,
          offset: BigInt(nextOffset),
          leaderEpoch: -1,
        })),
      });
    } catch (error) {
      throw kafkaFailure(error, `commit offsets of group ${this.#groupId}`);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#end();
    await this.#client.close(true);
  }

  #end(): void {
    this.#current = undefined;
    this.#ended.abort();
  }

  #notify(): void {
    this.#changed.resolve();
    this.#changed = Promise.withResolvers<void>();
  }
}
