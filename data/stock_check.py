"""Is the book the sum of its moves, and what is held the sum of its holds and of its steps? And if not, what puts it right?"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Engine, text

from data.acting import audit
from data.writes.holds import release_expired
from data.writes.staging import give_memory
from data.writes.stock_touch import touch
from models.stock.metrics import RELEASE_GRACE

# Examples named of each law that does not hold.
_SHOWN = 20


@dataclass(frozen=True)
class Checked:
    """What a check found: how much it looked at, and by law the number of places where it does not hold, with examples."""

    places: int
    moves: int
    holds: int
    broken: Mapping[str, int]
    examples: Mapping[str, list[str]]

    @property
    def holds_all(self) -> bool:
        """Whether every law holds."""
        return not any(self.broken.values())


# Each returns the places (sku, warehouse, or order) where a law does not hold, as ``place``.
_LAWS: Mapping[str, str] = {
    # the book is the sum of its moves
    "book": """
        SELECT sku_code || ' @ ' || warehouse_code AS place FROM stock
        FULL JOIN (SELECT sku_code, warehouse_code, sum(units) AS units FROM stock_moves GROUP BY sku_code, warehouse_code) AS m
            USING (sku_code, warehouse_code) WHERE on_hand IS DISTINCT FROM units""",
    # what is held is the sum of the open holds
    "held": """
        SELECT sku_code || ' @ ' || warehouse_code AS place FROM stock LEFT JOIN (
            SELECT sku_code, warehouse_code, sum(units) AS units FROM holds WHERE closed_at IS NULL GROUP BY sku_code, warehouse_code
        ) AS h USING (sku_code, warehouse_code) WHERE held <> coalesce(units, 0)""",
    # and of all that befell them
    "steps": """
        SELECT coalesce(s.sku_code, h.sku_code) || ' @ ' || coalesce(s.warehouse_code, h.warehouse_code) AS place FROM (
            SELECT sku_code, warehouse_code, sum(units) AS units FROM hold_steps WHERE step <> 'short' GROUP BY sku_code, warehouse_code
        ) AS s FULL JOIN (
            SELECT sku_code, warehouse_code, sum(units) AS units FROM holds WHERE closed_at IS NULL GROUP BY sku_code, warehouse_code
        ) AS h USING (sku_code, warehouse_code) WHERE coalesce(s.units, 0) <> coalesce(h.units, 0)""",
    # nothing is held for an order that is over
    "orphans": """
        SELECT DISTINCT h.shop_id || '/' || h.order_no AS place FROM holds AS h JOIN orders AS o USING (shop_id, order_no)
        WHERE h.closed_at IS NULL AND h.part = '' AND NOT o.stub
            AND (o.shipped_to IS NOT NULL OR o.cancelled_to IS NOT NULL OR o.refunded_to IS NOT NULL)
            AND NOT EXISTS (SELECT FROM stock_touched AS t WHERE (t.shop_id, t.order_no) = (h.shop_id, h.order_no))""",
    # nor long after its minute
    "expired": """
        SELECT shop_id || '/' || order_no AS place FROM holds
        WHERE state = 'placed' AND expires_at < CAST(:as_of AS timestamptz) - :grace""",
}


def check_stock(engine: Engine, *, as_of: datetime) -> Checked:
    """Look whether the laws of the ledger hold, at one instant of the database."""
    with engine.connect().execution_options(isolation_level="REPEATABLE READ") as connection:
        return _checked(connection, as_of=as_of)


def compensate_stock(engine: Engine, *, by: str, as_of: datetime) -> tuple[Checked, Checked]:
    """Put right what a check finds: sums are made what they are sums of, with a step and an audit row; returns the check before and after.

    Moves and holds are the truth. Orders that are over are settled by whoever comes next; what has expired is released.
    """
    with engine.begin() as connection:
        connection.execute(text("LOCK TABLE stock IN SHARE ROW EXCLUSIVE MODE"))
        before = _checked(connection, as_of=as_of)
        if not before.holds_all:
            connection.execute(text(_REBOOK), {"as_of": as_of})
            connection.execute(text(_REHOLD), {"as_of": as_of, "by": by})
            touch(connection, [tuple(place.split("/", 1)) for place in _all(connection, "orphans", as_of=as_of)])  # type: ignore[misc]
            swept = release_expired(connection, as_of=as_of, at_most=100_000)
            touch(connection, sorted({(row.shop_id, row.order_no) for row in swept}))
            detail = {"broken": dict(before.broken), "examples": json.loads(json.dumps(before.examples))}
            audit(connection, person_id=by, action="compensated_stock", subject="stock", detail=detail, as_of=as_of)
        return before, _checked(connection, as_of=as_of)


_REBOOK = """
    WITH sums AS (SELECT sku_code, warehouse_code, sum(units)::bigint AS units FROM stock_moves GROUP BY sku_code, warehouse_code)
    UPDATE stock AS s SET on_hand = coalesce(sums.units, 0), version = s.version + 1, changed_at = :as_of
    FROM stock AS t LEFT JOIN sums USING (sku_code, warehouse_code)
    WHERE (s.sku_code, s.warehouse_code) = (t.sku_code, t.warehouse_code) AND s.on_hand <> coalesce(sums.units, 0)"""

_REHOLD = """
    WITH open AS (
        SELECT sku_code, warehouse_code, sum(units)::bigint AS units FROM holds WHERE closed_at IS NULL GROUP BY sku_code, warehouse_code
    ),
    told AS (
        SELECT sku_code, warehouse_code, sum(units)::bigint AS units FROM hold_steps WHERE step <> 'short' GROUP BY sku_code, warehouse_code
    ),
    held AS (
        UPDATE stock AS s SET held = coalesce(open.units, 0), version = s.version + 1, changed_at = :as_of
        FROM stock AS t LEFT JOIN open USING (sku_code, warehouse_code)
        WHERE (s.sku_code, s.warehouse_code) = (t.sku_code, t.warehouse_code) AND s.held <> coalesce(open.units, 0)
    )
    INSERT INTO hold_steps (sku_code, shop_id, order_no, warehouse_code, part, step, units, at, person_id)
    SELECT sku_code, '', '', warehouse_code, '', 'compensated', coalesce(open.units, 0) - coalesce(told.units, 0), :as_of, :by
    FROM open FULL JOIN told USING (sku_code, warehouse_code) WHERE coalesce(open.units, 0) <> coalesce(told.units, 0)"""


def _checked(connection: Connection, *, as_of: datetime) -> Checked:
    give_memory(connection)
    counts = connection.execute(
        text(
            "SELECT (SELECT count(*) FROM stock) AS places, (SELECT count(*) FROM stock_moves) AS moves,"
            " (SELECT count(*) FROM holds) AS holds"
        )
    ).one()
    broken = {law: _all(connection, law, as_of=as_of) for law in _LAWS}
    return Checked(
        counts.places,
        counts.moves,
        counts.holds,
        {law: len(places) for law, places in broken.items()},
        {law: places[:_SHOWN] for law, places in broken.items() if places},
    )


def _all(connection: Connection, law: str, *, as_of: datetime) -> list[str]:
    given: dict[str, Any] = {"as_of": as_of, "grace": RELEASE_GRACE} if ":as_of" in _LAWS[law] else {}
    return sorted(connection.scalars(text(_LAWS[law]), given).all())
