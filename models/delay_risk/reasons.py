"""Why this score, in words with figures? What a group of columns adds to the log-odds, the greatest first, whichever way it works.

The groups' parts and the base add up to the raw score exactly; the curve that makes a chance of it is monotone, so what raises the one
raises the other.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
import numpy.typing as npt
import pandas as pd

from models.delay_risk.features import FEATURES_BY_NAME
from models.delay_risk.features.delivery import LEVELS as DELIVERY_LEVELS
from models.delay_risk.features.stage import STEPS

_WEEKDAYS_ZH = "一二三四五六日"
_WEEKDAYS_EN = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
# A region, road, warehouse or carrier that differs by less is as fast as the others.
_WORTH_TELLING = 0.05

Row = Mapping[str, Any]
Said = tuple[str, str]


@dataclass(frozen=True)
class Reason:
    """One group of columns: what it adds to the log-odds, and in words of both languages."""

    group: str
    log_odds: float
    zh: str
    en: str

    def as_json(self) -> dict[str, object]:
        """Return it as it is stored beside a score."""
        return {"feature": self.group, "log_odds": round(self.log_odds, 4), "zh": self.zh, "en": self.en}


def grouped(columns: tuple[str, ...], contributions: npt.NDArray[np.float64]) -> tuple[tuple[str, ...], npt.NDArray[np.float64]]:
    """Return the groups and, for each row, the sum of what their columns add."""
    group_of = [FEATURES_BY_NAME[name].group for name in columns]
    groups = tuple(dict.fromkeys(group_of))
    found = np.zeros((len(contributions), len(groups)))
    for place, group in enumerate(group_of):
        found[:, groups.index(group)] += contributions[:, place]
    return groups, found


def worded(frame: pd.DataFrame, groups: tuple[str, ...], parts: npt.NDArray[np.float64], *, top: int) -> list[list[Reason]]:
    """Return each row's greatest reasons by how much they move the log-odds, those that raise them and those that lower them together."""
    said = []
    rows = cast("list[Row]", frame.to_dict("records"))
    for row, part in zip(rows, parts, strict=True):
        places = sorted(range(len(groups)), key=lambda place: -abs(part[place]))[:top]
        said.append([Reason(groups[place], float(part[place]), *words(groups[place], row)) for place in places])
    return said


def words(group: str, row: Row) -> Said:
    """Say a group's figures of one order, in Chinese and English."""
    return _WORDS[group](row)


def _number(row: Row, name: str) -> float | None:
    value = row.get(name)
    return None if value is None or not isinstance(value, int | float | np.number) or np.isnan(float(value)) else float(value)


def _when(row: Row) -> Said:
    hour, weekday = _number(row, "paid_hour"), _number(row, "paid_weekday")
    if hour is None or weekday is None:
        return "付款时刻", "the moment of payment"
    zh = f"周{_WEEKDAYS_ZH[int(weekday)]} {int(hour)} 点后付款"
    en = f"paid on a {_WEEKDAYS_EN[int(weekday)]} after {int(hour)}:00"
    if _number(row, "off_tomorrow"):
        return f"{zh}，次日休息", f"{en}, the next day is off"
    return zh, en


def _left(row: Row) -> Said:
    left, working = _number(row, "hours_left"), _number(row, "working_hours_left")
    if left is None or working is None:
        return "距期限的时间", "the time left"
    return f"距期限 {left:.0f} 小时，其中工作日 {working:.0f} 小时", f"{left:.0f} hours left, {working:.0f} of them on working days"


def _promotion(row: Row) -> Said:
    days = _number(row, "days_after_promotion")
    if days is None or days >= 10:
        return "不在大促后", "no great sale lately"
    return f"大促后第 {days:.0f} 天", f"{days:.0f} days after a great sale"


def _place(row: Row) -> Said:
    name = str(row.get("warehouse_code") or "")
    if not name:
        return "尚未分仓", "no warehouse yet"
    # until somebody says so, the warehouse is that of the shop's last order to the region
    probably_zh, probably_en = ("预计", "probably ") if _number(row, "warehouse_known") == 0.0 else ("", "")
    return f"{probably_zh}由 {name} 发货", f"{probably_en}sent from {name}"


def _carrier(row: Row) -> Said:
    name = str(row.get("carrier_code") or "")
    # until its waybill is printed, the carrier is that of the last order on the same road
    probably_zh, probably_en = ("", "") if _number(row, "step") == len(STEPS) else ("预计", "probably ")
    if _number(row, "postal"):
        return f"{probably_zh}平邮", f"{probably_en}by plain post"
    return (f"{probably_zh}承运商 {name}", f"{probably_en}carrier {name}") if name else ("承运商未定", "no carrier yet")


def _where(row: Row) -> Said:
    distance, remote = _number(row, "distance_km"), _number(row, "remote")
    region = str(row.get("region_code") or "")
    far_zh, far_en = ("偏远地区 ", "remote region ") if remote else ("收货地 ", "to ")
    if distance is not None:
        return f"{far_zh}{region}，距离 {distance:.0f} 公里".replace("  ", " "), f"{far_en}{region}, {distance:.0f} km away"
    return (f"{far_zh}{region}".strip(), f"{far_en}{region}".strip()) if region else ("收货地未知", "region not known")


def _goods(row: Row) -> Said:
    category, lines = str(row.get("category") or "未归类"), _number(row, "lines")
    return (
        (f"类目 {category}，{lines:.0f} 行商品", f"category {category}, {lines:.0f} lines")
        if lines
        else (f"类目 {category}", f"category {category}")
    )


