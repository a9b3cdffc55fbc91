import { DaybookError } from '../../base/errors.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Intake, SourceDoor, SourceStatus } from '../../ports/runtime.ts';
import type { PartitionExtent, ReadPartition, TopicReader } from '../../ports/messages.ts';
import { topicLines, upToGap } from './topic-lines.ts';

/** How long a read waits for the first record. */
const READ_WAIT_MS = 100;
/** How often new partitions are looked for, and whether it is still the same topic. */
const LOOK_MS = 5000;
const RETRY_MS_MIN = 100;
const RETRY_MS_MAX = 5000;

export interface TopicSourceOptions {
  readonly door: SourceDoor;
  readonly reader: TopicReader;
  readonly topic: string;
  /** The topic's id, which one made anew by the same name does not have. */
  readonly topicId: () => Promise<string>;
  readonly clock: Clock;
  /** Told in sentences what is amiss, and when it is over. */
  readonly onNotice: (sentence: string) => void;
}

/**
 * Reads a topic of records into a runtime, each record once: how far each partition was read is durable with the records
 * themselves, in the same frame of the log. It belongs to no group, as one engine has all partitions; new ones are found
 * while it runs.
 */
export class TopicSource {
  readonly #options: TopicSourceOptions;
  /** By partition. */
  readonly #places = new Map<number, number>();
  readonly #taken = new Map<number, number>();
  readonly #ends = new Map<number, number>();
  readonly #told = new Set<string>();
  #wasAsked = false;
  #wasRead = false;
  #trouble: string | undefined;

  constructor(options: TopicSourceOptions) {
    this.#options = options;
  }

