"""What do exceptions and the hands lent to orders add to the cells: C6 of the index, and touches a thousand orders take?

Each exception and each touch has one row in ``case_counts``, as it stands in the cells; whatever moves it leaves the difference in
``order_changes``, which the roll-up adds.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, text

from data.measures import CASE_COUNTS
from models.workbench.exceptions import TERMS, Raised, counts, handled, response_due

# An exception can still change its mind for so long after it was opened; it is looked at until then.
_LIVES = max(terms.settle for terms in TERMS.values()) + timedelta(hours=1)
_PLACE = ("channel", "region_code", "category", "warehouse_code", "carrier_code")
_KEY = ("key", "shop_id", "order_no", "counted_at")
_ROW = (*_KEY, *_PLACE, *CASE_COUNTS)


@dataclass(frozen=True)
class _Counted:
    """One row of ``case_counts``."""

    key: str
    shop_id: str
    order_no: str
    counted_at: datetime
    place: tuple[str, ...]
    sums: tuple[int, int, int]


def count_cases(connection: Connection, *, as_of: datetime) -> int:
    """Count exceptions whose response fell due, and touches, as they stand now; return how many rows moved."""
    return _put(connection, [*_exceptions(connection, as_of=as_of), *_touches(connection, as_of=as_of)])


def _exceptions(connection: Connection, *, as_of: datetime) -> list[_Counted]:
    """Judge the exceptions that may still move; one that no longer counts is brought to zero."""
    rows = connection.execute(
        text(f"""
        SELECT a.alert_id, a.level, a.opened_at, a.acknowledged_at, a.closed_at, coalesce(a.shop_id, '') AS shop_id,
            coalesce(a.order_no, '') AS order_no, coalesce(o.channel, a.channel, '') AS channel, coalesce(o.region_code, '') AS region_code,
            coalesce(o.category, '') AS category, coalesce(o.warehouse_code, a.warehouse_code, '') AS warehouse_code,
            coalesce(o.carrier_code, '') AS carrier_code, {", ".join(f"c.{name} AS had_{name}" for name in (*_PLACE, "counted_at"))}
        FROM alerts AS a LEFT JOIN orders AS o ON (o.shop_id, o.order_no) = (a.shop_id, a.order_no)
        LEFT JOIN case_counts AS c ON c.key = 'alert:' || a.alert_id
        WHERE a.opened_at >= :since AND a.opened_at <= :as_of
        """),
        {"since": as_of - _LIVES, "as_of": as_of},
    )
    found = []
    for row in rows:
        raised = Raised(row.level, row.opened_at, row.acknowledged_at, row.closed_at)
        due = counts(raised, as_of=as_of)
        if not due and row.had_counted_at is None:
            continue
        # where it happened stays where it was first counted: an order moving on moves no exception
        place = tuple(getattr(row, name) if row.had_counted_at is None else getattr(row, f"had_{name}") for name in _PLACE)
        sums = (int(due), int(due and handled(raised, as_of=as_of)), 0)
        name = row.order_no or f"alert:{row.alert_id}"
        found.append(_Counted(f"alert:{row.alert_id}", row.shop_id, name, response_due(raised), place, sums))
    return found


def _touches(connection: Connection, *, as_of: datetime) -> list[_Counted]:
    """Return the touches not counted yet, and those taken back since, which count for nothing."""
    rows = connection.execute(
        text(f"""
        SELECT a.action_id, a.shop_id, a.order_no, a.at, u.undoes IS NOT NULL AS undone,
            {", ".join(f"coalesce(c.{name}, o.{name}, '') AS {name}" for name in _PLACE)}
        FROM case_actions AS a JOIN orders AS o USING (shop_id, order_no)
        LEFT JOIN case_actions AS u ON u.undoes = a.deed AND (u.shop_id, u.order_no) = (a.shop_id, a.order_no)
        LEFT JOIN case_counts AS c ON c.key = 'touch:' || a.action_id
        WHERE a.at >= :since AND a.at <= :as_of AND a.takes_hands
            AND (c.key IS NULL OR (u.undoes IS NOT NULL AND c.manual_touches > 0))
        """),
        {"since": as_of - _LIVES, "as_of": as_of},
    )
    return [
        _Counted(
            f"touch:{row.action_id}",
            row.shop_id,
            row.order_no,
            row.at,
            tuple(getattr(row, name) for name in _PLACE),
            (0, 0, int(not row.undone)),
        )
        for row in rows
    ]


def _put(connection: Connection, rows: Sequence[_Counted]) -> int:
    """Bring ``case_counts`` to what stands now, and leave the difference in ``order_changes``; returns how many moved."""
    if not rows:
        return 0
    given: dict[str, Any] = {name: [getattr(row, name) for row in rows] for name in _KEY}
    given |= {name: [row.place[place] for row in rows] for place, name in enumerate(_PLACE)}
    given |= {name: [row.sums[place] for row in rows] for place, name in enumerate(CASE_COUNTS)}
    return int(connection.execute(text(_PUT), given).scalar_one())


_NAMES = ", ".join(_ROW)
_TYPES = {"counted_at": "timestamptz", **dict.fromkeys(CASE_COUNTS, "bigint")}
_GIVEN = ", ".join(f"CAST(:{name} AS {_TYPES.get(name, 'text')}[])" for name in _ROW)
_IMAGE = ", ".join((*_PLACE, *CASE_COUNTS))
_PUT = f"""
    WITH now AS (SELECT * FROM unnest({_GIVEN}) AS g ({_NAMES})),
    was AS (SELECT {", ".join(f"c.{name}" for name in _ROW)} FROM case_counts AS c JOIN now USING (key)),
    gone AS (SELECT * FROM was EXCEPT SELECT {_NAMES} FROM now),
    come AS (SELECT {_NAMES} FROM now EXCEPT SELECT * FROM was),
    kept AS (
        INSERT INTO case_counts ({_NAMES}) SELECT {_NAMES} FROM come
        ON CONFLICT (key) DO UPDATE SET {", ".join(f"{name} = EXCLUDED.{name}" for name in _ROW[1:])}
    ),
    told AS (
        INSERT INTO order_changes (shop_id, order_no, sign, case_counted_at, {_IMAGE})
        SELECT shop_id, order_no, sign, counted_at, {_IMAGE} FROM (SELECT -1 AS sign, * FROM gone UNION ALL SELECT 1, * FROM come) AS moved
    )
    SELECT count(*) FROM come"""
