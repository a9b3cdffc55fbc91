const WORD_BYTES: usize = 4;
const KEY_BYTES: usize = 16;

/** Puts a hash of each of so many keys of four words beside them: the `keyHash` of `key-hash.ts`. */
export function hashKeys(keys: usize, count: i32, hashes: usize): void {
  for (const end = keys + (count as usize) * KEY_BYTES; keys < end; keys += KEY_BYTES, hashes += WORD_BYTES) {
    let hash = mixed(
      mixed(mixed(mixed(0, load<u32>(keys)), load<u32>(keys, 4)), load<u32>(keys, 8)),
      load<u32>(keys, 12),
    );
    hash ^= KEY_BYTES as u32;
    hash = (hash ^ (hash >>> 16)) * 0x85ebca6b;
    hash = (hash ^ (hash >>> 13)) * 0xc2b2ae35;
    store<u32>(hashes, hash ^ (hash >>> 16));
  }
}

function mixed(hash: u32, word: u32): u32 {
  return rotl<u32>(hash ^ (rotl<u32>(word * 0xcc9e2d51, 15) * 0x1b873593), 13) * 5 + 0xe6546b64;
}