  /**
   * Reads until the signal. Kafka away, or a full disk, is waited for.
   * @throws DaybookError what no waiting mends: `TOPIC_MISSING`, `KAFKA_REFUSED`, what `accept` throws for good
   */
  async run(signal: AbortSignal): Promise<void> {
    const { clock, onNotice } = this.#options;
    for (let waitMs = RETRY_MS_MIN; !signal.aborted; waitMs = Math.min(RETRY_MS_MAX, waitMs * 2)) {
      try {
        await this.#readAWhile(signal, () => {
          waitMs = RETRY_MS_MIN;
          this.#wasRead = true;
          if (this.#trouble !== undefined) onNotice(`The topic ${this.#options.topic} is read again.`);
          this.#trouble = undefined;
        });
      } catch (error) {
        if (signal.aborted) return;
        if (!(error instanceof DaybookError) || !this.#isWaitedFor(error)) throw error;
        if (this.#trouble === undefined) onNotice(`The topic ${this.#options.topic} is not read. ${error.message}`);
        this.#trouble = error.message;
        await clock.sleep(waitMs, signal);
      }
    }
  }

  status(): SourceStatus {
    const partitions = [...this.#ends]
      .map(([partition, endOffset]) => ({ partition, nextOffset: this.#taken.get(partition) ?? 0, endOffset }))
      .sort((a, b) => a.partition - b.partition);
    return {
      name: `kafka ${this.#options.topic}`,
      partitions,
      lag: this.#wasAsked
        ? partitions.reduce((sum, { nextOffset, endOffset }) => sum + Math.max(0, endOffset - nextOffset), 0)
        : null,
      trouble: this.#trouble,
    };
  }

  /** A topic that was there may be made anew; one that never was is more likely a wrong name. */
  #isWaitedFor({ retryable, code }: DaybookError): boolean {
    return retryable || code === 'TOPIC_OFFSET_GONE' || (code === 'TOPIC_MISSING' && this.#wasRead);
  }

  /** Reads for as long as the topic's partitions are taken for what they were. */
  async #readAWhile(signal: AbortSignal, onRead: () => void): Promise<void> {
    const { reader, topic, topicId, clock } = this.#options;
    const id = await topicId();
    const source = `kafka:${id}`;
    this.#begin(source, await reader.extents([topic]));
    const untilMs = clock.nowMs() + LOOK_MS;
    let reading = this.#read(id);
    for (;;) {
      const read = await reading;
      onRead();
      for (const { partition, nextOffset, endOffset } of read) {
        this.#places.set(partition, nextOffset);
        this.#ends.set(partition, endOffset);
      }
      const isLast = signal.aborted || clock.nowMs() >= untilMs;
      const taking = Promise.all(read.map((each) => this.#take(source, each, signal)));
      // The next records are fetched while these become durable.
      if (!isLast) reading = this.#read(id);
      try {
        await taking;
      } catch (error) {
        // It is not needed, and must not fail unheard.
        await Promise.allSettled([reading]);
        throw error;
      }
      if (isLast) return;
    }
  }

  #read(topicId: string): Promise<readonly ReadPartition[]> {
    const { reader, topic } = this.#options;
    const places = [...this.#places].map(([partition, nextOffset]) => ({ topic, topicId, partition, nextOffset }));
    return reader.read(places, READ_WAIT_MS);
  }

  /** Where each partition goes on: behind what is durable, or at its beginning. */
  #begin(source: string, extents: readonly PartitionExtent[]): void {
    const { door, topic } = this.#options;
    const known = door.placesOf(source);
    this.#places.clear();
    this.#taken.clear();
    this.#ends.clear();
    for (const { partition, firstOffset, endOffset } of extents) {
      const place = known.get(partition) ?? firstOffset;
      const at = Math.min(Math.max(place, firstOffset), endOffset);
      if (place < firstOffset) {
        this.#tellOnce(
          `Records ${place} to ${firstOffset - 1} of ${topic}/${partition} were taken away by Kafka before they were read; ` +
            'it is read on behind them. Let the topic keep its records: daybook apply --target kafka.',
        );
      } else if (place > endOffset) {
        this.#tellOnce(
          `${topic}/${partition} ends at ${endOffset}, though it was read up to ${place}: Kafka has lost records that ` +
            'Daybook still has. It is read on from its end.',
        );
      }
      this.#places.set(partition, at);
      this.#taken.set(partition, at);
      this.#ends.set(partition, endOffset);
    }
    this.#wasAsked = true;
  }

  #tellOnce(sentence: string): void {
    if (this.#told.has(sentence)) return;
    this.#told.add(sentence);
    this.#options.onNotice(sentence);
  }

  /** Has the runtime take in what was read of a partition, which is in order as there is one batch at a time. */
  async #take(source: string, { partition, messages, nextOffset }: ReadPartition, signal: AbortSignal): Promise<void> {
    const { topic } = this.#options;
    for (let rest = messages; rest.length > 0;) {
      const together = upToGap(rest);
      rest = rest.slice(together.length);
      const place = { source, partition, nextOffset: rest[0]?.offset ?? nextOffset };
      const firstLine = together[0]?.offset ?? 0;
      // The lines are the runtime's own once it was given them, whatever it answers.
      const intake = (): Intake => {
        return { origin: `kafka ${topic}/${partition}`, firstLine, place, ...topicLines(together) };
      };
      await this.#accept(intake, signal);
      this.#taken.set(partition, place.nextOffset);
    }
    // Also where there was none to be taken: behind the end of a transaction, or what was taken back.
    this.#taken.set(partition, nextOffset);
  }

  /** A busy runtime, or one whose disk is full, is offered the same batch again. */
  async #accept(intake: () => Intake, signal: AbortSignal): Promise<void> {
    const { door, clock } = this.#options;
    for (let waitMs = RETRY_MS_MIN; ; waitMs = Math.min(RETRY_MS_MAX, waitMs * 2)) {
      try {
        await door.accept(intake());
        return;
      } catch (error) {
        if (!(error instanceof DaybookError) || !isTriedAgain(error) || signal.aborted) throw error;
        await clock.sleep(waitMs, signal);
      }
    }
  }
}

/** A disk that failed may do better. */
function isTriedAgain({ retryable, code }: DaybookError): boolean {
  return retryable || code === 'LOG_FAILED';
}
