import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { describe, expect, it } from 'vitest';
import { daybook } from '../../../daybook.config.ts';
import { makePlan } from '../../plan/normalise.ts';
import { mixedSales } from '../../../test/sales/mixed-sales.ts';
import { openApi } from './openapi.ts';

const document = openApi(makePlan(daybook)) as { components: { schemas: Record<string, object> } };

describe('the OpenAPI document', () => {
  it('is the furniture store’s, as it was looked over', async () => {
    await expect(`${JSON.stringify(document, null, 2)}\n`).toMatchFileSnapshot('./furniture-store.golden.json');
  });

  it('refers only to what it has, in schemas that are valid', () => {
    const ajv = new Ajv2020({ strict: false, allErrors: true });
    addFormats.default(ajv);
    ajv.addSchema(document, 'api');
    const references: string[] = JSON.stringify(document).match(/#\/components\/schemas\/\w+/g) ?? [];
    for (const name of Object.keys(document.components.schemas)) references.push(`#/components/schemas/${name}`);
    for (const reference of references) expect(ajv.getSchema(`api${reference}`), reference).toBeTypeOf('function');
  });

  it('describes the records that are accepted, and not others', () => {
    const ajv = new Ajv2020({ strict: false });
    addFormats.default(ajv);
    ajv.addSchema(document, 'api');
    const isRecord = (record: object): unknown => ajv.validate({ $ref: 'api#/components/schemas/Record' }, record);
    const records = mixedSales(50, { repeats: 0, seed: 1 }).map((line) => JSON.parse(line) as object);
    expect(records.filter((record) => isRecord(record) !== true)).toEqual([]);
    const [record = {}] = records;
    expect(isRecord({ ...record, revenue: 9_007_199_254.740_99, profit: -9_007_199_254.740_99 })).toBe(true);
    for (const change of [
      { quantity: 0 },
      { ts_id: 'x' },
      { city: undefined },
      { revenue: '7' },
      { latitude: 91 },
      { product_name: 'x'.repeat(1001) },
      { revenue: 9_007_199_254.740_992 },
      { profit: -9_007_199_254.740_992 },
    ]) {
      expect(isRecord(JSON.parse(JSON.stringify({ ...record, ...change })) as object), JSON.stringify(change)).toBe(
        false,
      );
    }
  });
});
