import { describe, expect, it } from 'vitest';
import { daybook } from '../../../daybook.config.ts';
import { everyMeasure } from '../../../test/definitions/every-measure.ts';
import type { ZoneOffset } from '../../base/zone-offsets.ts';
import { makePlan } from '../../plan/normalise.ts';
import { sparkScript, sparkSql } from './spark.ts';

/** Few and made up, so that no golden file depends on what governments decide. */
const OFFSETS: readonly ZoneOffset[] = [
  { sinceS: 0, offsetS: 37_800 },
  { sinceS: 4_102_444_800, offsetS: undefined },
];

describe('the SQL for Spark', () => {
  it.each([
    ['furniture-store', daybook],
    ['every-measure', everyMeasure],
  ])('of %s is as it was looked over', async (name, definition) => {
    const plan = makePlan(definition);
    const script = sparkScript(sparkSql(plan, OFFSETS), plan.stream.name);
    await expect(script).toMatchFileSnapshot(`./${name}.golden.sql`);
  });
});
