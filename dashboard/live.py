"""What refreshes by itself, apart from the page's snapshot? The strip of the last hour, and whatever a page asks for."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import streamlit as st

from dashboard import cached_reads, charts, fmt, states
from dashboard.i18n import language, t
from dashboard.view import View, current
from data.api import DatabaseProblem

REFRESH_SECONDS = 20
MINUTES = 60


def arrivals(view: View) -> None:
    """Draw the strip."""
    with st.container(border=True, key="live"):
        refreshed(_strip)


@st.fragment(run_every=f"{REFRESH_SECONDS}s")
def refreshed(draw: Callable[[View], None]) -> None:
    """Draw a part of a page again and again, each time as of then."""
    try:
        draw(replace(current(), as_of=datetime.now(UTC).replace(microsecond=0)))
    except DatabaseProblem as problem:
        states.failed(str(problem), part=draw.__name__)


def _strip(view: View) -> None:
    now = view.as_of
    counts = last_hour(view, as_of=now)
    names = [f"{(now - timedelta(minutes=MINUTES - 1 - n)).astimezone(ZoneInfo(view.zone)):%H:%M}" for n in range(MINUTES)]
    total, recent = sum(counts), sum(counts[-10:])
    title = t(
        "近 1 小时下单 {total} 单，近 10 分钟 {recent} 单",
        total=fmt.count(total, language=language()),
        recent=fmt.count(recent, language=language()),
    )
    st.markdown(f"### {title}")
    st.caption(
        t(
            "实时 · 按下单时间 · {time} 更新，每 {seconds} 秒刷新",
            time=f"{now.astimezone(ZoneInfo(view.zone)):%H:%M:%S}",
            seconds=REFRESH_SECONDS,
        )
    )
    if total:
        st.plotly_chart(charts.minute_bars(names, counts, unit=t("单")), alt=title, config={"displayModeBar": False}, key="live_chart")


def last_hour(view: View, *, as_of: datetime) -> list[int]:
    """Return the orders placed in each of the last sixty minutes, the current one last."""
    this_minute = as_of.replace(second=0)
    since, until = this_minute - timedelta(minutes=MINUTES - 1), this_minute + timedelta(minutes=1)
    found = cached_reads.orders_by_minute(view.scope, replace(view.filters.cut, since=since, until=until))
    counts = {minute: int(orders) for minute, orders in zip(found["minute"], found["orders"], strict=True)}
    return [counts.get(since + timedelta(minutes=n), 0) for n in range(MINUTES)]
