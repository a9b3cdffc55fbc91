import { DaybookError } from '../base/errors.ts';
import { isOutOfRoom } from '../base/out-of-room.ts';

/** What the system says of a file that it does not write, and what helps. */
const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'its folder is not there. Make the folder, or name another file',
  ENOTDIR: 'something above it is a file, not a folder. Name another file',
  EISDIR: 'it is a folder. Name a file',
  EACCES: 'this user may not write there. Name another file',
  EPERM: 'this user may not write there. Name another file',
  EROFS: 'nothing can be written there. Name another file',
};

/** The error for a file that a command was told to write and cannot. */
export function writeFailure(code: string, path: string, cause: unknown): DaybookError {
  const why = isOutOfRoom(cause) ? 'the disk is full. Make room, or name another file' : reasonOf(cause);
  return new DaybookError(code, `${path} cannot be written: ${why}.`, { details: { path }, cause });
}

function reasonOf(cause: unknown): string {
  if (!(cause instanceof Error)) return String(cause);
  const known = 'code' in cause ? REASONS[String(cause.code)] : undefined;
  return known ?? `${cause.message}. Name another file`;
}
