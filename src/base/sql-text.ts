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

/** How a value is compared with one bound. */
export const COMPARISONS = { above: '>', atLeast: '>=', below: '<', atMost: '<=' } as const;

/** Whether a column is among values, as SQL has them; null, which is equal to nothing, only where it is one of them. */
export function among(column: string, values: readonly (string | null)[]): string {
  const others = values.filter((value) => value !== null);
  const isOther = others.length === 0 ? 'FALSE' : `${column} IN (${others.join(', ')})`;
  return others.length < values.length ? `(${column} IS NULL OR ${isOther})` : isOther;
}

/** Items of a list, each on a line of its own. */
export function listed(items: readonly string[], indent = '  '): string {
  return items.map((item) => `${indent}${item}`).join(',\n');
}

/** One exact number over another, with its fraction, which whole numbers lose in SQL; null where it is over 0. */
export function quotient(over: string, under: string): string {
  return `${over} / NULLIF(CAST(${under} AS DECIMAL(38, 6)), 0)`;
}
