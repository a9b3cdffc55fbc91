const FIRST_SLOTS = 8;
const LOAD_MAX = 0.75;
const GROWTH = 1.5;

/** A set of pairs (row, value id): what makes a count of different values exact. Ids are 1 and more. */
export class PairSet {
  /** Row and id alternate; id 0 is free. */
  #slots: Int32Array = new Int32Array(FIRST_SLOTS * 2);
  #size = 0;

  /** What it holds of memory, about. */
  get bytes(): number {
    return this.#slots.byteLength;
  }

  /** Adds a pair; false when it was there already. */
  add(row: number, id: number): boolean {
    const slots = this.#slots;
    let slot = placeOf(row, id, slots.length);
    for (;;) {
      const known = slots[slot + 1] as number;
      if (known === 0) break;
      if (known === id && slots[slot] === row) return false;
      slot = slot + 2 === slots.length ? 0 : slot + 2;
    }
    slots[slot] = row;
    slots[slot + 1] = id;
    if (++this.#size * 2 > slots.length * LOAD_MAX) this.#resize(Math.ceil((slots.length / 2) * GROWTH));
    return true;
  }

  /** What a checkpoint needs; no copy, so `detach` comes before the next `add`. */
  save(): Int32Array {
    return this.#slots;
  }

  /** Goes on in an array that nobody else has, without room that is not needed. */
  detach(): void {
    this.#resize(Math.max(FIRST_SLOTS, Math.floor(this.#size / LOAD_MAX) + 1));
  }

  /** Takes back what `save` saved; the set must be empty. */
  load(saved: Int32Array): void {
    this.#slots = saved.slice();
    for (let slot = 1; slot < saved.length; slot += 2) if (saved[slot] !== 0) this.#size++;
  }

  #resize(length: number): void {
    const old = this.#slots;
    const slots = new Int32Array(length * 2);
    for (let i = 0; i < old.length; i += 2) {
      if (old[i + 1] === 0) continue;
      let slot = placeOf(old[i] as number, old[i + 1] as number, slots.length);
      while (slots[slot + 1] !== 0) slot = slot + 2 === slots.length ? 0 : slot + 2;
      slots[slot] = old[i] as number;
      slots[slot + 1] = old[i + 1] as number;
    }
    this.#slots = slots;
  }
}

/** Where a pair is looked for first: its share of the hash, as an even number below `length`. */
function placeOf(row: number, id: number, length: number): number {
  let mixed = Math.imul(Math.imul(row, 0x9e3779b1) ^ id, 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 15), 0xc2b2ae35);
  return Math.floor((((mixed ^ (mixed >>> 13)) >>> 0) * (length / 2)) / 2 ** 32) * 2;
}
