import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { runDaybook, temporaryFolder } from '../process/daybook-process.ts';

const COMPILE = ['compile', '--target', 'superset'];
const APPLY = ['apply', '--target', 'superset', '--url', 'http://127.0.0.1:9'];

describe('compile --target superset', () => {
  it('writes the same bytes each time, wherever in the world', async () => {
    await using folder = await temporaryFolder();
    const files = await Promise.all(
      ['UTC', 'Pacific/Auckland'].map(async (zone, index) => {
        const path = join(folder.path, `${index}.zip`);
        const { code, stderr } = await runDaybook([...COMPILE, '--out', path], undefined, { TZ: zone });
        expect([code, stderr]).toEqual([0, '']);
        return readFile(path);
      }),
    );
    expect(files[0]?.subarray(0, 4).toString('latin1')).toBe('PK\u0003\u0004');
    expect(files[0]?.equals(files[1] ?? Buffer.of())).toBe(true);
  });

  it('refuses a URL with a password, and one without a user', async () => {
    for (const url of ['postgres://superset:secret@127.0.0.1/daybook', 'postgres://127.0.0.1/daybook', 'nonsense']) {
      const { code, stderr } = await runDaybook([...COMPILE, '--reports-url', url]);
      expect([code, stderr]).toEqual([1, expect.stringContaining('(SETTING_WRONG)')]);
      expect(stderr).not.toContain('secret');
    }
  });
});

describe('apply --target superset', () => {
  it('asks for the address, the user and the password', async () => {
    const none = await runDaybook(APPLY.slice(0, 3));
    expect([none.code, none.stderr]).toEqual([2, expect.stringContaining('needs --url')]);
    const nobody = await runDaybook(APPLY);
    expect([nobody.code, nobody.stderr]).toEqual([2, expect.stringContaining('DAYBOOK_SUPERSET_PASSWORD_FILE')]);
  });

  it('says that nobody answers', async () => {
    const { code, stderr } = await runDaybook([...APPLY, '--user', 'admin'], undefined, {
      DAYBOOK_SUPERSET_PASSWORD: 'secret',
    });
    expect([code, stderr]).toEqual([1, expect.stringContaining('(SUPERSET_UNREACHABLE)')]);
  });
});
