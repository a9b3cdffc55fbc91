import type { FieldPlan, StreamPlan } from '../../plan/plan.ts';
import type { ZoneOffset } from '../../base/zone-offsets.ts';
import { contentOf, ESCAPE, isWellFormed, MEMBER, membersOf, NUMBER, PLAIN, unescaped, WHITE } from './json.ts';
import { DAY, mayHaveOffset, MOMENT, withoutOffset } from './moments.ts';
import { USUAL_DECIMAL, USUAL_WHOLE, usualDecimal, usualWhole } from './numbers.ts';
import { lets, pattern, quotedText } from './sql.ts';

const UUID = '[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}';
const TEXT = `${PLAIN}(?:${ESCAPE}${PLAIN})*+`;
/** Stands before each field; in JSON it can stand only as an escape. */
const MARK = `'\\u0002'`;
/** What programs write between the parts of JSON, if anything. */
const SPACE = ' ?+';

/**
 * A record of the usual shape, which is nearly every one, with a mark and a text for each field: its members are those
 * of the stream in their order, and perhaps others behind them. All that JSON and the fields' kinds ask for is in one
 * regular expression, which never goes back a step. Any other text stays as it is.
 */
export function markedFields(line: string, { fields }: StreamPlan): string {
  const names = fields.map(({ name }) => name).join('|');
  const others = `(?:,${WHITE}(?!"(?:${names})"|"[^"\\\\]*+\\\\)${MEMBER})*+`;
  const replacement: string[] = [];
  let groups = 0;
  let isFirst = true;
  const members = fields.map((field) => {
    const [value, count] = usualValue(field);
    replacement.push(`\\u0002${Array.from({ length: count }, () => `$${++groups}`).join('')}`);
    const member = `"${field.name}":${SPACE}${value}`;
    const own = isFirst ? member : `,${SPACE}${member}`;
    if (!field.optional) isFirst = false;
    else return isFirst ? `(?:${member},${SPACE})?+` : `(?:${own})?+`;
    return own;
  });
  const shape = `\\A${WHITE}\\{${members.join('')}${others}\\}${WHITE}\\z`;
  return `regexp_replace(${line}, ${pattern(shape)}, '${replacement.join('')}')`;
}

/** The same where all escapes are of quotes, without them; where there are others, some backslash is left. */
export function withoutEscapedQuotes(marked: string): string {
  return `CASE WHEN startswith(${marked}, ${MARK}) THEN replace(${marked}, '\\\\"', '"') ELSE ${marked} END`;
}

/**
 * A list of each field's text, in the stream's order, null where the record has none that the field's kind takes; or null
 * when the line is no record at all. A text is what stands between a string's quotes, with its escapes if the field is a
 * text; a number's digits, without an exponent where it is no float; `null` for a number that is null. A text that may be
 * null keeps its quotes, to tell `null` from a null; a business date that is left out is empty.
 * @param marked  `markedFields` of the line
 * @param unquoted  `withoutEscapedQuotes` of it
 */
export function fieldTexts(line: string, marked: string, unquoted: string, { fields }: StreamPlan): string {
  const wanted = fields.map((field) => `${field.name}:${shapeOf(field)}`).join(' ');
  const texts = `transform(
      split(${quotedText(wanted)}, ' '),
      field -> ${unusualText(fields)}
    )`;
  return `CASE
    WHEN startswith(${marked}, ${MARK}) AND NOT startswith(${line}, ${MARK})
      THEN split(substr(CASE WHEN contains(${unquoted}, '\\\\') THEN ${marked} ELSE ${unquoted} END, 2), ${MARK})
    ELSE ${lets([['members', membersOf(line)]], `CASE WHEN members IS NOT NULL THEN ${texts} END`)}
  END`;
}

/**
 * The same with nothing left to read in them: texts without escapes, null for half a surrogate pair; and moments without
 * offsets. Few records have any.
 * @param texts  of `fieldTexts`
 */
