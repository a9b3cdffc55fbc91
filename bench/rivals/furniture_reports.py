"""What the Python rivals share: how their reports are handed over, so that each row can be compared."""

import json
import os
from decimal import Decimal

REPORTS_MADE = "The reports are made."
MILLION = Decimal(1_000_000)


def reports_made():
    """Ends the time that is measured."""
    print(REPORTS_MADE, flush=True)


def money(micros):
    """Whole millionths as a decimal's text."""
    return format(Decimal(micros) / MILLION, "f")


def write_report(folder, name, rows):
    """A report's rows, an object each."""
    with open(os.path.join(folder, f"{name}.ndjson"), "w", encoding="utf-8") as file:
        for row in rows:
            file.write(json.dumps(row) + "\n")
