#!/bin/sh
# The user as whom Superset reads: the reports, and nothing else. Run by the image of PostgreSQL when the database is made.
set -eu
export READER_PASSWORD
READER_PASSWORD=$(cat /run/secrets/reports/password)
psql --quiet --no-psqlrc --set ON_ERROR_STOP=1 --username "$POSTGRES_USER" --dbname "$POSTGRES_DB" <<'SQL'
\getenv password READER_PASSWORD
CREATE ROLE daily_report_reader NOLOGIN;
CREATE ROLE superset LOGIN IN ROLE daily_report_reader PASSWORD :'password';
SQL
