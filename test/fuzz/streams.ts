import {
  count,
  countDistinct,
  date,
  decimal,
  defineDashboard,
  defineDaybook,
  defineReport,
  defineStream,
  integer,
  max,
  number,
  sum,
  text,
  timestamp,
  uuid,
} from 'daybook';
import { dailyRecords, daybook } from '../../daybook.config.ts';
import { makePlan } from '../../src/plan/normalise.ts';
import type { Plan } from '../../src/plan/plan.ts';
import type { OracleStream } from './record-oracle.ts';

/** A stream as the scanner is told of it, and once more, by hand, as the oracle is. */
export interface FuzzedStream {
  readonly name: string;
  readonly plan: Plan;
  readonly oracle: OracleStream;
}

const STORE: OracleStream = {
  primaryKey: 'ts_id',
  eventTime: 'ts',
  businessDate: 'ts_date',
  timeZone: 'America/New_York',
  businessDayEndsAtHour: 0,
  fields: [
    { name: 'ts_id', kind: 'uuid' },
    { name: 'ts', kind: 'timestamp' },
    { name: 'ts_date', kind: 'date' },
    { name: 'customer_id', kind: 'text' },
    { name: 'customer_name', kind: 'text' },
    { name: 'segment', kind: 'text' },
    { name: 'country', kind: 'text' },
    { name: 'city', kind: 'text' },
    { name: 'category', kind: 'text' },
    { name: 'sub_category', kind: 'text' },
    { name: 'product_name', kind: 'text' },
    { name: 'price', kind: 'decimal', min: 0 },
    { name: 'quantity', kind: 'integer', min: 1, max: 1_000_000 },
    { name: 'discount', kind: 'decimal', min: 0, max: 1, quoted: true },
    { name: 'revenue', kind: 'decimal' },
    { name: 'profit', kind: 'decimal' },
    { name: 'latitude', kind: 'number', min: -90, max: 90, nullable: true },
    { name: 'longitude', kind: 'number', min: -180, max: 180, nullable: true },
  ],
};

/** The shipped stream with reports that ask for the value of every field that can be asked for. */
const readEverywhere = defineReport(dailyRecords, {
  name: 'every_field',
  dimensions: ['ts_date', 'customer_name', 'segment', 'country', 'city', 'price', 'discount'],
  measures: {
    products: countDistinct('product_name'),
    dates: countDistinct('ts_date'),
    revenues: countDistinct('revenue'),
    quantities: countDistinct('quantity'),
    highest_price: max('price'),
    discounts: sum('discount'),
  },
});

const rental = defineStream({
  name: 'rentals',
  timeZone: 'Asia/Kathmandu',
  currency: 'NPR',
  primaryKey: 'ticket',
  eventTime: 'at',
  businessDate: 'day',
  businessDayEndsAtHour: 4,
  fields: {
    at: timestamp(),
    returned_at: timestamp(),
    ticket: text({ maxLength: 12 }),
    customer: uuid(),
    day: date(),
    due: date(),
    note: text({ nullable: true, maxLength: 5 }),
    fee: decimal({ nullable: true, min: -5, max: 5 }),
    deposit: decimal({ quoted: true }),
    rebate: decimal({ nullable: true, quoted: true, min: 0, max: 1 }),
    items: integer(),
    spare: integer({ nullable: true, min: -3, max: 3 }),
    weight: number(),
    height: number({ nullable: true }),
  },
});

const rentalsByAll = defineReport(rental, {
  name: 'by_all',
  dimensions: ['day', 'note', 'fee', 'spare', 'height', 'due', 'rebate'],
  measures: {
    rentals: count(),
    tickets: countDistinct('ticket'),
    weights: countDistinct('weight'),
    items: sum('items'),
    deposit: sum('deposit'),
    heaviest: max('weight'),
  },
});

const RENTALS: OracleStream = {
  primaryKey: 'ticket',
  eventTime: 'at',
  businessDate: 'day',
  timeZone: 'Asia/Kathmandu',
  businessDayEndsAtHour: 4,
  fields: [
    { name: 'at', kind: 'timestamp' },
    { name: 'returned_at', kind: 'timestamp' },
    { name: 'ticket', kind: 'text', maxLength: 12 },
    { name: 'customer', kind: 'uuid' },
    { name: 'day', kind: 'date' },
    { name: 'due', kind: 'date' },
    { name: 'note', kind: 'text', nullable: true, maxLength: 5 },
    { name: 'fee', kind: 'decimal', nullable: true, min: -5, max: 5 },
    { name: 'deposit', kind: 'decimal', quoted: true },
    { name: 'rebate', kind: 'decimal', nullable: true, quoted: true, min: 0, max: 1 },
    { name: 'items', kind: 'integer' },
    { name: 'spare', kind: 'integer', nullable: true, min: -3, max: 3 },
    { name: 'weight', kind: 'number' },
    { name: 'height', kind: 'number', nullable: true },
  ],
};

const parcel = defineStream({
  name: 'parcels',
  timeZone: 'Europe/Berlin',
  currency: 'EUR',
  primaryKey: 'id',
  eventTime: 'ts',
  businessDate: 'ts_date',
  fields: { ts: timestamp(), ts_date: date(), id: uuid(), sender: uuid(), price: decimal() },
});

const PARCELS: OracleStream = {
  primaryKey: 'id',
  eventTime: 'ts',
  businessDate: 'ts_date',
  timeZone: 'Europe/Berlin',
  businessDayEndsAtHour: 0,
  fields: [
    { name: 'ts', kind: 'timestamp' },
    { name: 'ts_date', kind: 'date' },
    { name: 'id', kind: 'uuid' },
    { name: 'sender', kind: 'uuid' },
    { name: 'price', kind: 'decimal' },
  ],
};

const noTiles = defineDashboard({ title: 'None', tiles: [] });

/** The shipped stream as it is, the same with every field in a report, and others with what the shipped one has not. */
export const FUZZED: readonly FuzzedStream[] = [
  { name: 'the shipped stream', plan: makePlan(daybook), oracle: STORE },
  {
    name: 'the shipped stream, every field read',
    plan: makePlan({ ...daybook, reports: [...daybook.reports, readEverywhere] }),
    oracle: STORE,
  },
  {
    name: 'rentals',
    plan: makePlan(defineDaybook({ stream: rental, reports: [rentalsByAll], dashboard: noTiles })),
    oracle: RENTALS,
  },
  {
    name: 'parcels',
    plan: makePlan(
      defineDaybook({
        stream: parcel,
        reports: [
          defineReport(parcel, { name: 'daily', dimensions: ['ts_date'], measures: { revenue: sum('price') } }),
        ],
        dashboard: noTiles,
      }),
    ),
    oracle: PARCELS,
  },
];
