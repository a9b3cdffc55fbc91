import {
  date,
  decimal,
  defineDashboard,
  defineDaybook,
  defineReport,
  defineStream,
  mapTile,
  number,
  sum,
  tableTile,
  text,
  timestamp,
  uuid,
} from '../../src/daybook.ts';

const sales = defineStream({
  name: 'sales',
  timeZone: 'UTC',
  currency: 'EUR',
  primaryKey: 'id',
  eventTime: 'at',
  businessDate: 'day',
  fields: {
    id: uuid(),
    at: timestamp(),
    day: date(),
    product: text(),
    region: text(),
    channel: text(),
    north: number(),
    east: number(),
    amount: decimal(),
  },
});

const products = defineReport(sales, {
  name: 'products',
  dimensions: ['day', 'product'],
  measures: { rev: sum('amount') },
});

const places = defineReport(sales, {
  name: 'places',
  dimensions: ['day', 'north', 'east'],
  measures: { rev: sum('amount') },
});

const regions = defineReport(sales, {
  name: 'regions',
  dimensions: ['day', 'region', 'channel', 'product', 'north', 'east'],
  measures: { takings: sum('amount') },
});

/** Two reports with tiles, and one that has their measure by more, under a name of its own. */
export const daybook = defineDaybook({
  stream: sales,
  reports: [products, places, regions],
  dashboard: defineDashboard({
    title: 'Sales',
    tiles: [
      tableTile(products, 'rev', { title: 'Products', format: 'money' }),
      mapTile(places, 'rev', { title: 'Places', latitude: 'north', longitude: 'east' }),
    ],
  }),
});
