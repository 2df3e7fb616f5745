"""What may a person do with the stock: holds, what left unsold, who waits and from where? Part of ``data.actions``.

Whoever of the warehouse, operations or management may see a warehouse may act on it (``Person.may_stock``). Each deed is one transaction
with an audit row; each takes the version its author saw, and ``Overtaken`` says who was faster.
"""

from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Engine, text

from data.acting import NotAllowed, Overtaken, acting, allow, audit, check
from data.queries.customer_classes import customer_classes
from data.queries.order_handling import order_key
from data.stock import settle_orders
from data.stock_lots import read_rules
from data.writes.holds import Close, Grant, Refused, close, grant, lock_orders, lock_stock
from data.writes.merge_stock import replay_parked
from data.writes.stock_moves import PERSON_SOURCE, Move, post_moves
from models.people import Person
from models.scope import EVERYTHING
from models.stock.kinds import MAX_PIECES, NON_SALE

MOST_REASON_SIGNS = 200


@dataclass(frozen=True)
class _Subject:
    """A hold or a wish of an order, as its action addresses it."""

    shop_id: str
    order_no: str
    sku_code: str
    warehouse_code: str | None = None


def release_hold(engine: Engine, *, person: Person, hold_id: int, seen: int, as_of: datetime) -> None:
    """Give an unpaid order's hold back before its time; what is paid for keeps its stock."""
    with acting(engine) as connection:
        row = _hold(connection, person=person, hold_id=hold_id, seen=seen)
        paid = "已付款的占用不能释放，请换仓或取消订单 / what is paid for keeps its stock: move it, or cancel the order"
        check(row.state == "placed", paid)
        key = (row.shop_id, row.order_no, row.sku_code, row.warehouse_code)
        done = close(connection, [Close(*key, "released", row.part)], as_of=as_of, person_id=person.person_id)
        if not done:
            raise Overtaken(by="", at=None)
        connection.execute(
            text("UPDATE order_holding SET state = 'lapsed', version = version + 1 WHERE (shop_id, order_no) = (:shop, :order)"),
            {"shop": row.shop_id, "order": row.order_no},
        )
        _tell(connection, person, "released_hold", _Subject(*key), as_of=as_of, units=row.units, version=seen + 1)


def extend_hold(engine: Engine, *, person: Person, hold_id: int, seen: int, as_of: datetime) -> datetime:
    """Let an unpaid order hold its stock for longer, once and all of it, as its rule gives; returns the new end."""
    with acting(engine) as connection:
        row = _hold(connection, person=person, hold_id=hold_id, seen=seen)
        check(row.state == "placed" and row.expires_at > as_of, "占用已过期或已付款 / this hold has expired, or is paid for")
        check(row.extended_by is None, "每笔占用只能延长一次 / a hold is extended once")
        buyer = customer_classes(connection, [(row.shop_id, row.order_no)]).get((row.shop_id, row.order_no))
        rule = read_rules(connection).of(row.channel, buyer)
        until: datetime = row.expires_at + timedelta(minutes=rule.extension_minutes)
        key = {"shop": row.shop_id, "order": row.order_no, "part": row.part}
        connection.execute(
            text("""
            WITH longer AS (
                UPDATE holds SET expires_at = :until, extended_by = :by, version = version + 1
                WHERE (shop_id, order_no, part) = (:shop, :order, :part) AND state = 'placed' AND extended_by IS NULL
                RETURNING shop_id, order_no, sku_code, warehouse_code, part
            )
            INSERT INTO hold_steps (shop_id, order_no, sku_code, warehouse_code, part, step, units, at, person_id)
            SELECT shop_id, order_no, sku_code, warehouse_code, part, 'extended', 0, :as_of, :by FROM longer
            """),
            key | {"until": until, "by": person.person_id, "as_of": as_of},
        )
        subject = _Subject(row.shop_id, row.order_no, row.sku_code, row.warehouse_code)
        _tell(connection, person, "extended_hold", subject, as_of=as_of, until=until.isoformat(), version=seen + 1)
    return until


