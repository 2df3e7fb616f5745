"""Which settlement entries cost component C3 of the index its points? The differences of a cell, by the day they fell due."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, text

from data.queries.health import Part, orders_of
from data.queries.reconciliation import seen
from data.queries.reconciliation_queue import ROW, WITH_PEOPLE, DifferenceRow
from data.recon_units_sql import CORRECTED, UNIT, UNIT_DUE
from models.scope import Scope

PAGE = 50
# When it fell due and number of the last row shown.
EntryCursor = tuple[datetime, int]


@dataclass(frozen=True)
class EntryBehind:
    """A unit that is not good: its difference, when it fell due, and the cell of its order."""

    difference: DifferenceRow
    moment: datetime
    region_code: str | None
    category: str | None

    @property
    def cursor(self) -> EntryCursor:
        """What the next page begins after."""
        return self.moment, self.difference.difference_id


def entries_behind(
    connection: Connection,
    *,
    scope: Scope,
    part: Part,
    since: datetime,
    until: datetime,
    zone: str,
    after: EntryCursor | None = None,
    limit: int = PAGE,
) -> list[EntryBehind]:
    """Return a page of the units that fell due in ``[since, until)`` and are not good, as the cells count them."""
    condition, given = orders_of(scope, part, relation="e")
    visible, limits = seen(scope, relation="d")
    beyond = "AND (u.moment, d.difference_id) > (:after_at, :after_id)" if after is not None else ""
    given |= limits | {"since": since, "until": until, "zone": zone, "limit": limit}
    if after is not None:
        given |= {"after_at": after[0], "after_id": after[1]}
    cell = ", ".join(f"nullif({name}, '') AS {name}" for name in ("region_code", "category", "warehouse_code", "carrier_code"))
    rows = connection.execute(
        text(f"""
        SELECT {ROW}, u.moment AS unit_moment, e.region_code AS unit_region, e.category AS unit_category
        FROM recon_differences AS d
        JOIN recon_results AS r ON (r.shop_id, r.order_no, r.type, r.currency) = (d.shop_id, d.order_no, d.type, d.currency)
        CROSS JOIN LATERAL (SELECT {UNIT_DUE} AS moment) AS u
        JOIN (SELECT shop_id, order_no, due_at, channel, {cell} FROM entry_dues) AS e
            ON (e.shop_id, e.order_no, e.due_at) = (r.shop_id, r.order_no, u.moment)
        {WITH_PEOPLE}
        WHERE {UNIT} AND r.class IN ('partial', 'missing') AND u.moment >= :since AND u.moment < :until AND NOT {CORRECTED}
            AND {visible} {condition} {beyond}
        ORDER BY u.moment, d.difference_id LIMIT :limit
        """),
        given,
    ).mappings()
    return [_behind(dict(row)) for row in rows]


def _behind(row: dict[str, object]) -> EntryBehind:
    moment, region, category = (row.pop(name) for name in ("unit_moment", "unit_region", "unit_category"))
    return EntryBehind(DifferenceRow(**row), moment, region, category)  # type: ignore[arg-type]
