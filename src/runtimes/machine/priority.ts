import { existsSync, readdirSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { getPriority, setPriority } from 'node:os';

/** How far what nobody waits for steps back where all cores are busy, as `nice` has it: it gets a tenth of what others get. */
export const STEPPED_BACK = 10;

/** Has this process let others go first where all cores are busy; it may be further back already. */
export function stepBack(): void {
  if (getPriority() < STEPPED_BACK) setPriority(STEPPED_BACK);
}

/**
 * Has another process step back, with all of its threads, as Linux has a niceness for each; and the session that it leads.
 * Linux may share the cores out among sessions, and then what a process is given counts only within its own.
 * Source: sched(7), 'The autogroup feature'
 */
export async function stepBackProcess(pid: number): Promise<void> {
  // A thread has that of the one which starts it, and may have been started by one that was not asked yet.
  for (let times = 0; times < 2; times++) for (const thread of threadsOf(pid)) stepBackThread(thread);
  const path = `/proc/${pid}/autogroup`;
  // Where it may not be done, things are slower, and that is all.
  if (existsSync(path)) await writeFile(path, String(STEPPED_BACK)).catch(() => undefined);
}

function threadsOf(pid: number): readonly number[] {
  const folder = `/proc/${pid}/task`;
  return existsSync(folder) ? readdirSync(folder).map(Number) : [pid];
}

function stepBackThread(thread: number): void {
  try {
    if (getPriority(thread) < STEPPED_BACK) setPriority(thread, STEPPED_BACK);
  } catch {
    // It has ended just now.
  }
}
