"""Does matching cost little more than one bare join, labels next to nothing, and a day what has come that day, whatever is stored?"""

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from statistics import median

import pandas as pd
from sqlalchemy import Engine, text

from data.reconciliation import Reconciled, match_all, reconcile
from data.settings import Settings
from data.writes import recon_labels
from data.writes.recon_match import COLUMNS
from data.writes.staging import copy_frame, give_memory
from tests.bench.figure import Figure
from tests.bench.scale import Scale
from tests.bench.server import own_server, settle
from tests.bench.stored_money import DIFFERING, add_day, fill_orders_and_lines, fill_sides

_UNTIL = datetime(2026, 11, 22, 8, tzinfo=UTC)
_TIMES_LARGER = 10
# A day of a shop with 2,000 orders; the first days meet caches that are cold and do not count.
_A_DAY, _WARM_UP, _DAYS = 2_000, 1, 5
_DIFFERENCES = 10_000
_MOST_BYTES = 1_000_000_000


class NotWhatWasStored(AssertionError):
    """The matches are not what the rows say, so how fast they were made is worth nothing."""


def figures(scale: Scale) -> Iterator[Figure]:
    """Measure matching and labelling on one store, then days on a small and a ten times larger one in turns."""
    with ExitStack() as servers:
        store = Store(scale, orders=scale.orders, name="match")
        store.open(servers)
        with store.engine.begin() as connection:
            fill_sides(connection, rows=scale.orders, until=_UNTIL)
        yield from _matching(store)
        yield _labelling(store)
    with ExitStack() as servers:
        small, large = (Store(scale, orders=orders, name=f"days_{orders}") for orders in (scale.orders, scale.orders * _TIMES_LARGER))
        for each in (small, large):
            each.open(servers)
            fill_orders_and_lines(each.engine, orders=each.orders, until=_UNTIL)
            settle(each.engine)
            each.reconcile(as_of=_UNTIL)
            settle(each.engine)
        yield from _days(small, large)


class Store:
    """Money of so many orders on a server of its own."""

    def __init__(self, scale: Scale, *, orders: int, name: str) -> None:
        self.orders = orders
        self.settings = Settings(home=scale.folder / f"recon_{name}", inbox=scale.folder / "no_inbox", database_url=None)
        self.engine: Engine

    def open(self, servers: ExitStack) -> None:
        """Start the server."""
        self.engine = servers.enter_context(own_server(self.settings))

    def reconcile(self, *, as_of: datetime) -> Reconciled:
        """Run the job's work."""
        return reconcile(self.engine, settings=self.settings, as_of=as_of)

    def value(self, asked: str) -> int:
        """Ask for one number."""
        with self.engine.connect() as connection:
            return int(connection.execute(text(asked)).scalar_one())


def _matching(store: Store) -> Iterator[Figure]:
    """Match all entries with all lines: ours, one bare statement into the same table, and pandas, which must fetch and bring back."""
    bare = min(_bare(store) for _ in range(2))
    ours = min(_ours(store) for _ in range(2))
    merged, whole = _pandas(store)
    rows = f"{store.orders:,} entries and {store.orders:,} lines, 1 % differ"
    yield Figure("reconciliation_match_over_bare_join", ours, bare, "s", "<= 1.5", f"{rows}; matched, judged and stored")
    on = f"{rows}; pandas reads, merges ({merged:.1f} s), judges and stores by COPY"
    yield Figure("reconciliation_match_over_pandas", ours, whole, "s", "<= 1", on)


def _emptied(store: Store) -> None:
    with store.engine.begin() as connection:
        connection.execute(text("TRUNCATE recon_results"))
    settle(store.engine)


def _bare(store: Store) -> float:
    _emptied(store)
    began = time.perf_counter()
    with store.engine.begin() as connection:
        give_memory(connection)
        connection.execute(text(_BARE))
    seconds = time.perf_counter() - began
    _check(store)
    return seconds


def _ours(store: Store) -> float:
    _emptied(store)
    began = time.perf_counter()
    with store.engine.begin() as connection:
        give_memory(connection)
        match_all(connection, zone=store.settings.zone, as_of=_UNTIL, run_id=1, since=None, several=())
    seconds = time.perf_counter() - began
    _check(store)
    return seconds


