import { REPORTS_SCHEMA } from '../../plan/shared-names.ts';
import { qualified, quotedName, quotedText } from '../../base/sql-text.ts';
import { LONG_SCHEMA, OWN_SCHEMA, READER_ROLE, READING_ORDER } from './sql.ts';

/**
 * What the sink keeps beside the reports, by version. A version that was released never changes: what comes later is a
 * version of its own, and `apply` runs those that a database has not had.
 */
export const OWN_VERSIONS: readonly (readonly string[])[] = [
  [
    `CREATE SCHEMA IF NOT EXISTS ${quotedName(REPORTS_SCHEMA)}`,
    `CREATE SCHEMA IF NOT EXISTS ${quotedName(LONG_SCHEMA)}`,
    // A role belongs to all databases of a server, so it may be there already.
    `DO $$ BEGIN
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = ${quotedText(READER_ROLE)}) THEN
    CREATE ROLE ${quotedName(READER_ROLE)} NOLOGIN;
  END IF;
END $$`,
    `GRANT USAGE ON SCHEMA ${quotedName(REPORTS_SCHEMA)} TO ${quotedName(READER_ROLE)}`,
    // The order in which people read texts: digits by their number.
    `CREATE COLLATION ${qualified(OWN_SCHEMA, READING_ORDER)} (provider = icu, locale = 'en-u-kn-true')`,
    // Where the sink goes on reading: written in the same transaction as the rows. The frame is what the partition's rows
    // are whole as of; null while a sink that catches up is between two.
    `CREATE TABLE ${qualified(OWN_SCHEMA, 'offsets')} (
  topic text NOT NULL,
  "partition" integer NOT NULL,
  next_offset bigint NOT NULL,
  frame bigint DEFAULT 0,
  PRIMARY KEY (topic, "partition")
)`,
    // The newest frame that was written whole, and the one from which on changes of closed days are amendments: what the
    // topics held when the sink first came is how things were, not a change.
    `CREATE TABLE ${qualified(OWN_SCHEMA, 'frames')} (
  stream text PRIMARY KEY,
  frame bigint NOT NULL,
  accepted bigint NOT NULL,
  since bigint NOT NULL
)`,
    `CREATE TABLE ${qualified(OWN_SCHEMA, 'amendments')} (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  report text NOT NULL,
  frame bigint NOT NULL,
  before jsonb,
  after jsonb NOT NULL
)`,
    // The same record refused twice for the same reason is kept once: `entry_hash` is of both.
    `CREATE TABLE ${qualified(OWN_SCHEMA, 'quarantine')} (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  entry_hash bytea NOT NULL UNIQUE,
  at_ms bigint NOT NULL,
  origin text NOT NULL,
  line bigint NOT NULL,
  code text NOT NULL,
  field text,
  reason text NOT NULL,
  record bytea NOT NULL
)`,
  ],
  // The topic that a place is in, by Kafka's id, as one made anew has the same name; null: noted before there were ids.
  [`ALTER TABLE ${qualified(OWN_SCHEMA, 'offsets')} ADD COLUMN topic_id text`],
  // The record that a refused row of a table was made.
  [`ALTER TABLE ${qualified(OWN_SCHEMA, 'quarantine')} ADD COLUMN converted bytea`],
  // The frame from which on changes of closed days are amendments, by partition, as a report that is filled again has one of
  // its own; null until a sink comes.
  [
    `ALTER TABLE ${qualified(OWN_SCHEMA, 'offsets')} ADD COLUMN since bigint`,
    `UPDATE ${qualified(OWN_SCHEMA, 'offsets')} SET since = (SELECT max(since) FROM ${qualified(OWN_SCHEMA, 'frames')})`,
    `ALTER TABLE ${qualified(OWN_SCHEMA, 'frames')} DROP COLUMN since`,
  ],
  // The stream of which a record was refused, as there may be several; null: noted before, when there were several already.
  [
    `ALTER TABLE ${qualified(OWN_SCHEMA, 'quarantine')} ADD COLUMN stream text`,
    `UPDATE ${qualified(OWN_SCHEMA, 'quarantine')} SET stream = (SELECT min(stream) FROM ${qualified(OWN_SCHEMA, 'frames')} HAVING count(*) = 1)`,
    `ALTER TABLE ${qualified(OWN_SCHEMA, 'quarantine')} DROP CONSTRAINT quarantine_entry_hash_key, ADD UNIQUE NULLS NOT DISTINCT (entry_hash, stream)`,
  ],
];

/** Statements to be run before it can be known which versions a database has had. */
export const VERSION_TABLE: readonly string[] = [
  `CREATE SCHEMA IF NOT EXISTS ${quotedName(OWN_SCHEMA)}`,
  `CREATE TABLE IF NOT EXISTS ${qualified(OWN_SCHEMA, 'versions')} (
  version integer PRIMARY KEY,
  applied_at timestamptz NOT NULL DEFAULT now()
)`,
];

/** The tables that the versions have made. */
export const OWN_TABLES: readonly string[] = ['offsets', 'frames', 'amendments', 'quarantine'];

/**
 * Makes a table anew that somebody dropped, empty, as it is after these versions.
 * @param versions  that the database has had
 */
export function makeAnew(table: string, versions: readonly number[]): readonly string[] {
  const name = qualified(OWN_SCHEMA, table);
  return OWN_VERSIONS.filter((_, index) => versions.includes(index + 1))
    .flat()
    .filter(
      (statement) => statement.startsWith(`CREATE TABLE ${name} `) || statement.startsWith(`ALTER TABLE ${name} `),
    );
}

/** Notes that a database has had a version, counted from 1. */
export function noteVersion(version: number): string {
  return `INSERT INTO ${qualified(OWN_SCHEMA, 'versions')} (version) VALUES (${version})`;
}
