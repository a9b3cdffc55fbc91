import { appendFileSync, cpSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, it } from 'vitest';
import { temporaryFolder } from '../../test/process/daybook-process.ts';
import { AssemblyModule } from './assembly-module.ts';

const BUILT = join(import.meta.dirname, '../record/assembly');

/** What loading a copy of the built module comes to, once something was done to its folder. */
async function loadedAfter(change: (folder: string) => void): Promise<() => void> {
  await using folder = await temporaryFolder();
  cpSync(BUILT, folder.path, { recursive: true });
  change(folder.path);
  try {
    new AssemblyModule(pathToFileURL(join(folder.path, 'lines.wasm'))).load();
    return () => undefined;
  } catch (error) {
    return () => {
      throw error;
    };
  }
}

it('a module is loaded that was built of the sources beside it', async () => {
  expect(await loadedAfter(() => undefined)).not.toThrow();
});

it.each([
  ['a source has changed', (folder: string) => appendFileSync(join(folder, 'keys.ts'), '\n')],
  ['a source is gone', (folder: string) => rmSync(join(folder, 'keys.ts'))],
  ['a source has come', (folder: string) => writeFileSync(join(folder, 'another.ts'), '')],
  ['its end is missing', (folder: string) => truncateSync(join(folder, 'lines.wasm'), 1000)],
  [
    'it says of no sources',
    (folder: string) => writeFileSync(join(folder, 'lines.wasm'), Buffer.from('0061736d01000000', 'hex')),
  ],
])('it is told, with what to do, that a module is of another version: %s', async (_, change) => {
  expect(await loadedAfter(change)).toThrow(
    /^lines.wasm, .* was built of another version of Daybook. Run npm ci, or npm run build.$/,
  );
});

it('a module that is not there is told to be built', async () => {
  expect(await loadedAfter((folder) => rmSync(join(folder, 'lines.wasm')))).toThrow(
    /has not been built. Run npm run build.$/,
  );
});
