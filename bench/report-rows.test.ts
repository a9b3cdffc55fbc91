import { expect, it } from 'vitest';
import { differenceOf, rowsOfJson } from './report-rows.ts';

const rows = (day: string): ReturnType<typeof rowsOfJson> => rowsOfJson({ daily_pu_rev: `{"rows":[${day}]}` });
const right = rows('{"ts_date":"2026-10-01","daily_pu":12345678901234567890,"daily_rev":10.5,"daily_profit":-100}');

it('finds rows equal however their decimals are printed', () => {
  const given = rows(
    '{"ts_date":"2026-10-01","daily_pu":"12345678901234567890","daily_rev":"10.500000","daily_profit":-100.000000}',
  );
  expect(differenceOf(right, given)).toBeUndefined();
});

it('sees a last digit that differs, and a row that is missing', () => {
  const given = rows('{"ts_date":"2026-10-01","daily_pu":12345678901234567891,"daily_rev":10.5,"daily_profit":-100}');
  expect(differenceOf(right, given)).toContain('daily_pu_rev: 1 of 1 rows differ');
  expect(differenceOf(right, rowsOfJson({}))).toContain('daily_pu_rev: 0 of 0 rows differ (1 are right)');
});
