import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { readCatalogFile } from './catalog-file.ts';
import type { Catalogue } from './catalogue.ts';

const folder = await mkdtemp(join(tmpdir(), 'daybook-catalogue-'));
afterAll(() => rm(folder, { recursive: true }));

const HEADER =
  'row_id,order_id,order_date,customer_id,customer_name,segment,country,city,state,category,sub_category,product_name,sales,quantity,discount,profit';
const LINES = [
  '1,A-1,3/4/2026,AB-10000,Ann Bell,Consumer,United States,Henderson,Kentucky,Furniture,Chairs,"Stool, 18"" seat",90,3,0.25,5',
  '2,A-1,3/4/2026,AB-10000,Ann Bell,Consumer,United States,Nowhere At All,Kentucky,Technology,Phones,Desk Phone,40,2,0,5',
  '3,A-2,3/5/2026,CD-10001,Cy Dunn,Corporate,United States,Nowhere At All,Kentucky,Technology,Phones,Desk Phone,10,1,0.5,5',
];

async function read(text: string): Promise<Catalogue> {
  const path = join(folder, 'catalogue.csv');
  await writeFile(path, text);
  return readCatalogFile(path);
}

describe('a catalogue of order lines', () => {
  it('gives a customer and a product a line, at the price before discount', async () => {
    const { customers, products, customerWeights } = await read(`\uFEFF${HEADER}\r\n${LINES.join('\r\n')}\r\n`);
    expect(products).toEqual([
      { category: 'Furniture', sub_category: 'Chairs', product_name: 'Stool, 18" seat', price: 90 / 3 / 0.75 },
      { category: 'Technology', sub_category: 'Phones', product_name: 'Desk Phone', price: 20 },
      { category: 'Technology', sub_category: 'Phones', product_name: 'Desk Phone', price: 20 },
    ]);
    expect(customers[0]).toMatchObject({ customer_id: 'AB-10000', segment: 'Consumer', city: 'Henderson' });
    expect(customers[0]?.latitude).toBeCloseTo(37.8, 1);
    expect(customerWeights).toEqual([1, 1, 1]);
  });

  it('lists the cities that are not known, and keeps their customers', async () => {
    const { customers, placesNotFound } = await read(`${HEADER}\n${LINES.join('\n')}`);
    expect(placesNotFound).toEqual([{ city: 'Nowhere At All', state: 'Kentucky', count: 2 }]);
    expect(customers[2]).toMatchObject({ city: 'Nowhere At All', latitude: null, longitude: null });
  });

  it('must have all columns, lines, and a price in each', async () => {
    await expect(read('customer_id,City,sales\nA,B,1\n')).rejects.toMatchObject({
      code: 'CATALOG_COLUMNS',
      message: expect.stringContaining('no column customer_name, segment, country, state,') as string,
    });
    await expect(read(`${HEADER}\n`)).rejects.toMatchObject({ code: 'CATALOG_EMPTY' });
    for (const numbers of [',3,0.25', '90,0,0', '90,1,1', '90,x,0', '-1,1,0']) {
      const line = LINES[0]?.replace('90,3,0.25', numbers);
      const message = expect.stringContaining('Line 3 of') as string;
      await expect(read(`${HEADER}\n${LINES[1]}\n${line}\n`)).rejects.toMatchObject({ code: 'CATALOG_LINE', message });
    }
    await expect(readCatalogFile(join(folder, 'none.csv'))).rejects.toMatchObject({ code: 'CATALOG_UNREADABLE' });
  });
});
