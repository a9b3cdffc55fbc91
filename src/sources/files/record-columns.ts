import type { FieldPlan, StreamPlan } from '../../plan/plan.ts';
import type { Cells, Converter } from './columns.ts';

const JSON_NUMBER = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/;

/** The columns of a file that has the record's own: one a field. */
export function recordColumns(stream: StreamPlan): {
  readonly required: readonly string[];
  readonly all: readonly string[];
} {
  return {
    required: stream.fields.filter((field) => !field.optional).map((field) => field.name),
    all: stream.fields.map((field) => field.name),
  };
}

/**
 * Makes rows with the record's own columns records. Every digit of a number is kept: it is put into the JSON as it
 * stands. What is no number becomes a string, which the engine refuses with its own reason.
 */
export function recordConverter(
  stream: StreamPlan,
  at: ReadonlyMap<string, number>,
  options: { readonly emptyIsNull: boolean },
): Converter {
  const columns = stream.fields.flatMap((field) => {
    const index = at.get(field.name);
    return index === undefined ? [] : [{ field, index, key: `${JSON.stringify(field.name)}:` }];
  });
  return (cells: Cells, quotedEmpty?: ReadonlySet<number>): string => {
    let json = '';
    for (const { field, index, key } of columns) {
      let cell = cells[index] ?? null;
      const mayBeNull = options.emptyIsNull && (field.nullable || field.optional);
      // Many programs put every cell in quotes: of what is no text, an empty one can be nothing else.
      const isText = field.kind === 'text' && quotedEmpty?.has(index) === true;
      if (cell === '' && mayBeNull && !isText) cell = null;
      if (cell === null && field.optional) continue;
      if (cell !== null && field.kind === 'date') cell = withoutMidnight(cell);
      json += `${json === '' ? '{' : ','}${key}${jsonValue(field, cell)}`;
    }
    return `${json}}`;
  };
}

/** What programs that know no day but moments alone write behind one. */
const MIDNIGHT = /[ T]0?0:00(?::00(?:\.0+)?)?$/;
const DAY_LENGTH = 'YYYY-MM-DD'.length;

export function withoutMidnight(day: string): string {
  return day.length > DAY_LENGTH ? day.replace(MIDNIGHT, '') : day;
}

/** A field's value as the record's JSON has it. */
export function jsonValue(field: FieldPlan, cell: string | null): string {
  if (cell === null) return 'null';
  const isNumber = field.kind === 'decimal' || field.kind === 'integer' || field.kind === 'number';
  return isNumber && !field.quoted && JSON_NUMBER.test(cell) ? cell : JSON.stringify(cell);
}
