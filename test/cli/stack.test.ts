import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { runDaybook, temporaryFolder } from '../process/daybook-process.ts';

describe('what the stack needs of the machine', () => {
  it('is named where it is missing, with the command that installs it, before anything is done', async () => {
    await using folder = await temporaryFolder();
    const up = await runDaybook(['stack', 'up', '--folder', join(folder.path, 'stack')], '', { PATH: folder.path });
    expect(up.code).toBe(1);
    expect(up.stderr).toContain('Maven (mvn) is missing');
    expect(up.stderr).toContain('sudo apt-get install maven');
    expect(up.stderr).toContain('sudo apt-get install python3 python3-pip');
    expect(await readdir(folder.path)).toEqual([]);
  });

  it('is told by doctor, and is no problem for who runs no stack', async () => {
    await using folder = await temporaryFolder();
    const data = join(folder.path, 'data');
    const stack = join(folder.path, 'stack');
    const environment = { PATH: folder.path, DAYBOOK_STACK: stack };
    const doctor = await runDaybook(['doctor', '--data', data, '--port', '0'], '', environment);
    expect(doctor.stdout).toContain(`stack: there is none in ${stack}`);
    expect(doctor.stdout).toMatch(/^warning +stack, Maven: .* sudo apt-get install maven$/m);
    expect(doctor.code).toBe(0);
  });

  it('is asked for by the names of parts that there are', async () => {
    const wrong = await runDaybook(['stack', 'up', '--only', 'kafka,zookeeper']);
    expect([wrong.code, wrong.stderr]).toEqual([2, expect.stringContaining('kafka, spark, cassandra, postgres')]);
  });
});
