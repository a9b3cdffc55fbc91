/**
 * The SQL of a text of DuckDB that reaches Node.js whole: its client drops the first character of a text if it is a byte
 * order mark (U+FEFF), so such a text is given a second one to lose.
 * @param text  an expression of type VARCHAR
 */
export function wholeText(text: string): string {
  return `CASE WHEN starts_with(${text}, chr(65279)) THEN chr(65279) || ${text} ELSE ${text} END`;
}

/** A path for DuckDB's readers, which take a pattern of paths: brackets, stars and question marks in it are meant as they are. */
export function exactPath(path: string): string {
  return path.replace(/[*?[]/g, '[$&]');
}
