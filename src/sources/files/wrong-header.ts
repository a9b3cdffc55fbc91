import { DaybookError } from '../../base/errors.ts';

/** A set of columns that a table may have, and what of it the header lacks. */
export interface WantedColumns {
  /** As people know it: `the columns of a record`. */
  readonly name: string;
  readonly required: readonly string[];
  readonly missing: readonly string[];
}

const SEPARATORS: readonly (readonly [string, string])[] = [
  [';', 'semicolons'],
  ['\t', 'tabs'],
  ['|', 'bars'],
];
const CELLS_SHOWN_MAX = 40;
const CHARACTERS_SHOWN_MAX = 40;
/** What is in no line of text. */
const NO_TEXT = /[^\P{Cc}\t]/u;
const NO_TEXT_BUT_CR = /[^\P{Cc}\t\r]/u;
const NOT_UTF8 = '\uFFFD';

/**
 * Why a table's header is none that can be used, as what is most likely the matter with its file.
 * @param header  the first line's cells; none when the file has no line
 * @param wanted  the sets of which one would do
 * @returns DaybookError `IMPORT_EMPTY`, `IMPORT_FORMAT` (no text), `IMPORT_ENCODING`, `IMPORT_COLUMNS`
 */
export function wrongHeader(header: readonly string[], wanted: readonly WantedColumns[]): DaybookError {
  const line = header.join(',');
  const details = { found: header };
  if (line.trim() === '') {
    return new DaybookError('IMPORT_EMPTY', 'The file is empty: it has neither a header nor records.', { details });
  }
  if (NO_TEXT.test(line)) {
    const advice = 'Import CSV, NDJSON or JSON, as it is or packed with gzip or zstd, or Parquet as it is.';
    return new DaybookError('IMPORT_FORMAT', `The file is not text, and of no format that is known. ${advice}`, {
      details,
    });
  }
  if (line.includes(NOT_UTF8)) {
    const message =
      'The first line is not text in UTF-8. If the file is a table, save it as CSV in UTF-8 and import that.';
    return new DaybookError('IMPORT_ENCODING', message, { details });
  }
  const separator = separatorOf(line);
  if (separator !== undefined) {
    const where = 'LibreOffice asks which to use (Edit filter settings), Excel takes that of the system’s region';
    const advice = `Save the table as CSV with commas (${where}), cells that hold a comma in double quotes, and import that.`;
    return new DaybookError('IMPORT_COLUMNS', `The columns are separated by ${separator}, not by commas. ${advice}`, {
      details,
    });
  }
  return wrongColumns(header, wanted, {
    none: (found) => `The first line (${found}) names none of the columns that are needed.`,
    some: 'The header does not name the columns that are needed.',
    advice: 'Name the columns in the first line, in any order; further ones are left out.',
  });
}

/** Whether what was read as a line, or a piece of one, is several that end in CR alone. */
export function isOfCrLines(text: string): boolean {
  return text.includes('\r') && !NO_TEXT_BUT_CR.test(text);
}

/** Why a table cannot be read that has neither LF nor CR LF. */
export function linesEndInCr(): DaybookError {
  const advice = 'Save the table as CSV with line ends LF or CR LF, and import that.';
  return new DaybookError('IMPORT_FORMAT', `Its lines end in CR alone, as of old programs. ${advice}`, { details: {} });
}

/** Why a table's columns are none that can be used, where its format says what they are. */
export function otherColumns(columns: readonly string[], wanted: readonly WantedColumns[]): DaybookError {
  return wrongColumns(
    columns.map((name) => name.replaceAll(/\p{Cc}/gu, NOT_UTF8)),
    wanted,
    {
      none: (found) => `Its columns (${found}) are none of those that are needed.`,
      some: 'Its columns are not those that are needed.',
      advice: 'Name the columns so, in any order; further ones are left out.',
    },
  );
}

/** What stands between the columns where it is not the comma. A spreadsheet may say it in a line of its own: `sep=;`. */
function separatorOf(line: string): string | undefined {
  const commas = line.split(',').length;
  const [, name] =
    SEPARATORS.find(([character]) => line.split(character).length > commas || line === `sep=${character}`) ?? [];
  return name;
}

/** What is said in the words of a format. */
interface Words {
  readonly none: (found: string) => string;
  readonly some: string;
  readonly advice: string;
}

function wrongColumns(header: readonly string[], wanted: readonly WantedColumns[], words: Words): DaybookError {
  const nearest = wanted.toSorted((a, b) => shareMissing(a) - shareMissing(b))[0];
  const found = shownCells(header);
  if (nearest === undefined || shareMissing(nearest) === 1) {
    const sets = wanted.map(({ name, required }) => `${name}: ${required.join(', ')}`).join('; or ');
    const message = `${words.none(found)} They are ${sets}. ${words.advice}`;
    return new DaybookError('IMPORT_COLUMNS', message, { details: { missing: nearest?.missing ?? [], found: header } });
  }
  const lacking = nearest.missing.join(', ');
  const message = `${words.some} Nearest are ${nearest.name}, of which it lacks ${lacking}. It has ${found}. ${words.advice}`;
  return new DaybookError('IMPORT_COLUMNS', message, { details: { missing: nearest.missing, found: header } });
}

function shareMissing({ required, missing }: WantedColumns): number {
  return missing.length / required.length;
}

function shownCells(header: readonly string[]): string {
  const shown = header
    .slice(0, CELLS_SHOWN_MAX)
    .map((cell) => (cell.length > CHARACTERS_SHOWN_MAX ? `${cell.slice(0, CHARACTERS_SHOWN_MAX)}…` : cell));
  return [...shown, ...(header.length > CELLS_SHOWN_MAX ? ['…'] : [])].join(', ');
}
