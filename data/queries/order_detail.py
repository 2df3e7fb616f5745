"""What do we know of one order: what its sources said, which of that we believe, and in which rows of which files it stands?"""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, and_, func, literal_column, select, text
from sqlalchemy.sql.elements import KeyedColumnElement

from data.connectors.amounts import decimals_of
from data.current_events import current_events_sql
from data.measures import IMAGE
from data.queries.cut import visible_orders
from data.queries.sources import KeptFile
from data.tables import carriers, order_claims, order_events, order_lines, orders, regions, shops, source_files, warehouses
from models.events import EVENT_TYPES, Statement, current_event
from models.scope import Scope

# A text that a file brought is shown up to here, whatever its size.
SHOWN_SIGNS = 200
# What a row can tell of an order.
TOLD = ("order", "lines", "events")
MONEY_FIELDS = ("total_minor", "goods_minor", "freight_minor", "discount_minor", "paid_minor", "refunded_minor")


@dataclass(frozen=True)
class OrderHead:
    """An order as it stands, without anything personal; ``closed_by_merchant`` to ``ended_to`` as ``models.promise`` judges them."""

    shop_id: str
    order_no: str
    shop_name: str
    channel: str
    stub: bool
    stage: str
    on_hold: bool
    kind: str | None
    source_status: str | None
    close_reason: str | None
    payment_method: str | None
    region_code: str | None
    region_zh: str | None
    region_en: str | None
    city: str | None
    category: str | None
    warehouse_code: str | None
    warehouse_name: str | None
    carrier_code: str | None
    carrier_zh: str | None
    carrier_en: str | None
    waybill_no: str | None
    created_at: datetime | None
    shipped_from: datetime | None
    shipped_to: datetime | None
    ended_from: datetime | None
    ended_to: datetime | None
    closed_by_merchant: bool
    deadline_at: datetime | None
    deadline_rule: str | None
    currency: str | None
    total_minor: int | None
    goods_minor: int | None
    freight_minor: int | None
    discount_minor: int | None
    paid_minor: int | None
    refunded_minor: int | None
    paid_reporting_minor: int | None
    nature: str
    ingested_at: datetime
    changed_at: datetime

    @property
    def decimals(self) -> int:
        """How many decimals its currency has."""
        return decimals_of(self.currency) if self.currency else 2


@dataclass(frozen=True)
class EventStatement:
    """One source's word on one event; of each ``(type, part)`` exactly one is believed.

    ``not_before`` is ``occurred_from``, for a believed bounded one narrowed by files that showed the order without it.
    ``undone_at`` says when its own authority showed the order without it.
    """

    type: str
    part: str
    source: str
    occurred_from: datetime
    occurred_to: datetime
    rank: int
    observed_at: datetime
    ingested_at: datetime
    nature: str
    file_id: int
    row_number: int
    believed: bool
    not_before: datetime
    undone_at: datetime | None


@dataclass(frozen=True)
class DetailLine:
    """One line as one source gave it; only those of one source count."""

    source: str
    line_key: str
    sku_code: str | None
    title: str | None
    properties: str | None
    category: str | None
    quantity: int | None
    unit_price_minor: int | None
    amount_minor: int | None
    counts: bool


@dataclass(frozen=True)
class MoneyClaim:
    """What one source says of an order's money; in the order's currency where it names none."""

    source: str
    currency: str | None
    total_minor: int | None
    goods_minor: int | None
    freight_minor: int | None
    discount_minor: int | None
    paid_minor: int | None
    refunded_minor: int | None

    @property
    def decimals(self) -> int:
        """How many decimals its currency has."""
        return decimals_of(self.currency) if self.currency else 2


@dataclass(frozen=True)
class SourceRow:
    """A row of a file that an order came from; ``told`` names what of TOLD it told."""

    file_id: int
    row_number: int
    source: str
    name: str
    nature: str
    received_at: datetime
    erased_at: datetime | None
    told: tuple[str, ...]


