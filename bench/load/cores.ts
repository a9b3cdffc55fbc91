import { execFileSync } from 'node:child_process';
import { readFile } from 'node:fs/promises';

/** Reads how much CPU time programs take. */
export interface CoresWatch {
  /** How many cores each program had on average since the last look, or the start; empty where there is no /proc. */
  look(): Promise<ReadonlyMap<string, number>>;
}

/** Watches programs, each with the processes that it started and that are no programs of their own. @param pids  by what a program is called */
export async function watchCores(pids: ReadonlyMap<string, number>): Promise<CoresWatch> {
  const perSecond = Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }));
  const own = new Set(pids.values());
  const taken = async (): Promise<ReadonlyMap<string, number>> =>
    new Map(await Promise.all([...pids].map(async ([name, pid]) => [name, await ticksOf(pid, own)] as const)));
  let before = await taken();
  let sinceMs = performance.now();
  return {
    async look() {
      const [now, nowMs] = [await taken(), performance.now()];
      const seconds = (nowMs - sinceMs) / 1000;
      const cores = [...now].map(
        ([name, ticks]) => [name, (ticks - (before.get(name) ?? 0)) / perSecond / seconds] as const,
      );
      [before, sinceMs] = [now, nowMs];
      return new Map(cores.filter(([name]) => (now.get(name) ?? 0) > 0));
    },
  };
}

/**
 * Of a process and those that it started, in the system's ticks.
 * @param counted  processes that are counted by themselves
 * Source: proc_pid_stat(5), fields 14 to 17
 */
async function ticksOf(pid: number, counted: ReadonlySet<number>): Promise<number> {
  const fields = (await textOf(`/proc/${pid}/stat`)).replace(/^.*\) /s, '').split(' ');
  const own = fields.slice(11, 15).reduce((sum, field) => sum + Number(field), 0);
  const children = (await textOf(`/proc/${pid}/task/${pid}/children`)).split(' ').filter(Boolean).map(Number);
  const others = children.filter((child) => !counted.has(child));
  return (await Promise.all(others.map((child) => ticksOf(child, counted)))).reduce((sum, each) => sum + each, own);
}

/** Empty when the file is not there: the process has ended, or this is no Linux. */
function textOf(path: string): Promise<string> {
  return readFile(path, 'utf8').catch(() => '');
}
