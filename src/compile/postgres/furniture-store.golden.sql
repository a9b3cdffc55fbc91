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

CREATE TABLE IF NOT EXISTS "daily_report"."daily_pu_rev" (
  "ts_date" date NOT NULL,
  "daily_pu" bigint NOT NULL,
  "daily_rev" numeric(38,6) NOT NULL,
  "daily_profit" numeric(38,6) NOT NULL,
  "frame" bigint NOT NULL,
  PRIMARY KEY ("ts_date")
);

COMMENT ON TABLE "daily_report"."daily_pu_rev" IS 'Paying customers, revenue and profit of a day';

GRANT SELECT ON "daily_report"."daily_pu_rev" TO "daily_report_reader";

CREATE TABLE IF NOT EXISTS "daily_report"."daily_category_product" (
  "ts_date" date NOT NULL,
  "category" text NOT NULL,
  "sub_category" text NOT NULL,
  "product_name" text NOT NULL,
  "daily_quantity" bigint NOT NULL,
  "daily_rev" numeric(38,6) NOT NULL,
  "daily_profit" numeric(38,6) NOT NULL,
  "frame" bigint NOT NULL,
  PRIMARY KEY ("ts_date", "category", "sub_category", "product_name")
);

CREATE TABLE IF NOT EXISTS "daily_report_long"."daily_category_product" (
  "key_hash" bytea PRIMARY KEY
) INHERITS ("daily_report"."daily_category_product");

COMMENT ON TABLE "daily_report"."daily_category_product" IS 'What sold on a day';

GRANT SELECT ON "daily_report"."daily_category_product" TO "daily_report_reader";

CREATE TABLE IF NOT EXISTS "daily_report"."daily_address" (
  "ts_date" date NOT NULL,
  "latitude" double precision,
  "longitude" double precision,
  "daily_pu" bigint NOT NULL,
  "frame" bigint NOT NULL,
  UNIQUE NULLS NOT DISTINCT ("ts_date", "latitude", "longitude")
);

COMMENT ON TABLE "daily_report"."daily_address" IS 'Where the paying customers of a day are';

GRANT SELECT ON "daily_report"."daily_address" TO "daily_report_reader";
