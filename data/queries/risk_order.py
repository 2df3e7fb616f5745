"""What risk does one order have, why, and how has it gone since it was paid?"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, text

from data.queries.delay_rules import delay_rules
from data.queries.risk_registry import version_rules
from models.delay_risk.rules import TargetRule, rule_of

# As many scores of one order as a chart can show; an order is scored at each landmark, at each change and once a day.
_MOST_SCORES = 500


@dataclass(frozen=True)
class RiskPoint:
    """One score that an order was given."""

    scored_at: datetime
    landmark: int
    probability: float
    low: float
    high: float
    promise_probability: float | None
    model_version: int | None
    fallback: str


@dataclass(frozen=True)
class OrderRisk:
    """An order's scores, the first to the last; ``now`` is set while it is open, with its reasons where they were worked out.

    ``rule`` is the one of its channel by which the last score was given.
    """

    rule: TargetRule
    now: RiskPoint | None
    due_at: datetime | None
    reasons: Sequence[dict[str, Any]] | None
    scores: Sequence[RiskPoint]


_COLUMNS = ", ".join(RiskPoint.__dataclass_fields__)


def order_risk(connection: Connection, *, shop_id: str, order_no: str) -> OrderRisk | None:
    """Return the risk of an order; None where it was never scored. Whether it may be seen is for the caller to say."""
    key = {"shop": shop_id, "number": order_no}
    rows = connection.execute(
        text(f"""
        SELECT {_COLUMNS} FROM risk_scores WHERE (shop_id, order_no) = (:shop, :number) ORDER BY scored_at DESC LIMIT {_MOST_SCORES}
        """),
        key,
    )
    scores = [RiskPoint(**dict(row._mapping)) for row in rows][::-1]
    now = connection.execute(
        text(f"SELECT {_COLUMNS}, due_at, reasons FROM risk_now WHERE (shop_id, order_no) = (:shop, :number)"), key
    ).one_or_none()
    if now is None:
        return OrderRisk(_rule(connection, key, version=scores[-1].model_version), None, None, None, scores) if scores else None
    point = RiskPoint(**{name: getattr(now, name) for name in RiskPoint.__dataclass_fields__})
    return OrderRisk(_rule(connection, key, version=point.model_version), point, now.due_at, now.reasons, scores)


def _rule(connection: Connection, key: Mapping[str, str], *, version: int | None) -> TargetRule:
    """Return the rule of an order's channel by which a version scores; without one, the one that holds."""
    asked = "SELECT channel FROM orders WHERE (shop_id, order_no) = (:shop, :number)"
    channel = connection.scalar(text(asked), key)
    rules = delay_rules(connection) if version is None else version_rules(connection, version)
    return rule_of(str(channel or ""), rules)