def order_head(connection: Connection, *, scope: Scope, shop_id: str, order_no: str) -> OrderHead | None:
    """Return an order that this person may see; None for one outside the scope as for one that is not there."""
    if "\0" in shop_id + order_no:
        return None
    cut = {name: _shown(orders.c[name]) for name in ("source_status", "close_reason", "payment_method", "city", "waybill_no")}
    judged: Mapping[str, Any] = {name: literal_column(IMAGE[name]).label(name) for name in ("ended_from", "ended_to", "closed_by_merchant")}
    named = {
        "shop_name": shops.c.name.label("shop_name"),
        "channel": shops.c.channel,
        "region_zh": regions.c.name_zh.label("region_zh"),
        "region_en": regions.c.name_en.label("region_en"),
        "warehouse_name": warehouses.c.name.label("warehouse_name"),
        "carrier_zh": carriers.c.name_zh.label("carrier_zh"),
        "carrier_en": carriers.c.name_en.label("carrier_en"),
    }
    special: Mapping[str, Any] = {**cut, **judged, **named}
    columns = [special[field.name] if field.name in special else orders.c[field.name] for field in fields(OrderHead)]
    found = orders.join(shops, orders.c.shop_id == shops.c.shop_id)
    found = found.outerjoin(regions, orders.c.region_code == regions.c.region_code)
    found = found.outerjoin(warehouses, orders.c.warehouse_code == warehouses.c.warehouse_code)
    found = found.outerjoin(carriers, orders.c.carrier_code == carriers.c.carrier_code)
    query = select(*columns).select_from(found).where(_of(orders, shop_id, order_no), visible_orders(scope))
    row = connection.execute(query).mappings().one_or_none()
    return None if row is None else OrderHead(**row)


def event_statements(connection: Connection, *, head: OrderHead) -> list[EventStatement]:
    """Return every statement of every event, in the order in which the believed ones happened, the believed one of each first."""
    rows = connection.execute(select(order_events).where(_of(order_events, head.shop_id, head.order_no))).mappings().all()
    groups: dict[tuple[str, str], list[Mapping[str, Any]]] = defaultdict(list)
    for row in rows:
        groups[row["type"], row["part"]].append(dict(row))
    current = _current(connection, head=head)
    found = [_told(group, event=event, current=current) for event, group in groups.items()]
    found.sort(key=lambda said: (said[0].occurred_to, EVENT_TYPES.index(said[0].type), said[0].part))
    return [statement for said in found for statement in said]


def order_lines_of(connection: Connection, *, head: OrderHead) -> list[DetailLine]:
    """Return the lines of every source, those that count first, each source's by number."""
    table = order_lines.c
    counting = select(orders.c.line_source).where(_of(orders, head.shop_id, head.order_no)).scalar_subquery()
    counts = func.coalesce(table.source == counting, False).label("counts")
    cut = [_shown(table[name]) for name in ("line_key", "sku_code", "title", "properties", "category")]
    plain = [table.source, table.quantity, table.unit_price_minor, table.amount_minor]
    query = select(*plain, *cut, counts).where(_of(order_lines, head.shop_id, head.order_no))
    query = query.order_by(counts.desc(), table.source, func.length(table.line_key), table.line_key)
    return [DetailLine(**row) for row in connection.execute(query).mappings()]


def money_claims(connection: Connection, *, head: OrderHead) -> list[MoneyClaim]:
    """Return what each source says of the money, the weightiest source first; a source that says nothing of it is left out."""
    table = order_claims.c
    money = [table[name] for name in MONEY_FIELDS]
    query = select(table.source, table.currency, *money).where(
        _of(order_claims, head.shop_id, head.order_no), func.num_nonnulls(*money) > 0
    )
    query = query.order_by(table.rank.desc(), table.observed_at.desc(), table.source)
    rows = connection.execute(query).mappings()
    return [MoneyClaim(**{**row, "source": _unmarked(row["source"]), "currency": row["currency"] or head.currency}) for row in rows]


