import { once } from 'node:events';
import { readdir } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { npmStart, runDaybook, startDaybook, temporaryFolder } from '../process/daybook-process.ts';

describe('start', () => {
  it('says when it is ready and when it has stopped', async () => {
    await using folder = await temporaryFolder();
    const daybook = await startDaybook(join(folder.path, 'data'));
    expect(await daybook.stop()).toBe(0);
    expect(daybook.lines).toEqual([`Daybook is ready at ${daybook.url}`, 'Stopped.']);
  });

  it('ends cleanly when the npm that started it is told to end', async () => {
    await using folder = await temporaryFolder();
    const data = join(folder.path, 'data');
    const npm = await npmStart(data);
    await npm.stopNpm();
    expect(npm.lines.at(-1)).toBe('Stopped.');
    await expect(fetch(npm.url)).rejects.toThrow('fetch failed');
    expect((await runDaybook(['doctor', '--data', data, '--port', '0'])).stdout).toContain('nobody holds');
  });

  it('says which flag to use when its port is taken', async () => {
    await using folder = await temporaryFolder();
    const daybook = await startDaybook(join(folder.path, 'data'));
    try {
      const port = new URL(daybook.url).port;
      const other = join(folder.path, 'other');
      const { code, stdout, stderr } = await runDaybook(['start', '--no-generate', '--port', port, '--data', other]);
      expect([code, stdout]).toEqual([1, '']);
      expect(stderr).toMatch(new RegExp(`${port}.*--port`));
      expect(stderr).toContain(`is taken by another Daybook, which serves at ${daybook.url}. `);
      // It was seen before anything was read, or made.
      expect(await readdir(folder.path)).toEqual(['data']);
      const mine = join(folder.path, 'data');
      const held = await runDaybook(['start', '--no-generate', '--port', port, '--data', mine]);
      expect([held.code, held.stderr]).toEqual([1, expect.stringContaining('(FOLDER_HELD)')]);
      const doctor = await runDaybook(['doctor', '--port', port, '--data', other]);
      expect(doctor.stdout).toMatch(/^warning +port: \d+ is taken by another Daybook\. .*--port\.$/m);
    } finally {
      await daybook.stop();
    }
  });

  it('does not start with a catalogue that is none', async () => {
    await using folder = await temporaryFolder();
    const data = join(folder.path, 'data');
    const none = join(folder.path, 'none.csv');
    const { code, stdout, stderr } = await runDaybook(['start', '--port', '0', '--data', data, '--catalog', none]);
    expect([code, stdout]).toEqual([1, '']);
    expect(stderr).toContain('Name a CSV of order lines with --catalog.');
  });

  it('takes no other program for a Daybook', async () => {
    await using folder = await temporaryFolder();
    const silent = createServer().listen(0, '127.0.0.1');
    await once(silent, 'listening');
    const port = String((silent.address() as AddressInfo).port);
    try {
      const data = join(folder.path, 'data');
      const started = await runDaybook(['start', '--no-generate', '--port', port, '--data', data]);
      expect(started.stderr).toContain(`Port ${port} on 127.0.0.1 is taken by another program. `);
      const doctor = await runDaybook(['doctor', '--port', port, '--data', data]);
      expect(doctor.stdout).toContain(`port: ${port} is taken by another program. `);
    } finally {
      silent.close();
    }
  });

  it('says who holds its folder', async () => {
    await using folder = await temporaryFolder();
    const data = join(folder.path, 'data');
    const daybook = await startDaybook(data);
    try {
      const { code, stderr } = await runDaybook(['start', '--no-generate', '--port', '0', '--data', data]);
      expect([code, stderr]).toEqual([1, expect.stringContaining(daybook.url)]);
      expect(stderr).toContain('(FOLDER_HELD)');
    } finally {
      await daybook.stop();
    }
  });
});
