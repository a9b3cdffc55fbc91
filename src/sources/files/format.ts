/**
 * - `csv`: a header and rows
 * - `ndjson`: a record a line
 * - `json`: one array of records, or records printed over several lines
 * - `parquet`
 */
export type FileFormat = 'csv' | 'ndjson' | 'json' | 'parquet';

export type Compression = 'gzip' | 'zstd';

const GZIP_MAGIC = [0x1f, 0x8b];
const ZSTD_MAGIC = [0x28, 0xb5, 0x2f, 0xfd];
/** Behind its first byte, 0x50 to 0x5f: a frame without text, with which zstd of several threads begins. */
const ZSTD_SKIPPABLE_MAGIC = [0x2a, 0x4d, 0x18];
const PARQUET_MAGIC = [0x50, 0x41, 0x52, 0x31];
const UTF8_BOM = [0xef, 0xbb, 0xbf];

/** So many bytes are enough to tell a format, and a compression. */
export const HEAD_BYTES = 4096;

/** What a file's bytes are compressed by, whatever its name says: tools that fetch files often unpack them on the way. */
export function compressionOf(head: Uint8Array): Compression | undefined {
  if (startsWith(head, GZIP_MAGIC)) return 'gzip';
  return startsWith(head, ZSTD_MAGIC) || isSkippableFrame(head) ? 'zstd' : undefined;
}

function isSkippableFrame(head: Uint8Array): boolean {
  return ((head[0] ?? 0) & 0xf0) === 0x50 && startsWith(head.subarray(1), ZSTD_SKIPPABLE_MAGIC);
}

const ZIP_MAGIC = [0x50, 0x4b, 0x03, 0x04];
const OLE_MAGIC = [0xd0, 0xcf, 0x11, 0xe0];

/** A workbook of a spreadsheet, or another archive: nothing that is read here. */
export function isWorkbook(head: Uint8Array): boolean {
  return startsWith(head, ZIP_MAGIC) || startsWith(head, OLE_MAGIC);
}

/**
 * Whether a file that is named as packed holds neither packed bytes nor text, so that its beginning must be damaged.
 * Text is well: tools that fetch files often unpack them on the way.
 */
export function isDamagedPack(name: string, head: Uint8Array): boolean {
  const isNamed = /\.(?:gz|zst|zstd)$/i.test(name);
  return isNamed && compressionOf(head) === undefined && head.some((byte) => byte < 9 || (byte > 13 && byte < 32));
}

const FORMAT_OF_EXTENSION: Readonly<Record<string, FileFormat>> = {
  csv: 'csv',
  ndjson: 'ndjson',
  jsonl: 'ndjson',
  json: 'ndjson',
  parquet: 'parquet',
};

/** Names with commas between: no JSON begins so. */
const HEADER = /^"?[a-z_][\w -]*"?(?:,"?[a-z_][\w -]*"?)+\r?\n/i;

/**
 * The format by the file's name, else by how its content begins. Whether JSON is a record a line is always seen from
 * the content, as is Parquet, which no text begins like, and a table under a name of JSON.
 */
export function formatOf(name: string, head: Uint8Array): FileFormat {
  if (startsWith(head, PARQUET_MAGIC)) return 'parquet';
  const extension = /\.([a-z]+)(?:\.(?:gz|zst|zstd))?$/i.exec(name)?.[1]?.toLowerCase() ?? '';
  const told = FORMAT_OF_EXTENSION[extension];
  if (told === 'csv' || told === 'parquet') return told;
  const text = withoutBom(Buffer.from(head).toString('latin1')).trimStart();
  if (told === undefined && text !== '' && !text.startsWith('{') && !text.startsWith('[')) return 'csv';
  if (HEADER.test(text)) return 'csv';
  return jsonFormat(text);
}

/** @param text  the beginning of a file, its bytes as characters */
function withoutBom(text: string): string {
  return text.startsWith('\xef\xbb\xbf') ? text.slice(UTF8_BOM.length) : text;
}

/** A brace on a line of its own, and what JSON may have behind it: behind half a record stands the next one's brace. */
const PRINTED = /^\{[ \t]*\r?\n\s*(?:["}]|$)/;

/** `text` is the beginning of a file of JSON. */
function jsonFormat(text: string): 'ndjson' | 'json' {
  return text.startsWith('[') || PRINTED.test(text) ? 'json' : 'ndjson';
}

export function hasUtf8Bom(head: Uint8Array): boolean {
  return startsWith(head, UTF8_BOM);
}

/** UTF-16 with a byte order mark, as spreadsheets save "Unicode text". */
export function isUtf16(head: Uint8Array): boolean {
  return startsWith(head, [0xff, 0xfe]) || startsWith(head, [0xfe, 0xff]);
}

function startsWith(bytes: Uint8Array, magic: readonly number[]): boolean {
  return magic.every((byte, index) => bytes[index] === byte);
}