def source_rows(connection: Connection, *, head: OrderHead) -> list[SourceRow]:
    """Return the rows that stored claims, lines and events of the order came from, the file received last first.

    Of rows of one file that say the same, only the first is stored; ``data.order_sources`` finds the others.
    """
    told: dict[tuple[int, int, str], set[str]] = defaultdict(set)
    for what, query in _origins(head).items():
        for file_id, row_number, source in connection.execute(query):
            told[file_id, row_number, _unmarked(source)].add(what)
    query = select(source_files).where(source_files.c.file_id.in_({file_id for file_id, _, _ in told}))
    files = {row["file_id"]: row for row in connection.execute(query).mappings()}
    found = [
        SourceRow(
            file_id=file_id,
            row_number=number,
            source=source,
            told=tuple(word for word in TOLD if word in words),
            **{name: files[file_id][name] for name in ("name", "nature", "received_at", "erased_at")},
        )
        for (file_id, number, source), words in told.items()
        if file_id in files
    ]
    return sorted(found, key=lambda row: (row.received_at, row.file_id, row.row_number, row.source), reverse=True)


def kept_file(connection: Connection, *, row: SourceRow) -> KeptFile:
    """Return where the file of a row lies."""
    columns = [source_files.c[name] for name in ("file_id", "shop_id", "sha256", "name", "erased_at")]
    kept = connection.execute(select(*columns).where(source_files.c.file_id == row.file_id)).mappings().one()
    return KeptFile(**kept, source=row.source)


def _of(table: Any, shop_id: str, order_no: str) -> Any:
    return and_(table.c.shop_id == shop_id, table.c.order_no == order_no)


def _shown(column: KeyedColumnElement[Any]) -> Any:
    """Return a text column cut to what is shown, with one sign more to tell that it was cut."""
    return func.left(column, SHOWN_SIGNS + 1).label(column.key)


def _unmarked(source: str) -> str:
    """Return a claim's source without the mark of the columns its file lacked.

    >>> _unmarked("taobao.orders~03df5642")
    'taobao.orders'
    """
    return source.partition("~")[0]


def _origins(head: OrderHead) -> dict[str, Select[Any]]:
    def of(table: Any) -> Select[Any]:
        return select(table.c.file_id, table.c.row_number, table.c.source).where(_of(table, head.shop_id, head.order_no)).distinct()

    # what follows from a file that no longer shows an event stands in no row of it
    return {"order": of(order_claims), "lines": of(order_lines), "events": of(order_events).where(order_events.c.row_number > 0)}


def _current(connection: Connection, *, head: OrderHead) -> dict[tuple[str, str], tuple[datetime, datetime | None]]:
    """Return what files that showed the order tell of its events: not before when, and undone when."""
    rows = connection.execute(
        text(f"""
        WITH keys AS (SELECT CAST(:shop_id AS text) AS shop_id, CAST(:order_no AS text) AS order_no),
        {current_events_sql("keys")}
        SELECT type, part, occurred_from, undone_at FROM current_events
        """),
        {"shop_id": head.shop_id, "order_no": head.order_no},
    )
    return {(row.type, row.part): (row.occurred_from, row.undone_at) for row in rows}


def _told(
    group: list[Mapping[str, Any]], *, event: tuple[str, str], current: Mapping[tuple[str, str], tuple[datetime, datetime | None]]
) -> list[EventStatement]:
    """Return the statements of one event, the believed one first, then the latest observed."""
    rows = {Statement(**{field.name: row[field.name] for field in fields(Statement)}): row for row in group}
    best = current_event(event[0], rows)
    names = [field.name for field in fields(EventStatement) if field.name in group[0]]
    found = []
    for statement, row in rows.items():
        believed = statement == best
        not_before, undone_at = current.get(event, (statement.occurred_from, None)) if believed else (statement.occurred_from, None)
        given = {name: row[name] for name in names}
        found.append(EventStatement(**given, believed=believed, not_before=not_before, undone_at=undone_at))
    return sorted(found, key=lambda said: (not said.believed, -said.observed_at.timestamp(), said.source, said.occurred_from))
