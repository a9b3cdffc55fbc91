"""Daybook's days in Airflow 3: 'fake_data' makes up the sales of a day, 'daily_close' verifies a day that is closed and puts
its records away. Both only call Daybook's commands, so what they do can be done by hand.

Settings, as environment variables of whatever runs the tasks:
  DAYBOOK_URL            the Daybook that serves; http://127.0.0.1:4000 unless told
  DAYBOOK_FILES          the folder for the days' Parquet files; must be told
  DAYBOOK_COMMAND        how Daybook is called; daybook unless told
  DAYBOOK_CONFIG         the definition; daybook.config.ts in the tasks' working folder unless told
  DAYBOOK_PER_DAY        about so many sales a day; 1000 unless told
  DAYBOOK_SEED           another seed, other sales
  DAYBOOK_LATENESS_DAYS  as in the definition; 7 unless told
  DAYBOOK_FOLDER         the tasks' working folder; a temporary one unless told
  DAYBOOK_RETRY_SECONDS  how long a task that failed waits before it is tried again; 60 unless told
"""

from __future__ import annotations

import os
from datetime import datetime, timedelta, timezone

from airflow.providers.standard.operators.bash import BashOperator
from airflow.sdk import DAG, CronDataIntervalTimetable

# At noon UTC the day before is over on every calendar, and made-up sales have times of their own day's calendar, so none is of a
# time to come. A run's logical date is that day in every time zone. A shop whose business day ends after midnight may still sell
# then: a day that is exported while it is open is marked as that in its file, and 'daily_close' writes it again, however late.
EACH_DAY = CronDataIntervalTimetable("0 12 * * *", timezone="UTC")
CLOSED_AFTER_DAYS = int(os.environ.get("DAYBOOK_LATENESS_DAYS", "7")) + 1

DEFAULTS = {
    "retries": 2,
    "retry_delay": timedelta(seconds=int(os.environ.get("DAYBOOK_RETRY_SECONDS", "60"))),
    "execution_timeout": timedelta(hours=2),
}


def daybook(task_id: str, arguments: str, day: str) -> BashOperator:
    """A command of Daybook for one business day, which it finds in $DAY."""
    return BashOperator(
        task_id=task_id,
        bash_command=f'${{DAYBOOK_COMMAND:-daybook}} {arguments}',
        env={"DAY": day},
        append_env=True,
        cwd=os.environ.get("DAYBOOK_FOLDER"),
    )


URL = '"${DAYBOOK_URL:-http://127.0.0.1:4000}"'
FILES = '"${DAYBOOK_FILES:?Name the folder for the files in DAYBOOK_FILES.}"'

with DAG(
    "fake_data",
    description="Makes up the sales of a day, sends them to Daybook, and exports the day",
    schedule=EACH_DAY,
    start_date=datetime(2023, 1, 1, 12, tzinfo=timezone.utc),
    # Days in the past are made by a backfill, when they are wanted.
    catchup=False,
    max_active_runs=1,
    default_args=DEFAULTS,
    tags=["daybook"],
):
    # The same day has the same sales, each with its own key: sent again, they change nothing.
    generate = daybook(
        "generate",
        f'generate --from "$DAY" --to "$DAY" --per-day "${{DAYBOOK_PER_DAY:-1000}}" --to-http {URL}',
        "{{ ds }}",
    )
    export = daybook("export", f'export --date "$DAY" --out {FILES} --url {URL}', "{{ ds }}")
    generate >> export

with DAG(
    "daily_close",
    description="Verifies the day that is closed now, and exports it; fails when a figure does not agree",
    schedule=EACH_DAY,
    start_date=datetime(2023, 1, 1, 12, tzinfo=timezone.utc),
    catchup=False,
    default_args=DEFAULTS,
    tags=["daybook"],
):
    closed = f"{{{{ macros.ds_add(ds, -{CLOSED_AFTER_DAYS}) }}}}"
    # Exit code 1: a figure does not agree with the raw records. 2: that could not be found out, for records that came in meanwhile
    # (NOT_AT_REST) say, and the next try may. What is wrong stands in the task's log.
    verify = daybook("verify", f'verify --from "$DAY" --to "$DAY" --url {URL}', closed)
    export_closed = daybook("export", f'export --date "$DAY" --closed --out {FILES} --url {URL}', closed)
    verify >> export_closed
