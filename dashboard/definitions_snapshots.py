"""Which state of the figures does everybody read, and which published figures have moved since?"""

import streamlit as st

from dashboard import cached_reads, fmt, states, tables
from dashboard.i18n import language, msg, t
from dashboard.tables import Figures, Words, moments, unbroken
from dashboard.view import View
from data.reads import RestatedSpan, SnapshotEntry
from models.scope import EVERYTHING

SPANS = {"day": msg("日"), "week": msg("周"), "rolling": msg("滚动7日")}
# Looked back over for restated days, and drawn.
SNAPSHOTS_READ, SNAPSHOTS_SHOWN = 100, 8
RESTATED_SHOWN = 20
# Named one by one; of more only the number is said.
DAYS_NAMED = 10


def snapshots(view: View) -> None:
    """Draw the snapshot in force, the last ones, and what was restated."""
    found = cached_reads.snapshots(view.scope, SNAPSHOTS_READ)
    if not found:
        states.empty(t("还没有快照"), body=t("第一次汇总之后，这里列出各快照和被重述的指数。"), icon=":material/photo_camera:")
        return
    _current(found[0], view=view)
    st.caption(t("同一视图的所有页面读同一个快照。已关账的日子只因新到的事件或新定义而变，变了就记为重述；首次发布的数值永远保留。"))
    _restated_days(found)
    _last(found[:SNAPSHOTS_SHOWN], view=view)
    _restated(view)


def _current(now: SnapshotEntry, *, view: View) -> None:
    with st.grid(4, min_column_width=160, gap="small"):
        st.metric(t("现行快照"), f"#{now.snapshot_id}", border=True, height="stretch")
        st.metric(t("截至"), fmt.moment(now.as_of, zone=view.zone, as_of=view.as_of), border=True, height="stretch")
        closed = fmt.day(now.closed_until.fromordinal(now.closed_until.toordinal() - 1), language=language())
        st.metric(t("已关账至"), closed, border=True, height="stretch")
        st.metric(t("指数定义"), t("第 {version} 版", version=now.definition_version), border=True, height="stretch")


def _restated_days(found: list[SnapshotEntry]) -> None:
    days = sorted({day for entry in found for day in entry.restated_days}, reverse=True)
    if not days:
        tables.none_yet(t("近 {count} 个快照没有改动已关账的日子", count=len(found)))
        return
    named = t("、").join(fmt.day(day, language=language()) for day in days[:DAYS_NAMED])
    more = t("等 {count} 天", count=len(days)) if len(days) > DAYS_NAMED else ""
    st.markdown(t("近 {count} 个快照改动过的已关账日：{days}{more}", count=len(found), days=named, more=more))


def _last(found: list[SnapshotEntry], *, view: View) -> None:
    st.markdown(f"### {t('最近的快照')}")
    tables.listing(
        [
            Words(t("快照"), [f"#{entry.snapshot_id}" for entry in found]),
            moments(t("截至"), [entry.as_of for entry in found], zone=view.zone, as_of=view.as_of),
            Figures(t("定义版本"), [entry.definition_version for entry in found], fmt.full_count),
            Figures(t("变化"), [entry.changes for entry in found], fmt.full_count),
            Words(t("方式"), [unbroken(t("全部重算") if entry.rebuilt else t("增量")) for entry in found]),
            Figures(t("重述天数"), [len(entry.restated_days) for entry in found], fmt.full_count),
        ],
        alt=t("最近的快照"),
    )


def _restated(view: View) -> None:
    st.markdown(f"### {t('被重述的指数')}")
    if view.scope != EVERYTHING:
        st.caption(t("全店指数只向范围不受限的人显示。"))
        return
    found = cached_reads.restated_spans(view.scope, RESTATED_SHOWN)
    if not found:
        tables.none_yet(t("所有已发布的指数都与现值一致"))
        return
    if len(found) == RESTATED_SHOWN:
        st.caption(t("只列最近重述的 {count} 个。", count=RESTATED_SHOWN))
    tables.listing(
        [
            Words(t("时段"), [unbroken(t(SPANS[each.span])) for each in found]),
            Words(t("最后一日"), [unbroken(fmt.day(each.last_day, language=language())) for each in found]),
            Figures(t("发布值"), [each.published for each in found], _score),
            Figures(t("现值"), [each.now for each in found], _score),
            Figures(t("差"), [_moved(each) for each in found], _signed),
            Words(t("定义"), [_versions(each) for each in found]),
            moments(t("重述于"), [each.restated_at for each in found], zone=view.zone, as_of=view.as_of),
        ],
        alt=t("被重述的指数"),
    )


def _versions(span: RestatedSpan) -> str:
    same = span.published_version == span.version
    return unbroken(f"v{span.version}" if same else f"v{span.published_version} → v{span.version}")


def _moved(span: RestatedSpan) -> float | None:
    return None if span.now is None or span.published is None else span.now - span.published


def _score(value: float | None) -> str:
    return fmt.MISSING if value is None else f"{value:.1f}"


def _signed(value: float | None) -> str:
    return fmt.MISSING if value is None else f"{value:+.1f}" if abs(value) >= 0.05 else "0.0"
