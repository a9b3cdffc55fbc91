import { DuckDBInstance } from '@duckdb/node-api';
import { describe, expect, it } from 'vitest';
import { daybook } from '../../../daybook.config.ts';
import { everyMeasure } from '../../../test/definitions/every-measure.ts';
import { makePlan } from '../../plan/normalise.ts';
import { ossie } from './ossie.ts';

describe('the semantic model', () => {
  it.each([
    ['furniture-store', daybook],
    ['every-measure', everyMeasure],
  ])('of %s is as it was looked over', async (name, definition) => {
    const document = ossie(makePlan(definition));
    await expect(`${JSON.stringify(document, null, 2)}\n`).toMatchFileSnapshot(`./${name}.golden.json`);
  });

  it('gives totals that are those of the records, where it gives any', async () => {
    const [{ metrics }] = ossie(makePlan(everyMeasure)).semantic_model;
    const total = (name: string): string =>
      metrics.find((metric) => metric.name === `every_measure.${name}`)?.expression.dialects[0].expression ?? 'NULL';
    const instance = await DuckDBInstance.create(':memory:', { threads: '1', autoload_known_extensions: 'false' });
    const database = await instance.connect();
    // Two rows: records that cost 1, 2 and 3 for a bed each, and one that cost 10 for two.
    await database.run(`CREATE TABLE every_measure AS SELECT * FROM (VALUES (3, 6.0, 3, 1.0, 3.0), (1, 10.0, 2, 10.0, 10.0))
      AS r (records, takings, beds, low, high)`);
    const names = ['records', 'takings', 'beds', 'low', 'high', 'a_bed'];
    const rows = await database.runAndReadAll(
      `SELECT ${names.map((name) => `CAST(${total(name)} AS DOUBLE)`).join()} FROM every_measure`,
    );
    expect(rows.getRows()).toEqual([[4, 16, 5, 1, 10, 16 / 5]]);
    database.closeSync();
    instance.closeSync();
  });

  it('gives no total of what does not add up', () => {
    const [{ metrics }] = ossie(makePlan(everyMeasure)).semantic_model;
    const names = metrics.map(({ name }) => name);
    for (const name of ['guests', 'days', 'mean', 'mean_rooms', 'a_guest']) {
      expect(names).not.toContain(`every_measure.${name}`);
    }
  });

  it('quotes names that are words of SQL', () => {
    const [{ datasets }] = ossie(makePlan(everyMeasure)).semantic_model;
    const order = datasets[0]?.fields.find((field) => field.name === 'order');
    expect(order?.expression.dialects).toEqual([{ dialect: 'ANSI_SQL', expression: '"order"' }]);
  });
});
