import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { cp, mkdir, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { readHolder, takeFolderLock } from './lock.ts';

let root = '';
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'daybook-lock-'));
});
afterEach(() => rm(root, { recursive: true }));

interface Child {
  readonly process: ChildProcess;
  /** All that it has printed on standard error. */
  errors: string;
}

/** Another process that runs a module's text and prints a line when it holds the folder. */
async function holderProcess(body: string): Promise<Child> {
  const lockUrl = new URL('lock.ts', import.meta.url).href;
  const program = `
    import { takeFolderLock } from ${JSON.stringify(lockUrl)};
    const root = ${JSON.stringify(root)};
    ${body}
    process.stdout.write('held');
    process.stdin.resume();
  `;
  const child = spawn(process.execPath, ['--input-type=module', '--eval', program], { stdio: 'pipe' });
  const holder = { process: child, errors: '' };
  child.stderr.on('data', (chunk: Buffer) => (holder.errors += chunk.toString()));
  await Promise.race([
    once(child.stdout, 'data'),
    once(child, 'exit').then(() => {
      throw new Error(`The other process ended: ${holder.errors}`);
    }),
  ]);
  return holder;
}

async function kill(child: Child): Promise<void> {
  const ended = once(child.process, 'exit');
  child.process.kill('SIGKILL');
  await ended;
}

describe("a folder's lock", () => {
  it('lets one holder have the folder, names it, and lets go', async () => {
    const folder = join(root, 'made', 'on the way');
    expect(await readHolder(folder)).toBeUndefined();
    const lock = await takeFolderLock(folder);
    expect(await readHolder(folder)).toEqual({ pid: process.pid, url: undefined });
    await lock.announce('http://127.0.0.1:4000');
    expect(await readHolder(folder)).toEqual({ pid: process.pid, url: 'http://127.0.0.1:4000' });
    await expect(takeFolderLock(folder)).rejects.toMatchObject({
      code: 'FOLDER_HELD',
      details: { pid: process.pid, url: 'http://127.0.0.1:4000' },
    });
    await expect(takeFolderLock(folder)).rejects.toThrow(
      `process ${process.pid}, which serves at http://127.0.0.1:4000`,
    );
    await lock.release();
    await lock.release();
    await lock.announce('http://127.0.0.1:4001');
    expect(await readHolder(folder)).toBeUndefined();
    expect(await readdir(folder)).toEqual(['lock.db']);
    await (await takeFolderLock(folder)).release();
  });

  it('is kept against another process, and does not outlive a holder that is killed', async () => {
    const child = await holderProcess(`await takeFolderLock(root, 'http://127.0.0.1:4321');`);
    const pid = child.process.pid;
    try {
      expect(await readHolder(root)).toEqual({ pid, url: 'http://127.0.0.1:4321' });
      const details = { pid, url: 'http://127.0.0.1:4321' };
      await expect(takeFolderLock(root)).rejects.toMatchObject({ code: 'FOLDER_HELD', details });
    } finally {
      await kill(child);
    }
    expect(child.errors).toBe('');
    expect(existsSync(join(root, 'holder.json'))).toBe(true);
    expect(await readHolder(root)).toBeUndefined();
    await using lock = await takeFolderLock(root);
    expect(lock).toBeDefined();
    expect(await readHolder(root)).toEqual({ pid: process.pid, url: undefined });
  });

  it('is kept also when its file is removed while it is held', async () => {
    const child = await holderProcess(`await takeFolderLock(root, 'http://127.0.0.1:4321');`);
    const pid = child.process.pid;
    try {
      await rm(join(root, 'lock.db'));
      expect(await readHolder(root)).toEqual({ pid, url: 'http://127.0.0.1:4321' });
      await expect(takeFolderLock(root)).rejects.toMatchObject({ code: 'FOLDER_HELD', details: { pid } });
      await expect(takeFolderLock(root)).rejects.toThrow('lock.db was removed');
    } finally {
      await kill(child);
    }
    expect(await readHolder(root)).toBeUndefined();
    await (await takeFolderLock(root)).release();
  });

  it('is not that of a copy, though what its holder said was copied without its lock', async () => {
    const child = await holderProcess(
      `await takeFolderLock(root + '/shop', 'http://127.0.0.1:4321'); await takeFolderLock(root + '/other');`,
    );
    try {
      const copy = join(root, 'copy');
      await cp(join(root, 'shop'), copy, { recursive: true });
      await rm(join(copy, 'lock.db'));
      expect(await readHolder(copy)).toBeUndefined();
      await (await takeFolderLock(copy)).release();

      // While another is just starting on a copy, it is not yet its own word that stands there.
      const said = await readFile(join(root, 'shop', 'holder.json'));
      await writeFile(join(root, 'other', 'holder.json'), said);
      expect(await readHolder(join(root, 'other'))).toEqual({ pid: undefined, url: undefined });
    } finally {
      await kill(child);
    }
  });

  it('does not name a holder that has not said who it is, nor one that is long dead', async () => {
    const dead = await holderProcess('');
    await kill(dead);
    await using lock = await takeFolderLock(root);
    expect(lock).toBeDefined();
    const nobody = { pid: undefined, url: undefined };
    for (const left of [
      '',
      '{"pid":',
      '{"url":"http://127.0.0.1:1"}',
      `{"pid":${dead.process.pid},"url":"http://127.0.0.1:1"}`,
    ]) {
      await writeFile(join(root, 'holder.json'), left);
      expect(await readHolder(root)).toEqual(nobody);
    }
    await rm(join(root, 'holder.json'));
    expect(await readHolder(root)).toEqual(nobody);
    await expect(takeFolderLock(root)).rejects.toMatchObject({ code: 'FOLDER_HELD', details: nobody });
    await expect(takeFolderLock(root)).rejects.toThrow('just starting');
  });

  it('says so when the folder cannot be locked at all', async () => {
    await writeFile(join(root, 'file'), '');
    await expect(takeFolderLock(join(root, 'file'))).rejects.toMatchObject({ code: 'FOLDER_UNUSABLE' });
    await writeFile(join(root, 'lock.db'), 'this is no database, and long enough to be seen as none'.repeat(50));
    await expect(takeFolderLock(root)).rejects.toMatchObject({ code: 'LOCK_FAILED' });
    await expect(takeFolderLock(root)).rejects.toThrow('when no Daybook runs on the folder, remove it');
    await expect(readHolder(root)).rejects.toMatchObject({ code: 'LOCK_FAILED' });
    // As where nothing may be written.
    await rm(join(root, 'lock.db'));
    await mkdir(join(root, 'lock.db'));
    const advice = /must be able to write there, also to read from it, .* or copy the folder and name the copy\.$/;
    await expect(takeFolderLock(root)).rejects.toMatchObject({
      code: 'LOCK_FAILED',
      message: expect.stringMatching(advice) as string,
    });
  });

  it('keeps back no warnings but that of SQLite', async () => {
    const child = await holderProcess(`await takeFolderLock(root); process.emitWarning('something else');`);
    const errored = child.errors.includes('something else')
      ? undefined
      : once(child.process.stderr ?? child.process, 'data');
    await errored;
    await kill(child);
    expect(child.errors).toContain('something else');
    expect(child.errors).not.toContain('SQLite');
  });
});
