/** A name as SQL takes it, whatever word it is. */
export function quotedName(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

export function quotedText(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

/** A table's name with that of its schema, or keyspace. */
export function qualified(schema: string, table: string): string {
  return `${quotedName(schema)}.${quotedName(table)}`;
}

/** Items of a list, each on a line of its own. */
export function listed(items: readonly string[], indent = '  '): string {
  return items.map((item) => `${indent}${item}`).join(',\n');
}

/** One exact number over another, with its fraction, which whole numbers lose in SQL; null where it is over 0. */
export function quotient(over: string, under: string): string {
  return `${over} / NULLIF(CAST(${under} AS DECIMAL(38, 6)), 0)`;
}
