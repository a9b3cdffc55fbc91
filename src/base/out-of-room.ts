/** Whether a failure says that a disk, or a quota, has no room left: as the system tells it, or within a sentence of DuckDB's. */
export function isOutOfRoom(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const isCode = 'code' in error && (error.code === 'ENOSPC' || error.code === 'EDQUOT');
  return isCode || /no space left|quota exceeded/i.test(error.message);
}
