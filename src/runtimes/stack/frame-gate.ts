import type { AnnouncedFrame } from '../../ports/report-rows.ts';
import type { PartitionExtent, ReadPartition, TopicPlace } from '../../ports/messages.ts';

/** A message that a gate holds back. */
export interface Gated<M> {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  readonly frame: number;
  readonly what: M;
}

/** What a gate lets through at once. */
export interface Released<M> {
  /** In the order of each partition. */
  readonly messages: readonly Gated<M>[];
  /** The frame that they complete; undefined: they are let through for another reason. */
  readonly frame: AnnouncedFrame | undefined;
}

const nameOf = ({ topic, partition }: { readonly topic: string; readonly partition: number }): string =>
  `${topic}/${partition}`;

/**
 * Holds messages back until all of their frame are there, so that whoever gets them never sees half of a frame.
 *
 * That a frame is announced says that all messages of it, and of all frames before it, are in the topics. So when it is
 * announced the topics' ends are looked up, and once all up to there was read the frame is whole.
 */
export class FrameGate<M> {
  #held: Gated<M>[] = [];
  readonly #read = new Map<string, number>();
  /** The newest frame that was announced. */
  #newest: AnnouncedFrame | undefined;
  /** What must be read before it is whole; undefined once it is. */
  #ends: ReadonlyMap<string, number> | undefined;

  /** @param places  the partitions, and where they are read from */
  constructor(places: readonly TopicPlace[]) {
    this.follow(places);
  }

  get heldCount(): number {
    return this.#held.length;
  }

  /** Notes partitions that are read from now on as well: a frame is not whole before all of them were read up to its ends. */
  follow(places: readonly TopicPlace[]): void {
    for (const place of places) this.#read.set(nameOf(place), place.nextOffset);
  }

  /** Takes in what was read of a partition. @param messages  those of it that carry a frame */
  take(read: ReadPartition, messages: readonly Gated<M>[]): void {
    this.#read.set(nameOf(read), read.nextOffset);
    for (const message of messages) this.#held.push(message);
  }

  /**
   * Notes that a frame was announced; an older one than the newest may complete rows that came late, and the newest one
   * again, which is no more than a sign of life, changes nothing when there are none.
   * @param extents  of the partitions, looked up after the frame was announced; others are left out
   */
  announce(frame: AnnouncedFrame, extents: readonly PartitionExtent[]): void {
    const isAgain = this.#ends === undefined && frame.frame === this.#newest?.frame;
    if (isAgain && this.#held.every((message) => message.frame > frame.frame)) return;
    if (this.#newest === undefined || frame.frame >= this.#newest.frame) this.#newest = frame;
    this.#ends = new Map(extents.map((extent) => [nameOf(extent), extent.endOffset]));
  }

  /** Lets through what is whole; undefined when nothing became so. */
  release(): Released<M> | undefined {
    const [newest, ends] = [this.#newest, this.#ends];
    if (newest === undefined || ends === undefined) return undefined;
    for (const [name, readTo] of this.#read) if (readTo < (ends.get(name) ?? 0)) return undefined;
    this.#ends = undefined;
    return { messages: this.#taken(({ frame }) => frame <= newest.frame), frame: newest };
  }

  /** Lets through what belongs to frames that were announced, though some of them is still to be read. */
  releaseAnnounced(): Released<M> {
    const upTo = this.#newest?.frame ?? 0;
    return { messages: this.#taken(({ frame }) => frame <= upTo), frame: undefined };
  }

  /** Lets everything through. */
  releaseAll(): Released<M> {
    return { messages: this.#taken(() => true), frame: undefined };
  }

  /** Where each partition is worked off up to, as what is held back is not: there it has to be read again. */
  places(): readonly TopicPlace[] {
    const places = new Map(this.#read);
    for (const { topic, partition, offset } of this.#held) {
      const name = nameOf({ topic, partition });
      places.set(name, Math.min(places.get(name) ?? offset, offset));
    }
    return [...places].map(([name, nextOffset]) => {
      const at = name.lastIndexOf('/');
      return { topic: name.slice(0, at), partition: Number(name.slice(at + 1)), nextOffset };
    });
  }

  #taken(isWanted: (message: Gated<M>) => boolean): readonly Gated<M>[] {
    const taken = this.#held.filter(isWanted);
    if (taken.length > 0) this.#held = this.#held.filter((message) => !isWanted(message));
    return taken;
  }
}
