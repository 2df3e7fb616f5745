"""From when on is an order stuck in a stage, who says so, and how does a manager set it?"""

from datetime import UTC, datetime

import pandas as pd
import streamlit as st

from dashboard import cached_reads, fmt, tables, words
from dashboard.deciding import decide, only_managers
from dashboard.i18n import language, msg, t
from dashboard.tables import Figures, Words, unbroken
from dashboard.view import View
from data import actions
from data.api import engine
from models.stages import OPEN_STAGES, STAGES_BY_KEY

SOURCES = {"p95": msg("近 28 天 95% 订单的停留"), "rule": msg("规则")}


def limits(view: View) -> None:
    """Draw the limit of each stage in each channel, and the way to set one."""
    st.markdown(f"### {t('停滞时限')}")
    st.caption(t("在一个环节停留超过时限的订单算停滞。没有规则时按近 28 天 95% 订单的停留，每晚更新；来源不报告某环节结束的渠道没有时限。"))
    found = cached_reads.stage_limits(view.scope)
    if found.empty:
        tables.none_yet(t("还没有足够的订单算出时限"))
    else:
        _table(found)
    if only_managers(view):
        _form(found, view=view)


def _table(found: pd.DataFrame) -> None:
    order = {stage: place for place, stage in enumerate(OPEN_STAGES)}
    rows = found.assign(place=found["stage"].map(order)).sort_values(["channel", "place"])
    said = language()
    tables.listing(
        [
            Words(t("渠道"), [unbroken(words.channel(str(code))) for code in rows["channel"]]),
            Words(t("环节"), [unbroken(_stage(str(stage))) for stage in rows["stage"]]),
            Figures(t("时限"), [float(seconds) / 3600 for seconds in rows["seconds"]], lambda value: fmt.duration(value, language=said)),
            Words(t("依据"), [unbroken(words.named(SOURCES, str(source))) for source in rows["source"]]),
            Figures(t("样本订单"), [None if pd.isna(count) else float(count) for count in rows["orders"]], fmt.full_count),
        ],
        alt=t("停滞时限"),
    )


def _form(found: pd.DataFrame, *, view: View) -> None:
    with st.expander(t("设定时限"), icon=":material/add:"), st.form("stage_limit", border=False):
        with st.container(horizontal=True, vertical_alignment="bottom"):
            channels = list(cached_reads.choices(view.scope).channels)
            st.selectbox(t("渠道"), channels, format_func=words.channel, key="limit_channel", width=150)
            st.selectbox(t("环节"), list(OPEN_STAGES), format_func=_stage, key="limit_stage", width=150)
            st.number_input(t("时限（小时）"), min_value=0.0, value=24.0, step=1.0, format="%g", key="limit_hours", width=150)
        with st.container(horizontal=True):
            st.form_submit_button(t("设定时限"), type="primary", icon=":material/timer:", on_click=_set, args=(found, view))
            st.form_submit_button(t("收回规则"), icon=":material/undo:", on_click=_take_back, args=(found, view))


def _stage(key: str) -> str:
    return words.in_language(STAGES_BY_KEY[key].name_zh, STAGES_BY_KEY[key].name_en)


def _set(found: pd.DataFrame, view: View) -> None:
    hours = st.session_state["limit_hours"]
    # an emptied field is no number, which the action says in words
    _decide(found, float("nan") if hours is None else float(hours), view=view, done=t("时限已设定。"))


def _take_back(found: pd.DataFrame, view: View) -> None:
    _decide(found, None, view=view, done=t("规则已收回，按近 28 天重算。"))


def _decide(found: pd.DataFrame, hours: float | None, *, view: View, done: str) -> None:
    channel, stage = st.session_state["limit_channel"], st.session_state["limit_stage"]
    rules = found[(found["channel"] == channel) & (found["stage"] == stage) & (found["source"] == "rule")]
    seen = float(rules["seconds"].iloc[0]) / 3600 if len(rules) else None

    def deed() -> None:
        actions.set_stage_limit(
            engine(),
            person=view.person,
            channel=channel,
            stage=stage,
            hours=hours,
            seen_hours=seen,
            zone=view.zone,
            as_of=datetime.now(UTC),
        )

    decide(deed, done=done, forget=cached_reads.stage_limits.clear, view=view)
