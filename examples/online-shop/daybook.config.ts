import {
  barTile,
  count,
  countDistinct,
  date,
  decimal,
  defineDashboard,
  defineDaybook,
  defineReport,
  defineStream,
  integer,
  lineTile,
  numberTile,
  ratio,
  sum,
  tableTile,
  text,
  timestamp,
  uuid,
} from 'daybook';

/** One record is one order line of an online shop; its shop system says in which hour of the day it was placed. */
export const orderLines = defineStream({
  name: 'order_lines',
  timeZone: 'Europe/Berlin',
  currency: 'EUR',
  primaryKey: 'line_id',
  eventTime: 'ordered_at',
  businessDate: 'day',
  fields: {
    line_id: uuid(),
    ordered_at: timestamp(),
    day: date(),
    hour: integer({ min: 0, max: 23 }),
    channel: text(),
    customer: text(),
    article: text(),
    pieces: integer({ min: 1 }),
    amount: decimal(),
  },
});

export const ordersOfDay = defineReport(orderLines, {
  name: 'orders_of_day',
  title: 'Customers and revenue of a day',
  dimensions: ['day'],
  measures: {
    lines: count(),
    customers: countDistinct('customer'),
    revenue: sum('amount'),
    per_customer: ratio('revenue', 'customers'),
  },
});

export const ordersOfHour = defineReport(orderLines, {
  name: 'orders_of_hour',
  title: 'Orders by hour and channel',
  dimensions: ['day', 'hour', 'channel'],
  measures: { lines: count(), revenue: sum('amount') },
});

export const articles = defineReport(orderLines, {
  name: 'articles',
  title: 'What was ordered',
  dimensions: ['day', 'channel', 'article'],
  measures: { pieces: sum('pieces'), revenue: sum('amount') },
});

export const daybook = defineDaybook({
  stream: orderLines,
  reports: [ordersOfDay, ordersOfHour, articles],
  dashboard: defineDashboard({
    title: 'Online shop',
    tiles: [
      numberTile(ordersOfDay, 'customers', { title: 'Customers', format: 'count' }),
      numberTile(ordersOfDay, 'revenue', { title: 'Revenue', format: 'money' }),
      numberTile(ordersOfDay, 'per_customer', { title: 'Revenue of a customer', format: 'money' }),
      barTile(ordersOfHour, 'revenue', {
        title: 'Revenue by hour',
        format: 'money',
        x: 'hour',
        series: 'channel',
      }),
      lineTile(ordersOfHour, 'lines', { title: 'Order lines by day', format: 'count', x: 'day', series: 'channel' }),
      tableTile(articles, 'revenue', { title: 'Articles', format: 'money' }),
      barTile(ordersOfHour, 'lines', { title: 'Order lines by channel', format: 'count', x: 'channel' }),
    ],
  }),
});
