import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { runDaybook, startDaybook, temporaryFolder } from '../process/daybook-process.ts';
import { mixedSales } from '../sales/mixed-sales.ts';

describe('a definition that is not that of the records', () => {
  const commands = [
    ['report', 'daily_pu_rev'],
    ['export', '--from', '0001-01-01'],
    ['query', 'FROM daily_pu_rev'],
    ['verify'],
  ];

  it.each([
    [
      'the Daybook that is gone through',
      /^A Daybook holds .*\n.*the time zone is 'Asia\/Tokyo' here.*\(OTHER_DEFINITION\)\n$/,
    ],
    ['the data folder', /field 'channel'.*\(LOG_OTHER_DEFINITION\)\n$/],
  ])('ends commands with 2 and what to do: %s', async (whose, sentence) => {
    await using folder = await temporaryFolder();
    const data = join(folder.path, 'data');
    const imported = await runDaybook(
      ['import', '-', '--data', data],
      mixedSales(20, { repeats: 0, seed: 1 }).join('\n'),
    );
    expect(imported.code).toBe(0);
    const own = await readFile(join(import.meta.dirname, '../../daybook.config.ts'), 'utf8');
    const isRunning = whose.startsWith('the Daybook');
    const changed = isRunning
      ? own.replace("'America/New_York'", "'Asia/Tokyo'")
      : own.replace('fields: {', 'fields: { channel: text(),');
    const config = join(folder.path, 'daybook.config.ts');
    await writeFile(config, changed);
    const daybook = isRunning ? await startDaybook(data, ['--no-generate']) : undefined;
    try {
      for (const command of commands) {
        const out = command[0] === 'export' ? ['--out', join(folder.path, 'days')] : [];
        const { code, stdout, stderr } = await runDaybook([...command, ...out, '--data', data, '--config', config]);
        expect([code, stdout, stderr]).toEqual([2, '', expect.stringMatching(sentence)]);
      }
    } finally {
      await daybook?.stop();
    }
  });
});

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