def _promise(row: Row) -> Said:
    hours, days = _number(row, "promise_hours"), _number(row, "delivery_days")
    if hours is None:
        return "没有承诺时间", "no stored promise"
    tail = ("", "") if days is None else (f"，承诺 {days:.0f} 天送达", f", delivery promised in {days:.0f} days")
    return f"承诺 {hours:.0f} 小时内发货{tail[0]}", f"promised to leave within {hours:.0f} hours{tail[1]}"


def _delivery(row: Row) -> Said:
    room, expected = _number(row, "delivery_room"), _number(row, "delivery_expected_days")
    if room is None or expected is None:
        return "没有承诺送达日", "no day of delivery promised"
    promised = np.expm1(room + np.log1p(expected))
    zh, en = f"承诺 {promised:.0f} 天送达，预计 {expected:.0f} 天", f"delivery promised in {promised:.0f} days, {expected:.0f} expected"
    slower = {level: float(np.expm1(_number(row, f"delivery_{level}_slower") or 0.0)) for level in DELIVERY_LEVELS}
    level = max(slower, key=lambda name: abs(slower[name]))
    if abs(slower[level]) < _WORTH_TELLING:
        return zh, en
    level_zh, level_en = DELIVERY_LEVELS[level]
    word_zh, word_en = ("慢", "slower") if slower[level] > 0 else ("快", "faster")
    return f"{zh}（{level_zh}{word_zh} {abs(slower[level]):.0%}）", f"{en} ({level_en}: {abs(slower[level]):.0%} {word_en})"


def _stage(row: Row) -> Said:
    age, step = _number(row, "age_hours") or 0.0, int(_number(row, "step") or 0)
    zh, en = (("还未审核", "已审核", "已分仓", "已打单")[step], ("not reviewed yet", "reviewed", "allocated", "waybill printed")[step])
    return f"付款 {age:.1f} 小时，{zh}", f"{age:.1f} hours since payment, {en}"


def _source(row: Row) -> Said:
    lag = _number(row, "source_lag_hours") or 0.0
    return f"来源迟到 {lag:.1f} 小时", f"its source came {lag:.1f} hours late"


def _load(level: str, zh: str, en: str) -> Callable[[Row], Said]:
    def said(row: Row) -> Said:
        ratio, waiting, days = (_number(row, f"{level}_{name}") for name in ("queue_ratio", "open", "queue_days"))
        name = str(row.get("warehouse_code") or "") if level == "place" else ""
        if ratio is None or waiting is None:
            return f"{name or zh}排队未知", f"queue of {name or en} not known"
        days_zh, days_en = ("", "") if days is None else (f"，约 {days:.1f} 天出库量", f", {days:.1f} days of output")
        return (
            f"{name or zh}排队 {ratio:.1f} 倍（{waiting:.0f} 单{days_zh}）",
            f"queue of {name or en} at {ratio:.1f} times ({waiting:.0f} orders{days_en})",
        )

    return said


def _history(level: str, zh: str, en: str) -> Callable[[Row], Said]:
    def said(row: Row) -> Said:
        share, hours, known = (_number(row, f"{level}_{name}") for name in ("late_long", "hours_last", "known_long"))
        if not known or share is None:
            return f"{zh}近 60 天没有记录", f"{en}: nothing known in 60 days"
        tail = ("", "") if hours is None else (f"，最近 8 单平均 {hours:.0f} 工作小时交运", f", the last 8 took {hours:.0f} working hours")
        return f"{zh}近 60 天延迟率 {share:.0%}{tail[0]}", f"{en}: {share:.0%} late in 60 days{tail[1]}"

    return said


def _code(name: str, zh: str, en: str) -> Callable[[Row], Said]:
    def said(row: Row) -> Said:
        value = str(row.get(name) or "")
        return (f"{zh} {value}", f"{en} {value}") if value else (f"{zh}未知", f"{en} not known")

    return said


def _value(row: Row) -> Said:
    amount, freight = _number(row, "value_log"), _number(row, "freight_share")
    if amount is None:
        return "金额未知", "amount not known"
    # no figure: a row does not say its currency, and minor units alone are no amount
    tail = ("", "") if not freight else (f"，运费是货款的 {freight:.0%}", f", freight at {freight:.0%} of the goods")
    return f"订单金额{tail[0]}", f"the order's amount{tail[1]}"


_WORDS: Mapping[str, Callable[[Row], Said]] = {
    "when": _when,
    "left": _left,
    "promotion": _promotion,
    "channel": _code("channel", "渠道", "channel"),
    "kind": _code("kind", "订单类型", "kind"),
    "payment": _code("payment_method", "支付方式", "paid by"),
    "goods": _goods,
    "value": _value,
    "where": _where,
    "promise": _promise,
    "delivery": _delivery,
    "place": _place,
    "carrier": _carrier,
    "stage": _stage,
    "source": _source,
    "load_shop": _load("shop", "店铺", "the shop"),
    "load_place": _load("place", "本仓", "the warehouse"),
    "history_shop": _history("shop", "店铺", "the shop"),
    "history_origin": _history("origin", "同发货地", "its region of dispatch"),
    "history_place": _history("place", "本仓", "the warehouse"),
    "history_lane": _history("lane", "本仓该承运商", "warehouse and carrier"),
    "history_sku": _history("sku", "该商品", "the product"),
}
