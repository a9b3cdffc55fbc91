import { DaybookError } from '../base/errors.ts';
import type { StoredFrame } from '../ports/log.ts';

/**
 * What to throw where a record of the log is none by the present definition.
 * @param index  of the frame's records, the first that it does not take
 */
export function otherDefinition({ at, firstOffset }: StoredFrame, index: number, reason: string): DaybookError {
  return new DaybookError(
    'LOG_OTHER_DEFINITION',
    `Record ${firstOffset + index} in the log (segment ${at.segment}, position ${at.position}) was accepted by another definition ` +
      `than the present one, and is no record by it: ${reason}. Go back to that definition, or start with another data folder: ` +
      'daybook export, with that one, gives all records for daybook import.',
    { details: { segment: at.segment, position: at.position } },
  );
}

/**
 * What to throw where a record of the log repeats one before.
 * @param index  of the frame's records, the first that does
 */
export function repeated({ at, firstOffset }: StoredFrame, index: number, primaryKey: string): DaybookError {
  return new DaybookError(
    'LOG_OTHER_DEFINITION',
    `Record ${firstOffset + index} in the log (segment ${at.segment}, position ${at.position}) repeats one before: its primary key ` +
      `'${primaryKey}' is the same. If it was accepted by a definition with another primary key, go back to that one. If not, ` +
      'daybook export --from-log gives all records but the repeats, for daybook import into another data folder.',
    { details: { segment: at.segment, position: at.position } },
  );
}
