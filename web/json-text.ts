const TOKEN = /"(?:[^"\\]|\\.)*"|[{}[\],:]|[^\s{}[\],:"]+/g;
const INDENT = '  ';

const OPENING = new Set(['{', '[']);
const CLOSING = new Set(['}', ']']);

/** JSON with each field on a line of its own, and its values as they are written: a number keeps all its digits. */
export function indented(text: string): string {
  if (!isJson(text)) return text;
  let told = '';
  let depth = 0;
  let before = '';
  for (const token of tokensOf(text)) {
    if (CLOSING.has(token)) depth--;
    const isEmpty = OPENING.has(before) && CLOSING.has(token);
    const begins = before === ',' || OPENING.has(before) || CLOSING.has(token);
    if (begins && !isEmpty) told += `\n${INDENT.repeat(depth)}`;
    told += token === ':' ? ': ' : token;
    if (OPENING.has(token)) depth++;
    before = token;
  }
  return told;
}

/** An object's fields, each with its value as it is written; undefined: the text is no object. */
export function fieldTexts(text: string): ReadonlyMap<string, string> | undefined {
  if (!isJson(text) || !text.trimStart().startsWith('{')) return undefined;
  const fields = new Map<string, string>();
  let depth = 0;
  let name: string | undefined;
  for (const token of tokensOf(text)) {
    if (CLOSING.has(token)) depth--;
    if (depth === 1 && token === ',') name = undefined;
    else if (depth === 1 && name === undefined && token.startsWith('"')) {
      name = JSON.parse(token) as string;
      fields.set(name, '');
    } else if (depth >= 1 && name !== undefined && !(depth === 1 && token === ':')) {
      fields.set(name, (fields.get(name) ?? '') + token);
    }
    if (OPENING.has(token)) depth++;
  }
  return fields;
}

function tokensOf(text: string): readonly string[] {
  return text.match(TOKEN) ?? [];
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
