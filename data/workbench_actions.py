"""What may a person do about orders in trouble, one or many at once? Part of ``data.actions``.

An act is one transaction on all its orders: refused are a role or scope that may not, an order seen in an older version (``Taken`` says who
was first), an order that has left or ended meanwhile (``AlreadyClosed``), and an outbox that cannot be written. Nothing is half done.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from sqlalchemy import Connection, Engine, text

from data.acting import NotAllowed, Overtaken, WrongInput, acting, allow, check
from data.outbox import writable
from data.queries.workbench_facts import UNSHIPPED
from data.queries.workbench_rules import active_people
from data.settings import Settings
from data.workbench import business_day
from data.writes import case_deeds as _deeds
from data.writes.case_deeds import Deed, Locked
from data.writes.order_handling import add_comment
from models.mentions import called
from models.people import Person
from models.workbench.actions import ACTIONS_BY_KEY, UNDO, Action, reasons_of
from models.workbench.words import CLOSED_STATES

# (shop_id, order_no, version seen) of each; 0 where nobody had touched it.
ChosenOrders = Sequence[tuple[str, str, int]]
MOST_ORDERS = 1_000
WORDS_SIGNS, TITLE_SIGNS = 2_000, 100
# Later than this a deed is history, and is put right by another.
UNDO_WITHIN = timedelta(hours=24)
LONGEST_SNOOZE = timedelta(days=30)


class Taken(Overtaken):
    """别人已先处理这一单 / somebody else was first with this order."""

    def __init__(self, *, by: str, name: str, at: datetime | None, action: str, shop_id: str, order_no: str) -> None:
        super().__init__(by=by, at=at)
        self.name = name
        self.action = action
        self.shop_id = shop_id
        self.order_no = order_no


class AlreadyClosed(WrongInput):
    """An order left or ended meanwhile, so that there is nothing left to do about it; the text names it."""

    def __init__(self, *, shop_id: str, order_no: str, stage: str) -> None:
        super().__init__(
            f"订单 {order_no} 已发货或已关闭，无需再处理 / order {order_no} has shipped or ended meanwhile: nothing is left to do"
        )
        self.shop_id = shop_id
        self.order_no = order_no
        self.stage = stage


@dataclass(frozen=True)
class Given:
    """What an action is told besides its orders; which of it an action needs says ``models.workbench.actions``."""

    owner: str | None = None
    warehouse_code: str | None = None
    carrier_code: str | None = None
    until: datetime | None = None
    words: str = ""
    reason: str = ""
    title: str = ""
    due_at: datetime | None = None


@dataclass(frozen=True)
class Done:
    """What was done: the name of the deed, by which it can be taken back, and to how many orders."""

    deed: str
    orders: int


def act(
    engine: Engine, *, person: Person, settings: Settings, action: str, chosen: ChosenOrders, given: Given | None = None, as_of: datetime
) -> Done:
    """Do one thing about orders, about all of them or none."""
    spec, told = ACTIONS_BY_KEY[action], given or Given()
    allow(person.role in spec.roles)
    check(0 < len(chosen) <= MOST_ORDERS, f"一次最多处理 {MOST_ORDERS} 单 / at most {MOST_ORDERS} orders at once")
    check(len({key[:2] for key in chosen}) == len(chosen), "同一订单选了两次 / an order was chosen twice")
    _complete(spec, told, as_of=as_of)
    if spec.intent is not None:
        writable(settings)
    deed = Deed(uuid4().hex, person.person_id, action, as_of)
    with acting(engine) as connection:
        rows = _taken(connection, spec, person=person, chosen=chosen, as_of=as_of)
        _fits(connection, spec, told, rows=rows)
        _carry_out(connection, spec, told, rows=rows, deed=deed, person=person)
        _deeds.note_saving(connection, rows, deed=deed, day=business_day(as_of, zone=settings.zone).day) if spec.saves else None
        detail = _detail(spec, told)
        _deeds.tell(connection, rows, deed=deed, detail=detail, takes_hands=spec.takes_hands)
        # words stay where they were written: an audit row names what was done, never what was said of a buyer
        audited = {name: value for name, value in detail.items() if name != "words"}
        _deeds.audit_all(connection, rows, deed=deed, action=f"workbench_{action}", detail=audited)
    return Done(deed.deed, len(rows))


def undo(engine: Engine, *, person: Person, deed: str, as_of: datetime) -> Done:
    """Take a deed of one's own back, whole, unless anybody has acted on one of its orders since or the warehouse has been told."""
    with acting(engine) as connection:
        acts = connection.execute(text("SELECT * FROM case_actions WHERE deed = :deed ORDER BY shop_id, order_no"), {"deed": deed}).all()
        allow(bool(acts) and acts[0].person_id == person.person_id)
        spec = ACTIONS_BY_KEY.get(acts[0].action)
        check(spec is not None and spec.undoable, "这一操作不能撤销 / this cannot be undone")
        check(acts[0].at + UNDO_WITHIN >= as_of, "超过 24 小时，不能撤销 / it is more than 24 hours ago and cannot be undone")
        rows = _deeds.locked(connection, keys=[(each.shop_id, each.order_no) for each in acts], at=as_of)
        found = [_visible(rows.get((each.shop_id, each.order_no)), person=person) for each in acts]
        for each, row in zip(acts, found, strict=True):
            _same(connection, row, seen=each.version)
        check(all(row.stage in UNSHIPPED or row.in_queue for row in found), "订单已发货或已关闭 / an order has shipped or ended meanwhile")
        _, told = _deeds.withdraw_intents(connection, deed=deed, at=as_of)
        check(not told, "已通知仓库，不能撤销；请另发指令 / the warehouse has been told: ask for something else instead")
        back = Deed(uuid4().hex, person.person_id, UNDO, as_of)
        _bring_back(connection, acts, rows=found, deed=back)
        _deeds.tell(connection, found, deed=back, detail={"of": acts[0].action}, takes_hands=False, undoes=deed)
        _deeds.audit_all(connection, found, deed=back, action="workbench_undo", detail={"of": acts[0].action, "undoes": deed})
    return Done(back.deed, len(found))


