import { createGunzip } from 'node:zlib';
import { DaybookError } from '../../base/errors.ts';
import { joined } from '../../base/joined.ts';
import { JsonSplitter } from '../../base/json-splitter.ts';
import type { Intake } from '../../ports/runtime.ts';
import type { ByteClaim } from './byte-budget.ts';
import { INTAKE_TYPE, readIntake } from './intake.ts';

const LINE_FEED = 10;
/** What a blank line is of, and its end: space, tab, CR, LF. */
const BLANKS = new Set([0x20, 0x09, 0x0d, LINE_FEED]);
const BYTE_ORDER_MARK = [0xef, 0xbb, 0xbf];
const CONTENTS: Readonly<Record<string, BodyKind['content']>> = {
  'application/x-ndjson': 'lines',
  'application/jsonl': 'lines',
  'application/ndjson': 'lines',
  'application/json': 'document',
  [INTAKE_TYPE]: 'intake',
};
const UNPACKED_CHUNK_BYTES = 64 * 1024;
/** What unpacking takes besides what it gives: zlib's own window and tables, and the chunk that it writes to. */
const UNPACKING_BYTES = 2 * UNPACKED_CHUNK_BYTES;

/** What a body holds, as its headers say. */
export interface BodyKind {
  /** Records as lines; a JSON document of them; or a batch with all that its source knows of it. */
  readonly content: 'lines' | 'document' | 'intake';
  /** With gzip. */
  readonly isPacked: boolean;
}

/** What a body may take. */
export interface BodyLimits {
  /** How large it may be, packed or not. */
  readonly bytesMax: number;
  /** How many records it may hold: what is refused takes far more room than it has bytes. */
  readonly recordsMax: number;
  /** The room that it is given; the body itself is in it already. */
  readonly claim: ByteClaim;
}

/**
 * What a body is, before any of it is read.
 * @param contentType  `Content-Type`, with or without parameters
 * @throws DaybookError `BODY_TYPE_UNKNOWN`, `BODY_ENCODING_UNKNOWN`
 */
export function kindOfBody(contentType: string | undefined, contentEncoding: string | undefined): BodyKind {
  const type = contentType?.split(';', 1)[0]?.trim().toLowerCase() ?? '';
  const content = CONTENTS[type];
  if (content === undefined) throw bodyTypeUnknown(type);
  const encoding = contentEncoding?.trim().toLowerCase() ?? '';
  // The older name of the same. Source: RFC 9110, 8.4.1.3.
  const isPacked = encoding === 'gzip' || encoding === 'x-gzip';
  if (encoding !== '' && encoding !== 'identity' && !isPacked) {
    throw new DaybookError(
      'BODY_ENCODING_UNKNOWN',
      `The body is packed with '${encoding}'; send it as it is, or packed with gzip.`,
    );
  }
  return { content, isPacked };
}

export function bodyTypeUnknown(type: string): DaybookError {
  return new DaybookError(
    'BODY_TYPE_UNKNOWN',
    `The body's content type is '${type}'; send application/x-ndjson (a record a line) or application/json (an object or an array).`,
  );
}

/**
 * What a body hands over. Its records are lines: NDJSON as it is, or a JSON object or the elements of an array, a line each
 * in their order, byte for byte but for line ends between tokens.
 * @throws DaybookError `BODY_UNREADABLE`, `BODY_TOO_LARGE`; `INTAKE_FULL` (retryable) when there is no room to unpack it
 */
export async function intakeOfBody(bytes: Uint8Array, kind: BodyKind, limits: BodyLimits): Promise<Intake> {
  const content = withoutByteOrderMark(kind.isPacked ? await unpacked(bytes, limits) : bytes);
  if (kind.content === 'intake') return readIntake(content);
  return { origin: 'http', lines: kind.content === 'lines' ? content : linesOfDocument(content, limits) };
}

