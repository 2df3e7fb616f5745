"""What do we call the lists, the actions, the states of orders in trouble and what was done about them?"""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from dashboard import cached_reads, fmt, options, words
from dashboard.deciding import who
from dashboard.delay_model_open import named
from dashboard.i18n import SOURCE, language, msg, t
from dashboard.tables import plain
from dashboard.view import View
from data.reads import Choices, QueueRow
from models.stock.words import Word
from models.workbench.actions import ACTIONS_BY_KEY, reasons_of
from models.workbench.tabs import TABS_BY_KEY
from models.workbench.words import CASE_STATES, INTENT_KINDS, INTENT_STATES, REVIEWS

# An order is worth a look from here on before its deadline, as on its own page.
SOON_HOURS = 2
# A reason that moves a chance by less than a point or two.
_WEAK = 0.05
# Where the figures of a reason begin.
_TAIL = re.compile(r"[\uff08(\uff0c,]")
# What only jobs do to a case.
_BY_JOBS: Mapping[str, str] = {
    "undo": msg("撤销了上一步"),
    "settled": msg("订单已结束，自动结案"),
    "opened": msg("进入工作台"),
    "woken": msg("到时提醒，回到清单"),
}
# Somebody else was first: what they did, when, who.
TAKEN: Mapping[str, str] = {
    "claim": msg("已被他人认领 {at} {name}"),
    "assign": msg("已被他人转派 {at} {name}"),
    "expedite": msg("已被他人加急 {at} {name}"),
    "other_warehouse": msg("已被他人换仓 {at} {name}"),
    "other_carrier": msg("已被他人换承运 {at} {name}"),
    "contact_buyer": msg("已有他人联系买家 {at} {name}"),
    "snooze": msg("已被他人设为稍后 {at} {name}"),
    "work_order": msg("已被他人建工单 {at} {name}"),
    "approve_review": msg("已被他人审核通过 {at} {name}"),
    "reject_review": msg("已被他人审核拒绝 {at} {name}"),
    "dismiss": msg("已被他人忽略 {at} {name}"),
}
TAKEN_ANYHOW = msg("已被他人先处理 {at} {name}")


def tab(key: str) -> str:
    """Name a list."""
    found = TABS_BY_KEY[key]
    return words.in_language(found.name_zh, found.name_en)


def why(key: str) -> str:
    """Say what brings an order into a list."""
    found = TABS_BY_KEY[key]
    return words.in_language(found.why_zh, found.why_en)


def action(key: str | None) -> str:
    """Name an action; what only jobs do, by what it means."""
    found = ACTIONS_BY_KEY.get(key or "")
    if found is not None:
        return words.in_language(found.name_zh, found.name_en)
    by_jobs = _BY_JOBS.get(key or "")
    return fmt.MISSING if by_jobs is None else t(by_jobs)


def of(names: Sequence[Word], key: str | None) -> str:
    """Name a key of a list of words."""
    found = next((each for each in names if each.key == key), None)
    return key or fmt.MISSING if found is None else words.in_language(found.name_zh, found.name_en)


def reason(key: str) -> str:
    """Name why somebody dismissed an order or refused its review; a stage where an order's end closed it."""
    for each in (*reasons_of("dismiss"), *reasons_of("reject_review")):
        if each[0] == key:
            return words.in_language(each[1], each[2])
    return words.stage(key) if key in words.STAGES else plain(key)


def state(row: QueueRow, *, view: View) -> str:
    """Say what has become of an order in trouble: until when it rests, for what it waits, whether it is to be reviewed."""
    if row.review == "pending" and row.state == "open":
        return of(REVIEWS, row.review)
    if row.state == "snoozed":
        return t("稍后至 {when}", when=fmt.moment(row.snoozed_until, zone=view.zone, as_of=view.as_of))
    if row.state == "waiting":
        return t("{action}后等待", action=action(row.last_action))
    return of(CASE_STATES, row.state)


def left_hours(row: QueueRow, *, as_of: datetime) -> float | None:
    """Return the hours until an order is due, below zero once it is over."""
    return None if row.due_at is None else (row.due_at - as_of).total_seconds() / 3600


def left(row: QueueRow, *, as_of: datetime) -> str:
    """Say how long an order has, in shape and words."""
    hours = left_hours(row, as_of=as_of)
    if hours is None:
        return fmt.MISSING
    said = fmt.duration(abs(hours), language=language())
    if hours < 0:
        return t("■ 已超 {hours}", hours=said)
    return t("▲ 剩 {hours}", hours=said) if hours <= SOON_HOURS else t("剩 {hours}", hours=said)


