"""By which rules is stock held and published, which rows wait for a SKU, what did the last replay say, and how are the metrics?"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, text

from data.queries.health import WHOLE
from data.queries.stock_part import asked_of, named
from models.scope import EVERYTHING, Scope

LISTED = 50
# Rules of stock tell of a hundred SKUs and places at most, and a few metrics.
MOST_ALERTS = 300


@dataclass(frozen=True)
class StockRule:
    """At or below ``threshold`` pieces the action is taken, above ``relist_above`` it is taken back; '*' = every SKU, every channel."""

    sku_code: str
    name: str | None
    channel: str
    threshold: int
    action: str
    relist_above: int
    version: int
    set_by: str
    set_at: datetime


@dataclass(frozen=True)
class QuotaRule:
    """What a channel may show of a SKU: a share of what is available, or so many pieces."""

    channel: str
    sku_code: str
    name: str | None
    warehouse_code: str
    share: float | None
    units: int | None
    version: int
    set_by: str
    set_at: datetime


@dataclass(frozen=True)
class HoldRule:
    """How long an unpaid order holds stock, by channel and class of customer; '*' = every one."""

    channel: str
    customer_class: str
    minutes: int
    extension_minutes: int
    may_split: bool
    version: int
    set_by: str
    set_at: datetime


@dataclass(frozen=True)
class ParkedSku:
    """A name of a SKU that nobody knows: the rows of a source that wait for it."""

    source: str
    sku_label: str
    reason: str
    rows: int
    pieces: int
    warehouses: int
    first_at: datetime
    last_at: datetime
    file: str | None
    row_number: int


@dataclass(frozen=True)
class Replay:
    """The last promotion replay: what it was given and what came of it, as ``models.stock.replay`` says."""

    replay_id: int
    as_of: datetime
    given: Mapping[str, Any]
    result: Mapping[str, Any]


@dataclass(frozen=True)
class MetricRow:
    """A metric of stock on a business day, of a channel, a warehouse or all."""

    day: date
    kpi: str
    dimension: str
    member: str
    value: float | None
    numerator: int
    denominator: int
    p50: float | None
    p95: float | None
    most: float | None


@dataclass(frozen=True)
class StockAlert:
    """A line that is crossed and not closed."""

    alert_id: int
    rule: str
    subject: str
    level: str
    department: str
    channel: str | None
    warehouse_code: str | None
    opened_at: datetime
    seen_at: datetime
    detail: Mapping[str, Any]


def stock_rules(connection: Connection, *, scope: Scope, search: str = "", limit: int = LISTED) -> list[StockRule]:
    """Return the thresholds, those of every SKU first; of channels that are not seen none."""
    condition, given = _of_channels(scope, relation="r")
    if search:
        condition, given = f"{condition} AND (r.sku_code = '*' OR starts_with(r.sku_code, :search))", given | {"search": search}
    rows = connection.execute(
        text(f"""
        SELECT r.sku_code, named.name, r.channel, r.threshold, r.action, r.relist_above, r.version, r.set_by, r.set_at
        FROM stock_rules AS r {named("r")} WHERE true{condition}
        ORDER BY r.sku_code <> '*', r.sku_code, r.channel <> '*', r.channel LIMIT :limit
        """),
        given | {"limit": limit},
    ).mappings()
    return [StockRule(**row) for row in rows]


def publish_quotas(connection: Connection, *, scope: Scope, search: str = "", limit: int = LISTED) -> list[QuotaRule]:
    """Return the quotas, those of every SKU first; of channels that are not seen none."""
    condition, given = _of_channels(scope, relation="q")
    if search:
        condition, given = f"{condition} AND (q.sku_code = '*' OR starts_with(q.sku_code, :search))", given | {"search": search}
    rows = connection.execute(
        text(f"""
        SELECT q.channel, q.sku_code, named.name, q.warehouse_code, q.share::float AS share, q.units, q.version, q.set_by, q.set_at
        FROM publish_quotas AS q {named("q")} WHERE true{condition}
        ORDER BY q.sku_code <> '*', q.sku_code, q.channel, q.warehouse_code LIMIT :limit
        """),
        given | {"limit": limit},
    ).mappings()
    return [QuotaRule(**row) for row in rows]


def hold_rules(connection: Connection, *, scope: Scope) -> list[HoldRule]:
    """Return how long orders hold stock; of channels that are not seen none."""
    condition, given = _of_channels(scope, relation="r")
    rows = connection.execute(
        text(
            f"SELECT r.* FROM hold_rules AS r WHERE true{condition} "
            "ORDER BY r.channel <> '*', r.channel, r.customer_class <> '*', r.customer_class"
        ),
        given,
    ).mappings()
    return [HoldRule(**row) for row in rows]


def parked_skus(connection: Connection, *, scope: Scope, limit: int = LISTED) -> list[ParkedSku]:
    """Return the names of SKUs that rows wait for, most rows first; none to people with limits: files of stock are of all."""
    if scope != EVERYTHING:
        return []
    rows = connection.execute(
        text("""
        SELECT parked.*, f.name AS file FROM (
            SELECT r.source, r.sku_label, min(r.reason) AS reason, count(*) AS rows, coalesce(sum(r.quantity), 0)::bigint AS pieces,
                count(DISTINCT r.warehouse_code) AS warehouses, min(r.parked_at) AS first_at, max(r.parked_at) AS last_at,
                max(r.file_id) AS file_id, (array_agg(r.row_number ORDER BY r.file_id DESC, r.row_number))[1] AS row_number
            FROM parked_stock_rows AS r WHERE r.resolved_at IS NULL GROUP BY r.source, r.sku_label
            ORDER BY count(*) DESC, r.source, r.sku_label LIMIT :limit
        ) AS parked LEFT JOIN source_files AS f ON f.file_id = parked.file_id ORDER BY parked.rows DESC, parked.source, parked.sku_label
        """),
        {"limit": limit},
    ).mappings()
    return [ParkedSku(**{name: value for name, value in row.items() if name != "file_id"}) for row in rows]


def stock_replay(connection: Connection, *, scope: Scope) -> Replay | None:
    """Return the last promotion replay; it plays the whole business, so nothing to people with limits."""
    if scope != EVERYTHING:
        return None
    row = connection.execute(
        text("SELECT replay_id, as_of, given, result FROM stock_replays ORDER BY replay_id DESC LIMIT 1")
    ).mappings().one_or_none()  # fmt: skip
    return None if row is None else Replay(**row)


def stock_metrics(connection: Connection, *, scope: Scope, first: date, last: date) -> list[MetricRow]:
    """Return the metrics of some days: of the channels and warehouses that are seen, and those of all to people without limits."""
    rows = connection.execute(
        text("""
        SELECT k.day, k.kpi, k.dimension, k.member, k.value::float AS value, k.numerator, k.denominator, k.p50::float AS p50,
            k.p95::float AS p95, k.most::float AS most
        FROM stock_kpis AS k WHERE k.day BETWEEN :first AND :last ORDER BY k.day, k.kpi, k.dimension, k.member
        """),
        {"first": first, "last": last},
    ).mappings()
    return [MetricRow(**row) for row in rows if _sees(scope, row["dimension"], row["member"])]


def stock_alerts(connection: Connection, *, scope: Scope, rules: tuple[str, ...], limit: int = MOST_ALERTS) -> list[StockAlert]:
    """Return the open alerts of some rules that are within the scope, the last opened first."""
    rows = connection.execute(
        text("""
        SELECT a.alert_id, a.rule, a.subject, a.level, a.department, a.opened_at, a.seen_at, a.detail,
            a.shop_id, a.channel, a.warehouse_code
        FROM alerts AS a WHERE a.closed_at IS NULL AND a.rule = ANY(:rules) ORDER BY a.opened_at DESC, a.alert_id DESC LIMIT :limit
        """),
        {"rules": list(rules), "limit": limit},
    ).mappings()
    placed = ("shop_id", "channel", "warehouse_code")
    limits = dict(zip(placed, (scope.shops, scope.channels, scope.warehouses), strict=True))
    seen = [row for row in rows if all(limit is None or row[name] in limit for name, limit in limits.items())]
    return [StockAlert(**{name: value for name, value in row.items() if name != "shop_id"}) for row in seen]


def _sees(scope: Scope, dimension: str, member: str) -> bool:
    """Say whether a scope holds a figure: a channel's is of all its shops, a warehouse's of all its channels.

    >>> _sees(Scope(channels=("jd",)), "channel", "jd"), _sees(Scope(channels=("jd",)), "warehouse", "x"), _sees(EVERYTHING, "all", "")
    (True, False, True)
    """
    if scope == EVERYTHING:
        return True
    if dimension == "channel":
        return scope.shops is None and scope.warehouses is None and member in (scope.channels or ())
    return dimension == "warehouse" and scope.shops is None and scope.channels is None and member in (scope.warehouses or ())


def _of_channels(scope: Scope, *, relation: str) -> tuple[str, dict[str, Any]]:
    """Return the condition that a rule is for every channel or for one of which a shop is seen."""
    limits, given = asked_of(scope, WHOLE, relation="shops", warehouse=None)
    if not limits:
        return "", {}
    return f" AND ({relation}.channel = '*' OR {relation}.channel IN (SELECT shops.channel FROM shops WHERE true{limits}))", given
