import type { Plan } from '../../plan/plan.ts';
import { daysTopic } from '../../plan/shared-names.ts';
import type { TopicReader } from '../../ports/messages.ts';
import { messagesBetween } from '../../ports/messages-between.ts';
import type { LateDay } from '../../ports/pipeline.ts';
import { DayCounts } from '../../spark/supervisor/day-counts.ts';

/** The days that got records when they were closed, as the stack's engine counts them in the topic of days. */
export class LateDays {
  readonly #reader: TopicReader;
  readonly #plan: Plan;
  #counts: DayCounts;
  /** The topic that the counts are of; undefined: none was read yet. */
  #topicId: string | undefined;
  /** Up to where each partition was read: what is asked again begins there. */
  readonly #readTo = new Map<number, number>();
  #reading: Promise<void> | undefined;

  constructor(plan: Plan, reader: TopicReader) {
    this.#reader = reader;
    this.#plan = plan;
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
    for (const extent of await this.#reader.extents([daysTopic(this.#plan)])) {
      if (extent.topicId !== this.#topicId) this.#begin(extent.topicId);
      const from = this.#readTo.get(extent.partition) ?? extent.firstOffset;
      for await (const messages of messagesBetween(this.#reader, extent, from, extent.endOffset)) {
        this.#counts.take(messages);
      }
      this.#readTo.set(extent.partition, extent.endOffset);
    }
  }

  /** A topic that was made anew counts from nothing. */
  #begin(topicId: string): void {
    this.#topicId = topicId;
    this.#counts = new DayCounts(this.#plan.stream, this.#plan.fingerprint);
    this.#readTo.clear();
  }
}