def _complete(spec: Action, told: Given, *, as_of: datetime) -> None:
    """Refuse what an action is not told and needs."""
    if "words" in spec.needs:
        _storable(told.words, most=WORDS_SIGNS, missing="请先填写内容 / write something first")
    if "title" in spec.needs:
        _storable(told.title, most=TITLE_SIGNS, missing="请填写工单标题 / give the work order a title")
    if "reason" in spec.needs:
        check(told.reason in {key for key, _, _ in reasons_of(spec.key)}, "请选择原因 / choose a reason")
        _storable(told.words, most=WORDS_SIGNS)
    if "until" in spec.needs:
        check(told.until is not None and told.until.tzinfo is not None, "请选择提醒时间 / choose until when")
        fits = told.until is not None and as_of < told.until <= as_of + LONGEST_SNOOZE
        check(fits, f"提醒时间须在此后 {LONGEST_SNOOZE.days} 天内 / it must be within the next {LONGEST_SNOOZE.days} days")
    for name, missing in (
        ("owner", "请选择负责人 / choose whose it is to be"),
        ("warehouse", "请选择仓库 / choose a warehouse"),
        ("carrier", "请选择承运商 / choose a carrier"),
    ):
        value = told.owner if name == "owner" else getattr(told, f"{name}_code", None)
        check(name not in spec.needs or bool(value), missing)


def _storable(words: str, *, most: int, missing: str | None = None) -> None:
    said = words.strip()
    check(missing is None or bool(said), missing or "")
    check(len(said) <= most, f"最多 {most} 字 / at most {most} signs")
    check("\0" not in said and said == said.encode(errors="ignore").decode(), "含有不可用字符 / it has characters that cannot be stored")


