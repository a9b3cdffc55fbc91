import type { SourcePlace } from '../ports/runtime.ts';

/** By source, then by partition: the first offset that was not taken in yet. */
export type SourcePlaceFacts = Readonly<Record<string, Readonly<Record<string, number>>>>;

/** Up to where each source has been taken in. It changes with the frames of the log, so it is true after any crash. */
export class SourcePlaces {
  readonly #bySource: Map<string, Map<number, number>>;

  constructor(facts: SourcePlaceFacts = {}) {
    this.#bySource = new Map();
    this.#add(facts);
  }

  /** By partition, where a source goes on; a partition that was never taken in is not there. */
  of(source: string): ReadonlyMap<number, number> {
    return this.#bySource.get(source) ?? new Map<number, number>();
  }

  /** Takes in what a frame of the log says. */
  addStored(bytes: Uint8Array | undefined): void {
    if (bytes !== undefined && bytes.length > 0)
      this.#add(JSON.parse(Buffer.from(bytes).toString()) as SourcePlaceFacts);
  }

  /** What a checkpoint needs. */
  save(): SourcePlaceFacts {
    return factsOf(
      [...this.#bySource].flatMap(([source, places]) =>
        [...places].map(([partition, nextOffset]) => ({ source, partition, nextOffset })),
      ),
    );
  }

  #add(facts: SourcePlaceFacts): void {
    for (const [source, places] of Object.entries(facts)) {
      const known = this.#bySource.get(source) ?? new Map<number, number>();
      this.#bySource.set(source, known);
      for (const [partition, nextOffset] of Object.entries(places)) known.set(Number(partition), nextOffset);
    }
  }
}

/** Places as a frame of the log holds them; of one partition the last holds. No bytes when there are none. */
export function printPlaces(places: readonly SourcePlace[]): Uint8Array {
  return places.length === 0 ? new Uint8Array(0) : Buffer.from(JSON.stringify(factsOf(places)));
}

function factsOf(places: readonly SourcePlace[]): SourcePlaceFacts {
  const bySource: Record<string, Record<string, number>> = {};
  for (const { source, partition, nextOffset } of places) (bySource[source] ??= {})[partition] = nextOffset;
  return bySource;
}
