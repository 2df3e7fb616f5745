"""Which differences are there to work on? A page of them at a time, by keyset, the largest or the oldest first."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, select, text

from data.queries.order_handling import Colleague
from data.queries.order_list import NOBODY
from data.queries.reconciliation import ReconAsked, differing, given_of, seen
from data.tables import people
from models.scope import Scope

PAGE = 50
# (what the page is ordered by, difference_id) of the last row shown.
ReconCursor = tuple[int, int]
# Roles that work on differences, as ``Person.may_reconcile``.
WORKING_ROLES = ("finance", "manager")
_ORDERS = {
    "amount": "coalesce(abs(round(d.difference_minor * r.factor)), 0)::bigint",
    "age": "(-extract(epoch FROM d.opened_at) * 1000000)::bigint",
}


@dataclass(frozen=True)
class ReconWanted:
    """Which differences are wanted; an empty tuple means all of them, the label '' is 未识别.

    ``owner`` is a person or NOBODY; ``least_minor`` in minor units of the money asked for. ``search`` is the start of an order number and
    looks at all days.
    """

    as_of: datetime
    labels: tuple[str, ...] = ()
    classes: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    types: tuple[str, ...] = ()
    state: str = "open"
    owner: str | None = None
    older_days: int | None = None
    least_minor: int | None = None
    search: str = ""
    order: str = "amount"


@dataclass(frozen=True)
class DifferenceRow:
    """A difference of the queue; amounts in its own currency. ``label_by`` is who confirmed the label, None = the engine alone."""

    difference_id: int
    shop_id: str
    order_no: str
    type: str
    currency: str
    channel: str
    class_: str
    kind: str
    side: str
    rule: str
    internal_minor: int
    stated_minor: int
    bank_minor: int
    difference_minor: int
    explained_minor: int
    occurred_at: datetime
    due_at: datetime | None
    completed_day: date
    settled_day: date
    label: str
    ambiguous: bool
    label_by: str | None
    state: str
    reason: str | None
    owner: str | None
    owner_name: str | None
    opened_at: datetime
    resolved_at: datetime | None
    version: int
    work_order_due_at: datetime | None
    sort: int = 0

    @property
    def cursor(self) -> ReconCursor:
        """What the next page begins after."""
        return self.sort, self.difference_id


def differences(
    connection: Connection, *, scope: Scope, asked: ReconAsked, wanted: ReconWanted, after: ReconCursor | None = None, limit: int = PAGE
) -> list[DifferenceRow]:
    """Return a page of the wanted differences of a question."""
    narrowed, given = _narrowed(wanted)
    sort = _ORDERS[wanted.order]
    beyond = ""
    if after is not None:
        beyond, given = f"AND ({sort}, d.difference_id) < (:after_sort, :after_id)", given | {"after_sort": after[0], "after_id": after[1]}
    if wanted.least_minor is not None:
        beyond, given = f"{beyond} AND {_ORDERS['amount']} >= :least", given | {"least": wanted.least_minor}
    rows = connection.execute(
        text(f"""
        WITH {differing(connection, scope, asked, narrowed=narrowed, any_day=bool(wanted.search))}
        SELECT {ROW}, {sort} AS sort FROM asked AS d JOIN rates AS r USING (day, currency) {WITH_PEOPLE}
        WHERE true {beyond} ORDER BY {sort} DESC, d.difference_id DESC LIMIT :limit
        """),
        given_of(scope, asked) | given | {"limit": limit},
    ).mappings()
    return [DifferenceRow(**row) for row in rows]


def difference_row(connection: Connection, *, scope: Scope, difference_id: int) -> DifferenceRow | None:
    """Return one difference; None outside the scope as for one that is not there."""
    condition, given = seen(scope, relation="d")
    row = connection.execute(
        text(f"SELECT {ROW} FROM recon_differences AS d {WITH_PEOPLE} WHERE d.difference_id = :difference_id AND {condition}"),
        given | {"difference_id": difference_id},
    ).mappings().one_or_none()  # fmt: skip
    return None if row is None else DifferenceRow(**row)


def colleagues(connection: Connection, *, scope: Scope, difference_ids: tuple[int, ...]) -> list[Colleague]:
    """Return the active people who work on differences and may see all of these, by name; nobody where none of these is seen."""
    condition, given = seen(scope, relation="d")
    places = connection.execute(
        text(f"SELECT DISTINCT shop_id, channel FROM recon_differences AS d WHERE d.difference_id = ANY(:ids) AND {condition}"),
        given | {"ids": list(difference_ids)},
    ).all()
    if difference_ids and not places:
        return []
    found = []
    for row in connection.execute(select(people).where(people.c.active.is_(True), people.c.role.in_(WORKING_ROLES))).mappings():
        limits = [None if row[name] is None else tuple(row[name]) for name in ("scope_shops", "scope_channels", "scope_warehouses")]
        theirs = Scope(shops=limits[0], channels=limits[1], warehouses=limits[2])
        if all(theirs.holds(shop_id=place.shop_id, channel=place.channel, warehouse_code=None) for place in places):
            found.append(Colleague(person_id=row["person_id"], name=row["name"], role=row["role"]))
    return sorted(found, key=lambda each: (each.name, each.person_id))


# Of ``recon_differences AS d`` with WITH_PEOPLE.
ROW = """d.difference_id, d.shop_id, d.order_no, d.type, d.currency, d.channel, d.class AS class_, d.kind, d.side, d.rule, d.internal_minor,
    d.stated_minor, d.bank_minor, d.difference_minor, d.explained_minor, d.occurred_at, d.due_at, d.completed_day, d.settled_day, d.label,
    d.ambiguous, d.label_by, d.state, d.reason, d.owner, p.name AS owner_name, d.opened_at, d.resolved_at, d.version,
    w.due_at AS work_order_due_at"""
WITH_PEOPLE = """LEFT JOIN people AS p ON p.person_id = d.owner
    LEFT JOIN work_orders AS w ON w.difference_id = d.difference_id AND w.closed_at IS NULL"""


def _narrowed(wanted: ReconWanted) -> tuple[str, dict[str, Any]]:
    """Return the conditions of what is wanted, and their parameters."""
    found, given = "", dict[str, Any]()
    for name, values in (("label", wanted.labels), ("class", wanted.classes), ("kind", wanted.kinds), ("type", wanted.types)):
        if values:
            found, given = f"{found} AND d.{name} = ANY(:{name}_in)", given | {f"{name}_in": list(values)}
    if wanted.state != "all":
        found, given = f"{found} AND d.state = :state", given | {"state": wanted.state}
    if wanted.owner == NOBODY:
        found += " AND d.owner IS NULL"
    elif wanted.owner is not None:
        found, given = f"{found} AND d.owner = :owner", given | {"owner": wanted.owner}
    if wanted.older_days is not None:
        older = {"as_of": wanted.as_of, "older": wanted.older_days}
        found, given = f"{found} AND d.opened_at <= CAST(:as_of AS timestamptz) - :older * interval '1 day'", given | older
    if wanted.search:
        found, given = f"{found} AND starts_with(d.order_no, :search)", given | {"search": wanted.search}
    return found, given
