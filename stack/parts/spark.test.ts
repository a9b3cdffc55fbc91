import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { temporaryFolder } from '../../test/process/daybook-process.ts';
import { sparkServers } from './spark.ts';

it('what a Spark that was killed has left of its work is removed before the next one starts', async () => {
  await using folder = await temporaryFolder();
  const [jars, sparkHome] = [join(folder.path, 'jars'), join(folder.path, 'spark')];
  await mkdir(jars);
  const cluster = { masterPort: 2, workerPorts: [3] };
  const servers = await sparkServers({ folder: folder.path, java: 'bin/java', sparkHome, jars, port: 1, cluster });
  for (const server of servers) {
    const local = server.environment?.['SPARK_LOCAL_DIRS'] ?? '';
    await mkdir(join(local, 'blockmgr-1'), { recursive: true });
    await writeFile(join(local, 'blockmgr-1/shuffle'), 'left');
    await server.prepare();
    expect(await readdir(join(local, '..'))).toEqual(['conf']);
  }
  expect(new Set(servers.map(({ environment }) => environment?.['SPARK_LOCAL_DIRS'])).size).toBe(3);
});
