import { execFile } from 'node:child_process';
import { hash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { machineClock } from '../../src/runtimes/machine/clock.ts';
import { cacheFolder } from '../../stack/cache.ts';
import { inTurn } from '../../stack/turns.ts';

const run = promisify(execFile);

/** A Python environment with the packages that a program needs. */
export interface PythonEnvironment {
  /** Its programs: `python`, and those that came with the packages. */
  readonly program: (name: string) => string;
}

/**
 * The environment for a list of requirements, from the cache folder, or made there by pip; another list is another
 * environment. Several processes may ask at once: one makes it, the others wait.
 * @param requirements  the path of a requirements.txt
 */
export async function pythonEnvironment(name: string, requirements: string): Promise<PythonEnvironment> {
  const wanted = hash('sha1', await readFile(requirements)).slice(0, 12);
  const folder = join(cacheFolder(), `${name}-${wanted}`);
  const program = (each: string): string => join(folder, 'bin', each);
  const complete = join(folder, 'complete');
  if (!existsSync(complete)) {
    await mkdir(cacheFolder(), { recursive: true });
    await inTurn(join(cacheFolder(), 'turn'), machineClock(), async () => {
      if (existsSync(complete)) return;
      // Environments cannot be moved, so that it is whole is told by a file.
      await rm(folder, { recursive: true, force: true });
      await run('python3', ['-m', 'venv', folder]);
      // uv does in seconds what takes pip a minute.
      await run(program('pip'), ['install', '--quiet', '--disable-pip-version-check', 'uv']);
      await run(program('uv'), ['pip', 'install', '--quiet', '--python', program('python'), '-r', requirements]);
      await writeFile(complete, '');
    });
  }
  return { program };
}
