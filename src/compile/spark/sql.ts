/** A name as Spark's SQL takes it, whatever word it is. Columns of ours begin with `#`, which no name of a definition can. */
export function quotedName(name: string): string {
  return `\`${name.replaceAll('`', '``')}\``;
}

export function quotedText(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
}

/** A regular expression of Java's, as it stands; it may not hold an apostrophe. */
export function pattern(expression: string): string {
  return `r'${expression}'`;
}

/**
 * Gives a value a name inside of an expression, so that it is computed once; and only where the expression is needed,
 * which no column is. SQL has no word for it: it is a list of one that is transformed.
 */
export function lets(values: readonly (readonly [name: string, value: string])[], body: string): string {
  return values.reduceRight(
    (inner, [name, value]) => `element_at(transform(array(${value}), ${name} -> ${inner}), 1)`,
    body,
  );
}
