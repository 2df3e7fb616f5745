"""What is counted of every order, on which day, and into which cells?

A measure is one line of ``MEASURES``: its name (a column of every cube), the instant whose business day or hour it belongs to, and
what an order adds to it. A KPI (``models.health.kpis``) is made of measures alone. ``data/writes/roll_up.py`` adds them up.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from models.promise import MERCHANT_CLOSED
from models.stages import OPEN_STAGES

# Instants of an order that place a measure on a day: placed, paid, due (its promise), shipped, done (delivered or completed),
# entry, when T+N of a settlement entry of its money fell due (``entry_dues``), known, when it first asked for stock (``hold_dues``),
# and case, when an exception's response fell due or somebody lent a hand (``case_counts``).
Axis = Literal["created", "paid", "due", "shipped", "done", "entry", "known", "case"]
AXES: Mapping[Axis, str] = {
    "created": "created_at",
    "paid": "paid_to",
    "due": "deadline_at",
    "shipped": "shipped_to",
    "done": "least(delivered_to, completed_to)",
    "entry": "entries_due_at",
    "known": "holding_known_at",
    "case": "case_counted_at",
}

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
    Cube("region_day", ("channel", "region_code")),
    Cube("category_day", ("channel", "category")),
    Cube("channel_day", ("channel",)),
    Cube("dispatch_day", ("channel", "warehouse_code", "carrier_code")),
    Cube("channel_hour", ("channel",), hourly=True),
)

# By each of these the lengths of stages are counted apart (``dwell_day``), and under DWELL_TOGETHER all orders, with '' as their value.
DWELL_DIMENSIONS: tuple[str, ...] = ("channel", "region_code", "category", "warehouse_code", "carrier_code")
DWELL_TOGETHER = "all"

# What an order adds to the components of stock, C2 and C5 of the index.
HOLD_COUNTS: tuple[str, ...] = ("lines_arrived", "lines_filled", "held_due", "held_in_time")

# What exceptions and the hands lent to orders add: to C6 of the index, and to the touches a thousand orders take.
CASE_COUNTS: tuple[str, ...] = ("exceptions_due", "exceptions_handled", "manual_touches")

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
    "reviewed_from": "reviewed_from",
    "reviewed_to": "reviewed_to",
    "allocated_from": "allocated_from",
    "allocated_to": "allocated_to",
    "waybilled_from": "waybilled_from",
    "waybilled_to": "waybilled_to",
    "shipped_from": "shipped_from",
    "shipped_to": "shipped_to",
    "delivered_from": "delivered_from",
    "delivered_to": "delivered_to",
    "completed_from": "completed_from",
    "completed_to": "completed_to",
    "cancelled_to": "cancelled_to",
    "refunded_to": "refunded_to",
    "ended_from": "least(cancelled_from, refunded_from)",
    "ended_to": "least(cancelled_to, refunded_to)",
    "closed_by_merchant": f"coalesce(close_reason ~* '{MERCHANT_CLOSED}', false)",
    "deadline_at": "deadline_at",
    "paid_reporting_minor": "paid_reporting_minor",
    "nature": "nature",
    "ingested_at": "ingested_at",
    # an order itself says nothing of these: reconciliation, the stock and the workbench do, in images of their own
    "entries_due_at": "NULL::timestamptz",
    "entries_due": "NULL::bigint",
    "entries_matched": "NULL::bigint",
    "holding_known_at": "NULL::timestamptz",
    **dict.fromkeys(HOLD_COUNTS, "NULL::bigint"),
    "case_counted_at": "NULL::timestamptz",
    **dict.fromkeys(CASE_COUNTS, "NULL::bigint"),
}

# The image that an order's settlement entries of one instant make, as SQL over ``entry_dues``.
ENTRY_IMAGE = "channel, region_code, category, warehouse_code, carrier_code, due_at AS entries_due_at, entries_due, entries_matched"

# The image that an order's wish for stock makes, as SQL over ``hold_dues``.
HOLD_IMAGE = f"channel, region_code, category, warehouse_code, carrier_code, known_at AS holding_known_at, {', '.join(HOLD_COUNTS)}"

# The image that an exception or a touch makes, as SQL over ``case_counts``.
CASE_IMAGE = f"channel, region_code, category, warehouse_code, carrier_code, counted_at AS case_counted_at, {', '.join(CASE_COUNTS)}"

# The columns of the image that an order's end and its reason make, for a question to orders themselves.
ENDS = ", ".join(f"{IMAGE[name]} AS {name}" for name in ("ended_from", "ended_to", "closed_by_merchant"))

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


# Orders that stand in a stage which is owed an end, and unpaid ones beside them.
def open_stage(relation: str = "") -> str:
    """Return the condition of an open stage, in the words of its index.

    >>> open_stage("o").endswith("AND NOT o.stub AND NOT o.at_rest")
    True
    """
    of = f"{relation}." if relation else ""
    return f"{of}stage IN ({', '.join(repr(stage) for stage in ('created', *OPEN_STAGES))}) AND NOT {of}stub AND NOT {of}at_rest"


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
    Measure("done", "done", "cancelled_to IS NULL AND refunded_to IS NULL"),
    Measure("shipped_high_seconds", "shipped", f"CASE WHEN {_BOUNDED} THEN {_MOST_SECONDS} ELSE 0 END", counts=False),
    Measure("entries_due", "entry", "coalesce(entries_due, 0)", counts=False),
    Measure("entries_matched", "entry", "coalesce(entries_matched, 0)", counts=False),
    *(Measure(name, "known", f"coalesce({name}, 0)", counts=False) for name in HOLD_COUNTS),
    *(Measure(name, "case", f"coalesce({name}, 0)", counts=False) for name in CASE_COUNTS),
)
MEASURE_NAMES: tuple[str, ...] = tuple(measure.name for measure in MEASURES)

# What is summed of the matches of a reconciliation, by day, shop, type, currency and class (``recon_day``): SQL over ``recon_results``.
RECON_MEASURES: Mapping[str, str] = {
    "results": "1",
    "entries": "entries",
    "lines": "lines",
    "bank_lines": "bank_lines",
    "internal_minor": "internal_minor",
    "discount_minor": "discount_minor",
    "freight_minor": "freight_minor",
    "refund_minor": "refund_minor",
    "stated_minor": "stated_minor",
    "bank_minor": "bank_minor",
    "waiting_minor": "waiting_minor",
    "difference_minor": "difference_minor",
    "explained_minor": "explained_minor",
    # how much money a match is about: the larger of what its sides say
    "amount_minor": "greatest(abs(internal_minor), abs(stated_minor), abs(bank_minor))",
}
RECON_SUMS: tuple[str, ...] = tuple(RECON_MEASURES)
