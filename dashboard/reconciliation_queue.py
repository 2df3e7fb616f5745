"""Which differences are there to work on? By label, kind, age, amount and owner, a page at a time, one or many chosen."""

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
import streamlit as st

from dashboard import cached_reads, fmt, lifecycle_charts, options, states, words
from dashboard import reconciliation_words as said
from dashboard.deciding import who
from dashboard.drill import clicked
from dashboard.i18n import SOURCE, language, t
from dashboard.lifecycle_charts import Bar
from dashboard.options import CLASS, DIFFERENCE, FOUND, KIND, LABEL, LEAST, MONEY_TYPE, NO_LABEL, OLDER, ORDERED, STATE, WHOSE
from dashboard.reconciliation import Reconciled
from dashboard.reconciliation_charts import ROOM_SIGN
from dashboard.reconciliation_deeds import GENERATION, Chosen, bar
from dashboard.tables import ROW_HEIGHT, height_of, plain
from dashboard.view import View
from data.api import decimals_of
from data.reads import NOBODY, DifferenceRow, ReconCursor, ReconGroup, ReconWanted

PAGE = 50
SEARCH_SIGNS = 64
_CURSORS, _CHART, _ALL = "recon_pages", "recon_labels_chart", "recon_all_of_page"
_NO_BAR = {"displayModeBar": False}
# So many bars of labels; what explains less is reached by the choice of a label.
MOST_BARS = 10


def panel(found: Reconciled, *, view: View) -> ReconWanted:
    """Draw the queue with its filters, what is chosen and what can be done with it; returns what it asks for."""
    groups = cached_reads.recon_groups(view.scope, found.asked, view.as_of)
    st.markdown(f"### {headline(groups)}")
    _by_label(groups, found)
    wanted = asked(found, view=view)
    rows, pages = _read(wanted, found, view=view)
    if not rows:
        if len(pages) > 1:
            pages.pop()
            st.rerun()
        states.empty(t("没有这样的差异"), body=t("可放宽筛选，或把状态改为“全部”。"), icon=":material/task_alt:")
        return wanted
    picked = _table(rows, view=view)
    _turn(rows, pages)
    _on_many(picked, view=view)
    return wanted


def headline(groups: Sequence[ReconGroup]) -> str:
    """Say how much is open and what explains most of it."""
    open_ones = [group for group in groups if group.state == "open"]
    count = sum(group.count for group in open_ones)
    if not count:
        return t("没有待处理的差异")
    by_label: dict[str, int] = {}
    for group in open_ones:
        by_label[group.label] = by_label.get(group.label, 0) + group.count
    largest = max(by_label, key=lambda key: by_label[key])
    return t(
        "{count} 笔待处理，{label}最多（{most} 笔）",
        count=fmt.full_count(count),
        label=said.label(largest),
        most=fmt.full_count(by_label[largest]),
    )


def asked(found: Reconciled, *, view: View) -> ReconWanted:
    """Draw the filters of the queue, bound to the address, and return what they say."""
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small", key="recon_filters"):
        search = st.text_input(t("订单号"), key=FOUND, bind="query-params", placeholder=t("订单号开头"), max_chars=SEARCH_SIGNS, width=170)
        label = _one(LABEL, t("标签"), options.label_names())
        class_ = _one(CLASS, t("结果"), options.class_names())
        kind = _one(KIND, t("差异"), options.kind_names())
        money = _one(MONEY_TYPE, t("交易类型"), options.money_type_names())
        older = _one(OLDER, t("账龄"), options.older_names())
        least = _one(LEAST, t("金额"), options.least_names())
        whose = _one(WHOSE, t("负责人"), options.owner_names())
        state = _one(STATE, t("状态"), options.difference_state_names(), usual="open")
        order = _one(ORDERED, t("排序"), options.ordered_names(), usual="amount")
    return ReconWanted(
        labels=() if label is None else ("" if label == NO_LABEL else label,),
        classes=() if class_ is None else (class_,),
        kinds=() if kind is None else (kind,),
        types=() if money is None else (money,),
        state=state or "open",
        owner={"mine": view.person.person_id, "nobody": NOBODY}.get(whose or ""),
        older_days=int(older) if older else None,
        least_minor=int(least) * 10**found.decimals if least else None,
        search=(search or "").strip(),
        order=order or "amount",
        as_of=view.as_of,
    )


