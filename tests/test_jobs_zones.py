"""Do the same files give the same database, whatever zone the host is set to?"""

import os
import subprocess
import sys
from pathlib import Path

from sqlalchemy import Engine, text

from data.settings import CHECKOUT
from tests.conftest import MakeEngine
from tests.final_state import final_state
from tests.taobao_export import Sold, write_export

ZONES = ("GMT", "Asia/Shanghai", "America/New_York")
# When the row arrived and in which run; everything else must be equal to the last column.
ARRIVAL = frozenset({"shops.created_at", "ingested_at", "changed_at", "received_at", "started_at", "finished_at"})
TABLES = (
    *("source_files", "file_runs", "rejected_rows", "shops"),
    *("orders", "order_claims", "order_lines", "order_events", "order_sightings", "order_contacts"),
)
# Around the nights on which New York's clocks change, and where 2 o'clock is missing or comes twice.
MINUTES = (31 * 24 * 60, 31 * 24 * 60 + 90, 31 * 24 * 60 + 150, 7 * 60 + 59, 15 * 60, 23 * 60 + 59)

SWEEP = """
from datetime import UTC, datetime
from jobs.cli_start import started
from jobs.pull_inbox import sweep

outcome = sweep(started(), as_of=datetime.now(UTC), still_seconds=0.0)
assert outcome.error is None, outcome.error
"""


def swept_in(zone: str, *, engine: Engine, inbox: Path, home: Path) -> None:
    url = engine.url.render_as_string(hide_password=False)
    environment = {**os.environ, "TZ": zone, "ORDERHUB_HOME": str(home), "ORDERHUB_INBOX": str(inbox), "DATABASE_URL": url}
    subprocess.run([sys.executable, "-c", SWEEP], env=environment, cwd=CHECKOUT, check=True, timeout=120)


def everything(engine: Engine) -> dict[str, list[str]]:
    """Return every row of every table that a file fills, less when it arrived."""
    with engine.connect() as connection:
        return {
            table: sorted(
                str({name: value for name, value in row._mapping.items() if not {name, f"{table}.{name}"} & ARRIVAL})
                for row in connection.execute(text(f"SELECT * FROM {table}"))
            )
            for table in TABLES
        }


def test_three_hosts_in_three_zones_end_with_identical_databases(make_engine: MakeEngine, tmp_path: Path) -> None:
    inbox = tmp_path / "inbox"
    write_export(
        inbox / "tb1" / "history" / "old.csv", [Sold(n, minutes=minutes, status="交易成功") for n, minutes in enumerate(MINUTES, 1)]
    )
    write_export(inbox / "tb1" / "new.csv", [Sold(n, minutes=minutes + 60) for n, minutes in enumerate(MINUTES, 100)])
    engines = {zone: make_engine() for zone in ZONES}

    for zone, engine in engines.items():
        swept_in(zone, engine=engine, inbox=inbox, home=tmp_path / zone.replace("/", "-"))

    gmt, shanghai, new_york = (everything(engine) for engine in engines.values())
    assert len(gmt["orders"]) == 2 * len(MINUTES)
    assert gmt == shanghai == new_york
    assert final_state(engines["GMT"]) == final_state(engines["America/New_York"])
