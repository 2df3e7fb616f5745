"""What do the pages' sums and quantiles cost beside the same answers from the orders themselves, asked by GROUP BY with fitting indexes?"""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median
from typing import Any

from sqlalchemy import Connection, text

from dashboard.periods import business_today, start_of_day
from data import reads
from data.measures import AXES, IMAGE, MEASURES, Measure
from data.queries import health
from data.reading import reading
from data.reads import Part, Span
from data.writes.staging import give_memory
from models.durations import quantile
from models.scope import EVERYTHING
from models.stages import STAGES_BY_KEY, TIMED_STAGES
from tests.bench.figure import Figure
from tests.bench.pages_store import Store
from tests.bench.server import settle
from tests.bench.stored_orders import CHANNELS

_GOAL = "<= 0.02"
_OURS, _RAW = 15, 5
_MONTH, _YEAR = 30, 365
_SHARES = (0.5, 0.9)
# How far a quantile may be from the exact one (models.durations promises 1.5 %).
_NEAR = 0.02
# What the pages show of a part: orders, money, promises kept, hours to ship, what was known in time.
_SHOWN = ("orders", "live_orders", "known_in_time", "paid_orders", "paid_minor", "due", "on_time", "shipped_exact", "shipped_exact_seconds")
_MEASURES: tuple[Measure, ...] = tuple(measure for measure in MEASURES if measure.name in _SHOWN)
_NAMES = [measure.name for measure in _MEASURES]
# What an analyst narrows the business to.
_SOME = tuple(CHANNELS[:3])

Answer = Mapping[Any, tuple[int, ...]]


class NotTheSame(AssertionError):
    """The two ways give different answers, so their speeds cannot be held against each other."""


@dataclass(frozen=True)
class Both:
    """The same question asked of the cells and of the orders."""

    name: str
    ours: Callable[[], Answer]
    raw: Callable[[], Answer]
    says: str


def figures(store: Store, *, as_of: datetime) -> Iterator[Figure]:
    """Measure both ways of each question, the raw one with the indexes and statistics that it wants, made here and dropped again."""
    today = business_today(as_of, zone=store.settings.zone)
    month, year = (Span(today - timedelta(days=days), today - timedelta(days=1)) for days in (_MONTH, _YEAR))
    questions = (
        Both(
            "pages_sums_month_region_of_channels",
            lambda: _regions(store, month),
            lambda: _raw_sums(store, month, keys=("region_code",), channels=_SOME),
            f"{len(_NAMES)} measures of {_MONTH} days by region in {len(_SOME)} channels, equal",
        ),
        Both(
            "pages_sums_month_attribution",
            lambda: _cells(store, month),
            lambda: _raw_sums(store, month, keys=("channel", "region_code", "category")),
            f"{len(_NAMES)} measures of {_MONTH} days by channel, region and category, as the attribution reads them, equal",
        ),
        Both(
            "pages_sums_year_by_day",
            lambda: _days(store, year),
            lambda: _raw_sums(store, year, keys=("day",)),
            f"{len(_NAMES)} measures of {_YEAR} days by day, equal",
        ),
        Both(
            "pages_quantiles_month_stages",
            lambda: _quantiles(store, month),
            lambda: _raw_quantiles(store, month),
            f"P50 and P90 of the stay in each of {len(TIMED_STAGES)} stages, as the page draws them, of {_MONTH} days",
        ),
    )
    with _well_indexed(store):
        for question in questions:
            yield _compared(store, question)


def _compared(store: Store, question: Both) -> Figure:
    ours, raw = question.ours(), question.raw()
    off = _off(ours, raw)
    if off > (_NEAR if question.name.startswith("pages_quantiles") else 0):
        raise NotTheSame(f"{question.name}: {off:.2%} off")
    seconds = {way: median([_seconds(way) for _ in range(times)]) for way, times in ((question.ours, _OURS), (question.raw, _RAW))}
    near = f", at most {off:.2%} off" if off else ""
    on = f"{store.orders:,} orders, {question.says}{near}; medians of {_OURS} and {_RAW}"
    return Figure(question.name, seconds[question.ours] * 1_000, seconds[question.raw] * 1_000, "ms", _GOAL, on)


