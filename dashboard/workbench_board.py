"""How do orders flow from unpaid to sent, where do they stand too long, and which one has stood longest?"""

from collections.abc import Sequence
from datetime import datetime

import streamlit as st

from dashboard import cached_reads, fmt, order_detail, states, workbench_charts
from dashboard.i18n import language, t
from dashboard.order_links import order_link, orders_link
from dashboard.tables import plain, unbroken
from dashboard.view import View
from dashboard.workbench import Workbench
from dashboard.workbench_charts import FlowBar
from data.reads import FlowColumn

_NO_BAR = {"displayModeBar": False}
# Narrower than this, a column of the board stands below the one before.
_NARROW = 150


def panel(found: Workbench, *, view: View) -> None:
    """Draw the board: a column a stage with its ages, below each how many stand too long and the oldest."""
    columns = cached_reads.flow_board(view.scope, found.part, view.as_of, view.zone)
    if not any(column.orders for column in columns):
        states.empty(t("流程里没有订单"), body=t("有新订单后这里显示它们走到哪一步、等了多久。"), icon=":material/view_kanban:")
        return
    st.markdown(f"### {headline(columns, as_of=view.as_of)}")
    bars = [_bar(column) for column in columns]
    ages = [age_name(upper, lower=lower) for lower, upper in _bounds(columns[0])]
    st.plotly_chart(workbench_charts.flow(bars, ages=ages), alt=t("流转看板：各环节订单按等待时长"), config=_NO_BAR, key="flow_chart")
    with st.grid(len(columns), min_column_width=_NARROW, gap="small", key="flow_columns"):
        for column in columns:
            _column(column, view=view)
    st.caption(t("等待时长从进入该环节算起；“已发货”只计今天发出的。看板是此刻的，不随日期。"))


def headline(columns: Sequence[FlowColumn], *, as_of: datetime) -> str:
    """Say which stage before shipping holds the order that has waited longest, and for how long."""
    waiting = [column for column in columns[:-1] if column.oldest_since is not None]
    if not waiting:
        return t("没有等待中的订单")
    slowest = min(waiting, key=lambda column: column.oldest_since or as_of)
    most = max(columns[:-1], key=lambda column: column.orders)
    return t(
        "{most}堆得最多（{count} 单），等得最久的在{stage}：{hours}",
        most=stage_name(most),
        count=fmt.count(most.orders, language=language()),
        stage=stage_name(slowest),
        hours=_waited(slowest, as_of=as_of),
    )


def stage_name(column: FlowColumn) -> str:
    """Name a column of the board; the last one holds what left today."""
    return t("今日已发货") if column.stage == "shipped" else order_detail.stage_name(column.stage)


def age_name(upper: float | None, *, lower: float | None) -> str:
    """Say between how many hours a part of a column has waited."""
    if upper is None:
        return t("超过{hours}", hours=fmt.duration(lower, language=language()))
    return t("{hours}内", hours=fmt.duration(upper, language=language()))


def _bounds(column: FlowColumn) -> list[tuple[float | None, float | None]]:
    uppers = [None if upper is None else float(upper) for upper, _ in column.ages]
    return list(zip([None, *uppers][: len(uppers)], uppers, strict=True))


def _bar(column: FlowColumn) -> FlowBar:
    name = stage_name(column)
    counts = [orders for _, orders in column.ages]
    details = [
        f"<b>{name}</b><br>{age_name(upper, lower=lower)}　{t('{count} 单', count=fmt.full_count(orders))}"
        for (lower, upper), orders in zip(_bounds(column), counts, strict=True)
    ]
    return FlowBar(name, counts, fmt.count(column.orders, language=language()), details, done=0 if counts else column.orders)


def _column(column: FlowColumn, *, view: View) -> None:
    with st.container(border=True, gap="xsmall", height="stretch"):
        name = stage_name(column)
        st.markdown(f"#### {f'[{name}]({orders_link(column.stage)})' if column.ages else name}　{fmt.full_count(column.orders)}")
        if column.ages:
            st.markdown(_old_ones(column))
        else:
            st.caption(t("今天从仓库发出"))
        if column.oldest_order and column.oldest_shop:
            link = f"[{unbroken(plain(column.oldest_order))}]({order_link(column.oldest_shop, column.oldest_order)})"
            st.markdown(f":small[{t('最久 {hours}', hours=_waited(column, as_of=view.as_of))}　{link}]")


def _old_ones(column: FlowColumn) -> str:
    """Say how many of a column are as old as is told apart."""
    old, upper = column.ages[-1][1], column.ages[-2][0]
    if not old:
        return f":green-badge[● {unbroken(t('没有等太久的'))}]"
    hours = fmt.duration(upper, language=language())
    return f":red-badge[■ {unbroken(t('{count} 单超过{hours}', count=fmt.full_count(old), hours=hours))}]"


def _waited(column: FlowColumn, *, as_of: datetime) -> str:
    since = column.oldest_since
    return fmt.duration(None if since is None else (as_of - since).total_seconds() / 3600, language=language())
