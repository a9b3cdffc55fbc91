import type { TestSpecification } from 'vitest/node';
import { BaseSequencer } from 'vitest/node';

/** What takes minutes, the longest first; a machine that never ran them would take files by their size. */
const LONGEST = [
  'test/stack/parity',
  'test/stack/spark-faults',
  'test/stack/migrate',
  'test/stack/spark-late',
  'test/stack/sinks',
  'test/stack/serve',
];

/** Begins with the longest files, so that none is left alone at the end beside workers that have nothing to do. */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    return sorted.toSorted((a, b) => placeOf(a) - placeOf(b));
  }
}

function placeOf({ moduleId }: TestSpecification): number {
  const place = LONGEST.findIndex((name) => moduleId.endsWith(`${name}.test.ts`));
  return place < 0 ? LONGEST.length : place;
}
