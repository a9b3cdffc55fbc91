const SHARD_BITS = 8;
const ROTATED = 15;
const MULTIPLIER_1 = 0xcc9e2d51;
const MULTIPLIER_2 = 0x1b873593;
const PRINT_SEED = 0x5bd1e995;

/** Keys are spread over so many shards, each of which grows by itself: no growth touches more than its share. */
export const KEY_SHARDS = 2 ** SHARD_BITS;

/**
 * 32 bits of a primary key of four words: the upper ones say its shard, all of them its place there.
 * Source: MurmurHash3 for 32 bits (Austin Appleby), public domain.
 */
export function keyHash(words: Int32Array, at: number): number {
  return murmur(words[at] as number, words[at + 1] as number, words[at + 2] as number, words[at + 3] as number, 0);
}

/** Another 32 bits of a primary key, from 1 on: what is remembered of a key that has left memory, besides its shard. */
export function keyPrint(words: Int32Array, at: number): number {
  const hash = murmur(
    words[at] as number,
    words[at + 1] as number,
    words[at + 2] as number,
    words[at + 3] as number,
    PRINT_SEED,
  );
  return hash === 0 ? 1 : hash >>> 0;
}

/** The shard of a key's hash, from 0 to below `KEY_SHARDS`. */
export function shardOf(hash: number): number {
  return hash >>> (32 - SHARD_BITS);
}

function murmur(a: number, b: number, c: number, d: number, seed: number): number {
  let hash = mixed(mixed(mixed(mixed(seed, a), b), c), d) ^ 16;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return hash ^ (hash >>> 16);
}

function mixed(hash: number, word: number): number {
  const first = Math.imul(word, MULTIPLIER_1);
  const mix = hash ^ Math.imul((first << ROTATED) | (first >>> (32 - ROTATED)), MULTIPLIER_2);
  return (Math.imul((mix << 13) | (mix >>> 19), 5) + 0xe6546b64) | 0;
}
