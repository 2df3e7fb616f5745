"""How is the state of the chosen orders drawn: shares, stages with the time spent in them, and their trend?"""

from datetime import date

import pandas as pd
import streamlit as st

from dashboard import drill, fmt, lifecycle, lifecycle_charts, words
from dashboard.i18n import language, t
from dashboard.lifecycle import Lifecycle, Question
from dashboard.lifecycle_charts import Bar
from dashboard.options import ALL_ORDERS, COMPONENT, SEARCH, STAGE
from dashboard.tables import Figures, Words, listing, unbroken
from dashboard.view import View
from models.stages import SHARE_NAMES, SHARES

_NO_BAR = {"displayModeBar": False}
_CHART = "stage_chart"
SHAPES = {"to_process": "◆", "shipped": "●", "stuck": "■"}
COLORS = {"to_process": "gray", "shipped": "green", "stuck": "red"}


def shares(found: Lifecycle) -> None:
    """Draw the three shares as one bar; they add up to the orders that are paid and not over."""
    st.markdown(f"### {t('阶段占比（此刻）')}")
    counts = found.shares
    if counts is None:
        st.caption(t("不适用：近 30 天签收数没有与所选维度共同的统计格。下面的环节照常。"))
        return
    whole = sum(counts.values())
    if not whole:
        st.caption(t("没有在途订单。"))
        return
    tenths = fmt.shares_of(list(counts.values()))
    parts = [(words.in_language(*SHARE_NAMES[share]), counts[share], tenth) for share, tenth in zip(SHARES, tenths, strict=True)]
    figure = lifecycle_charts.share_bar([(name, count, f"{name}　{fmt.full_count(count)}　{tenth}") for name, count, tenth in parts])
    st.plotly_chart(figure, alt=t("待处理、已发货、异常停滞占比"), config=_NO_BAR, key="share_bar")
    with st.grid(3, min_column_width=110, gap="small"):
        for share, (name, count, tenth) in zip(SHARES, parts, strict=True):
            with st.container(gap="xsmall"):
                st.markdown(f":{COLORS[share]}-badge[{SHAPES[share]} {name}]")
                st.markdown(f"**{tenth}**　{t('{count} 单', count=fmt.full_count(count))}")
    st.caption(t("已付款且未取消、未全额退款的 {count} 单；签收 30 天后不再计入。待支付另列。", count=fmt.full_count(whole)))


def stages(found: Lifecycle) -> None:
    """Draw the open stages as bars, what is stuck in them at their end; a bar narrows the list below."""
    rows = [row for row in found.rows if row.stage.ends_with]
    st.markdown(f"### {t('各环节的订单（此刻）')}")
    bars = [
        Bar(
            name=words.in_language(row.stage.name_zh, row.stage.name_en),
            value=float(row.orders or 0),
            before=None,
            shown=_with_stuck(row.orders or 0, row.stuck),
            detail=_with_stuck(row.orders or 0, row.stuck),
            key=row.stage.key,
            severe=float(row.stuck),
        )
        for row in rows
    ]
    st.plotly_chart(
        lifecycle_charts.bars(bars),
        alt=t("各环节订单数与停滞数"),
        config=_NO_BAR,
        key=_CHART,
        on_select=_clicked,
        selection_mode="points",
    )
    st.caption(t("红色为停滞；点一根柱子，下方列出这些订单。来源没有审核、打单等事件的订单停在“待审”直到发货。"))


def times(found: Lifecycle, *, question: Question) -> None:
    """Draw how long orders stayed in the stages they left on the days, and the limit of each stage."""
    st.markdown(f"### {times_message(found)}")
    rows, said = found.rows, language()

    def hours(values: list[float | None], head: str) -> Figures:
        return Figures(head, values, lambda value: fmt.duration(value, language=said))

    listing(
        [
            Words(t("环节"), [unbroken(words.in_language(row.stage.name_zh, row.stage.name_en)) for row in rows]),
            Figures(t("此刻"), [row.orders for row in rows], fmt.full_count),
            Figures(t("停滞"), [row.stuck if row.can_be_stuck else None for row in rows], fmt.full_count),
            hours([row.p50_hours for row in rows], t("停留 P50")),
            hours([row.p90_hours for row in rows], t("停留 P90")),
            hours([row.limit_hours for row in rows], t("停滞时限")),
        ],
        alt=t("各环节停留时长"),
    )
    if found.stays is None:
        st.caption(t("停留时长不适用：它按渠道、地区、类目、仓库、承运分别统计，一次只能按一个维度筛选。"))
        return
    days = f"{question.span.first:%m-%d} — {question.span.last:%m-%d}"
    st.caption(
        t(
            "P50、P90 为 {days} 离开该环节的订单，误差不超过 1.5%；只知区间的不计入。时限为规则，或近 28 天 95% 订单的停留。",
            days=days,
        )
    )


def times_message(found: Lifecycle) -> str:
    """Say which stage before shipping takes longest."""
    waits = [row for row in found.rows if row.stage.share == "to_process" and row.p90_hours is not None]
    if not waits:
        return t("各环节停留时长")
    slowest = max(waits, key=lambda row: row.p90_hours or 0.0)
    name = words.in_language(slowest.stage.name_zh, slowest.stage.name_en)
    return t("发货前最慢的是{stage}：一成订单超过 {hours}", stage=name, hours=fmt.duration(slowest.p90_hours, language=language()))


def trend(question: Question, *, view: View) -> pd.DataFrame | None:
    """Draw the shares at the end of each day of twelve weeks, and return what they are of; None where there is nothing to draw."""
    found = lifecycle.trend(question, view=view)
    st.markdown(f"### {t('停滞占比走势（日终）')}")
    if found is None:
        st.caption(t("不适用：走势按渠道、地区、仓库保存，不分类目与承运。"))
        return None
    if found.empty:
        st.caption(t("走势在当晚 00:20 之后算出。"))
        return None
    live = found[found["whole"] > 0]
    if len(live) < 2:
        st.caption(t("满两天后这里有走势。"))
        return None
    shares_of = {share: (live[share] / live["whole"]).tolist() for share in SHARES}
    days: list[date] = list(live["day"])
    names = tuple(words.in_language(*SHARE_NAMES[share]) for share in ("to_process", "stuck"))
    figure = lifecycle_charts.share_trend(
        [f"{day:%m-%d}" for day in days], to_process=shares_of["to_process"], stuck=shares_of["stuck"], names=(names[0], names[1])
    )
    st.plotly_chart(figure, alt=t("近 {days} 天日终停滞与待处理占比", days=len(days)), config=_NO_BAR, key="share_trend")
    st.caption(trend_computed(days[-1]))
    return live


def trend_computed(last: date) -> str:
    """Say up to which day the trend goes, and what may change it."""
    return t("算到 {day}，每晚更新：按当时的时限和事件回看每天日终；晚到的事件会改写过去。", day=last.isoformat())


def _with_stuck(orders: int, stuck: int) -> str:
    said = fmt.full_count(orders)
    return t("{orders}，停滞 {stuck}", orders=said, stuck=fmt.full_count(stuck)) if stuck else said


def _clicked() -> None:
    chosen = drill.clicked(st.session_state.get(_CHART))
    if chosen:
        st.session_state[STAGE] = chosen
        # the orders of the stage, not those behind a component or of a search
        st.session_state[COMPONENT], st.session_state[SEARCH] = ALL_ORDERS, ""