def _taken(connection: Connection, spec: Action, *, person: Person, chosen: ChosenOrders, as_of: datetime) -> list[Locked]:
    """Return the chosen orders, locked, in the order chosen; refused are any outside the scope, closed, or seen in another version."""
    rows = _deeds.locked(connection, keys=[key[:2] for key in chosen], at=as_of)
    found = [_visible(rows.get((shop, number)), person=person) for shop, number, _ in chosen]
    if spec.key == "note":
        # a note stands beside whatever others have done meanwhile
        return found
    for row, (_, _, seen) in zip(found, chosen, strict=True):
        # closed first: who sees an order that has left need not hear who touched it last
        if row.stage not in UNSHIPPED and not row.in_queue:
            raise AlreadyClosed(shop_id=row.shop_id, order_no=row.order_no, stage=row.stage)
        _same(connection, row, seen=seen)
        if spec.key == "claim" and row.state == "claimed" and row.owner not in (None, person.person_id):
            raise _first(connection, row)
    return found


def _visible(row: Locked | None, *, person: Person) -> Locked:
    if row is None or not _sees(person, row):
        raise NotAllowed
    return row


def _sees(person: Person, row: Locked) -> bool:
    return person.scope.holds(shop_id=row.shop_id, channel=row.channel, warehouse_code=row.warehouse_code or None)


def _same(connection: Connection, row: Locked, *, seen: int) -> None:
    if row.version != seen:
        raise _first(connection, row)


def _first(connection: Connection, row: Locked) -> Taken:
    name = connection.scalar(text("SELECT name FROM people WHERE person_id = :id"), {"id": row.last_by})
    by, at, action = row.last_by, row.last_at, row.last_action
    return Taken(by=by, name=str(name or by), at=at, action=action, shop_id=row.shop_id, order_no=row.order_no)


def _fits(connection: Connection, spec: Action, told: Given, *, rows: Sequence[Locked]) -> None:
    """Refuse what cannot be done with these very orders."""
    if "owner" in spec.needs:
        able = next((each for each in active_people(connection) if each.person_id == told.owner and each.may_handle), None)
        check(
            able is not None and all(_sees(able, row) for row in rows),
            "这位同事看不到其中的订单或已停用 / this colleague cannot see all of these orders or has left",
        )
    if "warehouse" in spec.needs:
        known = connection.scalar(text("SELECT true FROM warehouses WHERE warehouse_code = :code"), {"code": told.warehouse_code})
        check(bool(known), "没有这个仓库 / there is no such warehouse")
        check(all(row.warehouse_code != told.warehouse_code for row in rows), "订单已在该仓 / an order is in that warehouse already")
    if "carrier" in spec.needs:
        known = connection.scalar(text("SELECT true FROM carriers WHERE carrier_code = :code"), {"code": told.carrier_code})
        check(bool(known), "没有这个承运商 / there is no such carrier")
        check(all(row.carrier_code != told.carrier_code for row in rows), "订单已用该承运商 / an order has that carrier already")
    if spec.review is not None:
        check(all(row.review == "pending" for row in rows), "只能审核待审订单 / only orders waiting for a review can be judged")
    elif spec.saves:
        check(all(row.review not in ("pending", "rejected") for row in rows), "订单待审核或未通过，请先审核 / review the order first")