def _seconds(ask: Callable[[], Answer]) -> float:
    began = time.perf_counter()
    ask()
    return time.perf_counter() - began


def _off(ours: Answer, raw: Answer) -> float:
    """Return by how large a part the answers differ at most; without bound where one has what the other lacks."""
    if not raw or ours.keys() != raw.keys():
        return float("inf")
    pairs = [(mine, theirs) for key in raw for mine, theirs in zip(ours[key], raw[key], strict=True)]
    return max(abs(mine - theirs) / abs(theirs) if theirs else float(mine != theirs) for mine, theirs in pairs)


# ---------------------------------------------------------------- ours, as the pages ask


def _cells(store: Store, span: Span) -> Answer:
    """Ask what the attribution is made of."""
    with reading(store.engine) as connection:
        found = health.cells(connection, scope=EVERYTHING, part=Part(), first=span.first, last=span.last, measures=_NAMES)
    keyed = found.set_index(["channel", "region", "category"])[_NAMES]
    return _with_anything({key: tuple(map(int, row)) for key, *row in keyed.itertuples(name=None)})


def _regions(store: Store, span: Span) -> Answer:
    """Ask what the drill from some channels to their regions draws."""
    found = reads.split(store.engine, scope=EVERYTHING, part=Part(channels=_SOME), span=span, by="region_code", zone=store.settings.zone)
    return _with_anything(
        {(region,): tuple(map(int, row)) for region, *row in found[["value", *_NAMES]].itertuples(index=False, name=None)}
    )


def _days(store: Store, span: Span) -> Answer:
    found = reads.by_day(store.engine, scope=EVERYTHING, part=Part(), span=span, zone=store.settings.zone)
    return {(day,): tuple(map(int, row)) for day, *row in found[["value", *_NAMES]].itertuples(index=False, name=None)}


def _quantiles(store: Store, span: Span) -> Answer:
    stays = reads.stays(store.engine, scope=EVERYTHING, part=Part(), span=span)
    counts = {str(stage): dict(zip(rows["bucket"], rows["orders"], strict=True)) for stage, rows in stays.groupby("stage")}
    return {(stage,): tuple(round(quantile(buckets, share) or 0) for share in _SHARES) for stage, buckets in counts.items()}


# ---------------------------------------------------------------- raw


def _raw_sums(store: Store, span: Span, *, keys: tuple[str, ...], channels: tuple[str, ...] = ()) -> Answer:
    """Sum the same measures over the orders themselves, each by its own instant through its own index."""
    listed, sums = ", ".join(keys), ", ".join(f"sum({name})::bigint AS {name}" for name in _NAMES)
    some = " AND channel = ANY(:channels)" if channels else ""
    by_axis = [_of_axis(axis, moment, keys=keys, some=some) for axis, moment in AXES.items() if any(m.axis == axis for m in _MEASURES)]
    asked = f"SELECT {listed}, {sums} FROM ({' UNION ALL '.join(by_axis)}) AS placed GROUP BY {listed}"
    rows = _asked(store, asked, span, channels=[*channels])
    return _with_anything({tuple(row[: len(keys)]): tuple(row[len(keys) :]) for row in rows})


def _of_axis(axis: str, moment: str, *, keys: tuple[str, ...], some: str) -> str:
    """Return the question of one instant: its own measures summed, the others zero."""
    listed = ", ".join(f"CAST({moment} AT TIME ZONE :zone AS date) AS day" if key == "day" else key for key in keys)
    sums = ", ".join(f"sum({m.sql}) AS {m.name}" if m.axis == axis else f"0 AS {m.name}" for m in _MEASURES)
    return f"SELECT {listed}, {sums} FROM {_IMAGES} WHERE {moment} >= :since AND {moment} < :until{some} GROUP BY {', '.join(keys)}"


