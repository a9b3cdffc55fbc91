const FRAME_MAGIC = 0xfd_2f_b5_28;
/** The sixteen magic numbers of frames that hold no text differ in their last four bits. */
const SKIPPABLE_MAGIC = 0x18_4d_2a_50;
const RUN_BLOCK = 1;

/** What is read of a frame, and how many bytes it takes; the rest is passed over. Numbers are little-endian. */
const FIELD_BYTES = { magic: 4, descriptor: 1, blockHeader: 3, skippedSize: 4 } as const;

/**
 * Cuts zstd into its frames, in pieces that none goes beyond the end of a frame: Node's unpacker drops what is behind
 * one in the same piece. What the frames hold is left to the unpacker.
 * Source: RFC 8878, 3.1
 */
export class ZstdFrames {
  #field: keyof typeof FIELD_BYTES = 'magic';
  #value = 0;
  #valueBytes = 0;
  /** Bytes before the next field. */
  #passing = 0;
  #checksumBytes = 0;
  #fault: string | undefined;

  /** Cuts the next bytes. Behind what is no frame, which `fault` then tells, it gives nothing more. */
  *split(chunk: Uint8Array): Generator<Uint8Array> {
    let start = 0;
    let at = 0;
    while (at < chunk.length && this.#fault === undefined) {
      at += this.#passing > 0 ? this.#pass(chunk.length - at) : this.#read(chunk[at] as number);
      if (this.#isBetweenFrames || at === chunk.length) {
        if (this.#fault === undefined) yield chunk.subarray(start, at);
        start = at;
      }
    }
  }

  /** What is wrong with where frames begin and end, so far. */
  get fault(): string | undefined {
    return this.#fault;
  }

  /** What is wrong when nothing follows. */
  get faultAtEnd(): string | undefined {
    return this.#fault ?? (this.#isBetweenFrames ? undefined : 'it ends within a zstd frame');
  }

  get #isBetweenFrames(): boolean {
    return this.#field === 'magic' && this.#valueBytes === 0 && this.#passing === 0;
  }

  #pass(bytesMax: number): number {
    const bytes = Math.min(this.#passing, bytesMax);
    this.#passing -= bytes;
    return bytes;
  }

  #read(byte: number): number {
    this.#value += byte * 256 ** this.#valueBytes;
    this.#valueBytes++;
    if (this.#valueBytes === FIELD_BYTES[this.#field]) {
      const value = this.#value;
      this.#value = 0;
      this.#valueBytes = 0;
      this.#take(value);
    }
    return 1;
  }

  #take(value: number): void {
    switch (this.#field) {
      case 'magic':
        if (value === FRAME_MAGIC) this.#field = 'descriptor';
        else if (isSkippable(value)) this.#field = 'skippedSize';
        else this.#fault = 'what is behind a zstd frame is none';
        break;
      case 'skippedSize':
        this.#passing = value;
        this.#field = 'magic';
        break;
      case 'descriptor':
        this.#passing = headerBytes(value);
        this.#checksumBytes = (value & 0b100) === 0 ? 0 : 4;
        this.#field = 'blockHeader';
        break;
      case 'blockHeader':
        this.#takeBlock((value & 1) === 1, (value >> 1) & 0b11, value >> 3);
        break;
    }
  }

  #takeBlock(isLast: boolean, type: number, size: number): void {
    // A run of one byte is that byte; its size is what it is unpacked.
    this.#passing = type === RUN_BLOCK ? 1 : size;
    if (!isLast) return;
    this.#passing += this.#checksumBytes;
    this.#field = 'magic';
  }
}

function isSkippable(magic: number): boolean {
  return magic >= SKIPPABLE_MAGIC && magic < SKIPPABLE_MAGIC + 16;
}

/** How many bytes of a frame's header are behind its descriptor: window, dictionary, size of what it holds. */
function headerBytes(descriptor: number): number {
  const isSingleSegment = (descriptor & 0b10_0000) !== 0;
  const dictionaryBytes = [0, 1, 2, 4][descriptor & 0b11] as number;
  const sizeBytes = [isSingleSegment ? 1 : 0, 2, 4, 8][descriptor >> 6] as number;
  return (isSingleSegment ? 0 : 1) + dictionaryBytes + sizeBytes;
}
