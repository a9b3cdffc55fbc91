import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { shuffleSales } from './shuffle-lines.ts';

it('gives the same lines in another order, those of a key in theirs', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'daybook-shuffle-'));
  try {
    const key = (number: number): string => String(number).padStart(36, '0');
    // Three lines of every tenth key.
    const keys = Array.from({ length: 1000 }, (_each, index) => (index % 10 < 3 ? index - (index % 10) : index));
    const lines = keys.map((number, place) => `{"place":${place},"ts_id":"${key(number)}"}`);
    await writeFile(join(folder, 'from'), `${lines.join('\n')}\n`);
    await shuffleSales(join(folder, 'from'), join(folder, 'to'));
    const shuffled = (await readFile(join(folder, 'to'), 'utf8')).trimEnd().split('\n');
    expect(shuffled.toSorted()).toEqual(lines.toSorted());
    expect(shuffled.filter((line, place) => line === lines[place]).length).toBeLessThan(20);
    for (let number = 0; number < 1000; number += 10) {
      const its = shuffled.filter((line) => line.includes(key(number)));
      expect(its).toEqual(lines.filter((line) => line.includes(key(number))));
    }
  } finally {
    await rm(folder, { recursive: true });
  }
});
