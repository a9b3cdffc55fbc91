"""The same reports by ClickHouse inside this process (chdb), in one batch and in memory.

python clickhouse.py <sales.ndjson> <folder for the rows>

Two threads. Rows are numbered in the file's order, and of the few keys that come more than once only the first row counts.
Money is read as a float and rounded to whole millionths once: as a Decimal, ClickHouse would cut off what is beyond its
places.
"""

import sys

from chdb.session import Session
from furniture_reports import money, reports_made, write_report

sales, rows = sys.argv[1:3]
COLUMNS = """ts_id UUID, ts DateTime, ts_date Date, customer_id String, customer_name String, segment String,
  country String, city String, category String, sub_category String, product_name String, price Float64,
  quantity Int32, discount String, revenue Float64, profit Float64, latitude Float64, longitude Float64"""

STATEMENTS = [
    "set max_threads = 2, max_insert_threads = 1",
    "create database bench engine = Atomic",
    f"""create table bench.raw engine = Memory as
      select * replace (
          toInt64(roundBankers(price * 1000000)) as price,
          toInt64(roundBankers(revenue * 1000000)) as revenue,
          toInt64(roundBankers(profit * 1000000)) as profit),
        rowNumberInAllBlocks() as n
      from file('{sales}', 'JSONEachRow', '{COLUMNS}')""",
    """create table bench.repeated engine = Memory as
      select ts_id, min(n) as kept from bench.raw group by ts_id having count() > 1""",
    """create view bench.sales as select * from bench.raw where n not in
      (select r.n from bench.raw as r join bench.repeated as p on r.ts_id = p.ts_id where r.n > p.kept)""",
]

REPORTS = {
    "daily_pu_rev": """select toString(ts_date) as ts_date, uniqExact(customer_id) as daily_pu,
      sum(revenue) as daily_rev, sum(profit) as daily_profit from bench.sales group by ts_date""",
    "daily_category_product": """select toString(ts_date) as ts_date, category, sub_category, product_name,
      sum(quantity) as daily_quantity, sum(revenue) as daily_rev, sum(profit) as daily_profit
      from bench.sales group by ts_date, category, sub_category, product_name""",
    "daily_address": """select toString(ts_date) as ts_date, latitude, longitude, uniqExact(customer_id) as daily_pu
      from bench.sales group by ts_date, latitude, longitude""",
}

session = Session()
for statement in STATEMENTS:
    session.query(statement)
for name, query in REPORTS.items():
    session.query(f"create table bench.{name} engine = Memory as {query}")
reports_made()

for name in REPORTS:
    table = session.query(f"select * from bench.{name}", "ArrowTable").to_pylist()
    texts = ({k: v.decode() if isinstance(v, bytes) else v for k, v in row.items()} for row in table)
    write_report(
        rows,
        name,
        ({k: money(v) if k in ("daily_rev", "daily_profit") else v for k, v in row.items()} for row in texts),
    )
session.close()
