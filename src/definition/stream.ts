import type { FieldNames, Fields, ValueOf } from './fields.ts';

/** All records of one kind. */
export interface Stream<S extends Fields = Fields> {
  readonly name: string;
  /** IANA name; moments without an offset, and business dates, are in it. */
  readonly timeZone: string;
  /** ISO 4217. */
  readonly currency: string;
  readonly fields: S;
  /** The names of the fields that identify a record, say when it happened, and say to which day it belongs. */
  readonly primaryKey: string;
  readonly eventTime: string;
  readonly businessDate: string;
  /** The hour at which a business day ends: 3 puts a sale at 02:30 on the day before. */
  readonly businessDayEndsAtHour: number;
  /** How many days behind the newest business day a record may be before its day is closed. */
  readonly latenessDays: number;
}

/** What `defineStream` takes; what has a default may be left out. */
export type StreamOptions<S extends Fields> = Pick<Stream<S>, 'name' | 'timeZone' | 'currency' | 'fields'> & {
  readonly primaryKey: FieldNames<S, 'uuid' | 'text'>;
  readonly eventTime: FieldNames<S, 'timestamp'>;
  readonly businessDate: FieldNames<S, 'date'>;
  readonly businessDayEndsAtHour?: number;
  readonly latenessDays?: number;
};

/**
 * Defines a stream: its records' fields, primary key, event time and business date.
 * A record without its business date gets the date of its event time; every other field must be there.
 */
export function defineStream<const S extends Fields>(options: StreamOptions<S>): Stream<S> {
  return { businessDayEndsAtHour: 0, latenessDays: 7, ...options };
}

/** A record of a stream, as its JSON reads. */
export type RecordOf<T extends Stream> = { readonly [N in keyof T['fields']]: ValueOf<T['fields'][N]> };
