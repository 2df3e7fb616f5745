"""Which lines are crossed now, since when, and which are no more?

A rule looks and says all it finds; what it found before and finds no more is closed. Acknowledging and delivering are others' work.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, text


@dataclass(frozen=True)
class Found:
    """A crossed line: the rule, its subject (never a personal value), and the figures."""

    rule: str
    subject: str
    level: str
    department: str
    detail: Mapping[str, Any] = field(default_factory=dict)
    shop_id: str | None = None
    channel: str | None = None
    warehouse_code: str | None = None
    order_no: str | None = None


def keep_alerts(connection: Connection, found: Sequence[Found], *, looked: Iterable[str], as_of: datetime) -> int:
    """Open what is new, follow what still holds, and close what the rules that looked find no more; returns how many were opened."""
    opened = sum(_keep(connection, each, as_of=as_of) for each in sorted(found, key=lambda each: (each.rule, each.subject)))
    connection.execute(
        text(
            "UPDATE alerts SET closed_at = :as_of, version = version + 1"
            " WHERE closed_at IS NULL AND rule = ANY(:rules) AND seen_at < :as_of"
        ),
        {"as_of": as_of, "rules": sorted(looked)},
    )
    return opened


def _keep(connection: Connection, found: Found, *, as_of: datetime) -> bool:
    row = connection.execute(
        text("""
        INSERT INTO alerts AS kept
            (rule, subject, level, department, shop_id, channel, warehouse_code, order_no, opened_at, seen_at, detail)
        VALUES (:rule, :subject, :level, :department, :shop_id, :channel, :warehouse_code, :order_no, :as_of, :as_of,
            CAST(:detail AS jsonb))
        ON CONFLICT (rule, subject) WHERE closed_at IS NULL DO UPDATE
        SET seen_at = EXCLUDED.seen_at, level = EXCLUDED.level, detail = EXCLUDED.detail
        RETURNING opened_at = :as_of AND version = 0 AS opened
        """),
        {
            "rule": found.rule,
            "subject": found.subject,
            "level": found.level,
            "department": found.department,
            "shop_id": found.shop_id,
            "channel": found.channel,
            "warehouse_code": found.warehouse_code,
            "order_no": found.order_no,
            "as_of": as_of,
            "detail": json.dumps(dict(found.detail), ensure_ascii=False),
        },
    ).one()
    return bool(row.opened)
