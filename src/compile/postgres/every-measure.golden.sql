CREATE SCHEMA IF NOT EXISTS "daybook";

CREATE TABLE IF NOT EXISTS "daybook"."versions" (
  version integer PRIMARY KEY,
  applied_at timestamptz NOT NULL DEFAULT now()
);

CREATE SCHEMA IF NOT EXISTS "daily_report";

CREATE SCHEMA IF NOT EXISTS "daily_report_long";

DO $$ BEGIN
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'daily_report_reader') THEN
    CREATE ROLE "daily_report_reader" NOLOGIN;
  END IF;
END $$;

GRANT USAGE ON SCHEMA "daily_report" TO "daily_report_reader";

CREATE COLLATION "daybook"."reading_order" (provider = icu, locale = 'en-u-kn-true');

CREATE TABLE "daybook"."offsets" (
  topic text NOT NULL,
  "partition" integer NOT NULL,
  next_offset bigint NOT NULL,
  frame bigint DEFAULT 0,
  PRIMARY KEY (topic, "partition")
);

CREATE TABLE "daybook"."frames" (
  stream text PRIMARY KEY,
  frame bigint NOT NULL,
  accepted bigint NOT NULL,
  since bigint NOT NULL
);

CREATE TABLE "daybook"."amendments" (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  report text NOT NULL,
  frame bigint NOT NULL,
  before jsonb,
  after jsonb NOT NULL
);

CREATE TABLE "daybook"."quarantine" (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  entry_hash bytea NOT NULL UNIQUE,
  at_ms bigint NOT NULL,
  origin text NOT NULL,
  line bigint NOT NULL,
  code text NOT NULL,
  field text,
  reason text NOT NULL,
  record bytea NOT NULL
);

INSERT INTO "daybook"."versions" (version) VALUES (1);

ALTER TABLE "daybook"."offsets" ADD COLUMN topic_id text;

INSERT INTO "daybook"."versions" (version) VALUES (2);

ALTER TABLE "daybook"."quarantine" ADD COLUMN converted bytea;

INSERT INTO "daybook"."versions" (version) VALUES (3);

ALTER TABLE "daybook"."offsets" ADD COLUMN since bigint;

UPDATE "daybook"."offsets" SET since = (SELECT max(since) FROM "daybook"."frames");

ALTER TABLE "daybook"."frames" DROP COLUMN since;

INSERT INTO "daybook"."versions" (version) VALUES (4);

ALTER TABLE "daybook"."quarantine" ADD COLUMN stream text;

UPDATE "daybook"."quarantine" SET stream = (SELECT min(stream) FROM "daybook"."frames" HAVING count(*) = 1);

ALTER TABLE "daybook"."quarantine" DROP CONSTRAINT quarantine_entry_hash_key, ADD UNIQUE NULLS NOT DISTINCT (entry_hash, stream);

INSERT INTO "daybook"."versions" (version) VALUES (5);

CREATE TABLE IF NOT EXISTS "daily_report"."every_measure" (
  "day" date NOT NULL,
  "order" text NOT NULL,
  "guest" text,
  "booked" date NOT NULL,
  "rooms" bigint NOT NULL,
  "cost" numeric(18,6),
  "height" double precision NOT NULL,
  "records" bigint NOT NULL,
  "takings" numeric(38,6) NOT NULL,
  "beds" numeric(38,0) NOT NULL,
  "guests" bigint NOT NULL,
  "days" bigint NOT NULL,
  "low" numeric(18,6) NOT NULL,
  "least" bigint NOT NULL,
  "bottom" double precision NOT NULL,
  "high" numeric(18,6) NOT NULL,
  "top" double precision NOT NULL,
  "mean" numeric(18,6),
  "mean_rooms" numeric(38,6),
  "a_bed" numeric(38,6),
  "a_guest" numeric(38,6),
  "spread" numeric(38,6),
  "frame" bigint NOT NULL,
  UNIQUE NULLS NOT DISTINCT ("day", "order", "guest", "booked", "rooms", "cost", "height")
);

CREATE TABLE IF NOT EXISTS "daily_report_long"."every_measure" (
  "key_hash" bytea PRIMARY KEY
) INHERITS ("daily_report"."every_measure");

COMMENT ON TABLE "daily_report"."every_measure" IS 'every_measure';

GRANT SELECT ON "daily_report"."every_measure" TO "daily_report_reader";

CREATE TABLE IF NOT EXISTS "daily_report"."every_condition" (
  "day" date NOT NULL,
  "select" bigint NOT NULL,
  "frame" bigint NOT NULL,
  PRIMARY KEY ("day")
);

COMMENT ON TABLE "daily_report"."every_condition" IS 'every_condition';

GRANT SELECT ON "daily_report"."every_condition" TO "daily_report_reader";
