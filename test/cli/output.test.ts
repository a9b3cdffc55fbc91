import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { daybookInto, runDaybook, startDaybook, temporaryFolder } from '../process/daybook-process.ts';
import { mixedSales } from '../sales/mixed-sales.ts';

const DAYS = ['--from', '2026-03-01', '--to', '2026-03-05'];

describe('a command whose standard output nobody reads', () => {
  it('does all of its work', async () => {
    await using folder = await temporaryFolder();
    const data = join(folder.path, 'data');
    const sales = mixedSales(40, { repeats: 0, seed: 1 });
    const files = [sales.slice(0, 20), sales.slice(20)].map((lines, index) => {
      const path = join(folder.path, `${index}.ndjson`);
      return { path, text: lines.join('\n') };
    });
    for (const { path, text } of files) await writeFile(path, text);
    const paths = files.map(({ path }) => path);
    expect(await daybookInto({ stdout: 'closed' }, ['import', ...paths, '--data', data])).toEqual({
      code: 0,
      stderr: '',
    });
    const again = await runDaybook(['import', ...paths, '--data', data]);
    expect(again.stdout).toMatch(/^.*0\.ndjson: 0 accepted.*\n.*1\.ndjson: 0 accepted/);
  });

  it('ends with its own exit code', async () => {
    await using folder = await temporaryFolder();
    const file = join(folder.path, 'sales.csv');
    await writeFile(file, '');
    const { code } = await daybookInto({ stdout: 'closed' }, ['doctor', '--data', file, '--port', '0']);
    expect(code).toBe(1);
  });

  it('does not make sales up for nobody', async () => {
    const month = ['--from', '2026-01-01', '--to', '2026-03-31', '--per-day', '100000'];
    const { code, stderr } = await daybookInto({ stdout: 'closed' }, ['generate', ...month]);
    expect([code, stderr]).toEqual([1, expect.stringMatching(/^Stopped before the end\.\n/m)]);
  });
});

it('a Daybook whose output nobody reads serves, and ends as it is told', async () => {
  await using folder = await temporaryFolder();
  const daybook = await startDaybook(folder.path, ['--no-generate', '--log-level', 'debug']);
  daybook.stopReading();
  const { status } = await fetch(`${daybook.url}/api/v1/pipeline`);
  expect(status).toBe(200);
  expect(await daybook.stop()).toBe(0);
  expect(existsSync(join(folder.path, 'holder.json'))).toBe(false);
});

it('a command whose standard error nobody reads does its work all the same', async () => {
  await using folder = await temporaryFolder();
  const daybook = await startDaybook(folder.path);
  try {
    // It tells there whom it goes through.
    const report = ['report', 'daily_pu_rev', '--data', folder.path];
    expect((await runDaybook(report)).stderr).toContain('going through it');
    expect((await daybookInto({ stderr: 'closed' }, report)).code).toBe(0);
  } finally {
    await daybook.stop();
  }
});

describe.runIf(process.platform === 'linux')('output on a full disk', () => {
  const sentence = /^daybook: Standard output cannot be written: ENOSPC[^\n]*\. [^\n]*\(OUTPUT_FAILED\)\n/m;

  it.each([
    ['import', 1],
    ['report', 1],
    ['generate', 1],
    ['verify', 2],
  ])('is told by %s, which ends with %i', async (name, exitCode) => {
    await using folder = await temporaryFolder();
    const data = join(folder.path, 'data');
    const file = join(folder.path, 'sales.ndjson');
    await writeFile(file, mixedSales(20, { repeats: 0, seed: 1 }).join('\n'));
    await runDaybook(['import', file, '--data', data]);
    const args: Readonly<Record<string, readonly string[]>> = {
      import: [file, '--data', data],
      report: ['daily_pu_rev', '--data', data],
      generate: DAYS,
      verify: ['--data', data],
    };
    const { code, stderr } = await daybookInto({ stdout: 'full' }, [name, ...(args[name] ?? [])]);
    expect([code, stderr]).toEqual([exitCode, expect.stringMatching(sentence)]);
    expect(stderr).not.toContain('    at ');
    expect(existsSync(join(data, 'holder.json'))).toBe(false);
  });

  it('does not end a Daybook that logs to it', async () => {
    await using folder = await temporaryFolder();
    const { code } = await daybookInto(
      { stderr: 'full' },
      ['start', '--no-generate', '--port', '0', '--data', folder.path, '--log-level', 'debug'],
      'Daybook is ready',
    );
    expect(code).toBe(0);
  });
});
