import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { runDaybook, temporaryFolder } from '../process/daybook-process.ts';

describe('a data folder that cannot be used', () => {
  it.each([
    ['start', '--no-generate', '--port', '0'],
    ['report', 'daily_pu_rev'],
    ['doctor', '--repair'],
  ])('because it is a file ends %s with a sentence', async (...command) => {
    await using folder = await temporaryFolder();
    const file = join(folder.path, 'sales.csv');
    await writeFile(file, '');
    const { code, stdout, stderr } = await runDaybook([...command, '--data', file]);
    expect([code, stdout]).toEqual([1, '']);
    expect(stderr).toContain(`${file} cannot be used: it is a file, not a folder. Name another with --data.`);
  });

  it('is what doctor finds, and it looks no further into it', async () => {
    await using folder = await temporaryFolder();
    const file = join(folder.path, 'sales.csv');
    await writeFile(file, '');
    const { code, stdout } = await runDaybook(['doctor', '--data', file, '--port', '0']);
    expect(code).toBe(1);
    expect(stdout).toMatch(/^problem +data folder: .*sales\.csv is a file, not a folder\. .*--data\.$/m);
    expect(stdout).not.toMatch(/ log: /);
    expect(stdout).toMatch(/^ok +port: /m);
  });

  it.runIf(process.platform === 'linux')('because nothing can be made there ends every command', async () => {
    const data = '/proc/daybook';
    const started = await runDaybook(['start', '--no-generate', '--port', '0', '--data', data]);
    expect([started.code, started.stderr]).toEqual([1, expect.stringContaining('(FOLDER_UNUSABLE)')]);
    const doctor = await runDaybook(['doctor', '--data', data, '--port', '0']);
    expect([doctor.code, doctor.stdout]).toEqual([1, expect.stringMatching(/^problem +data folder: \/proc /m)]);
  });
});
