"""Which orders are those? A list narrowed by stage, age, owner and text, a page at a time, each line a link to its order."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import streamlit as st

from dashboard import cached_reads, cell_names, fmt, health, options, order_detail, orders_behind, states, words
from dashboard.deciding import who
from dashboard.i18n import SOURCE, language, msg, t
from dashboard.lifecycle import Question
from dashboard.options import AGE, OWNER, SEARCH, STAGE
from dashboard.order_links import order_link
from dashboard.tables import Figures, Words, listing, moments, plain, unbroken
from dashboard.view import View
from data.reads import NOBODY, Choices, Cursor, OrderRow, Wanted
from models.promise import Promised, Verdict, verdict
from models.stages import STAGES_BY_KEY

PAGE = 50
_CURSORS = "order_list_pages"
SEARCH_SIGNS = 64
VERDICTS: Mapping[Verdict, str] = {
    "no_promise": msg("不适用"),
    "open": msg("未到期"),
    "on_time": msg("准时"),
    "late": msg("超时"),
    "unsure": msg("无法确定"),
    "excluded": msg("不计入"),
}


@dataclass(frozen=True)
class Narrowed:
    """What a person narrows the list to; None and '' leave it as it is."""

    search: str = ""
    stage: str | None = None
    age: str | None = None
    owner: str | None = None


def panel(question: Question, *, view: View, choices: Choices) -> Wanted | orders_behind.Asked:
    """Draw the list with its filters, or, where a component of the index is chosen, the orders behind that; return what is listed."""
    behind = orders_behind.asked()
    if behind is not None:
        orders_behind.panel(behind, question, view=view, choices=choices)
        return behind
    narrowed = asked()
    found = wanted(narrowed, question, view=view)
    st.markdown(f"### {headline(found, question)}")
    table(found, question, view=view, choices=choices)
    return found


def asked() -> Narrowed:
    """Draw the filters of the list, bound to the address, and return what they say."""
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small", key="list_filters"):
        search = st.text_input(
            t("订单号或运单号"),
            key=SEARCH,
            bind="query-params",
            placeholder=t("订单号开头，或完整运单号"),
            max_chars=SEARCH_SIGNS,
            width=240,
        )
        stage = _one(STAGE, t("环节"), options.stage_names())
        age = _one(AGE, t("停留"), options.age_names())
        owner = _one(OWNER, t("负责人"), options.owner_names())
    return Narrowed((search or "").strip(), stage, age, owner)


def wanted(narrowed: Narrowed, question: Question, *, view: View) -> Wanted:
    """Return what the list asks of the database: orders placed on the days, or, with an open stage, those that stand there now."""
    since, until = health.as_period(question.span).bounds(view.zone)
    owner = {"mine": view.person.person_id, "nobody": NOBODY}.get(narrowed.owner or "")
    return Wanted(
        since=since,
        until=min(until, view.as_of),
        as_of=view.as_of,
        stage=narrowed.stage,
        search=narrowed.search,
        owner=owner,
        waits_hours=float(narrowed.age) if narrowed.age else None,
    )


def headline(asked_for: Wanted, question: Question) -> str:
    """Say what the list holds: orders of some days, or orders that stand somewhere now."""
    if asked_for.search:
        return t("搜索“{wanted}”：全部日期，按订单号倒序", wanted=plain(asked_for.search))
    names = options.stage_names()
    stage = "" if asked_for.stage is None else words.in_language(*names[asked_for.stage])
    if asked_for.now:
        return t("现在{stage}的订单，等得最久的在前", stage=stage)
    days = f"{question.span.first:%m-%d} — {question.span.last:%m-%d}"
    return t("{days} 下单的订单，最新的在前", days=days) if not stage else t("{days} 下单、{stage}的订单", days=days, stage=stage)


def table(asked_for: Wanted, question: Question, *, view: View, choices: Choices) -> None:
    """Draw one page of the list with the way to the next page and back."""
    pages = _pages((_same(asked_for), question.span, question.part, view.scope))
    rows = cached_reads.orders_page(view.scope, question.part, asked_for, pages[-1])
    if not rows and len(pages) == 1:
        states.empty(t("没有这样的订单"), body=t("可放宽上面的筛选，或换一段日期。"), icon=":material/search_off:")
        return
    listing(columns(rows, view=view, choices=choices), alt=t("订单列表"))
    _turn(rows, pages)


def columns(rows: Sequence[OrderRow], *, view: View, choices: Choices) -> list[Words | Figures]:
    """Return the columns of the list."""
    said = language()
    named, warehouses, carriers = cell_names.names(choices), dict(choices.warehouses), options.carrier_names(choices)

    def hours(values: Sequence[float | None], head: str) -> Figures:
        return Figures(head, values, lambda value: fmt.duration(value, language=said))

    return [
        Words(t("订单号"), [f"[{unbroken(plain(row.order_no))}]({order_link(row.shop_id, row.order_no)})" for row in rows]),
        Words(t("环节"), [stage_name(row) for row in rows]),
        hours([_hours(row, view=view) for row in rows], t("停留")),
        Words(t("渠道"), [unbroken(plain(named["channel"](row.channel))) for row in rows]),
        Words(t("地区"), [unbroken(plain(named["region"](row.region_code or ""))) for row in rows]),
        Words(t("类目"), [unbroken(plain(named["category"](row.category or ""))) for row in rows]),
        Words(t("仓库"), [unbroken(plain(warehouses.get(row.warehouse_code or "", row.warehouse_code or fmt.MISSING))) for row in rows]),
        Words(t("承运"), [unbroken(plain(_carrier(row, carriers))) for row in rows]),
        Figures(t("金额"), [row.paid_reporting_minor for row in rows], lambda value: fmt.full_money(value, currency=view.currency)),
        moments(t("下单"), [row.created_at for row in rows], zone=view.zone, as_of=view.as_of),
        moments(t("承诺期限"), [row.deadline_at for row in rows], zone=view.zone, as_of=view.as_of),
        Words(t("准时"), [promise(row, view=view) for row in rows]),
        Words(t("负责人"), [unbroken(who(row.owner) if row.owner else fmt.MISSING) for row in rows]),
    ]


def stage_name(row: OrderRow) -> str:
    """Say where an order stands, and that it is held or stuck."""
    marks = [t("挂起")] if row.on_hold else []
    marks += [t("停滞")] if row.stuck else []
    name = order_detail.stage_name(row.stage)
    return f":red-badge[{unbroken(f'■ {name} · ' + t('、').join(marks))}]" if marks else unbroken(name)


def promise(row: OrderRow, *, view: View) -> str:
    """Say how an order stands to its promise, for a listing."""
    said = standing(row, view=view)
    return f":red-badge[{unbroken(f'■ {said}')}]" if said == t("超时") else unbroken(said)


def standing(row: OrderRow, *, view: View) -> str:
    """Say how an order stands to its promise, by the one judge."""
    promised = Promised(row.deadline_at, row.shipped_from, row.shipped_to, row.ended_from, row.ended_to, row.closed_by_merchant)
    return t(VERDICTS[verdict(promised, as_of=view.as_of)])


def _hours(row: OrderRow, *, view: View) -> float | None:
    # an order that is over stands nowhere
    return (
        None
        if row.stage_since is None or row.stage not in STAGES_BY_KEY or row.stage == "delivered"
        else max((view.as_of - row.stage_since).total_seconds(), 0) / 3600
    )


def _carrier(row: OrderRow, carriers: options.Names) -> str:
    code = row.carrier_code
    return fmt.MISSING if not code else words.in_language(*carriers.get(code, (code, code)))


def _one(key: str, label: str, names: options.Names) -> str | None:
    side = 0 if language() == SOURCE else 1
    return st.selectbox(
        label,
        list(names),
        index=None,
        format_func=lambda code: names[code][side] if code in names else str(code),
        key=key,
        bind="query-params",
        placeholder=t("全部"),
        width=150,
    )


def _same(asked_for: Wanted) -> tuple[object, ...]:
    """Return what makes two questions the same list; the minute does not, or every minute would lead back to the first page."""
    return (asked_for.since, asked_for.stage, asked_for.search, asked_for.owner, asked_for.waits_hours)


def _pages(question: object) -> list[Cursor | None]:
    """Return the cursors of the pages turned so far, the first one None; another question begins anew."""
    kept: Any = st.session_state.get(_CURSORS)
    if kept is None or kept[0] != question:
        kept = st.session_state[_CURSORS] = (question, [None])
    pages: list[Cursor | None] = kept[1]
    return pages


def _back(pages: list[Cursor | None]) -> None:
    pages.pop()


def _turn(rows: Sequence[OrderRow], pages: list[Cursor | None]) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        st.button(t("上一页"), icon=":material/chevron_left:", disabled=len(pages) == 1, on_click=_back, args=(pages,), key="list_back")
        st.caption(t("第 {page} 页", page=len(pages)))
        after = (rows[-1].at, rows[-1].shop_id, rows[-1].order_no) if len(rows) == PAGE else None
        st.button(t("下一页"), icon=":material/chevron_right:", disabled=after is None, on_click=pages.append, args=(after,), key="list_on")