def _pandas(store: Store) -> tuple[float, float]:
    """Return the seconds of ``pandas.merge(how="outer")`` with classification alone, and of fetching and storing around it."""
    key = ["shop_id", "order_no", "type", "currency"]
    _emptied(store)
    began = time.perf_counter()
    with store.engine.begin() as connection:
        entries, lines = (pd.read_sql(text(asked), connection) for asked in (_ENTRIES, _LINES))
        merging = time.perf_counter()
        merged = entries.merge(lines, on=key, how="outer", suffixes=("_internal", "_stated"), indicator=True)
        internal, stated = merged["amount_minor_internal"].fillna(0), merged["amount_minor_stated"].fillna(0)
        merged["class"] = "partial"
        merged.loc[internal == stated, "class"] = "matched"
        merged.loc[(merged["_merge"] != "both") & (internal != stated), "class"] = "missing"
        alone = time.perf_counter() - merging
        frame = merged[[*key, "class"]].assign(channel="bench", kind="", side="", rule="exact", bank_minor=0, explained_minor=0)
        frame = frame.assign(internal_minor=internal.astype("int64"), stated_minor=stated.astype("int64"), run_id=1, bank_lines=0)
        frame["difference_minor"] = frame["internal_minor"] - frame["stated_minor"]
        frame = frame.assign(occurred_at=_UNTIL.isoformat(), completed_day="2026-11-22", settled_day="2026-11-22", entries=1, lines=1)
        frame = frame.assign(discount_minor=0, freight_minor=0, refund_minor=0, waiting_minor=0)
        copy_frame(connection, "recon_results", frame)
    whole = time.perf_counter() - began
    _check(store)
    return alone, whole