/** Unpacks chunk by chunk, each within the claim: a few bytes may hold thousands of times as many. */
async function unpacked(bytes: Uint8Array, { bytesMax, claim }: BodyLimits): Promise<Uint8Array> {
  claim.grow(UNPACKING_BYTES);
  const gunzip = createGunzip({ chunkSize: UNPACKED_CHUNK_BYTES });
  gunzip.end(bytes);
  const chunks: Uint8Array[] = [];
  let size = 0;
  try {
    for await (const chunk of gunzip as AsyncIterable<Uint8Array>) {
      size += chunk.length;
      if (size > bytesMax) throw bodyTooLarge(bytesMax);
      claim.grow(chunk.length);
      chunks.push(chunk);
    }
  } catch (cause) {
    if (cause instanceof DaybookError) throw cause;
    throw notGzip((cause as Error).message, cause as Error);
  }
  // It ends at a zero behind a member, as if only padding could follow; whether more does is for us to see.
  if (bytes.subarray(gunzip.bytesWritten).some((byte) => byte !== 0)) {
    throw notGzip('more than padding follows its end');
  }
  return joined(chunks, size);
}

function notGzip(why: string, cause?: Error): DaybookError {
  return new DaybookError('BODY_UNREADABLE', `The body is no whole gzip stream: ${why}.`, { cause });
}

/** @param bytesMax  whole MiB */
export function bodyTooLarge(bytesMax: number): DaybookError {
  const limit = `${bytesMax / 1024 ** 2} MiB, which is the limit of a request; what comes packed counts unpacked`;
  return new DaybookError(
    'BODY_TOO_LARGE',
    `The body is larger than ${limit}. Send fewer records in each request; any number of requests may follow.`,
    { details: { bytesMax } },
  );
}

/** @throws DaybookError `BODY_TOO_LARGE` */
function refuseTooMany(records: number, recordsMax: number): void {
  if (records <= recordsMax) return;
  throw new DaybookError(
    'BODY_TOO_LARGE',
    `The body holds more than ${recordsMax} records, which is the limit of a request. ` +
      'Send fewer records in each request; any number of requests may follow.',
    { details: { recordsMax } },
  );
}

/**
 * How many records there are: lines, not counting blank ones, and what could not be read.
 * @throws DaybookError `BODY_TOO_LARGE` at more than `recordsMax`
 */
export function countRecords({ lines, unreadable = [] }: Intake, recordsMax: number): number {
  let count = unreadable.length;
  refuseTooMany(count, recordsMax);
  // A buffer's own search is the faster one.
  const bytes = Buffer.from(lines.buffer, lines.byteOffset, lines.length);
  for (let start = 0; start < bytes.length;) {
    while (BLANKS.has(bytes[start] as number)) start++;
    if (start >= bytes.length) break;
    refuseTooMany(++count, recordsMax);
    const end = bytes.indexOf(LINE_FEED, start);
    if (end === -1) break;
    start = end + 1;
  }
  return count;
}

function withoutByteOrderMark(bytes: Uint8Array): Uint8Array {
  return BYTE_ORDER_MARK.every((byte, at) => bytes[at] === byte) ? bytes.subarray(BYTE_ORDER_MARK.length) : bytes;
}

/** A JSON document is read whole first, so that one that is cut off is refused and not taken in part. */
function linesOfDocument(bytes: Uint8Array, { recordsMax, claim }: BodyLimits): Uint8Array {
  // The records keep the bytes that they came in: a number that was read and printed again may have lost digits.
  const lines: Uint8Array[] = [];
  let size = 0;
  for (const { bytes: line } of new JsonSplitter().split(bytes)) {
    refuseTooMany(lines.length / 2 + 1, recordsMax);
    size += line.length + 1;
    lines.push(line, END_OF_LINE);
  }
  claim.grow(size);
  const document = parse(bytes);
  if (typeof document !== 'object' || document === null) {
    throw new DaybookError('BODY_UNREADABLE', 'The body is JSON, but neither an object nor an array of objects.');
  }
  return joined(lines, size);
}

const END_OF_LINE = Uint8Array.of(LINE_FEED);

function parse(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (cause) {
    throw new DaybookError('BODY_UNREADABLE', `The body is not JSON: ${(cause as Error).message}.`, { cause });
  }
}
