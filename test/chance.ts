/** A fraction from 0 to below 1. */
export type Chance = () => number;

/** A seeded source of chance. Source: mulberry32 (Tommy Ettinger), public domain. */
export function chanceFrom(seed: number): Chance {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Seeded choices: the same seed makes the same ones in the same order. */
export class Dice {
  /** A fraction from 0 to below 1. */
  readonly chance: Chance;

  constructor(seed: number) {
    this.chance = chanceFrom(seed);
  }

  /** Whether something happens that happens in so many of all cases (0 to 1). */
  happens(share: number): boolean {
    return this.chance() < share;
  }

  /** A whole number, both bounds included. */
  whole(least: number, most: number): number {
    return least + Math.floor(this.chance() * (most - least + 1));
  }

  /** One of several. */
  pick<T>(from: readonly T[]): T {
    return from[this.whole(0, from.length - 1)] as T;
  }

  /** One of several makers, each as often as its weight says, and what it makes. */
  weighted<T>(from: readonly (readonly [weight: number, make: () => T])[]): T {
    let rest = this.chance() * from.reduce((sum, [weight]) => sum + weight, 0);
    for (const [weight, make] of from) {
      rest -= weight;
      if (rest < 0) return make();
    }
    throw new Error('the weights add up to more than nothing');
  }

  /** The same things in another order. */
  shuffled<T>(things: readonly T[]): readonly T[] {
    const order = [...things];
    for (let at = order.length - 1; at > 0; at--) {
      const other = this.whole(0, at);
      [order[at], order[other]] = [order[other] as T, order[at] as T];
    }
    return order;
  }
}
