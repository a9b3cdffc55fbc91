"""The same reports by Spark Structured Streaming, local[2].

python spark.py <sales.ndjson> <folder for the rows>

One query with GROUPING SETS keeps the three reports, so that records are parsed and freed of repeats once and not three
times. The whole file is one micro-batch (availableNow), as each further one would cost more; its state and its rows are
written to the disk. Money is read as text and rounded once; paying customers are counted exactly.
"""

import json
import os
import sys
import tempfile

import pyspark.sql
from furniture_reports import reports_made, write_report

sales, rows = (os.path.abspath(path) for path in sys.argv[1:3])
CORES = 2
DRIVER_MEMORY = "2g"
SCHEMA = """ts_id string, ts string, ts_date string, customer_id string, customer_name string, segment string,
  country string, city string, category string, sub_category string, product_name string, price string,
  quantity long, discount string, revenue string, profit string, latitude double, longitude double"""
COLUMNS = {
    "daily_pu_rev": ["ts_date", "daily_pu", "daily_rev", "daily_profit"],
    "daily_category_product": [
        "ts_date",
        "category",
        "sub_category",
        "product_name",
        "daily_quantity",
        "daily_rev",
        "daily_profit",
    ],
    "daily_address": ["ts_date", "latitude", "longitude", "daily_pu"],
}
QUERY = """
  select case when grouping(category) = 0 then 'daily_category_product'
              when grouping(latitude) = 0 then 'daily_address' else 'daily_pu_rev' end as report,
    ts_date, category, sub_category, product_name, latitude, longitude,
    size(collect_set(customer_id)) as daily_pu, sum(quantity) as daily_quantity,
    sum(bround(cast(revenue as decimal(38, 18)), 6)) as daily_rev,
    sum(bround(cast(profit as decimal(38, 18)), 6)) as daily_profit
  from sales
  group by grouping sets (
    (ts_date), (ts_date, category, sub_category, product_name), (ts_date, latitude, longitude))"""


def keep_rows(batch, _):
    """Writes the rows of a micro-batch, which are all that changed."""
    batch.write.mode("overwrite").json(os.path.join(rows, "batch"))


os.environ["SPARK_LOCAL_IP"] = "127.0.0.1"
os.environ["PYSPARK_PYTHON"] = sys.executable
with tempfile.TemporaryDirectory(dir=rows) as scratch:
    # A stream of files is a stream of a folder.
    folder = os.path.join(scratch, "sales")
    os.mkdir(folder)
    os.symlink(sales, os.path.join(folder, "sales.ndjson"))
    spark = (
        pyspark.sql.SparkSession.builder.master(f"local[{CORES}]")
        .config("spark.driver.memory", DRIVER_MEMORY)
        .config("spark.ui.enabled", "false")
        .config("spark.sql.session.timeZone", "UTC")
        .config("spark.sql.shuffle.partitions", CORES)
        .config("spark.local.dir", scratch)
        .config("spark.sql.streaming.noDataMicroBatches.enabled", "false")
        .getOrCreate()
    )
    stream = spark.readStream.schema(SCHEMA).json(folder).dropDuplicates(["ts_id"])
    stream.createOrReplaceTempView("sales")
    query = (
        spark.sql(QUERY)
        .writeStream.outputMode("update")
        .option("checkpointLocation", os.path.join(scratch, "checkpoint"))
        .trigger(availableNow=True)
        .foreachBatch(keep_rows)
        .start()
    )
    query.awaitTermination()
    reports_made()
    spark.stop()

given = {name: [] for name in COLUMNS}
for part in os.listdir(os.path.join(rows, "batch")):
    if part.endswith(".json"):
        with open(os.path.join(rows, "batch", part), encoding="utf-8") as file:
            for line in file:
                row = json.loads(line, parse_float=str)
                given[row["report"]].append({name: row[name] for name in COLUMNS[row["report"]]})
for name, report in given.items():
    write_report(rows, name, report)