def post_non_sale_out(
    engine: Engine,
    *,
    person: Person,
    sku_code: str,
    warehouse_code: str,
    type: str,
    units: int,
    reason: str,
    key: str,
    as_of: datetime,
) -> bool:
    """Write down what left a warehouse without being sold (S12); the same ``key`` twice moves once. Says whether it was new.

    What is gone is gone: it posts even below what is held, and the orders that this endangers show as such.
    """
    said = reason.strip()
    check(type in NON_SALE, "没有这种出库类型 / there is no such kind")
    check(0 < units <= MAX_PIECES, "请填写大于 0 的件数 / a number of pieces above 0")
    check(bool(said) and len(said) <= MOST_REASON_SIGNS and "\0" not in said, "请写明原因，最多 200 字 / say why, in at most 200 signs")
    check(0 < len(key) <= 100, "缺少表单编号 / the form has no key")
    with acting(engine) as connection:
        allow(person.may_stock and _sees(person, warehouse_code))
        known = connection.scalar(
            text("SELECT EXISTS (SELECT FROM stock WHERE (sku_code, warehouse_code) = (:sku, :warehouse))"),
            {"sku": sku_code, "warehouse": warehouse_code},
        )
        check(bool(known), "该仓没有这个 SKU 的库存账 / there is no book of this SKU in this warehouse")
        move = Move(sku_code, warehouse_code, type, -units, as_of, PERSON_SOURCE, key, said, person.person_id)
        posted = post_moves(connection, [move], as_of=as_of)
        if posted:
            subject = f"stock {sku_code} @ {warehouse_code}"
            detail = {"type": type, "units": units, "reason": said, "key": key}
            audit(connection, person_id=person.person_id, action="posted_non_sale_out", subject=subject, detail=detail, as_of=as_of)
    return bool(posted)


def accept_short(engine: Engine, *, person: Person, shop_id: str, order_no: str, sku_code: str, seen: int, as_of: datetime) -> None:
    """Accept that an order waits for a SKU: it stays short and is held when goods come, but is no open conflict any more (A3)."""
    with acting(engine) as connection:
        subject = _Subject(shop_id, order_no, sku_code)
        row = _wish(connection, person=person, subject=subject, seen=seen)
        check(row.short_units > 0 and row.accepted_at is None, "没有待处理的缺货 / there is nothing short to accept")
        connection.execute(
            text("""
            UPDATE order_holding_skus SET accepted_by = :by, accepted_at = :as_of, version = version + 1
            WHERE (shop_id, order_no, sku_code) = (:shop_id, :order_no, :sku_code)
            """),
            {"by": person.person_id, "as_of": as_of, "shop_id": shop_id, "order_no": order_no, "sku_code": sku_code},
        )
        _tell(connection, person, "accepted_short", subject, as_of=as_of, units=row.short_units, version=seen + 1)


def reallocate(
    engine: Engine, *, person: Person, shop_id: str, order_no: str, sku_code: str, to_warehouse: str, seen: int, as_of: datetime
) -> int:
    """Hold what an order wants of a SKU in another warehouse, all of it there (A3), if enough is free; returns the pieces."""
    with acting(engine) as connection:
        allow(_sees(person, to_warehouse))
        lock_orders(connection, [(shop_id, order_no)])
        subject = _Subject(shop_id, order_no, sku_code, to_warehouse)
        row = _wish(connection, person=person, subject=subject, seen=seen)
        over = "订单已出库或已取消 / the order has left or was cancelled"
        check(_state(connection, shop_id, order_no) not in ("shipped", "closed", "lapsed"), over)
        asked = """
            SELECT * FROM holds WHERE (shop_id, order_no, sku_code, part) = (:shop, :order, :sku, '') AND closed_at IS NULL"""
        open_holds = connection.execute(text(asked), {"shop": shop_id, "order": order_no, "sku": sku_code}).all()
        already = {each.warehouse_code: each.units for each in open_holds} == {to_warehouse: row.wanted_units}
        check(not already, "已在该仓占用 / it is held there already")
        lock_stock(connection, [sku_code])
        ends = {each.expires_at for each in open_holds}
        expires = min((end for end in ends if end is not None), default=None) if None not in ends else None
        close(
            connection,
            [Close(shop_id, order_no, sku_code, each.warehouse_code, "moved") for each in open_holds],
            as_of=as_of,
            person_id=person.person_id,
        )
        asked_for = Grant(shop_id, order_no, sku_code, to_warehouse, row.channel, row.wanted_units, expires)
        try:
            grant(connection, [asked_for], as_of=as_of)
        except Refused:
            check(False, "该仓可用不足 / too little is free there")
        connection.execute(
            text("""
            UPDATE order_holding_skus AS s SET sent_to = :to, sent_against = o.warehouse_code
            FROM orders AS o WHERE (o.shop_id, o.order_no) = (s.shop_id, s.order_no)
                AND (s.shop_id, s.order_no, s.sku_code) = (:shop, :order, :sku)
            """),
            {"to": to_warehouse, "shop": shop_id, "order": order_no, "sku": sku_code},
        )
        settle_orders(connection, [(shop_id, order_no)], rules=read_rules(connection), as_of=as_of)
        was = {each.warehouse_code: each.units for each in open_holds}
        _tell(connection, person, "reallocated", subject, as_of=as_of, units=row.wanted_units, was=was, version=seen + 1)
    return int(row.wanted_units)