def narrowed(wanted: ReconWanted, found: Reconciled) -> str:
    """Say all that the list is narrowed to, for whoever has the file alone."""
    side = 0 if language() == SOURCE else 1
    kinds, owners = options.kind_names(), options.owner_names()
    parts = [said.state_name(wanted.state), *map(said.label, wanted.labels), *map(said.class_name, wanted.classes)]
    parts += [kinds[key][side] for key in wanted.kinds] + [said.money_type(key) for key in wanted.types]
    if wanted.owner is not None:
        parts.append(owners["nobody" if wanted.owner == NOBODY else "mine"][side])
    if wanted.older_days is not None:
        parts.append(t("账龄至少 {days} 天", days=fmt.full_count(wanted.older_days)))
    if wanted.least_minor is not None:
        parts.append(t("金额至少 {money}", money=found.money(wanted.least_minor)))
    if wanted.search:
        parts.append(t("订单号以 {search} 开头，不限日期", search=wanted.search))
    return " · ".join(parts)


def frame(rows: Sequence[DifferenceRow], *, view: View) -> pd.DataFrame:
    """Return the rows as they read in the table."""
    return pd.DataFrame([_line(row, view=view) for row in rows])


def age_days(row: DifferenceRow, *, view: View) -> int:
    """Return for how many whole days a difference has been there, until it was done with."""
    return max(((row.resolved_at or view.as_of) - row.opened_at).days, 0)


def sides(row: DifferenceRow) -> tuple[int | None, int | None]:
    """Return what should be and what is: of a payout what left the platform and what reached the bank; None for what is missing."""
    ours, theirs = (row.stated_minor, row.bank_minor) if row.type == "payout" else (row.internal_minor, row.stated_minor)
    first, second = ("statement", "bank") if row.type == "payout" else ("internal", "statement")
    return (None if row.side == first else ours), (None if row.side == second else theirs)


def _line(row: DifferenceRow, *, view: View) -> dict[str, str]:
    decimals = decimals_of(row.currency)

    def money(minor: int | None) -> str:
        return fmt.full_money(minor, currency=row.currency, decimals=decimals)

    ours, theirs = sides(row)
    return {
        t("标签"): said.label_of(row),
        t("差额"): money(row.difference_minor),
        t("订单号"): said.number(row.order_no),
        t("渠道"): words.channel(row.channel),
        t("交易类型"): said.money_type(row.type),
        t("差异"): said.verdict(row),
        t("应有"): money(ours),
        t("实有"): money(theirs),
        t("账龄"): t("{days} 天", days=fmt.full_count(age_days(row, view=view))),
        t("负责人"): (row.owner_name or who(row.owner)) if row.owner else fmt.MISSING,
        t("工单到期"): fmt.moment(row.work_order_due_at, zone=view.zone, as_of=view.as_of) if row.state == "open" else fmt.MISSING,
        t("状态"): said.state(row),
    }


def _table(rows: Sequence[DifferenceRow], *, view: View) -> list[DifferenceRow]:
    """Draw the rows; return the chosen ones. One of them opens below, several can be worked on together."""
    generation = st.session_state.get(GENERATION, 0)
    table = frame(rows, view=view)
    right = {t("差额"), t("应有"), t("实有"), t("账龄"), t("工单到期")}
    widths = {t("标签"): 170, t("差额"): 110, t("订单号"): 170, t("渠道"): 80, t("交易类型"): 90, t("差异"): 130, t("账龄"): 70}
    config: dict[str, Any] = {
        name: st.column_config.TextColumn(name, alignment="right" if name in right else "left", width=widths.get(name))
        for name in table.columns
    }
    key = f"recon_queue_{generation}"
    event = st.dataframe(
        table,
        hide_index=True,
        column_config=config,
        placeholder=fmt.MISSING,
        alt=t("差异清单"),
        row_height=ROW_HEIGHT,
        height=min(height_of(len(rows)), 430),
        key=key,
        on_select=lambda: _selected(key, [row.difference_id for row in rows]),
        selection_mode="multi-row",
    )
    picked = [int(place) for place in event["selection"]["rows"] if place < len(rows)]
    with st.container(horizontal=True, vertical_alignment="center", key="recon_choice"):
        every = st.checkbox(t("选中本页全部 {count} 笔", count=fmt.full_count(len(rows))), key=f"{_ALL}_{generation}")
        st.caption(t("勾选一行看明细，勾选多行批量处理；差额 = 应有 − 实有。"), width="content")
    return list(rows) if every else [rows[place] for place in picked]


def _selected(key: str, ids: Sequence[int]) -> None:
    """Open the one chosen difference; of several none is open."""
    places = [int(place) for place in st.session_state[key]["selection"]["rows"] if place < len(ids)]
    if len(places) == 1:
        st.query_params[DIFFERENCE] = str(ids[places[0]])
    elif DIFFERENCE in st.query_params:
        del st.query_params[DIFFERENCE]


