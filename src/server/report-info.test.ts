import { expect, it } from 'vitest';
import { everyMeasure } from '../../test/definitions/every-measure.ts';
import { present } from '../base/assert.ts';
import { makePlan } from '../plan/normalise.ts';
import { reportInfo } from './report-info.ts';

const plan = makePlan(everyMeasure);

it('a measure says how it is computed by the stream’s fields alone, whatever those of its report are called', () => {
  const { columns } = reportInfo(present(plan.reports[0], 'it has reports'));
  expect(columns.filter(({ role }) => role === 'measure').map(({ of }) => of)).toEqual([
    'count()',
    'sum(paid)',
    'sum(rooms)',
    'countDistinct(guest)',
    'countDistinct(day)',
    'min(paid)',
    'min(rooms)',
    'min(height)',
    'max(paid)',
    'max(height)',
    'avg(paid)',
    'avg(rooms)',
    'ratio(sum(paid), sum(rooms))',
    'ratio(countDistinct(guest), count())',
    'ratio(min(paid), min(rooms))',
  ]);
});
