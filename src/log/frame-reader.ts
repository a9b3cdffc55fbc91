import type { DiskFile } from '../ports/disk.ts';
import { FRAME_MAGIC } from '../ports/log.ts';
import {
  bodyLengthOf,
  crcOf,
  decodeFrameHeader,
  ENCODING,
  FRAME_HEADER_BYTES,
  FRAME_KIND,
  frameIsWhole,
  versionUnknown,
} from './format.ts';
import type { FrameHeader } from './format.ts';

const CHUNK_BYTES = 8 * 1024 * 1024;
const NOTHING = new Uint8Array(0);

/** A whole frame in a segment, its records as they are encoded. `records`, `quarantine` and `places` are views into the reader's chunk; a gap has none. */
export interface ScannedFrame {
  readonly header: FrameHeader;
  readonly position: number;
  /** The position behind it. */
  readonly next: number;
  readonly crc: number;
  readonly records: Uint8Array;
  readonly quarantine: Uint8Array;
  readonly places: Uint8Array;
}

/**
 * Reads a segment's frames one behind the other, in big chunks, and checks each one's CRC.
 * It stops where no whole frame stands; `position` says where, and only the caller can tell what that means.
 */
export class FrameReader {
  /** Where the next frame is looked for. */
  position: number;
  readonly #file: DiskFile;
  readonly #end: number;
  readonly #chunkBytes: number;
  #chunk: Uint8Array = NOTHING;
  #chunkAt = 0;

  /**
   * @param end         what stands at or behind it is not read
   * @param chunkBytes  how much is read at once, unless a frame is larger
   */
  constructor(file: DiskFile, position: number, end: number, chunkBytes = CHUNK_BYTES) {
    this.#file = file;
    this.position = position;
    this.#end = end;
    this.#chunkBytes = chunkBytes;
  }

  /**
   * The frame at `position`, which then moves behind it; undefined when no whole frame stands there.
   * @throws DaybookError `LOG_VERSION_UNKNOWN` when the frame is whole, but of a kind that only a newer Daybook knows
   */
  async next(): Promise<ScannedFrame | undefined> {
    if (!(await this.#hold(FRAME_HEADER_BYTES))) return undefined;
    const header = decodeFrameHeader(this.#chunk, this.position - this.#chunkAt);
    if (header === undefined) return undefined;
    const length = FRAME_HEADER_BYTES + bodyLengthOf(header);
    if (this.position + length > this.#end) return undefined;
    const isGap = header.kind === FRAME_KIND.gap;
    if (!isGap && !(await this.#hold(length))) return undefined;
    const at = this.position - this.#chunkAt;
    if (!frameIsWhole(this.#chunk, at, header)) return undefined;
    const isKnown = isGap || header.kind === FRAME_KIND.records;
    if (!isKnown || header.encoding > ENCODING.packed) {
      throw versionUnknown(this.#file.path, `a frame of kind ${header.kind}, encoding ${header.encoding}`);
    }
    const position = this.position;
    this.position += length;
    const place = { header, position, next: this.position, crc: crcOf(this.#chunk, at) };
    if (isGap) return { ...place, records: NOTHING, quarantine: NOTHING, places: NOTHING };
    const recordsAt = at + FRAME_HEADER_BYTES;
    const quarantineAt = recordsAt + header.recordsLength;
    const placesAt = quarantineAt + header.quarantineLength;
    return {
      ...place,
      records: this.#chunk.subarray(recordsAt, quarantineAt),
      quarantine: this.#chunk.subarray(quarantineAt, placesAt),
      places: this.#chunk.subarray(placesAt, placesAt + header.placesLength),
    };
  }

  /** Whether so many bytes from `position` on are in the chunk, which is read anew when they are not. */
  async #hold(length: number): Promise<boolean> {
    const at = this.position - this.#chunkAt;
    if (at >= 0 && at + length <= this.#chunk.byteLength) return true;
    if (this.position + length > this.#end) return false;
    const wanted = Math.min(Math.max(length, this.#chunkBytes), this.#end - this.position);
    this.#chunk = await this.#file.readAt(this.position, wanted);
    this.#chunkAt = this.position;
    return this.#chunk.byteLength >= length;
  }
}

/**
 * The first whole frame that begins in a range of a segment and fits.
 * @param fits  whether a whole frame is one that is looked for; any is unless told
 */
export async function findWholeFrame(
  file: DiskFile,
  from: number,
  end: number,
  fits: (frame: ScannedFrame) => boolean = () => true,
): Promise<ScannedFrame | undefined> {
  let at = from;
  while (at + FRAME_HEADER_BYTES <= end) {
    const chunk = Buffer.from(await file.readAt(at, Math.min(CHUNK_BYTES, end - at)));
    for (let found = chunk.indexOf(FRAME_MAGIC); found >= 0; found = chunk.indexOf(FRAME_MAGIC, found + 1)) {
      const frame = await new FrameReader(file, at + found, end).next();
      if (frame !== undefined && fits(frame)) return frame;
    }
    if (chunk.byteLength < FRAME_MAGIC.byteLength) return undefined;
    // The magic may stand across two chunks.
    at += chunk.byteLength - FRAME_MAGIC.byteLength + 1;
  }
  return undefined;
}