def map_sku(engine: Engine, *, person: Person, source: str, alias: str, sku_code: str, as_of: datetime, pieces: int = 1) -> int:
    """Say which SKU a source means by its own code, and how many pieces one of it is; its parked rows are taken in. Returns how many."""
    allow(person.may_stock and person.scope == EVERYTHING)
    named, meant = alias.strip(), sku_code.strip()
    check(bool(named) and bool(meant) and max(len(named), len(meant)) <= 200, "请填写来源编码和 SKU / write the source's code and the SKU")
    check(1 <= pieces <= 100_000, "每单位件数须为 1 至 100000 / one of it is from 1 to 100000 pieces")
    with acting(engine) as connection:
        known = text("SELECT EXISTS (SELECT FROM skus WHERE sku_code = :sku) OR EXISTS (SELECT FROM stock WHERE sku_code = :sku)")
        check(bool(connection.scalar(known, {"sku": meant})), "没有这个 SKU / there is no such SKU")
        row = {"source": source, "alias": named, "sku": meant, "pieces": pieces, "by": person.person_id, "as_of": as_of}
        connection.execute(
            text("""
            INSERT INTO sku_aliases (source, alias, sku_code, pieces, observed_at, by_person)
            VALUES (:source, :alias, :sku, :pieces, :as_of, :by)
            ON CONFLICT (source, alias) DO UPDATE
            SET sku_code = EXCLUDED.sku_code, pieces = EXCLUDED.pieces, observed_at = EXCLUDED.observed_at, by_person = EXCLUDED.by_person
            """),
            row,
        )
        replayed = replay_parked(connection, as_of=as_of)
        connection.execute(
            text("""
            INSERT INTO stock_touched (shop_id, order_no) SELECT DISTINCT o.shop_id, o.order_no
            FROM order_lines AS l JOIN orders AS o USING (shop_id, order_no)
            WHERE l.sku_code = :alias AND :source IN (split_part(l.source, '.', 1), '*') AND NOT o.stub AND o.nature = 'live'
            """),
            row,
        )
        detail = {"sku": meant, "pieces": pieces, "replayed": replayed}
        audit(connection, person_id=person.person_id, action="mapped_sku", subject=f"sku {source}/{named}", detail=detail, as_of=as_of)
    return replayed


def _hold(connection: Connection, *, person: Person, hold_id: int, seen: int) -> Any:
    """Return an open hold, its order and row of stock locked; refused are one outside the scope and one seen in another version."""
    allow(person.may_stock)
    row = connection.execute(text("SELECT * FROM holds WHERE hold_id = :id"), {"id": hold_id}).one_or_none()
    if row is None or not person.scope.holds(shop_id=row.shop_id, channel=row.channel, warehouse_code=row.warehouse_code):
        raise NotAllowed
    lock_orders(connection, [(row.shop_id, row.order_no)])
    lock_stock(connection, [row.sku_code])
    row = connection.execute(text("SELECT * FROM holds WHERE hold_id = :id FOR UPDATE"), {"id": hold_id}).one()
    if row.version != seen or row.closed_at is not None:
        raise Overtaken(by="", at=row.closed_at)
    return row


def _wish(connection: Connection, *, person: Person, subject: _Subject, seen: int) -> Any:
    """Return what an order wants of a SKU, its order locked; refused are one outside the scope and one seen in another version."""
    allow(person.may_stock)
    lock_orders(connection, [(subject.shop_id, subject.order_no)])
    asked = "SELECT * FROM order_holding_skus WHERE (shop_id, order_no, sku_code) = (:shop_id, :order_no, :sku_code) FOR UPDATE"
    row = connection.execute(text(asked), asdict(subject)).one_or_none()
    if row is None or not person.scope.holds(shop_id=row.shop_id, channel=row.channel, warehouse_code=row.warehouse_code):
        raise NotAllowed
    if row.version != seen:
        raise Overtaken(by=row.accepted_by or "", at=row.accepted_at)
    return row


def _state(connection: Connection, shop_id: str, order_no: str) -> str | None:
    asked = "SELECT state FROM order_holding WHERE (shop_id, order_no) = (:shop, :order)"
    state: str | None = connection.scalar(text(asked), {"shop": shop_id, "order": order_no})
    return state


def _sees(person: Person, warehouse_code: str) -> bool:
    """Say whether a warehouse's goods are this person's: they belong to no shop, so that a limit of shops does not reach them."""
    return person.scope.warehouses is None or warehouse_code in person.scope.warehouses


def _tell(connection: Connection, person: Person, action: str, subject: _Subject, *, as_of: datetime, **detail: Any) -> None:
    told = {"shop": subject.shop_id, "sku": subject.sku_code, "warehouse": subject.warehouse_code} | detail
    named = order_key(shop_id=subject.shop_id, order_no=subject.order_no)
    audit(connection, person_id=person.person_id, action=action, subject=named, detail=told, as_of=as_of)
