import {
  countDistinct,
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
} from 'daybook';

/** One record is one sale of the furniture store. */
export const dailyRecords = defineStream({
  name: 'daily_records',
  timeZone: 'America/New_York',
  currency: 'USD',
  primaryKey: 'ts_id',
  eventTime: 'ts',
  businessDate: 'ts_date',
  fields: {
    ts_id: uuid(),
    ts: timestamp(),
    ts_date: date(),
    customer_id: text(),
    customer_name: text(),
    segment: text(),
    country: text(),
    city: text(),
    category: text(),
    sub_category: text(),
    product_name: text(),
    price: decimal({ min: 0 }),
    quantity: integer({ min: 1, max: 1_000_000 }),
    discount: decimal({ min: 0, max: 1, quoted: true }),
    revenue: decimal(),
    profit: decimal(),
    latitude: number({ min: -90, max: 90, nullable: true }),
    longitude: number({ min: -180, max: 180, nullable: true }),
  },
});

export const dailyPuRev = defineReport(dailyRecords, {
  name: 'daily_pu_rev',
  title: 'Paying customers, revenue and profit of a day',
  dimensions: ['ts_date'],
  measures: {
    daily_pu: countDistinct('customer_id'),
    daily_rev: sum('revenue'),
    daily_profit: sum('profit'),
  },
});

export const dailyCategoryProduct = defineReport(dailyRecords, {
  name: 'daily_category_product',
  title: 'What sold on a day',
  dimensions: ['ts_date', 'category', 'sub_category', 'product_name'],
  measures: {
    daily_quantity: sum('quantity'),
    daily_rev: sum('revenue'),
    daily_profit: sum('profit'),
  },
});

export const dailyAddress = defineReport(dailyRecords, {
  name: 'daily_address',
  title: 'Where the paying customers of a day are',
  dimensions: ['ts_date', 'latitude', 'longitude'],
  measures: { daily_pu: countDistinct('customer_id') },
});

export const daybook = defineDaybook({
  stream: dailyRecords,
  reports: [dailyPuRev, dailyCategoryProduct, dailyAddress],
  dashboard: defineDashboard({
    title: 'Daily report',
    tiles: [
      numberTile(dailyPuRev, 'daily_pu', { title: 'Paying customers', format: 'count' }),
      numberTile(dailyPuRev, 'daily_rev', { title: 'Revenue', format: 'money' }),
      numberTile(dailyPuRev, 'daily_profit', { title: 'Profit', format: 'money' }),
      tableTile(dailyCategoryProduct, 'daily_quantity', { title: 'Products by quantity', format: 'count' }),
      tableTile(dailyCategoryProduct, 'daily_rev', { title: 'Products by revenue', format: 'money' }),
      tableTile(dailyCategoryProduct, 'daily_profit', { title: 'Products by profit', format: 'money' }),
      mapTile(dailyAddress, 'daily_pu', {
        title: 'Customers on the map',
        latitude: 'latitude',
        longitude: 'longitude',
      }),
    ],
  }),
});