def _raw_quantiles(store: Store, span: Span) -> Answer:
    asked = " UNION ALL ".join(_quantiles_of(stage) for stage in TIMED_STAGES)
    return {(row[0],): tuple(row[1]) for row in _asked(store, asked, span) if row[1]}


def _quantiles_of(stage: str) -> str:
    """Return the question of one stage: the exact quantiles of what is known to the second."""
    (begun_from, begun_to), (low, high) = _begun(stage), (f"least({', '.join(_ends(stage, end))})" for end in ("from", "to"))
    return f"""
        SELECT '{stage}', percentile_disc(ARRAY[0.5, 0.9]) WITHIN GROUP
            (ORDER BY floor(greatest(extract(epoch FROM {high} - {begun_to}), 0))::bigint)
        FROM orders WHERE {high} >= :since AND {high} < :until AND NOT stub AND {high} >= {begun_from}
            AND {begun_from} = {begun_to} AND {low} = {high}"""


def _begun(stage: str) -> tuple[str, str]:
    return ("created_at", "created_at") if stage == "created" else (f"{stage}_from", f"{stage}_to")


def _ends(stage: str, end: str) -> list[str]:
    return [f"{step}_{end}" for step in STAGES_BY_KEY[stage].ends_with]


def _left_index(stage: str) -> str:
    kept = dict.fromkeys((*_begun(stage), *_ends(stage, "from"), *_ends(stage, "to")))
    return f"orders ((least({', '.join(_ends(stage, 'to'))}))) INCLUDE ({', '.join(kept)})"


_IMAGES = f"(SELECT {', '.join(f'{sql} AS {name}' for name, sql in IMAGE.items())} FROM orders WHERE NOT stub) AS image"


def _asked(store: Store, asked: str, span: Span, **given: Any) -> list[Any]:
    zone = store.settings.zone
    bounds = {"since": start_of_day(span.first, zone=zone), "until": start_of_day(span.last + timedelta(days=1), zone=zone), "zone": zone}
    with store.engine.begin() as connection:
        give_memory(connection)
        return list(connection.execute(text(asked), bounds | given))


def _with_anything(found: Answer) -> Answer:
    """Leave out what is all zeros: the cells keep a row for other measures than these."""
    return {key: values for key, values in found.items() if any(values)}


# What a good engineer would give these questions: every instant with what is summed by it, so that no row of the table is read, and
# statistics of what is grouped by.
_INDEXES = {f"left_{stage}": _left_index(stage) for stage in TIMED_STAGES} | {
    "created": "orders (created_at) INCLUDE (channel, region_code, category, nature, ingested_at)",
    "paid": "orders (paid_to) INCLUDE (channel, region_code, category, paid_reporting_minor)",
    "due": """orders (deadline_at) INCLUDE (channel, region_code, category, shipped_to, cancelled_from, cancelled_to, refunded_from,
        refunded_to, close_reason)""",
    "shipped": "orders (shipped_to) INCLUDE (channel, region_code, category, shipped_from, paid_from, paid_to)",
}
_STATISTICS = {
    "parts": "(ndistinct, dependencies, mcv) ON channel, region_code, category FROM orders",
    "days": "ON (CAST(created_at AT TIME ZONE '{zone}' AS date)) FROM orders",
}


@contextmanager
def _well_indexed(store: Store) -> Iterator[None]:
    with store.engine.begin() as connection:
        _create(connection, zone=store.settings.zone)
    settle(store.engine)
    yield
    with store.engine.begin() as connection:
        connection.execute(text(f"DROP INDEX {', '.join(f'raw_{name}' for name in _INDEXES)}"))
        connection.execute(text(f"DROP STATISTICS {', '.join(f'raw_{name}' for name in _STATISTICS)}"))


def _create(connection: Connection, *, zone: str) -> None:
    for name, on in _INDEXES.items():
        connection.execute(text(f"CREATE INDEX raw_{name} ON {on} WHERE NOT stub"))
    for name, on in _STATISTICS.items():
        connection.execute(text(f"CREATE STATISTICS raw_{name} {on.format(zone=zone)}"))
