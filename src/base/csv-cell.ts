/** Prints a cell in CSV; null is an empty cell, and an empty text one in quotes. Source: RFC 4180. */
export function csvCell(cell: string | number | null): string {
  if (cell === null) return '';
  const text = String(cell);
  return text === '' || /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
