"""How many holds a second are granted, beside ``pgbench`` doing the same bare inserts and updates with as many clients?"""

import multiprocessing
import os
import random
import re
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Engine, text

from data import embedded
from data.engine import create_engine_for
from data.settings import Settings
from data.writes.holds import Grant, grant

CLIENTS = 8
SECONDS = 5
ROUNDS = 3
SKUS = 10_000
_ON_HAND = 1_000_000_000

# The same rows by the same transaction: claim the pieces, write the hold, write its step.
_BARE = r"""
\set n random(0, {last})
\set key random(1, 9000000000000000)
BEGIN;
UPDATE stock SET held = held + 1, left_at_grant = on_hand - held - 1, version = version + 1, changed_at = now()
    WHERE sku_code = 'S' || lpad(:n::text, 5, '0') AND warehouse_code = 'w';
INSERT INTO holds (shop_id, order_no, sku_code, warehouse_code, part, channel, units, state, placed_at, expires_at)
    VALUES ('bare', :client_id || '-' || :key, 'S' || lpad(:n::text, 5, '0'), 'w', '', 'taobao', 1, 'placed', now(),
        now() + interval '1 hour');
INSERT INTO hold_steps (sku_code, shop_id, order_no, warehouse_code, part, step, units, at)
    VALUES ('S' || lpad(:n::text, 5, '0'), 'bare', :client_id || '-' || :key, 'w', '', 'placed', 1, now());
COMMIT;
"""
_SINGLE = "UPDATE stock SET changed_at = now() WHERE sku_code = 'S00000' AND warehouse_code = 'w';\n"


@dataclass(frozen=True)
class Rates:
    """Transactions a second: ours, the bare ones, and single-row updates of the hot SKU (0 where not asked for)."""

    ours: float
    bare: float
    single: float


def rates(engine: Engine, settings: Settings, *, skus: int, folder: Path) -> Rates:
    """Measure in turns, so that whatever else the machine does strikes both; the median of the rounds counts."""
    scripts = {"bare": _BARE.format(last=skus - 1), "single": _SINGLE}
    for name, script in scripts.items():
        (folder / f"{name}.sql").write_text(script)
    found: dict[str, list[float]] = {"ours": [], "bare": [], "single": []}
    for _ in range(ROUNDS):
        _anew(engine)
        found["bare"].append(_pgbench(settings, folder / "bare.sql"))
        _anew(engine)
        found["ours"].append(_ours(engine, skus=skus))
        found["single"].append(_pgbench(settings, folder / "single.sql"))
    ours, bare, single = (sorted(values)[len(values) // 2] for values in found.values())
    return Rates(ours, bare, single)


def _anew(engine: Engine) -> None:
    """Begin each measurement with the same empty tables."""
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("TRUNCATE stock, holds, hold_steps"))
        connection.execute(
            text("""
            INSERT INTO stock (sku_code, warehouse_code, on_hand, learnt_at, changed_at)
            SELECT 'S' || lpad(n::text, 5, '0'), 'w', :on_hand, now(), now() FROM generate_series(0, :skus - 1) AS n
            """),
            {"on_hand": _ON_HAND, "skus": SKUS},
        )
        connection.execute(text("VACUUM ANALYZE stock"))
        connection.execute(text("CHECKPOINT"))


def _pgbench(settings: Settings, script: Path) -> float:
    """Return what pgbench says of a script, statements prepared."""
    programs = embedded.programs_dir()
    dsn = embedded.start(settings.home).dsn(settings.database_name)
    command = [str(programs / "pgbench"), "-n", "-M", "prepared", "-c", str(CLIENTS), "-j", str(min(CLIENTS, os.cpu_count() or 1))]
    command += ["-T", str(SECONDS), "-f", str(script), "-h", str(dsn["host"]), "-p", str(dsn["port"]), "-U", str(dsn["user"])]
    said = subprocess.run([*command, settings.database_name], capture_output=True, text=True, check=True).stdout
    found = re.search(r"tps = ([0-9.]+)", said)
    assert found is not None, said
    return float(found.group(1))


def _ours(engine: Engine, *, skus: int) -> float:
    """Let as many clients, a process each, grant one hold after the other; returns how many a second."""
    spawn = multiprocessing.get_context("spawn")
    ready, counts = spawn.Barrier(CLIENTS), spawn.Queue()
    clients = [spawn.Process(target=_grant, args=(engine.url, number, skus, SECONDS, ready, counts)) for number in range(CLIENTS)]
    for client in clients:
        client.start()
    granted: int = sum(counts.get(timeout=120 + SECONDS) for _ in clients)
    for client in clients:
        client.join()
    with engine.connect() as connection:
        kept = connection.execute(text("SELECT (SELECT count(*) FROM holds), (SELECT sum(held) FROM stock)")).one()
    assert tuple(kept) == (granted, granted), f"{granted} granted, {kept} kept"
    return granted / SECONDS


def _grant(url: URL, number: int, skus: int, seconds: float, ready: Any, counts: Any) -> None:
    engine, dice, done = create_engine_for(url), random.Random(number), 0
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        hold: Callable[[], int] = lambda: grant(connection, [_asked(number, done, dice.randrange(skus))], as_of=datetime.now(UTC))  # noqa: E731
        connection.execute(text("SELECT 1"))
        ready.wait()
        until = time.perf_counter() + seconds
        while time.perf_counter() < until:
            done += hold()
    counts.put(done)


def _asked(client: int, number: int, sku: int) -> Grant:
    return Grant("ours", f"{client}-{number}", f"S{sku:05d}", "w", "taobao", 1, datetime.now(UTC) + timedelta(hours=1))
