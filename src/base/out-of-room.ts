/** Whether a failure says that a disk has no room left: as the system tells it, or within a sentence of DuckDB's. */
export function isOutOfRoom(error: Error): boolean {
  return ('code' in error && error.code === 'ENOSPC') || /no space left/i.test(error.message);
}
