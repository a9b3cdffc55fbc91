import type { FieldPlan, StreamPlan } from '../../plan/plan.ts';
import { contentOf, ESCAPE, MEMBER, membersOf, NUMBER, PLAIN, WHITE } from './json.ts';
import { DAY, MOMENT } from './moments.ts';
import { lets, listed, pattern, quotedText } from './sql.ts';

const UUID = '[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}';
const TEXT = `${PLAIN}(?:${ESCAPE}${PLAIN})*+`;
/** Stands before each field; in JSON it can stand only as an escape. */
const MARK = `'\\u0002'`;

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
    const member = `"${field.name}"${WHITE}:${WHITE}${value}${WHITE}`;
    const own = isFirst ? member : `,${WHITE}${member}`;
    if (!field.optional) isFirst = false;
    else return isFirst ? `(?:${member},${WHITE})?+` : `(?:${own})?+`;
    return own;
  });
  const shape = `\\A${WHITE}\\{${WHITE}${members.join('')}${others}\\}${WHITE}\\z`;
  return `regexp_replace(${line}, ${pattern(shape)}, '${replacement.join('')}')`;
}

/**
 * A list of each field's text, in the stream's order, null where the record has none that the field's kind takes; or null
 * when the line is no record at all. A text is what stands between a string's quotes, with its escapes if the field is a
 * text; a number's digits; `null` for a number that is null. A text that may be null keeps its quotes, to tell `null`
 * from a null; a business date that is left out is empty.
 * @param marked  `markedFields` of the line
 */
export function fieldTexts(line: string, marked: string, { fields }: StreamPlan): string {
  const texts = fields.map((field) => unusualText(`try_element_at(members, ${quotedText(`"${field.name}"`)})`, field));
  return `CASE
    WHEN startswith(${marked}, ${MARK}) AND NOT startswith(${line}, ${MARK})
      THEN split(substr(${marked}, 2), ${MARK})
    ELSE ${lets([['members', membersOf(line)]], `CASE WHEN members IS NOT NULL THEN array(\n${listed(texts, '      ')}\n    ) END`)}
  END`;
}

/** A pattern of a field's value, with the number of groups of which one has its text. */
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
      const number = nullable ? `(${NUMBER}|null)` : `(${NUMBER})`;
      return quoted ? [`(?:"(${NUMBER})"|${number})`, 2] : [number, 1];
    }
  }
}

/** The same by a field's literal. */
function unusualText(literal: string, { kind, nullable, optional, quoted }: FieldPlan): string {
  const content = contentOf('literal');
  const matching = (shape: string): string =>
    lets([['content', content]], `CASE WHEN content RLIKE ${pattern(`\\A${shape}\\z`)} THEN content END`);
  const isString = `startswith(literal, '"')`;
  const text = (): string => {
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
      case 'number':
        return `CASE
          WHEN ${isString} THEN ${quoted ? matching(NUMBER) : 'NULL'}
          WHEN literal RLIKE r'\\A[-0-9]'${nullable ? ` OR literal = 'null'` : ''} THEN literal
        END`;
    }
  };
  return lets([['literal', literal]], text());
}
