import { counted } from '../base/counted.ts';
import type { PipelinePart } from '../ports/pipeline.ts';
import type { RuntimeStatus } from '../ports/runtime.ts';
import type { EngineState } from './state.ts';
import type { DiskPart } from './trouble.ts';

/** What the engine knows of its parts. */
interface Doings {
  readonly pendingBytes: number;
  readonly isSpilling: boolean;
  readonly isCheckpointing: boolean;
  readonly unfiledRecords: number;
  /** How many refused records were put right. */
  readonly putBack: number;
  readonly status: RuntimeStatus;
  /** Why a part cannot do its work at present; undefined when all is well with it. */
  readonly troubleOf: (part: DiskPart) => string | undefined;
}

/** What each part of the engine is doing, in the order of the data's way. */
export function partsOf(doings: Doings, state: EngineState): readonly PipelinePart[] {
  const { status, pendingBytes, isSpilling, isCheckpointing, unfiledRecords, putBack, troubleOf } = doings;
  const tables = state.plan.reports.map((report) =>
    state.daysBetween(-Infinity, Infinity).reduce((sum, day) => sum + (state.table(report, day)?.rowCount ?? 0), 0),
  );
  const rows = tables.reduce((sum, count) => sum + count, 0);
  const parts: readonly (readonly ['Intake' | 'Reports' | DiskPart, boolean, string])[] = [
    ['Intake', pendingBytes > 0, pendingBytes > 0 ? `${megabytes(pendingBytes)} wait for the disk` : 'Nothing waits'],
    ['Log', pendingBytes > 0, `${counted(status.log.segments, 'segment')}, ${megabytes(status.log.bytes)}`],
    ['Reports', false, `${rows} rows in ${counted(state.plan.reports.length, 'report')}, ${megabytes(state.bytes)}`],
    ['Quarantine', false, `${counted(status.quarantined, 'refused record')}, ${putBack} of them put right`],
    ['Keys', isSpilling, keysText(state, isSpilling)],
    ['Key files', false, `${counted(state.keys.spilled, 'primary key')} in files`],
    ['Checkpoints', isCheckpointing, checkpointText(status, isCheckpointing)],
    [
      'Day files',
      false,
      unfiledRecords > 0
        ? `${counted(unfiledRecords, 'record')} of spilled days are in no file yet`
        : 'All spilled days have their files',
    ],
  ];
  return parts.map(([name, isWorking, doing]) => {
    const trouble = name === 'Intake' || name === 'Reports' ? undefined : troubleOf(name);
    if (trouble !== undefined) return { name, state: 'trouble', doing: trouble };
    return { name, state: isWorking ? 'working' : 'idle', doing };
  });
}

function keysText({ keys }: EngineState, isSpilling: boolean): string {
  const known = `${counted(keys.size, 'primary key')} known`;
  if (isSpilling) return `${known}; they are leaving memory for a file`;
  return keys.spilled === 0 ? `${known}, all in memory` : `${known}, ${keys.size - keys.spilled} of them in memory`;
}

function checkpointText({ checkpoint, offset }: RuntimeStatus, isCheckpointing: boolean): string {
  if (isCheckpointing) return 'One is being written';
  if (checkpoint === undefined) return 'None yet; a start would read the whole log';
  return `A start would read ${counted(offset - checkpoint.offset, 'record')} of the log`;
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}