def _on_many(picked: Sequence[DifferenceRow], *, view: View) -> None:
    if len(picked) < 2:
        return
    currencies: dict[str, int] = {}
    for row in picked:
        currencies[row.currency] = currencies.get(row.currency, 0) + row.difference_minor
    sums = t("、").join(said.money(minor, currency) for currency, minor in currencies.items())
    with st.container(border=True, key="recon_bulk"):
        st.markdown(t("**选中 {count} 笔**，差额合计 {sums}", count=fmt.full_count(len(picked)), sums=plain(sums)))
        people = cached_reads.recon_colleagues(view.scope, tuple(sorted({row.difference_id for row in picked})))
        names = {row.owner: row.owner_name for row in picked if row.owner and row.owner_name}
        bar(Chosen(tuple(picked), tuple(people), names), view=view, key="bulk")


def _by_label(groups: Sequence[ReconGroup], found: Reconciled) -> None:
    """Draw the open differences by label as bars, those with overdue work orders at their end; a bar narrows the queue."""
    sums: dict[str, list[int]] = {}
    for group in groups:
        if group.state == "open":
            held = sums.setdefault(group.label, [0, 0, 0])
            held[0], held[1], held[2] = held[0] + group.count, held[1] + group.overdue, held[2] + group.amount_minor
    ordered = sorted(sums, key=lambda key: -sums[key][0])[:MOST_BARS]
    if not ordered:
        return
    bars = [
        Bar(
            name=said.label(key),
            value=float(sums[key][0]),
            before=None,
            shown=_bar_said(*sums[key], found=found),
            detail=_bar_said(*sums[key], found=found),
            key=key or NO_LABEL,
            severe=float(sums[key][1]),
        )
        for key in ordered
    ]
    alt = t("待处理差异按标签")
    st.plotly_chart(
        lifecycle_charts.bars(bars, room_sign=ROOM_SIGN),
        alt=alt,
        config=_NO_BAR,
        key=_CHART,
        on_select=_label_clicked,
        selection_mode="points",
    )
    st.caption(t("红色是工单逾期的；点一条按标签筛选。"))


def _bar_said(count: int, overdue: int, amount: int, *, found: Reconciled) -> str:
    parts = [t("{count} 笔", count=fmt.full_count(count)), found.money(amount)]
    if overdue:
        parts.append(t("逾期 {count}", count=fmt.full_count(overdue)))
    return " · ".join(parts)


def _label_clicked() -> None:
    key = clicked(st.session_state.get(_CHART))
    if key:
        st.session_state[LABEL] = key


def _read(wanted: ReconWanted, found: Reconciled, *, view: View) -> tuple[list[DifferenceRow], list[ReconCursor | None]]:
    pages = _pages((_same(wanted), found.asked, view.scope))
    return cached_reads.recon_differences(view.scope, found.asked, wanted, pages[-1]), pages


def _same(wanted: ReconWanted) -> tuple[object, ...]:
    """Return what makes two questions the same queue; the minute does not."""
    return (wanted.labels, wanted.classes, wanted.kinds, wanted.types, wanted.state, wanted.owner, wanted.older_days, wanted.least_minor,
            wanted.search, wanted.order)  # fmt: skip


def _pages(question: object) -> list[ReconCursor | None]:
    """Return the cursors of the pages turned so far, the first one None; another question begins anew."""
    kept: Any = st.session_state.get(_CURSORS)
    if kept is None or kept[0] != question:
        kept = st.session_state[_CURSORS] = (question, [None])
    pages: list[ReconCursor | None] = kept[1]
    return pages


def _turn(rows: Sequence[DifferenceRow], pages: list[ReconCursor | None]) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        st.button(t("上一页"), icon=":material/chevron_left:", disabled=len(pages) == 1, on_click=_back, args=(pages,), key="recon_back")
        st.caption(t("第 {page} 页", page=len(pages)))
        after = rows[-1].cursor if len(rows) == PAGE else None
        st.button(t("下一页"), icon=":material/chevron_right:", disabled=after is None, on_click=_on, args=(pages, after), key="recon_on")


def _back(pages: list[ReconCursor | None]) -> None:
    pages.pop()
    st.session_state[GENERATION] = st.session_state.get(GENERATION, 0) + 1


def _on(pages: list[ReconCursor | None], after: ReconCursor) -> None:
    pages.append(after)
    st.session_state[GENERATION] = st.session_state.get(GENERATION, 0) + 1


def _one(key: str, label: str, names: Mapping[str, tuple[str, str]], *, usual: str | None = None) -> str | None:
    side = 0 if language() == SOURCE else 1
    return st.selectbox(
        label,
        list(names),
        index=None if usual is None else list(names).index(usual),
        format_func=lambda code: names[code][side] if code in names else str(code),
        key=key,
        bind="query-params",
        placeholder=t("全部"),
        width=116,
    )
