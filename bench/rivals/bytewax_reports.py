"""The same reports as a Bytewax dataflow, with two workers.

python bytewax_reports.py <sales.ndjson> <folder for the rows>

One worker reads and parses, so that records keep their order and the first of equal keys counts; the state is spread over
both. Repeats are dropped in 256 parts of the primary keys, each a set; the reports are kept by business day, in dicts, and
handed over when the file ends. State by single primary keys, a Python object each, would take far longer.
"""

import json
import sys
from dataclasses import dataclass, field
from decimal import ROUND_HALF_EVEN, Decimal

import bytewax.operators as op
from bytewax.connectors.files import FileSource
from bytewax.dataflow import Dataflow
from bytewax.operators import StatefulBatchLogic
from bytewax.testing import TestingSink, cluster_main
from furniture_reports import money, reports_made, write_report

sales, rows = sys.argv[1:3]
WORKERS = 2
BATCH_LINES = 1000
KEY_DIGITS = 2
MICRO = Decimal("0.000001")


def micros(text):
    return int(Decimal(text).quantize(MICRO, ROUND_HALF_EVEN).scaleb(6))


def read(line):
    sale = json.loads(line, parse_float=str)
    key = sale["ts_id"]
    record = (
        key,
        sale["ts_date"],
        sale["customer_id"],
        (sale["category"], sale["sub_category"], sale["product_name"]),
        sale["quantity"],
        micros(sale["revenue"]),
        micros(sale["profit"]),
        (float(sale["latitude"]), float(sale["longitude"])),
    )
    return (key[:KEY_DIGITS], record)


class FirstOnly(StatefulBatchLogic):
    """Lets the first record of each primary key through."""

    def __init__(self, seen):
        self.seen = set() if seen is None else seen

    def on_batch(self, values):
        new = []
        for record in values:
            if record[0] not in self.seen:
                self.seen.add(record[0])
                new.append(record)
        return (new, StatefulBatchLogic.RETAIN)

    def snapshot(self):
        return self.seen


@dataclass
class Day:
    customers: set = field(default_factory=set)
    revenue: int = 0
    profit: int = 0
    products: dict = field(default_factory=dict)
    places: dict = field(default_factory=dict)


class DayReports(StatefulBatchLogic):
    """The three reports of a business day, given when the file ends."""

    def __init__(self, day):
        self.day = Day() if day is None else day

    def on_batch(self, values):
        day = self.day
        for _, _, customer, product, quantity, revenue, profit, place in values:
            day.customers.add(customer)
            day.revenue += revenue
            day.profit += profit
            sums = day.products.setdefault(product, [0, 0, 0])
            sums[0] += quantity
            sums[1] += revenue
            sums[2] += profit
            day.places.setdefault(place, set()).add(customer)
        return ([], StatefulBatchLogic.RETAIN)

    def on_eof(self):
        return ([self.day], StatefulBatchLogic.RETAIN)

    def snapshot(self):
        return self.day


def by_day(keyed):
    return [(record[1], record) for _, record in keyed]


days = []
flow = Dataflow("reports")
lines = op.input("sales", flow, FileSource(sales, batch_size=BATCH_LINES))
records = op.flat_map_batch("read", lines, lambda batch: [read(line) for line in batch])
first = op.stateful_batch("first_only", records, FirstOnly)
dated = op.flat_map_batch("by_day", first, by_day)
reports = op.stateful_batch("reports", dated, DayReports)
op.output("days", reports, TestingSink(days))
cluster_main(flow, [], 0, worker_count_per_proc=WORKERS)
reports_made()

write_report(
    rows,
    "daily_pu_rev",
    (
        {
            "ts_date": date,
            "daily_pu": len(day.customers),
            "daily_rev": money(day.revenue),
            "daily_profit": money(day.profit),
        }
        for date, day in days
    ),
)
write_report(
    rows,
    "daily_category_product",
    (
        {
            "ts_date": date,
            "category": category,
            "sub_category": sub_category,
            "product_name": product_name,
            "daily_quantity": quantity,
            "daily_rev": money(revenue),
            "daily_profit": money(profit),
        }
        for date, day in days
        for (category, sub_category, product_name), (quantity, revenue, profit) in day.products.items()
    ),
)
write_report(
    rows,
    "daily_address",
    (
        {"ts_date": date, "latitude": latitude, "longitude": longitude, "daily_pu": len(customers)}
        for date, day in days
        for (latitude, longitude), customers in day.places.items()
    ),
)
