import {
  barTile,
  count,
  date,
  decimal,
  defineDashboard,
  defineDaybook,
  defineReport,
  defineStream,
  integer,
  mapTile,
  number,
  numberTile,
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
    region: text(),
    shop: text({ nullable: true }),
    year: integer(),
    hour: integer(),
    product: text(),
    channel: text(),
    north: number({ nullable: true }),
    east: number({ nullable: true }),
    amount: decimal(),
  },
});

const days = defineReport(sales, { name: 'days', dimensions: ['day'], measures: { total: sum('amount') } });

const shops = defineReport(sales, {
  name: 'shops',
  dimensions: ['day', 'region', 'shop', 'year', 'hour', 'channel', 'product'],
  measures: { total: sum('amount'), lines: count() },
});

const places = defineReport(sales, {
  name: 'places',
  dimensions: ['day', 'north', 'east'],
  measures: { total: sum('amount') },
});

/** A report of many dimensions, with empty and missing values, under a tile of each kind. */
export const daybook = defineDaybook({
  stream: sales,
  reports: [days, shops, places],
  dashboard: defineDashboard({
    title: 'Shops',
    tiles: [
      numberTile(shops, 'total', { title: 'Revenue', format: 'money' }),
      tableTile(shops, 'total', { title: 'Revenue €', format: 'money' }),
      tableTile(shops, 'lines', { title: 'Revenue %', format: 'count' }),
      barTile(days, 'total', { title: 'By day', format: 'money', x: 'day' }),
      mapTile(places, 'total', { title: 'Places', latitude: 'north', longitude: 'east' }),
    ],
  }),
});
