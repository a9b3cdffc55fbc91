import { daysTopic } from '../../compile/kafka/topics.ts';
import type { Plan } from '../../plan/plan.ts';
import type { TopicReader } from '../../ports/messages.ts';
import type { LateDay } from '../../ports/pipeline.ts';
import { DayCounts } from '../../spark/supervisor/day-counts.ts';
import { messagesBetween } from '../../spark/supervisor/messages-between.ts';

/** The days that got records when they were closed, as the stack's engine counts them in the topic of days. */
export class LateDays {
  readonly #reader: TopicReader;
  readonly #topic: string;
  readonly #counts: DayCounts;
  /** Up to where each partition was read: what is asked again begins there. */
  readonly #readTo = new Map<number, number>();
  #reading: Promise<void> | undefined;

  constructor(plan: Plan, reader: TopicReader) {
    this.#reader = reader;
    this.#topic = daysTopic(plan);
    this.#counts = new DayCounts(plan.stream, plan.fingerprint);
  }

  /** As of a frame that is whole. @throws DaybookError what the reader throws */
  async asOf(frame: number): Promise<readonly LateDay[]> {
    // Who asks meanwhile waits for the same: a partition read twice at once would bring back older counts.
    this.#reading ??= this.#read().finally(() => (this.#reading = undefined));
    await this.#reading;
    this.#counts.advance(frame);
    return this.#counts.lateDays();
  }

  async #read(): Promise<void> {
    for (const extent of await this.#reader.extents([this.#topic])) {
      const from = this.#readTo.get(extent.partition) ?? extent.firstOffset;
      for await (const messages of messagesBetween(this.#reader, extent, from, extent.endOffset)) {
        this.#counts.take(messages);
      }
      this.#readTo.set(extent.partition, extent.endOffset);
    }
  }
}
