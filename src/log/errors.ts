import { DaybookError } from '../base/errors.ts';
import type { LogPosition, LogReach } from '../ports/log.ts';
import { LOG_FOLDER, segmentPath } from './format.ts';

/**
 * The error for damage to what was durable.
 * @param what  what was found, as the end of "… is damaged at byte n: "
 */
export function logCorrupt(segment: string, position: number, what: string): DaybookError {
  const path = segmentPath(segment);
  const message =
    `The log file ${path} is damaged at byte ${position}: ${what}. Nothing was changed. Restore the file from a copy, ` +
    `or run \`daybook doctor --repair\`, which sets the damaged bytes aside and goes on without them.`;
  return new DaybookError('LOG_CORRUPT', message, { details: { segment, position, path } });
}

/**
 * The error for a log from whose end durable frames are missing.
 * @param offset  where it ends
 * @param known   up to where it is known to have been durable
 */
export function logShortened(offset: number, known: LogReach): DaybookError {
  const what =
    known.offset > offset
      ? `it ends at offset ${offset}, and a checkpoint knows it up to offset ${known.offset}`
      : `a checkpoint knows of refused records behind offset ${offset}`;
  const message =
    `What was durable is missing from the end of the log: ${what}. Nothing was changed. Restore the folder ${LOG_FOLDER} ` +
    'from a copy, or run `daybook doctor --repair`, which goes on without what is missing.';
  return new DaybookError('LOG_SHORTENED', message, { details: { offset, known: known.offset } });
}

/** The error for damage that no gap can stand for. */
export function logBeyondRepair(segment: string, position: number, what: string): DaybookError {
  const path = segmentPath(segment);
  const message = `The log file ${path} cannot be repaired at byte ${position}: ${what}. Restore the file from a copy.`;
  return new DaybookError('LOG_BEYOND_REPAIR', message, { details: { segment, position, path } });
}

export function positionUnknown(at: LogPosition, what: string): DaybookError {
  const message =
    `The log has no frame at byte ${at.position} of segment ${at.segment}: ${what}. ` +
    `Read the log from its beginning, and drop what holds this position (a checkpoint of another log, say).`;
  return new DaybookError('LOG_POSITION_UNKNOWN', message, { details: { segment: at.segment, position: at.position } });
}
