import { lets, pattern } from './sql.ts';

/** As the careful reader has it: the record itself is the first level. */
const NESTING_MAX = 100;

export const WHITE = '[ \\t\\n\\r]*+';
export const ESCAPE = '\\\\(?:["\\\\/bfnrt]|u[0-9a-fA-F]{4})';
export const PLAIN = '[^"\\\\\\x00-\\x1F]*+';
export const STRING = `"${PLAIN}(?:${ESCAPE}${PLAIN})*+"`;
export const NUMBER = '-?(?:0|[1-9][0-9]*+)(?:[.][0-9]++)?+(?:[eE][+-]?[0-9]++)?+';
const SCALAR = `(?:${STRING}|${NUMBER}|true|false|null)`;
export const MEMBER = `${STRING}${WHITE}:${WHITE}${SCALAR}${WHITE}`;
/** By JSON's grammar to the letter, with no object or list inside. No part goes back a step, so long texts are no trouble. */
const OBJECT = `\\{${WHITE}(?:${MEMBER}(?:,${WHITE}${MEMBER})*+)?+\\}`;
const LIST = `\\[${WHITE}(?:${SCALAR}${WHITE}(?:,${WHITE}${SCALAR}${WHITE})*+)?+\\]`;
const FLAT = `\\A${WHITE}${OBJECT}${WHITE}\\z`;
/** Whether a name may be written with an escape; some texts that have none look like it. */
const ESCAPED_NAME = `[{,]${WHITE}"[^"\\\\]*+\\\\`;

/** Of a flat text: a member with what parts it from the one before; the last one takes the end with it. */
const ANY_STRING = '"(?:[^"\\\\]++|\\\\.)*+"';
const EACH_MEMBER = `${WHITE}[{,]${WHITE}(${ANY_STRING})${WHITE}:${WHITE}(${ANY_STRING}|[^,}\\s"]++)${WHITE}(?:\\}${WHITE}\\z)?+`;

/** Neither can stand in JSON but as an escape, so they are free to part members, and names from values. */
const BEFORE_MEMBER = `'\\u0002'`;
const BEFORE_VALUE = `'\\u0001'`;

/**
 * The members of a JSON object as a map: names in quotes to literals, as they stand in the text: `"price"` to `1.20e3`,
 * `"city"` to `"Z\u00fcrich"`. An object or a list is `true`, which no field takes. Of members with one name the last
 * holds, as in `JSON.parse`. Null when the text is no JSON object, or nested deeper than the careful reader takes.
 * The session must have `spark.sql.mapKeyDedupPolicy` LAST_WIN.
 */
export function membersOf(text: string): string {
  return `CASE
    WHEN ${text} RLIKE ${pattern(FLAT)} AND NOT ${text} RLIKE ${pattern(ESCAPED_NAME)}
      THEN str_to_map(${parted(text)}, ${BEFORE_MEMBER}, ${BEFORE_VALUE})
    ELSE ${unusualMembers(text)}
  END`;
}

function parted(flat: string): string {
  return `regexp_replace(${flat}, ${pattern(EACH_MEMBER)}, '\\u0002$1\\u0001$2')`;
}

/**
 * The same for what is nested, or names a member with escapes: strings are put in hexadecimal digits, so that braces are
 * braces; then the innermost objects and lists become `true`, level by level.
 */
function unusualMembers(text: string): string {
  const tokens = `regexp_extract_all(${text}, ${pattern(`(${STRING}|[^"]++|")`)}, 1)`;
  const plain = `array_join(transform(tokens, t -> CASE WHEN startswith(t, '"') THEN concat('"', hex(t), '"') ELSE t END), '')`;
  const innermost = pattern(`([:,\\[]${WHITE})(?:${OBJECT}|${LIST})`);
  const flat = `aggregate(
      slice(
        sequence(1, ${NESTING_MAX - 1}),
        1,
        greatest(0, least(${NESTING_MAX - 1}, length(plain) - length(translate(plain, '{[', '')) - 1))
      ),
      plain,
      (t, level) -> regexp_replace(t, ${innermost}, '$1true')
    )`;
  const literal = (part: string): string => `CASE
          WHEN startswith(${part}, '"') THEN decode(unhex(btrim(${part}, '"')), 'UTF-8') ELSE ${part}
        END`;
  const members = `map_from_entries(transform(
      filter(split(${parted('flat')}, ${BEFORE_MEMBER}), member -> contains(member, ${BEFORE_VALUE})),
      member -> struct(
        ${lets([['name', literal(`substring_index(member, ${BEFORE_VALUE}, 1)`)]], `concat('"', coalesce(${contentOf('name')}, ''), '"')`)},
        ${literal(`substring_index(member, ${BEFORE_VALUE}, -1)`)}
      )
    ))`;
  return lets(
    [['tokens', tokens]],
    `CASE WHEN NOT array_contains(tokens, '"') THEN ${lets(
      [
        ['plain', plain],
        ['flat', flat],
      ],
      `CASE WHEN flat RLIKE ${pattern(FLAT)} THEN ${members} END`,
    )} END`,
  );
}

/** Half of a surrogate pair, once each escaped backslash is written as `\u005c`. */
const LONE_SURROGATE =
  '(?<!\\\\u[dD][89abAB][0-9a-fA-F]{2})\\\\u[dD][c-fC-F]|\\\\u[dD][89abAB][0-9a-fA-F]{2}(?!\\\\u[dD][c-fC-F])';

/** What a literal says that is a string, without its escapes; null for half a surrogate pair and for what is no string. */
export function contentOf(literal: string): string {
  return `CASE
    WHEN NOT startswith(${literal}, '"') THEN NULL
    WHEN NOT contains(${literal}, '\\\\') THEN btrim(${literal}, '"')
    WHEN ${isWellFormed(literal)} THEN ${unescaped(literal)}
  END`;
}

/** Whether a literal that has escapes has no half of a surrogate pair. */
export function isWellFormed(literal: string): string {
  return `NOT replace(${literal}, '\\\\\\\\', '\\\\u005c') RLIKE ${pattern(LONE_SURROGATE)}`;
}

/** The content of a string literal. */
export function unescaped(literal: string): string {
  return `element_at(from_json(concat('[', ${literal}, ']'), 'array<string>'), 1)`;
}
