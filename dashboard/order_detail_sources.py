"""In which rows of which files does an order stand, and what stands there?"""

from datetime import UTC, datetime

import pandas as pd
import streamlit as st

from dashboard import cached_reads, fmt, tables, words
from dashboard.i18n import msg, t
from dashboard.order_detail_timeline import SHOWN
from dashboard.refusals import raw_cells
from dashboard.tables import plain
from dashboard.view import View
from data import actions, reads
from data.actions import NotAllowed
from data.api import engine, settings
from data.reads import OrderDetail, OrderHead, RawRow, RetentionOver, SourceRow

TOLD: dict[str, str] = {"order": msg("订单信息"), "lines": msg("明细"), "events": msg("事件")}


def draw(detail: OrderDetail, *, view: View) -> bool:
    """Draw the rows, and the raw text of the selected one; return whether a contact in it was revealed."""
    st.markdown(f"### {t('来源行')}")
    rows = detail.rows[:SHOWN]
    if not rows:
        tables.none_yet(t("没有来源行"))
        return False
    st.caption(t("点选一行查看原文。"))
    if len(detail.rows) > SHOWN:
        st.caption(t("只列前 {count} 条，共 {all} 条。", count=SHOWN, all=fmt.full_count(len(detail.rows))))
    picked = tables.selectable(
        _listed(rows, view=view),
        alt=t("来源行"),
        words={t("文件"), t("来源"), t("提供了"), t("性质")},
        widths={t("文件"): 215, t("行号"): 62, t("提供了"): 150, t("来源"): 150, t("收到"): 95, t("性质"): 58},
        key="order_rows",
        height=min(360, tables.height_of(len(rows))),
    )
    return _raw(detail, rows[picked[0]], view=view) if picked else False


def _listed(rows: list[SourceRow], *, view: View) -> pd.DataFrame:
    titles = cached_reads.source_titles()
    return pd.DataFrame(
        [
            {
                t("文件"): row.name,
                t("行号"): fmt.full_count(row.row_number),
                t("提供了"): t("、").join(t(TOLD[word]) for word in row.told),
                t("来源"): words.in_language(*titles.get(row.source, (row.source, row.source))),
                t("收到"): fmt.moment(row.received_at, zone=view.zone, as_of=view.as_of),
                t("性质"): words.named(words.NATURES, row.nature),
            }
            for row in rows
        ]
    )


def _raw(detail: OrderDetail, row: SourceRow, *, view: View) -> bool:
    with st.container(border=True, key="raw_row"):
        st.markdown(f"**{plain(row.name)}**　{t('第 {number} 行', number=fmt.full_count(row.row_number))}")
        try:
            raw = _masked(detail.head, row, view=view)
        except RetentionOver:
            st.caption(t("原文已过保留期"))
            return False
        if raw is None:
            st.caption(t("这一行在文件中无法再次读出。"))
            return False
        may = any(raw.personal) and view.person.may_reveal and detail.contact.erased_at is None
        asked = may and st.button(t("显示联系方式"), icon=":material/visibility:", key="reveal_row")
        shown = _revealed(detail.head, row, view=view) if asked else None
        raw_cells(shown or raw, alt=t("来源行原文"))
    return shown is not None


def _masked(head: OrderHead, row: SourceRow, *, view: View) -> RawRow | None:
    return reads.order_raw_row(
        engine(),
        scope=view.scope,
        settings=settings(),
        shop_id=head.shop_id,
        order_no=head.order_no,
        file_id=row.file_id,
        row_number=row.row_number,
    )


def _revealed(head: OrderHead, row: SourceRow, *, view: View) -> RawRow | None:
    try:
        found = actions.reveal_order_row(
            engine(),
            person=view.person,
            settings=settings(),
            shop_id=head.shop_id,
            order_no=head.order_no,
            file_id=row.file_id,
            row_number=row.row_number,
            as_of=datetime.now(UTC),
        )
    except (NotAllowed, RetentionOver):
        return None
    if found is not None:
        st.caption(t("已记录在审计日志。"))
    return found
