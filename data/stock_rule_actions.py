"""What may a person decide for all of the stock: thresholds, quotas of channels, how long unpaid orders hold? Part of ``data.actions``."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Engine, text

from data.acting import Overtaken, acting, allow, audit, check
from data.queries import choices as _choices
from models.people import Person
from models.scope import EVERYTHING
from models.stock.kinds import MAX_PIECES
from models.stock.words import CUSTOMER_CLASSES, THRESHOLD_ACTIONS, keys


def set_stock_rule(
    engine: Engine,
    *,
    person: Person,
    sku_code: str,
    channel: str,
    threshold: int,
    action: str,
    relist_above: int,
    seen: int,
    as_of: datetime,
) -> int:
    """Say at how few pieces a channel delists a SKU or shows what is left, and above how many that ends ('*' = every one) (S10)."""
    check(action in THRESHOLD_ACTIONS, "没有这个动作 / there is no such action")
    check(0 <= threshold <= relist_above <= MAX_PIECES, "恢复线不能低于阈值 / it ends no lower than it begins")
    place = {"sku_code": sku_code, "channel": channel}
    return _set(
        engine,
        "stock_rules",
        place,
        {"threshold": threshold, "action": action, "relist_above": relist_above},
        person,
        seen=seen,
        as_of=as_of,
    )


def set_publish_quota(
    engine: Engine,
    *,
    person: Person,
    channel: str,
    sku_code: str = "*",
    warehouse_code: str = "*",
    share: Decimal | None = None,
    units: int | None = None,
    seen: int,
    as_of: datetime,
) -> int:
    """Say what part of what is available a channel may show, as a share or so many pieces; returns the version."""
    check((share is None) != (units is None), "请填写比例或件数之一 / a share, or a number of pieces")
    check(share is None or 0 <= share <= 1, "比例须在 0% 与 100% 之间 / a share is from 0% to 100%")
    check(units is None or 0 <= units <= MAX_PIECES, "件数不对 / not such a number of pieces")
    place = {"channel": channel, "sku_code": sku_code, "warehouse_code": warehouse_code}
    return _set(engine, "publish_quotas", place, {"share": share, "units": units}, person, seen=seen, as_of=as_of)


def set_hold_rule(
    engine: Engine,
    *,
    person: Person,
    channel: str,
    customer_class: str,
    minutes: int,
    extension_minutes: int,
    may_split: bool,
    seen: int,
    as_of: datetime,
) -> int:
    """Say how long unpaid orders of a channel and class hold stock, how much longer once extended, and whether they may be split (A2)."""
    known = customer_class in ("*", *keys(CUSTOMER_CLASSES))
    check(known, "没有这个客户等级 / there is no such class of customer")
    check(1 <= minutes <= 43_200 and 1 <= extension_minutes <= 43_200, "时长须为 1 分钟至 30 天 / from a minute to 30 days")
    place = {"channel": channel, "customer_class": customer_class}
    values = {"minutes": minutes, "extension_minutes": extension_minutes, "may_split": may_split}
    return _set(engine, "hold_rules", place, values, person, seen=seen, as_of=as_of)


def _set(
    engine: Engine, table: str, place: Mapping[str, str], values: Mapping[str, Any], person: Person, *, seen: int, as_of: datetime
) -> int:
    """Set a rule for everybody; rules have no shop or warehouse of their own, so nobody with limits may."""
    allow(person.may_stock and person.scope == EVERYTHING)
    check(all(0 < len(part.strip()) <= 200 for part in place.values()), "请填写完整 / something is not filled in")
    where = " AND ".join(f"{name} = :{name}" for name in place)
    with acting(engine) as connection:
        if "channel" in place:
            known = (
                ("*", *_choices.channels(connection, scope=EVERYTHING))
                if table != "publish_quotas"
                else _choices.channels(connection, scope=EVERYTHING)
            )
            check(place["channel"] in known, "没有这个渠道 / there is no such channel")
        was = connection.execute(text(f"SELECT * FROM {table} WHERE {where} FOR UPDATE"), dict(place)).one_or_none()
        if (was.version if was else 0) != seen:
            raise Overtaken(by=was.set_by if was else "", at=was.set_at if was else None)
        row = {**place, **values, "version": seen + 1, "set_by": person.person_id, "set_at": as_of}
        assigned = ", ".join(f"{name} = EXCLUDED.{name}" for name in row if name not in place)
        done = connection.execute(
            text(f"""
            INSERT INTO {table} AS kept ({", ".join(row)}) VALUES ({", ".join(f":{name}" for name in row)})
            ON CONFLICT ({", ".join(place)}) DO UPDATE SET {assigned} WHERE kept.version = :seen
            """),
            row | {"seen": seen},
        )
        if done.rowcount != 1:
            raise Overtaken(by="", at=None)
        detail = {name: str(value) if isinstance(value, Decimal) else value for name, value in values.items()} | {"version": seen + 1}
        subject = f"{table[:-1].replace('_', ' ')} {'/'.join(place.values())}"
        audit(connection, person_id=person.person_id, action=f"set_{table[:-1]}", subject=subject, detail=detail, as_of=as_of)
    return seen + 1
