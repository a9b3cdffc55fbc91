/**
 * A stream of random numbers that is the same on every machine for the same seed and label: whole-number arithmetic
 * alone, and nothing (sine, logarithm) that machines may round in different ways.
 */
export interface Random {
  /** A whole number from 0 to 2^32 - 1. */
  bits(): number;
  /** A number from 0 up to, not including, 1. */
  fraction(): number;
  /** A whole number from 0 up to, not including, the limit. */
  below(limit: number): number;
  /** One of a list, each as likely; the list must not be empty. */
  pick<T>(list: readonly T[]): T;
  /** Whether something of this probability happens. */
  chance(probability: number): boolean;
  /** A UUID in version 4's shape (RFC 9562, 5.4). */
  uuid(): string;
}

/** Multipliers of the four lanes of a seed's hash: large odd numbers, each another one. */
const LANES = [0x9e3779b1, 0x85ebca6b, 0xc2b2ae35, 0x27d4eb2f] as const;
const WARM_UP_ROUNDS = 16;
const TWO_TO_32 = 4_294_967_296;
const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));

/**
 * A stream of its own for each label: what one part draws never moves what another part draws.
 * Source: sfc32, Chris Doty-Humphrey, PractRand 0.94 (period of about 2^127); the seed is spread by the final mix of
 * MurmurHash3, Austin Appleby.
 */
export function makeRandom(seed: number, label: string): Random {
  const text = `${seed} ${label}`;
  let [a, b, c, counter] = LANES.map((lane) => hash(text, lane)) as [number, number, number, number];

  const bits = (): number => {
    const sum = (a + b + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (((c << 21) | (c >>> 11)) + sum) | 0;
    return sum >>> 0;
  };
  for (let round = 0; round < WARM_UP_ROUNDS; round++) bits();

  const fraction = (): number => bits() / TWO_TO_32;
  const below = (limit: number): number => Math.floor(fraction() * limit);
  return {
    bits,
    fraction,
    below,
    pick: <T>(list: readonly T[]): T => list[below(list.length)] as T,
    chance: (probability) => fraction() < probability,
    uuid: () => {
      const second = (bits() & 0xffff_0fff) | 0x4000;
      const third = (bits() & 0x3fff_ffff) | 0x8000_0000;
      const middle = `${hex(second >>> 16)}-${hex(second & 0xffff)}-${hex(third >>> 16)}-${hex(third & 0xffff)}`;
      const first = bits();
      const last = bits();
      return `${hex(first >>> 16)}${hex(first & 0xffff)}-${middle}${hex(last >>> 16)}${hex(last & 0xffff)}`;
    },
  };
}

/** Sixteen bits as four digits. */
function hex(value: number): string {
  return (HEX[value >>> 8] as string) + (HEX[value & 0xff] as string);
}

function hash(text: string, lane: number): number {
  let mixed = lane;
  for (let at = 0; at < text.length; at++) mixed = Math.imul(mixed ^ text.charCodeAt(at), lane) ^ (mixed >>> 15);
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}

/** Draws positions of a list, each as often as its weight says. */
export interface WeightedDraw {
  (random: Random): number;
}

/** @param weights  not negative, at least one above 0 */
export function weightedDraw(weights: readonly number[]): WeightedDraw {
  const upTo = new Float64Array(weights.length);
  let total = 0;
  weights.forEach((weight, at) => {
    total += weight;
    upTo[at] = total;
  });
  return (random) => {
    const wanted = random.fraction() * total;
    let low = 0;
    let high = upTo.length - 1;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((upTo[middle] as number) > wanted) high = middle;
      else low = middle + 1;
    }
    return low;
  };
}

/** The list in another order. Source: Fisher and Yates, in Durstenfeld's form; Knuth, TAOCP 2, 3.4.2, P. */
export function shuffled<T>(list: readonly T[], random: Random): readonly T[] {
  const copy = [...list];
  for (let at = copy.length - 1; at > 0; at--) {
    const other = random.below(at + 1);
    [copy[at], copy[other]] = [copy[other] as T, copy[at] as T];
  }
  return copy;
}