def _carry_out(connection: Connection, spec: Action, told: Given, *, rows: Sequence[Locked], deed: Deed, person: Person) -> None:
    owner = person.person_id if spec.key == "claim" else told.owner if spec.key == "assign" else None
    if owner is not None:
        _deeds.set_owners(connection, rows, owner=owner, deed=deed)
    if spec.key == "note":
        _comment(connection, rows, words=told.words.strip(), deed=deed)
    if spec.key == "work_order":
        _deeds.open_work_orders(connection, rows, title=told.title.strip(), owner=str(told.owner), due_at=told.due_at, deed=deed)
    if spec.review is not None:
        _deeds.end_holds(connection, rows, at=deed.at)
    if spec.intent is not None:
        _deeds.ask_warehouses(connection, rows, kind=spec.intent, wish=_wish(told), deed=deed)
    if spec.key not in ("note", "snooze"):
        # a snooze stops no clock, a note answers nothing
        _deeds.acknowledge_alerts(connection, rows, deed=deed, close=spec.leaves == "dismissed")
    _deeds.change_cases(connection, rows, deed=deed, values=_values(spec, told, deed=deed))


def _values(spec: Action, told: Given, *, deed: Deed) -> dict[str, Any]:
    """Return the columns that an action leaves a case with."""
    values: dict[str, Any] = {}
    if spec.leaves is not None:
        closes = spec.leaves in CLOSED_STATES
        values = {"state": spec.leaves, "snoozed_until": told.until if spec.leaves == "snoozed" else None}
        values |= {"closed_at": deed.at if closes else None, "closed_by": deed.person_id if closes else None}
        values |= {"close_reason": told.reason if closes else None}
    if spec.review is not None:
        values |= {"review": spec.review, "review_at": deed.at}
    return values


def _wish(told: Given) -> dict[str, Any]:
    said = {"warehouse_code": told.warehouse_code, "carrier_code": told.carrier_code, "reason": told.reason}
    return {name: value for name, value in said.items() if value}


def _detail(spec: Action, told: Given) -> dict[str, Any]:
    """Return what an action was told, as far as it needs it."""
    names = {"warehouse": "warehouse_code", "carrier": "carrier_code"}
    wanted = {names.get(need, need) for need in spec.needs} | ({"words"} if "reason" in spec.needs else set())
    wanted |= {"due_at"} if "title" in spec.needs else set()
    said = {name: value for name, value in asdict(told).items() if name in wanted and value}
    return {name: value.isoformat() if isinstance(value, datetime) else value for name, value in said.items()}


def _comment(connection: Connection, rows: Sequence[Locked], *, words: str, deed: Deed) -> None:
    """Keep a note as a comment of each order; @name calls whoever may see it."""
    everybody = [each for each in active_people(connection) if each.may_handle]
    for row in rows:
        names = {each.person_id: each.name for each in everybody if _sees(each, row)}
        found = called(words, names=names).person_ids
        author: dict[str, Any] = {"person_id": deed.person_id, "mentions": found, "at": deed.at}
        add_comment(connection, shop_id=row.shop_id, order_no=row.order_no, words=words, **author)


def _bring_back(connection: Connection, acts: Sequence[Any], *, rows: Sequence[Locked], deed: Deed) -> None:
    """Put cases and owners back to what they were, orders of the same past together."""
    groups: dict[tuple[Any, ...], list[Locked]] = {}
    names = ("state", "snoozed_until", "review", "review_at", "owner", "close_reason")
    for each, row in zip(acts, rows, strict=True):
        groups.setdefault(tuple(each.before[name] for name in names), []).append(row)
    for past, group in groups.items():
        was = dict(zip(names, past, strict=True))
        _deeds.set_owners(connection, group, owner=was.pop("owner"), deed=deed)
        closes = was["state"] in CLOSED_STATES
        ended = {"closed_at": deed.at if closes else None, "closed_by": deed.person_id if closes else None}
        _deeds.change_cases(connection, group, deed=deed, values=was | ended)
    _deeds.reopen_alerts(connection, deed=acts[0].deed)
    if acts[0].action in ("approve_review", "reject_review"):
        _deeds.ask_warehouses(connection, rows, kind="hold", wish={}, deed=deed)
    given = {"deed": acts[0].deed, "at": deed.at, "by": deed.person_id}
    connection.execute(text("UPDATE case_work_orders SET closed_at = :at, closed_by = :by WHERE deed = :deed AND closed_at IS NULL"), given)
