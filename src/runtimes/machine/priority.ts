import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { getPriority, setPriority } from 'node:os';

/** How far what nobody waits for steps back where all cores are busy, as `nice` has it: it gets a tenth of what others get. */
export const STEPPED_BACK = 10;

/** Has this process let others go first where all cores are busy; it may be further back already. */
export function stepBack(): void {
  if (getPriority() < STEPPED_BACK) setPriority(STEPPED_BACK);
}

/** A command that runs another one as a process that has stepped back. */
export function steppedBack(command: readonly string[]): readonly [string, ...string[]] {
  return ['nice', '-n', String(STEPPED_BACK), ...command];
}

/**
 * Has the session step back that a process leads. Linux may share the cores out among sessions, and then what a process is
 * given counts only within its own. Source: sched(7), 'The autogroup feature'
 */
export async function stepBackSession(pid: number): Promise<void> {
  const path = `/proc/${pid}/autogroup`;
  // Where it may not be done, things are slower, and that is all.
  if (existsSync(path)) await writeFile(path, String(STEPPED_BACK)).catch(() => undefined);
}
