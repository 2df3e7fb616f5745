"""What is counted of every order, on which day, and into which cells?

A measure is one line of ``MEASURES``: its name (a column of every cube), the instant whose business day or hour it belongs to, and
what an order adds to it. A KPI (``models.health.kpis``) is made of measures alone. ``data/writes/roll_up.py`` adds them up.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from models.promise import MERCHANT_CLOSED

# Instants of an order that place a measure on a day: placed, paid, due (its promise), shipped.
Axis = Literal["created", "paid", "due", "shipped"]
AXES: Mapping[Axis, str] = {"created": "created_at", "paid": "paid_to", "due": "deadline_at", "shipped": "shipped_to"}

# S2: an order is to be known within ten minutes of being placed.
KNOWN_WITHIN = "10 minutes"


@dataclass(frozen=True)
class Measure:
    """What an order adds: ``amount`` is SQL over the columns of ``IMAGE``, a count where it is a condition."""

    name: str
    axis: Axis
    amount: str
    counts: bool = True

    @property
    def sql(self) -> str:
        """Return the amount as a number."""
        return f"CASE WHEN {self.amount} THEN 1 ELSE 0 END" if self.counts else f"({self.amount})"


@dataclass(frozen=True)
class Cube:
    """A table of cells: one row a business day (or hour, UTC) and value of each dimension; '' stands for 未归类."""

    name: str
    dimensions: tuple[str, ...]
    hourly: bool = False

    @property
    def time(self) -> str:
        """Return the name of its time column."""
        return "hour" if self.hourly else "day"


CUBES: tuple[Cube, ...] = (
    Cube("cell_day", ("channel", "region_code", "category")),
    Cube("channel_day", ("channel",)),
    Cube("dispatch_day", ("channel", "warehouse_code", "carrier_code")),
    Cube("channel_hour", ("channel",), hourly=True),
)

# What of an order decides its measures, as SQL over ``orders``: kept in ``order_changes`` as it was and as it has become.
IMAGE: Mapping[str, str] = {
    "channel": "coalesce(channel, '')",
    "region_code": "coalesce(region_code, '')",
    "category": "coalesce(category, '')",
    "warehouse_code": "coalesce(warehouse_code, '')",
    "carrier_code": "coalesce(carrier_code, '')",
    "created_at": "created_at",
    "paid_from": "paid_from",
    "paid_to": "paid_to",
    "shipped_from": "shipped_from",
    "shipped_to": "shipped_to",
    "cancelled_to": "cancelled_to",
    "refunded_to": "refunded_to",
    "ended_from": "least(cancelled_from, refunded_from)",
    "ended_to": "least(cancelled_to, refunded_to)",
    "closed_by_merchant": f"coalesce(close_reason ~* '{MERCHANT_CLOSED}', false)",
    "deadline_at": "deadline_at",
    "paid_reporting_minor": "paid_reporting_minor",
    "nature": "nature",
    "ingested_at": "ingested_at",
}

# models.promise.verdict once the day of the deadline is over, in SQL; a test holds the two together.
_UNSHIPPED_END = "shipped_to IS NULL AND ended_to IS NOT NULL AND NOT closed_by_merchant"
EXCLUDED = f"({_UNSHIPPED_END} AND ended_to <= deadline_at)"
ON_TIME = "(shipped_to IS NOT NULL AND shipped_to <= deadline_at)"
UNSURE = (
    "((shipped_to IS NOT NULL AND shipped_from <= deadline_at AND shipped_to > deadline_at)"
    f" OR ({_UNSHIPPED_END} AND ended_from < deadline_at AND ended_to > deadline_at))"
)

# Orders whose promise is still to be kept: a small set, judged as of each look at it.
OPEN_PROMISE = "deadline_at IS NOT NULL AND shipped_to IS NULL AND cancelled_to IS NULL AND refunded_to IS NULL AND NOT stub"

_EXACT = "(paid_to IS NOT NULL AND shipped_from = shipped_to AND paid_from = paid_to)"
_BOUNDED = "(paid_to IS NOT NULL AND (shipped_from <> shipped_to OR paid_from <> paid_to))"
_LEAST_SECONDS = "round(greatest(extract(epoch FROM shipped_from - paid_to), 0))"
_MOST_SECONDS = "round(greatest(extract(epoch FROM shipped_to - paid_from), 0))"

MEASURES: tuple[Measure, ...] = (
    Measure("orders", "created", "true"),
    Measure("cancelled_orders", "created", "cancelled_to IS NOT NULL"),
    Measure("refunded_orders", "created", "refunded_to IS NOT NULL"),
    Measure("live_orders", "created", "nature = 'live'"),
    Measure("known_in_time", "created", f"nature = 'live' AND ingested_at <= created_at + interval '{KNOWN_WITHIN}'"),
    Measure("paid_orders", "paid", "true"),
    Measure("paid_minor", "paid", "coalesce(paid_reporting_minor, 0)", counts=False),
    Measure("unrated", "paid", "paid_reporting_minor IS NULL"),
    Measure("no_promise", "paid", "deadline_at IS NULL"),
    Measure("due", "due", f"NOT {EXCLUDED}"),
    Measure("on_time", "due", ON_TIME),
    Measure("maybe_on_time", "due", UNSURE),
    Measure("shipped_exact", "shipped", _EXACT),
    Measure("shipped_exact_seconds", "shipped", f"CASE WHEN {_EXACT} THEN {_LEAST_SECONDS} ELSE 0 END", counts=False),
    Measure("shipped_bounded", "shipped", _BOUNDED),
    Measure("shipped_low_seconds", "shipped", f"CASE WHEN {_BOUNDED} THEN {_LEAST_SECONDS} ELSE 0 END", counts=False),
    Measure("shipped_high_seconds", "shipped", f"CASE WHEN {_BOUNDED} THEN {_MOST_SECONDS} ELSE 0 END", counts=False),
)
MEASURE_NAMES: tuple[str, ...] = tuple(measure.name for measure in MEASURES)
