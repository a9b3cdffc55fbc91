import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { expect, it } from 'vitest';
import { atlasText } from '../../scripts/superset-atlas.ts';

it('the map that Superset draws is made of the packages that are installed: npm run superset:atlas makes it', async () => {
  const path = resolve(import.meta.dirname, '../../deploy/superset/atlas.json');
  expect((await readFile(path, 'utf8')) === atlasText()).toBe(true);
});