export function plainTexts(
  unquoted: string,
  texts: string,
  stream: StreamPlan,
  offsets: readonly ZoneOffset[],
): string {
  const placesOf = (are: (field: FieldPlan) => boolean): string | undefined => {
    const places = stream.fields.filter(are).map(({ index }) => index);
    return places.length === 0 ? undefined : `place IN (${places.join(', ')})`;
  };
  const quoted = `concat('"', ${unescaped('text')}, '"')`;
  const cases = [
    [placesOf(({ kind, nullable }) => kind === 'text' && !nullable), unescaped(`concat('"', text, '"')`)],
    [placesOf(({ kind, nullable }) => kind === 'text' && nullable), quoted],
  ].flatMap(([isAt, plain]) =>
    isAt === undefined
      ? []
      : [`WHEN ${isAt} AND contains(text, '\\\\') THEN CASE WHEN ${isWellFormed('text')} THEN ${plain} END`],
  );
  const moments = stream.fields.filter(({ kind }) => kind === 'timestamp');
  const isMoment = placesOf(({ kind }) => kind === 'timestamp');
  if (isMoment !== undefined) cases.push(`WHEN ${isMoment} THEN ${withoutOffset('text', stream, offsets)}`);
  const isOdd = [`contains(${unquoted}, '\\\\')`, ...moments.map(({ index }) => mayHaveOffset(`${texts}[${index}]`))];
  return `CASE
    WHEN ${isOdd.join(' OR ')}
      THEN transform(${texts}, (text, place) -> CASE
        ${cases.join('\n        ')}
        ELSE text
      END)
    ELSE ${texts}
  END`;
}

/** A pattern of a field's usual value, with the number of groups of which one has its text. */
function usualValue({ kind, nullable, optional, quoted }: FieldPlan): readonly [value: string, groups: number] {
  switch (kind) {
    case 'uuid':
      return [`"(${UUID})"`, 1];
    case 'text':
      return nullable ? [`("${TEXT}"|null)`, 1] : [`"(${TEXT})"`, 1];
    case 'timestamp':
      return [`"(${MOMENT})"`, 1];
    case 'date':
      return optional ? [`(?:"(${DAY})"|null)`, 1] : [`"(${DAY})"`, 1];
    case 'integer':
    case 'decimal':
    case 'number': {
      const usual = kind === 'decimal' ? USUAL_DECIMAL : kind === 'integer' ? USUAL_WHOLE : NUMBER;
      const number = nullable ? `(${usual}|null)` : `(${usual})`;
      return quoted ? [`(?:"(${usual})"|${number})`, 2] : [number, 1];
    }
  }
}

/** What decides how a field's text is taken from its literal. */
function shapeOf({ kind, nullable, optional, quoted }: FieldPlan): string {
  return `${kind}${quoted ? '+quoted' : ''}${nullable || optional ? '+null' : ''}`;
}

/** The same by a field's literal, for the field `field` of all. */
function unusualText(fields: readonly FieldPlan[]): string {
  const shapes = new Map(fields.map((field) => [shapeOf(field), field]));
  const branches = [...shapes].map(([shape, field]) => `WHEN '${shape}' THEN ${unusualTextOf(field)}`);
  return lets(
    [
      ['literal', `try_element_at(members, concat('"', substring_index(field, ':', 1), '"'))`],
      ['content', contentOf('literal')],
    ],
    `CASE substring_index(field, ':', -1)
          ${branches.join('\n          ')}
        END`,
  );
}

function unusualTextOf({ kind, nullable, optional, quoted }: FieldPlan): string {
  const matching = (shape: string): string => `CASE WHEN content RLIKE ${pattern(`\\A${shape}\\z`)} THEN content END`;
  const isString = `startswith(literal, '"')`;
  switch (kind) {
    case 'uuid':
      return matching(UUID);
    case 'text':
      return nullable
        ? `CASE WHEN ${isString} OR literal = 'null' THEN literal END`
        : `CASE WHEN ${isString} THEN substr(literal, 2, length(literal) - 2) END`;
    case 'timestamp':
      return matching(MOMENT);
    case 'date':
      return optional
        ? `CASE WHEN literal IS NULL OR literal = 'null' THEN '' ELSE ${matching(DAY)} END`
        : matching(DAY);
    case 'integer':
    case 'decimal':
    case 'number': {
      const number = `CASE
            WHEN ${isString} THEN ${quoted ? matching(NUMBER) : 'NULL'}
            WHEN literal RLIKE r'\\A[-0-9]' THEN literal
          END`;
      const usual =
        kind === 'decimal' ? usualDecimal('numeral') : kind === 'integer' ? usualWhole('numeral') : undefined;
      const text = usual === undefined ? number : lets([['numeral', number]], usual);
      return nullable ? `CASE WHEN literal = 'null' THEN literal ELSE ${text} END` : text;
    }
  }
}
