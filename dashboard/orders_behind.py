"""Which orders stand behind a figure of the index, and how many of how many are they?"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import streamlit as st

from dashboard import cached_reads, cell_names, entries_behind, fmt, health, states, words
from dashboard.health import Health, NoSuchGrain
from dashboard.i18n import language, t
from dashboard.lifecycle import Question
from dashboard.options import ALL_ORDERS, COMPONENT, ENTRIES, SHOWN, component_names, shown_names
from dashboard.order_links import order_link
from dashboard.tables import Figures, Words, listing, moments, plain, unbroken
from dashboard.view import View
from data.reads import BehindRow, Choices, Part
from models.health.components import Component

PAGE = 50
# The last order of the page before; None on the first page.
Cursor = tuple[datetime, str, str] | None
_CURSORS = "orders_pages"


@dataclass(frozen=True)
class Asked:
    """What a person asks to see: the orders of a component, all or only those that are not good."""

    component: str
    bad_only: bool


def asked() -> Asked | None:
    """Draw whether all orders are listed or those of a component, bound to the address; None means all orders."""
    side = 0 if language() == "zh" else 1
    components, shown = component_names(), shown_names()
    with st.container(horizontal=True, vertical_alignment="center"):
        component = st.segmented_control(
            t("列出"),
            list(components),
            format_func=lambda code: components[code][side],
            default=ALL_ORDERS,
            required=True,
            key=COMPONENT,
            bind="query-params",
            label_visibility="collapsed",
        )
        if component in (None, ALL_ORDERS):
            return None
        if component == ENTRIES:
            return Asked(ENTRIES, bad_only=True)
        only = st.segmented_control(
            t("显示"),
            list(shown),
            format_func=lambda code: shown[code][side],
            default="bad",
            required=True,
            key=SHOWN,
            bind="query-params",
            label_visibility="collapsed",
        )
    return Asked(str(component), (only or "bad") == "bad")


def panel(question: Asked, of: Question, *, view: View, choices: Choices) -> None:
    """Draw the orders of a component under what they come to; the same days and figures as on the overview."""
    try:
        found = health.read_of(of.part, of.span, view=view, snapshot_id=of.snapshot.snapshot_id)
    except NoSuchGrain:
        st.caption(t("不适用：所选维度没有共同的统计格。"))
        return
    if found is not None:
        st.markdown(f"### {headline(found, question)}")
        if question.component == ENTRIES:
            entries_behind.table(found, part=of.part, view=view, choices=choices)
        else:
            table(found, question, part=of.part, view=view, choices=choices)


def headline(found: Health, question: Asked) -> str:
    """Say how many of the orders of the closed days were not good; the same figures as on the overview."""
    component = found.component(question.component)
    name = cell_names.component(component)
    scored = found.scored(component.code)
    if scored is None or scored.carried:
        return t("{name}：所选日期没有可判断的订单", name=name)
    bad = scored.units - scored.good
    if question.component == ENTRIES:
        return t("{name}：{bad} 笔有差异，共 {units} 笔到期", name=name, bad=fmt.full_count(bad), units=fmt.full_count(scored.units))
    return t("{name}：{bad} 单未达标，共 {units} 单", name=name, bad=fmt.full_count(bad), units=fmt.full_count(scored.units))


def table(found: Health, question: Asked, *, part: Part, view: View, choices: Choices) -> None:
    """Draw one page of the orders, oldest first, with the way to the next page and back."""
    since, until = health.as_period(found.span).bounds(view.zone)
    pages = _pages((question, found.span, part))
    rows = cached_reads.orders_behind(view.scope, part, question.component, since, min(until, view.as_of), question.bad_only, pages[-1])
    if not rows and len(pages) == 1:
        states.empty(t("没有这样的订单"), body=t("所选范围内没有未达标的订单，可改为“全部”或放宽筛选。"), icon=":material/task_alt:")
        return
    listing(_columns(rows, component=found.component(question.component), view=view, choices=choices), alt=t("订单列表"))
    _turn(rows, pages)


def _columns(rows: Sequence[BehindRow], *, component: Component, view: View, choices: Choices) -> list[Words | Figures]:
    said = language()
    named = cell_names.names(choices)
    warehouses = dict(choices.warehouses)

    def at(head: str, values: Sequence[datetime | None]) -> Figures:
        return moments(head, values, zone=view.zone, as_of=view.as_of)

    late = t("超时") if component.code == "C1" else t("迟到")
    return [
        Words(t("订单号"), [f"[{unbroken(plain(row.order_no))}]({order_link(row.shop_id, row.order_no)})" for row in rows]),
        Words(t("渠道"), [unbroken(plain(named["channel"](row.channel))) for row in rows]),
        Words(t("地区"), [unbroken(plain(named["region"](row.region_code or ""))) for row in rows]),
        Words(t("类目"), [unbroken(plain(named["category"](row.category or ""))) for row in rows]),
        Words(t("仓库"), [unbroken(plain(warehouses.get(row.warehouse_code or "", row.warehouse_code or fmt.MISSING))) for row in rows]),
        Words(t("承运"), [unbroken(plain(row.carrier_code or fmt.MISSING)) for row in rows]),
        Figures(t("金额"), [row.paid_minor for row in rows], lambda value: fmt.full_money(value, currency=view.currency)),
        at(t("下单") if component.code == "C4" else t("付款"), [row.moment if component.code == "C4" else row.paid_at for row in rows]),
        at(
            t("入库") if component.code == "C4" else t("承诺期限"),
            [row.ingested_at if component.code == "C4" else row.deadline_at for row in rows],
        ),
        at(t("发货"), [row.shipped_to for row in rows]),
        Figures(
            late, [hours_late(row, component=component.code, as_of=view.as_of) for row in rows], lambda v: fmt.duration(v, language=said)
        ),
        Words(t("状态"), [unbroken(words.stage(row.stage)) for row in rows]),
    ]


def hours_late(row: BehindRow, *, component: str, as_of: datetime) -> float | None:
    """Return by how many hours an order missed: from its deadline to its leaving or end, or until it was known; None for a good one."""
    if row.good:
        return None
    if component == "C4":
        return (row.ingested_at - row.moment).total_seconds() / 3600
    if row.deadline_at is None:
        return None
    ended = row.shipped_to or row.ended_at or as_of
    return max((ended - row.deadline_at).total_seconds(), 0) / 3600


def _pages(question: object) -> list[Cursor]:
    """Return the cursors of the pages turned so far, the first one None; another question begins anew."""
    kept: Any = st.session_state.get(_CURSORS)
    if kept is None or kept[0] != question:
        kept = st.session_state[_CURSORS] = (question, [None])
    pages: list[Cursor] = kept[1]
    return pages


def _back(pages: list[Cursor]) -> None:
    pages.pop()


def _turn(rows: Sequence[BehindRow], pages: list[Cursor]) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        st.button(t("上一页"), icon=":material/chevron_left:", disabled=len(pages) == 1, on_click=_back, args=(pages,), key="orders_back")
        st.caption(t("第 {page} 页", page=len(pages)))
        last = rows[-1] if len(rows) == PAGE else None
        after = None if last is None else (last.moment, last.shop_id, last.order_no)
        st.button(
            t("下一页"), icon=":material/chevron_right:", disabled=after is None, on_click=pages.append, args=(after,), key="orders_on"
        )