def _check(store: Store) -> None:
    """See to it that every row is in a match and one in a hundred differs."""
    asked = "SELECT ARRAY[count(*), sum(entries), sum(lines), count(*) FILTER (WHERE class <> 'matched')]::bigint[] FROM recon_results"
    with store.engine.connect() as connection:
        found = connection.execute(text(asked)).scalar_one()
    wanted = [store.orders, store.orders, store.orders, store.orders // DIFFERING]
    if list(found) != wanted:
        raise NotWhatWasStored(f"{found} instead of {wanted}")


def _labelling(store: Store) -> Figure:
    """Label 10,000 differences, evidence and suggested entries stored, beside the two seconds promised."""
    wanted = min(_DIFFERENCES, store.orders // DIFFERING)
    with store.engine.begin() as connection:
        connection.execute(text(_OPEN), {"as_of": _UNTIL, "limit": wanted})
    settle(store.engine)
    began = time.perf_counter()
    with store.engine.begin() as connection:
        give_memory(connection)
        labelled, _ = recon_labels.label_differences(connection, zone=store.settings.zone, as_of=_UNTIL, run_id=1, anew=True)
    seconds = time.perf_counter() - began
    if not 0 < labelled <= wanted:
        raise NotWhatWasStored(f"{labelled} of {wanted} labelled")
    return Figure(
        "reconciliation_label_10k", seconds, 2.0 * wanted / _DIFFERENCES, "s", "<= 1", f"{wanted:,} differences, {labelled:,} labelled"
    )


def _days(small: Store, large: Store) -> Iterator[Figure]:
    """Let a day come to each store in turns and measure the run that follows; the job's memory is that of the larger one."""
    seconds: dict[int, list[float]] = {small.orders: [], large.orders: []}
    for number in range(1, _WARM_UP + _DAYS + 1):
        for store in (small, large):
            as_of = _UNTIL + timedelta(days=number)
            add_day(store.engine, orders=_A_DAY, number=number, as_of=as_of)
            began = time.perf_counter()
            done = store.reconcile(as_of=as_of)
            seconds[store.orders].append(time.perf_counter() - began)
            if done.anew or not done.moved >= _A_DAY:
                raise NotWhatWasStored(f"{done} for {_A_DAY} orders")
    ours, yardstick = (median(seconds[store.orders][_WARM_UP:]) for store in (large, small))
    on = f"median of {_DAYS} days of {_A_DAY:,} orders and their lines, on {large.orders:,} and on {small.orders:,} orders stored"
    yield Figure("reconciliation_day_10m_over_1m", ours, yardstick, "s", "<= 1.5", on)
    peak = _peak_bytes(large)
    yield Figure(
        "reconciliation_job_memory",
        peak,
        _MOST_BYTES,
        "bytes",
        "<= 1",
        f"peak of a process that matches {large.orders:,} orders anew, 1 % of which differ",
    )


def _peak_bytes(store: Store) -> float:
    """Return the most memory that a process of its own holds while it matches everything anew; the server's is not the job's."""
    program = f"""
from datetime import datetime
from pathlib import Path
from data.engine import open_engine
from data.reconciliation import reconcile
from data.settings import Settings
from tests.bench.peak import peak_bytes
settings = Settings(home=Path({str(store.settings.home)!r}), inbox=Path({str(store.settings.inbox)!r}), database_url=None)
reconcile(open_engine(settings), settings=settings, as_of=datetime.fromisoformat({(_UNTIL + timedelta(days=60)).isoformat()!r}), anew=True)
print(peak_bytes())
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    return float(done.stdout.split()[-1])


_ENTRIES = "SELECT shop_id, order_no, match_type AS type, currency, amount_minor FROM money_entries"
_LINES = "SELECT shop_id, order_no, type, currency, amount_minor FROM settlement_lines"
_DAY = "CAST({} AT TIME ZONE 'Asia/Shanghai' AS date)"
# One statement that fills the same columns of the same table, its indexes kept, from a plain outer join.
_VALUES = {
    "shop_id": "shop_id",
    "order_no": "order_no",
    "type": "coalesce(e.match_type, l.type)",
    "currency": "coalesce(e.currency, l.currency)",
    "channel": "coalesce(e.channel, '')",
    "class": """CASE WHEN e.amount_minor = l.amount_minor THEN 'matched' WHEN e.order_no IS NULL OR l.order_no IS NULL THEN 'missing'
        ELSE 'partial' END""",
    "kind": "''",
    "side": "''",
    "rule": "'exact'",
    "internal_minor": "coalesce(e.amount_minor, 0)",
    "stated_minor": "coalesce(l.amount_minor, 0)",
    "bank_minor": "0",
    "difference_minor": "coalesce(e.amount_minor, 0) - coalesce(l.amount_minor, 0)",
    "explained_minor": "0",
    "occurred_at": "coalesce(e.occurred_at, l.occurred_at)",
    "due_at": "e.due_at",
    "completed_day": _DAY.format("coalesce(e.completed_at, l.completed_at, e.occurred_at, l.occurred_at)"),
    "settled_day": _DAY.format("coalesce(l.settled_at, e.due_at, l.occurred_at)"),
    "entries": "(e.order_no IS NOT NULL)::int",
    "lines": "(l.order_no IS NOT NULL)::int",
    "bank_lines": "0",
    "discount_minor": "0",
    "freight_minor": "0",
    "refund_minor": "0",
    "waiting_minor": "0",
    "run_id": "1",
}
_BARE = f"""
    INSERT INTO recon_results ({", ".join(COLUMNS)}) SELECT {", ".join(_VALUES[name] for name in COLUMNS)}
    FROM money_entries AS e FULL OUTER JOIN settlement_lines AS l USING (shop_id, order_no)"""

_OPEN = """
    INSERT INTO recon_differences (shop_id, order_no, type, currency, channel, class, kind, side, rule, internal_minor, stated_minor,
        bank_minor, difference_minor, explained_minor, occurred_at, due_at, completed_day, settled_day, label, ambiguous, state, opened_at,
        version, run_id)
    SELECT shop_id, order_no, type, currency, channel, class, kind, side, rule, internal_minor, stated_minor, bank_minor, difference_minor,
        explained_minor, occurred_at, due_at, completed_day, settled_day, '', false, 'open', :as_of, 1, 1
    FROM recon_results WHERE class IN ('partial', 'missing') LIMIT :limit"""
