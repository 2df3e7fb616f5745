"""What does a reconciliation of some days come to: classes, the way of the money, labels?

Results lie in ``recon_day`` summed, so that a month of a million results is read from a few thousand cells. Amounts of several currencies
are converted cell by cell at the rate of their day; what has no rate is counted and not summed. Statements and bank lines have no
warehouse: whoever may see some warehouses alone sees nothing of this.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, text

from data.connectors.amounts import decimals_of
from models.reconciliation.classes import BASES, CLASSES, CLEARED, ELSEWHERE, keys
from models.reconciliation.way import Sums, way_of
from models.scope import Scope


@dataclass(frozen=True)
class ReconAsked:
    """Which results are spoken of: business days inclusive by a basis, all money converted (None) or one currency alone, some channels."""

    first: date
    last: date
    basis: str
    currency: str | None = None
    channels: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.basis not in keys(BASES):
            raise ValueError(f"no such basis: {self.basis}")

    @property
    def before(self) -> "ReconAsked":
        """The same over as many days right before."""
        days = (self.last - self.first).days + 1
        return replace(self, first=self.first - timedelta(days=days), last=self.first - timedelta(days=1))


@dataclass(frozen=True)
class Counted:
    """How many and how much."""

    count: int = 0
    amount_minor: int = 0


@dataclass(frozen=True)
class ReconSummary:
    """What the results of a question come to, as of the last run that succeeded.

    The four classes add up to all results, what the bank pays out for other ends left out; an amount is the larger of what the sides say,
    unsigned. ``steps`` is the way of the money. ``unexplained`` are the differences that nothing explains and that differ still, each
    without its sign. ``unrated`` source rows have no rate, so no amount.
    """

    run_id: int
    run_at: datetime
    classes: Mapping[str, Counted]
    steps: tuple[tuple[str, int], ...]
    unclassified: Counted
    unexplained: Counted
    unrated: int
    unrated_currencies: tuple[str, ...] = ()

    @property
    def fx_minor(self) -> int:
        """What is no more than another rate of exchange."""
        return dict(self.steps).get("fx", 0)


@dataclass(frozen=True)
class ReconGroup:
    """Differences of one label, channel and state; ``amount_minor`` without signs, ``overdue`` of them past their work order's end."""

    label: str
    channel: str
    state: str
    count: int
    overdue: int
    amount_minor: int
    difference_minor: int


def currencies(connection: Connection, *, scope: Scope) -> list[str]:
    """Return the currencies that there are results in."""
    condition, given = seen(scope, relation="d")
    rows = connection.execute(text(f"SELECT DISTINCT currency FROM recon_day AS d WHERE {condition} ORDER BY currency"), given)
    return [row.currency for row in rows]


def summary(connection: Connection, *, scope: Scope, asked: ReconAsked) -> ReconSummary | None:
    """Return what a question comes to; None before the first run that succeeded, and to those who see nothing of this."""
    run = connection.execute(
        text("SELECT run_id, as_of FROM recon_runs WHERE status = 'succeeded' ORDER BY run_id DESC LIMIT 1")
    ).one_or_none()
    if run is None or not sees_any(connection, scope=scope):
        return None
    condition, given = chosen(scope, asked, relation="d", day="d.day")
    sums = ", ".join(f"coalesce(sum(round(d.{name} * r.factor)), 0)::bigint AS {name}" for name in _SUMMED)
    rows = connection.execute(
        text(f"""
        WITH {rates(connection, asked, of=f"SELECT DISTINCT day, currency FROM recon_day AS d WHERE d.basis = :basis AND {condition}")}
        SELECT d.type, d.class AS class_, d.kind, sum(d.results) AS results, sum(d.entries + d.lines + d.bank_lines)
            FILTER (WHERE r.factor IS NULL) AS unrated, sum(d.lines) AS lines, {sums},
            coalesce(sum(round((d.difference_minor - d.explained_minor) * r.factor)), 0)::bigint AS unexplained_minor
        FROM recon_day AS d JOIN rates AS r USING (day, currency) WHERE d.basis = :basis AND {condition}
        GROUP BY d.type, d.class, d.kind
        """),
        given | {"basis": asked.basis},
    ).all()
    return ReconSummary(
        run_id=run.run_id,
        run_at=run.as_of,
        classes={key: _counted(row for row in rows if row.class_ == key and row.kind != ELSEWHERE) for key in keys(CLASSES)},
        steps=way_of((_sums(row) for row in rows), converted=asked.currency is None),
        unclassified=Counted(*_told(row for row in rows if row.type == "unclassified")),
        unexplained=_unexplained(connection, scope=scope, asked=asked),
        unrated=int(sum(row.unrated or 0 for row in rows)),
        unrated_currencies=_unrated(connection, asked=asked, condition=condition, given=given) if any(row.unrated for row in rows) else (),
    )


