import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { pythonEnvironment } from '../python/environment.ts';

const run = promisify(execFile);
const ROOT = resolve(import.meta.dirname, '../..');
const DEPLOY = join(ROOT, 'deploy/airflow');

/** A real Airflow with the project's DAGs. */
export interface Airflow {
  /** Runs a DAG for one date to its end, without a scheduler. @returns the exit code, and all that it said */
  test(
    dag: string,
    date: string,
    environment: Readonly<Record<string, string>>,
  ): Promise<{ readonly code: number | null; readonly output: string }>;
}

/** Sets an Airflow up. @param home  a folder of its own */
export async function openAirflow(home: string): Promise<Airflow> {
  const { program } = await pythonEnvironment('airflow', join(DEPLOY, 'requirements.txt'));
  await mkdir(home, { recursive: true });
  const own = {
    ...process.env,
    AIRFLOW_HOME: home,
    AIRFLOW__CORE__DAGS_FOLDER: join(DEPLOY, 'dags'),
    AIRFLOW__CORE__LOAD_EXAMPLES: 'false',
    PYTHONDONTWRITEBYTECODE: '1',
    DAYBOOK_COMMAND: `${process.execPath} ${join(ROOT, 'src/cli/main.js')}`,
    DAYBOOK_FOLDER: ROOT,
    DAYBOOK_RETRY_SECONDS: '1',
  };
  await run(program('airflow'), ['db', 'migrate'], { env: own, maxBuffer: Infinity });
  return {
    async test(dag, date, environment) {
      const child = spawn(program('airflow'), ['dags', 'test', dag, date], {
        stdio: ['ignore', 'pipe', 'pipe'],
        env: { ...own, ...environment },
      });
      let output = '';
      const keep = (text: string): void => {
        output += text;
      };
      child.stdout.setEncoding('utf8').on('data', keep);
      child.stderr.setEncoding('utf8').on('data', keep);
      const [code] = (await once(child, 'close')) as [number | null];
      return { code, output };
    },
  };
}