def band(row: QueueRow) -> str:
    """Say between which chances the risk lies."""
    if row.low is None or row.high is None:
        return fmt.MISSING
    return f"{row.low * 100:.0f}–{row.high * 100:.0f}%"


def reasons(row: QueueRow, *, choices: Choices, most: int = 3) -> list[str]:
    """Say in a few words each what makes an order likelier to be late, the strongest first; the figures behind stand beside the order."""
    side, names = "zh" if language() == SOURCE else "en", code_names(row, choices=choices)
    heads = [_TAIL.split(str(each.get(side, "")), maxsplit=1)[0].strip() for each in row.reasons if _weight(each) >= _WEAK]
    return [named(head, names=names) for head in heads if head][:most]


def code_names(row: QueueRow, *, choices: Choices) -> dict[str, str]:
    """Return the names of the codes that an order has."""
    carriers, regions = options.carrier_names(choices), options.region_names(choices)
    found = {row.warehouse_code: dict(choices.warehouses).get(row.warehouse_code, row.warehouse_code)}
    for code, names in ((row.carrier_code, carriers), (row.region_code, regions)):
        found[code] = words.in_language(*names.get(code, (code, code)))
    return {code: name for code, name in found.items() if code}


def place(told: Mapping[str, Any], *, choices: Choices) -> str:
    """Name the warehouse or the carrier that something was asked to change to; '' for neither."""
    code, carrier = str(told.get("warehouse_code") or ""), str(told.get("carrier_code") or "")
    if carrier:
        return words.in_language(*options.carrier_names(choices).get(carrier, (carrier, carrier)))
    return dict(choices.warehouses).get(code, code)


def warehouse(row: QueueRow, *, choices: Choices) -> str:
    """Name an order's warehouse."""
    return dict(choices.warehouses).get(row.warehouse_code, row.warehouse_code) or t("未分仓")


def suggestion(row: QueueRow) -> str:
    """Say what is suggested, a star where it is within today's hands; the control group is suggested nothing."""
    if row.held_out:
        return t("对照组")
    if row.action is None:
        return fmt.MISSING
    return f"{'★ ' if row.in_capacity else ''}{action(row.action)}"


def owner(row: QueueRow, *, names: Mapping[str, str]) -> str:
    """Name whose an order is."""
    return fmt.MISSING if row.owner is None else name_of(row.owner, names=names)


def name_of(person_id: str, *, names: Mapping[str, str]) -> str:
    """Name a person by what the page knows, else by the login name; a job by what it is."""
    if not person_id:
        return t("系统自动")
    return names.get(person_id) or who(person_id)


def deed(key: str, detail: Mapping[str, Any], *, names: Mapping[str, str], view: View) -> str:
    """Say what was done to an order, with whatever it was told."""
    said = [action(key)]
    if detail.get("owner"):
        said.append(t("给 {name}", name=plain(name_of(str(detail["owner"]), names=names))))
    if detail.get("until"):
        said.append(t("至 {when}", when=_when(detail["until"], view=view)))
    if detail.get("reason"):
        said.append(reason(str(detail["reason"])))
    to = place(detail, choices=cached_reads.choices(view.scope))
    said += [plain(text) for text in (to, str(detail.get("title") or "")) if text]
    return " · ".join(said)


def intent(kind: str, state_: str) -> str:
    """Say what a warehouse is asked for and how far that is."""
    return f"{of(INTENT_KINDS, kind)} · {of(INTENT_STATES, state_)}"


def taken(action_: str, *, at: datetime | None, name: str, view: View) -> str:
    """Say who was first, with what and when; of today by the clock alone."""
    clock = fmt.moment(at, zone=view.zone, as_of=view.as_of)
    today = fmt.moment(view.as_of, zone=view.zone, as_of=view.as_of)[:5]
    said = TAKEN.get(action_, TAKEN_ANYHOW)
    return t(said, at=clock.removeprefix(today).strip(), name=name)


def _when(value: object, *, view: View) -> str:
    at = value if isinstance(value, datetime) else datetime.fromisoformat(str(value))
    return fmt.moment(at, zone=view.zone, as_of=view.as_of)


def _weight(each: Mapping[str, Any]) -> float:
    return float(each.get("log_odds") or 0.0)