def _unrated(connection: Connection, *, asked: ReconAsked, condition: str, given: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the currencies of a question that no day's rate is known of."""
    rows = connection.execute(
        text(f"""
        WITH {rates(connection, asked, of=f"SELECT DISTINCT day, currency FROM recon_day AS d WHERE d.basis = :basis AND {condition}")}
        SELECT DISTINCT currency FROM rates WHERE factor IS NULL ORDER BY currency
        """),
        {**given, "basis": asked.basis},
    )
    return tuple(rows.scalars())


def groups(connection: Connection, *, scope: Scope, asked: ReconAsked, as_of: datetime) -> list[ReconGroup]:
    """Count the differences of a question by label, channel and state."""
    rows = connection.execute(
        text(f"""
        WITH {differing(connection, scope, asked)}
        SELECT d.label, d.channel, d.state, count(*) AS count,
            count(*) FILTER (WHERE d.state = 'open' AND w.due_at < :as_of) AS overdue,
            coalesce(sum(abs(round(d.difference_minor * r.factor))), 0)::bigint AS amount_minor,
            coalesce(sum(round(d.difference_minor * r.factor)), 0)::bigint AS difference_minor
        FROM asked AS d JOIN rates AS r USING (day, currency)
        LEFT JOIN work_orders AS w ON w.difference_id = d.difference_id AND w.closed_at IS NULL
        GROUP BY d.label, d.channel, d.state ORDER BY d.state, count(*) DESC, d.label, d.channel
        """),
        given_of(scope, asked) | {"as_of": as_of},
    ).mappings()
    return [ReconGroup(**row) for row in rows]


# Of ``recon_differences AS d``: its match does not agree now. What a person resolved stays so when the sides agree later.
STILL_DIFFERS = f"""d.reason IS DISTINCT FROM '{CLEARED}' AND EXISTS (
        SELECT FROM recon_results AS still WHERE still.class IN ('partial', 'missing')
            AND (still.shop_id, still.order_no, still.type, still.currency) = (d.shop_id, d.order_no, d.type, d.currency))"""
_SUMMED = ("amount_minor", "internal_minor", "discount_minor", "freight_minor", "refund_minor", "stated_minor", "bank_minor")


def seen(scope: Scope, *, relation: str) -> tuple[str, dict[str, Any]]:
    """Return the condition that a scope lets one see rows of a relation with a shop and a channel, and its parameters."""
    if scope.warehouses is not None:
        return "false", {}
    condition, given = "true", dict[str, Any]()
    if scope.shops is not None:
        condition, given = f"{condition} AND {relation}.shop_id = ANY(:scope_shops)", given | {"scope_shops": list(scope.shops)}
    if scope.channels is not None:
        condition, given = f"{condition} AND {relation}.channel = ANY(:scope_channels)", given | {"scope_channels": list(scope.channels)}
    return condition, given


def sees_any(connection: Connection, *, scope: Scope) -> bool:
    """Say whether a scope lets one see anything of reconciliation at all."""
    if scope.shops is None and scope.channels is None:
        return scope.warehouses is None
    condition, given = seen(scope, relation="s")
    return bool(connection.execute(text(f"SELECT EXISTS (SELECT FROM shops AS s WHERE {condition})"), given).scalar_one())


def chosen(scope: Scope, asked: ReconAsked, *, relation: str, day: str | None) -> tuple[str, dict[str, Any]]:
    """Return the condition of a question within a scope, over its days where ``day`` names their column, and its parameters."""
    condition, given = seen(scope, relation=relation)
    if day is not None:
        condition, given = f"{condition} AND {day} BETWEEN :first AND :last", given | {"first": asked.first, "last": asked.last}
    if asked.currency is not None:
        condition, given = f"{condition} AND {relation}.currency = :currency", given | {"currency": asked.currency}
    if asked.channels:
        condition, given = f"{condition} AND {relation}.channel = ANY(:channels)", given | {"channels": list(asked.channels)}
    return condition, given


def given_of(scope: Scope, asked: ReconAsked) -> dict[str, Any]:
    """Return the parameters of a question about differences."""
    return chosen(scope, asked, relation="d", day="day")[1]


def differing(connection: Connection, scope: Scope, asked: ReconAsked, *, narrowed: str = "", any_day: bool = False) -> str:
    """Return the CTEs ``asked`` (differences with their ``day``) and ``rates`` of a question; binds ``given_of`` it."""
    day = f"d.{asked.basis}_day"
    condition, _ = chosen(scope, asked, relation="d", day=None if any_day else day)
    return f"""asked AS MATERIALIZED (SELECT d.*, {day} AS day FROM recon_differences AS d WHERE {condition}{narrowed}),
        {rates(connection, asked, of="SELECT DISTINCT day, currency FROM asked")}"""


def rates(connection: Connection, asked: ReconAsked, *, of: str) -> str:
    """Return the CTE ``rates``: by day and currency what one minor unit is in minor units asked for, null where there is no rate.

    A day without a rate has the last one before it: banks do not quote on weekends.
    """
    if asked.currency is not None:
        return f"rates AS (SELECT day, currency, 1::numeric AS factor FROM ({of}) AS days)"
    reporting = str(connection.execute(text("SELECT reporting_currency FROM installation")).scalar_one())
    known = sorted({reporting, *(row[0] for row in connection.execute(text("SELECT DISTINCT currency FROM recon_day")))})
    values = ", ".join(f"('{code}', {decimals_of(code)})" for code in known if code.isalnum())
    return f"""rates AS (
            SELECT day, days.currency, CASE days.currency WHEN '{reporting}' THEN 1::numeric ELSE (
                SELECT f.rate FROM fx_rates AS f WHERE f.currency = days.currency AND f.reporting_currency = '{reporting}'
                    AND f.business_day <= day ORDER BY f.business_day DESC LIMIT 1
            ) * power(10::numeric, {decimals_of(reporting)} - digits.decimals) END AS factor
            FROM ({of}) AS days LEFT JOIN (VALUES {values}) AS digits (currency, decimals) ON digits.currency = days.currency)"""


def _unexplained(connection: Connection, *, scope: Scope, asked: ReconAsked) -> Counted:
    row = connection.execute(
        text(f"""
        WITH {differing(connection, scope, asked, narrowed=f" AND d.difference_minor <> d.explained_minor AND {STILL_DIFFERS}")}
        SELECT count(*), coalesce(sum(abs(round((d.difference_minor - d.explained_minor) * r.factor))), 0)
        FROM asked AS d JOIN rates AS r USING (day, currency)
        """),
        given_of(scope, asked),
    ).one()
    return Counted(int(row[0]), int(row[1]))


def _counted(rows: Any) -> Counted:
    found = [(int(row.results), int(row.amount_minor)) for row in rows]
    return Counted(sum(count for count, _ in found), sum(amount for _, amount in found))


def _told(rows: Any) -> tuple[int, int]:
    found = [(int(row.lines), int(row.stated_minor)) for row in rows]
    return sum(count for count, _ in found), sum(amount for _, amount in found)


def _sums(row: Any) -> Sums:
    parts = {name: int(getattr(row, name)) for name in (*_SUMMED[1:], "unexplained_minor")}
    return Sums(row.type, row.class_, row.kind, **parts)
