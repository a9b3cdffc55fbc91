import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { DaybookError } from '../../base/errors.ts';
import { JsonSplitter } from '../../base/json-splitter.ts';

const unzip = promisify(gunzip);
const LINE_FEED = 10;
const BYTE_ORDER_MARK = [0xef, 0xbb, 0xbf];
const LINES_TYPES = ['application/x-ndjson', 'application/jsonl', 'application/ndjson'];

/** A request's body as it came, with the headers that say what it is. */
export interface RequestBody {
  readonly bytes: Uint8Array;
  /** `Content-Type`, with or without parameters. */
  readonly contentType: string | undefined;
  /** `Content-Encoding`. */
  readonly contentEncoding: string | undefined;
}

/**
 * The records of a request as lines: NDJSON as it is, or a JSON object or the elements of an array, a line each in their
 * order, byte for byte but for line ends between tokens.
 * @param bytesMax  how large the body may be when it is unpacked
 * @throws DaybookError `BODY_TYPE_UNKNOWN`, `BODY_ENCODING_UNKNOWN`, `BODY_UNREADABLE`, `BODY_TOO_LARGE`
 */
export async function linesOfBody(body: RequestBody, bytesMax: number): Promise<Uint8Array> {
  const type = body.contentType?.split(';', 1)[0]?.trim().toLowerCase() ?? '';
  const isLines = LINES_TYPES.includes(type);
  if (!isLines && type !== 'application/json') {
    throw new DaybookError(
      'BODY_TYPE_UNKNOWN',
      `The body's content type is '${type}'; send application/x-ndjson (a record a line) or application/json (an object or an array).`,
    );
  }
  const bytes = withoutByteOrderMark(await unpacked(body, bytesMax));
  return isLines ? bytes : linesOfDocument(bytes);
}

async function unpacked({ bytes, contentEncoding }: RequestBody, bytesMax: number): Promise<Uint8Array> {
  const encoding = contentEncoding?.trim().toLowerCase() ?? 'identity';
  if (encoding === 'identity' || encoding === '') return bytes;
  if (encoding !== 'gzip') {
    throw new DaybookError(
      'BODY_ENCODING_UNKNOWN',
      `The body is packed with '${encoding}'; send it as it is, or packed with gzip.`,
    );
  }
  try {
    return await unzip(bytes, { maxOutputLength: bytesMax });
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') {
      throw bodyTooLarge(bytesMax, cause);
    }
    throw new DaybookError('BODY_UNREADABLE', `The body is no whole gzip stream: ${(cause as Error).message}.`, {
      cause,
    });
  }
}

/** @param bytesMax  whole MiB */
export function bodyTooLarge(bytesMax: number, cause?: unknown): DaybookError {
  const limit = `${bytesMax / 1024 ** 2} MiB, which is the limit of a request; what comes packed counts unpacked`;
  return new DaybookError(
    'BODY_TOO_LARGE',
    `The body is larger than ${limit}. Send fewer records in each request; any number of requests may follow.`,
    { details: { bytesMax }, cause },
  );
}

function withoutByteOrderMark(bytes: Uint8Array): Uint8Array {
  return BYTE_ORDER_MARK.every((byte, at) => bytes[at] === byte) ? bytes.subarray(BYTE_ORDER_MARK.length) : bytes;
}

/** A JSON document is read whole first, so that one that is cut off is refused and not taken in part. */
function linesOfDocument(bytes: Uint8Array): Uint8Array {
  const document = parse(bytes);
  if (typeof document !== 'object' || document === null) {
    throw new DaybookError('BODY_UNREADABLE', 'The body is JSON, but neither an object nor an array of objects.');
  }
  // The records keep the bytes that they came in: a number that was read and printed again may have lost digits.
  const lines = Array.from(new JsonSplitter().split(bytes), (value) => value.bytes);
  const joined = new Uint8Array(lines.reduce((sum, line) => sum + line.length + 1, 0)).fill(LINE_FEED);
  let at = 0;
  for (const line of lines) {
    joined.set(line, at);
    at += line.length + 1;
  }
  return joined;
}

function parse(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (cause) {
    throw new DaybookError('BODY_UNREADABLE', `The body is not JSON: ${(cause as Error).message}.`, { cause });
  }
}
