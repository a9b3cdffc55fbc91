import { execFile } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { fetchPackages } from '../../stack/cache.ts';
import { machineClock } from '../../src/runtimes/machine/clock.ts';
import { temporaryFolder } from '../process/daybook-process.ts';

const ROOT = resolve(import.meta.dirname, '../..');

async function textsOf(folder: string): Promise<Readonly<Record<string, string>>> {
  const names = (await readdir(folder)).toSorted();
  return Object.fromEntries(
    await Promise.all(names.map(async (name) => [name, await readFile(join(folder, name), 'utf8')] as const)),
  );
}

test('the protocol that is checked in is the one that Spark ships', async () => {
  await using folder = await temporaryFolder();
  const { spark } = await fetchPackages(['spark'], { clock: machineClock() });
  const made = join(folder.path, 'protocol');
  await promisify(execFile)(process.execPath, ['scripts/generate-spark.ts', join(spark, 'jars'), made], { cwd: ROOT });
  expect(await textsOf(made)).toEqual(await textsOf(join(ROOT, 'src/spark/connect/protocol')));
});
