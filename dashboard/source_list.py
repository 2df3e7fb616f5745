"""Which sources deliver, which are late, and how much did they bring?"""

from dataclasses import dataclass
from datetime import datetime, timedelta

import streamlit as st

from dashboard import cached_reads, fmt, tables, words
from dashboard.cards import not_applicable
from dashboard.freshness import GOOD, ONLY_BACKFILL, Light, jobs_light, source_light
from dashboard.i18n import language, t
from dashboard.tables import Figures, Words, moments, plain, unbroken
from dashboard.view import View
from data.reads import Source

# The sums of the table speak of files received in this time.
LATELY = timedelta(hours=24)


@dataclass(frozen=True)
class SourceRow:
    """One source as the page shows it."""

    source: Source
    shop: str
    light: Light

    @property
    def is_live(self) -> bool:
        """Whether it counts among the sources that should deliver by the minute."""
        return self.light != ONLY_BACKFILL and self.source.kind != "reference"


def read(view: View) -> list[SourceRow]:
    """Return the sources of this view; a chosen channel leaves out shops of other channels."""
    shops = {shop_id: (channel, name) for shop_id, channel, name in cached_reads.choices(view.scope).shops}
    rows = []
    for source in cached_reads.sources(view.scope, hour_of(view.as_of - LATELY)):
        channel, name = shops.get(source.shop_id, ("", source.shop_id or t("多店铺")))
        if not view.filters.channels or channel in (*view.filters.channels, ""):
            rows.append(SourceRow(source=source, shop=name, light=light_of(source, as_of=view.as_of)))
    return sorted(rows, key=lambda row: (row.source.kind == "reference", row.shop, row.source.source))


def light_of(source: Source, *, as_of: datetime) -> Light:
    """Judge a source; a master comes when it changes, so that its age says nothing."""
    if source.kind == "reference":
        return ONLY_BACKFILL if source.last_live_at is None else GOOD
    return source_light(source.last_live_at, as_of=as_of)


def headline(found: list[SourceRow], *, view: View) -> str:
    """Say how the sources are, the worst one by name."""
    live = [row for row in found if row.is_live]
    late = [row for row in live if row.light != GOOD]
    if not live:
        return t("还没有实时来源，现有数据都是历史回填")
    if not late:
        return t("{count} 个实时来源全部正常", count=len(live))
    worst = max(late, key=lambda row: _age(row, view=view) or 0)
    age = fmt.ago(_age(worst, view=view), language=language())
    return t("{late} / {all} 个来源迟到，最久的是 {name}：{age}", late=len(late), all=len(live), name=worst.shop, age=age)


def cards(found: list[SourceRow], *, view: View) -> None:
    """Draw the four figures of the sources."""
    said = language()
    live = [row for row in found if row.is_live]
    reason = t("文件和行在入库前没有地区、类目、仓库，这一数字不随这些筛选变化，因此不显示。")
    with st.grid(4, min_column_width=160, gap="small"):
        good = sum(row.light == GOOD for row in live)
        rule = t("5 分钟拉取一次；6 分钟内有新文件为正常，10 分钟内为关注。")
        st.metric(t("正常来源"), f"{good} / {len(live)}", border=True, height="stretch", help=rule)
        if _narrowed(view):
            not_applicable(t("24 小时入库行"), reason=reason)
            not_applicable(t("24 小时拒收行"), reason=reason)
        else:
            rows, refused = sum(row.source.rows for row in found), sum(row.source.refused for row in found)
            st.metric(
                t("24 小时入库行"), fmt.count(sum(row.source.accepted for row in found), language=said), border=True, height="stretch"
            )
            _quiet(
                t("24 小时拒收行"),
                fmt.count(refused, language=said),
                beside=t("占 {share}", share=fmt.share(refused / rows if rows else None)),
            )
        beat = cached_reads.heartbeat_at(view.scope)
        age = None if beat is None else (view.as_of - beat).total_seconds()
        heard = t("从未启动") if age is None else t("{age}前有心跳", age=fmt.ago(age, language=said))
        _quiet(t("后台任务"), jobs_light(beat, as_of=view.as_of).said, beside=heard)


def table(found: list[SourceRow], *, view: View) -> None:
    """Draw one row a source."""
    titles, said = cached_reads.source_titles(), language()
    sources = [row.source for row in found]

    def lately(head: str, values: list[int]) -> Figures:
        return Figures(head, values, lambda value: t("不适用") if _narrowed(view) else fmt.full_count(value))

    tables.listing(
        [
            Words(t("状态"), [tables.badge(row.light) for row in found]),
            Words(t("店铺"), [plain(row.shop) for row in found]),
            Words(t("来源"), [plain(words.in_language(*titles.get(source.source, (source.source, source.source)))) for source in sources]),
            Words(t("类型"), [unbroken(words.named(words.KINDS, source.kind)) for source in sources]),
            moments(t("最近文件"), [source.last_file_at for source in sources], zone=view.zone, as_of=view.as_of),
            Figures(t("距今"), [_age(row, view=view) for row in found], lambda value: fmt.ago(value, language=said)),
            moments(t("数据到"), [source.last_event_at for source in sources], zone=view.zone, as_of=view.as_of),
            Figures(t("实时"), [source.live_files for source in sources], fmt.full_count),
            Figures(t("回填"), [source.backfill_files for source in sources], fmt.full_count),
            lately(t("24h 行"), [source.rows for source in sources]),
            lately(t("收下"), [source.accepted for source in sources]),
            lately(t("拒收"), [source.refused for source in sources]),
        ],
        alt=t("各来源的最近文件与拒收"),
    )


def _quiet(label: str, value: str, *, beside: str) -> None:
    st.metric(label, value, delta=beside, delta_color="off", delta_arrow="off", border=True, height="stretch")


def _narrowed(view: View) -> bool:
    return bool(view.filters.regions or view.filters.categories or view.filters.warehouses)


def _age(row: SourceRow, *, view: View) -> float | None:
    at = row.source.last_live_at
    return None if at is None else (view.as_of - at).total_seconds()


def hour_of(at: datetime) -> datetime:
    """Return the start of the hour of an instant, so that answers are shared for an hour."""
    return at.replace(minute=0, second=0, microsecond=0)
