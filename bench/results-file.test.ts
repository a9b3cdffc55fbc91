import { expect, it } from 'vitest';
import { sectionsOf } from './results-file.ts';

it('finds the sections of what was written before', () => {
  const sections = sectionsOf('# Figures\n\nintroduction\n\n## One: a\n\ntext\n\n## Two\nmore\n');
  expect([...sections]).toEqual([
    ['One: a', '## One: a\n\ntext\n'],
    ['Two', '## Two\nmore\n'],
  ]);
});
