import { describe, expect, it } from 'vitest';
import { largestPlaces } from '../../base/us-places.ts';
import { ownCatalogue } from './catalogue.ts';

const SUB_CATEGORIES: Readonly<Record<string, readonly string[]>> = {
  Furniture: ['Bookcases', 'Chairs', 'Furnishings', 'Tables'],
  'Office Supplies': [
    'Appliances',
    'Art',
    'Binders',
    'Envelopes',
    'Fasteners',
    'Labels',
    'Paper',
    'Storage',
    'Supplies',
  ],
  Technology: ['Accessories', 'Copiers', 'Machines', 'Phones'],
};

describe('the own catalogue', () => {
  it('has at least 1,500 products in 3 categories and 17 sub-categories, each with a name of its own', async () => {
    const { products, productWeights } = await ownCatalogue();
    expect(products.length).toBeGreaterThanOrEqual(1500);
    expect(productWeights).toHaveLength(products.length);
    expect(new Set(products.map((product) => product.product_name)).size).toBe(products.length);
    const found = Object.fromEntries(
      Object.keys(SUB_CATEGORIES).map((category) => [
        category,
        [...new Set(products.filter((each) => each.category === category).map((each) => each.sub_category))].toSorted(),
      ]),
    );
    expect(found).toEqual(SUB_CATEGORIES);
    expect(new Set(products.map((product) => product.category)).size).toBe(3);
  });

  it('has names with commas, quotes and inch marks, and prices in whole cents', async () => {
    const { products } = await ownCatalogue();
    const names = products.map((product) => product.product_name);
    expect(names.filter((name) => name.includes(',')).length).toBeGreaterThan(100);
    expect(names.filter((name) => /\d"/.test(name)).length).toBeGreaterThan(100);
    expect(names.filter((name) => / "[A-Z]\w+" /.test(name)).length).toBeGreaterThan(50);
    expect(names.filter((name) => name.length > 100 || name.includes('undefined'))).toEqual([]);
    for (const { price } of products)
      expect(price > 1 && price < 2500 && Number(price.toFixed(2)) === price).toBe(true);
  });

  it('has 800 customers in all of the 500 largest cities, more of them in larger ones', async () => {
    const { customers, customerWeights, placesNotFound } = await ownCatalogue();
    expect([customers.length, customerWeights.length, placesNotFound.length]).toEqual([800, 800, 0]);
    expect(new Set(customers.map((customer) => customer.customer_id)).size).toBe(800);
    for (const { customer_id, customer_name } of customers) {
      const [first, last] = customer_name.split(' ');
      expect(customer_id).toMatch(new RegExp(`^${first?.charAt(0)}${last?.charAt(0)}-\\d{5}$`, 'i'));
    }
    expect(new Set(customers.map((customer) => customer.segment))).toEqual(
      new Set(['Consumer', 'Corporate', 'Home Office']),
    );
    const perPlace = new Map<string, number>();
    for (const { city, latitude, longitude } of customers) {
      const key = `${city} ${latitude} ${longitude}`;
      perPlace.set(key, (perPlace.get(key) ?? 0) + 1);
    }
    const counts = (await largestPlaces(500)).map(
      (place) => perPlace.get(`${place.name} ${place.latitude} ${place.longitude}`) ?? 0,
    );
    expect(Math.min(...counts)).toBeGreaterThanOrEqual(1);
    const sum = (list: readonly number[]): number => list.reduce((total, each) => total + each, 0);
    expect(sum(counts.slice(0, 50))).toBeGreaterThan(2 * sum(counts.slice(450)));
  });

  it('is the same each time', async () => {
    expect(await ownCatalogue()).toEqual(await ownCatalogue());
  });
});
