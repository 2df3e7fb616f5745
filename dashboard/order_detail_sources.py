"""In which rows of which files does an order stand, and what stands there?"""

from collections.abc import Sequence
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

# Unpacked, so many bytes were read through in 0.2 s as CSV and in 0.3 s as a workbook; a larger file is read on request.
LARGE_BYTES = 5_000_000
TOLD: dict[str, str] = {"order": msg("订单信息"), "lines": msg("明细"), "events": msg("事件")}


def draw(detail: OrderDetail, *, view: View) -> bool:
    """Draw the rows, and the raw text of the selected one; return whether a contact in it was revealed."""
    st.markdown(f"### {t('来源行')}")
    if not detail.rows:
        tables.none_yet(t("没有来源行"))
        return False
    st.caption(t("点选一行查看原文。"))
    alike = together(_every(detail, view=view))
    if len(alike) > SHOWN:
        st.caption(t("只列前 {count} 条，共 {all} 条。", count=SHOWN, all=fmt.full_count(len(alike))))
    picked = tables.selectable(
        _listed(alike[:SHOWN], view=view),
        alt=t("来源行"),
        words={t("文件"), t("来源"), t("提供了"), t("性质")},
        widths={t("文件"): 215, t("行号"): 76, t("提供了"): 128, t("来源"): 150, t("收到"): 92, t("性质"): 72},
        key="order_rows",
        height=min(360, tables.height_of(len(alike[:SHOWN]))),
    )
    return _raw(detail, _chosen(alike[picked[0]]), view=view) if picked else False


def together(rows: Sequence[SourceRow]) -> list[list[SourceRow]]:
    """Put the rows of one file that tell the same by one source together, each lot from its first row on."""
    found: dict[tuple[object, ...], list[SourceRow]] = {}
    for row in rows:
        found.setdefault((row.file_id, row.source, row.told), []).append(row)
    return [sorted(lot, key=lambda row: row.row_number) for lot in found.values()]


def folded(numbers: Sequence[int]) -> str:
    """Say row numbers, in order, those that follow each other as a range.

    >>> folded([3, 4, 5, 9])
    '3–5、9'
    """
    ranges: list[list[int]] = []
    for number in numbers:
        if ranges and number == ranges[-1][-1] + 1:
            ranges[-1] = [ranges[-1][0], number]
        else:
            ranges.append([number])
    return t("、").join("–".join(fmt.full_count(end) for end in each) for each in ranges)


def _every(detail: OrderDetail, *, view: View) -> list[SourceRow]:
    """Return every row of the files; of a large one once it is asked for."""
    head, known = detail.head, tuple(detail.rows)
    found = cached_reads.order_source_rows(view.scope, head.shop_id, head.order_no, known, LARGE_BYTES)
    large = _names(found.large) if found is not None else ""
    if large and st.toggle(t("读完大文件 {files}，列出每一行（较慢）", files=large), key="order_rows_large"):
        found = cached_reads.order_source_rows(view.scope, head.shop_id, head.order_no, known, None)
    if found is None:
        return detail.rows
    if found.gone:
        st.caption(t("{files} 的原文已过保留期或无法再读出：同样内容的行只列第一行。", files=_names(found.gone)))
    return found.rows


def _names(files: Sequence[str]) -> str:
    return t("、").join(plain(name) for name in files)


def _chosen(alike: Sequence[SourceRow]) -> SourceRow:
    """Return the only row, or the one of several whose raw text somebody asks for."""
    if len(alike) == 1:
        return alike[0]
    key = f"order_row_{alike[0].file_id}_{alike[0].row_number}"
    place = st.selectbox(t("行号"), range(len(alike)), format_func=lambda at: fmt.full_count(alike[at].row_number), key=key, width=150)
    return alike[place]


def _listed(alike: Sequence[Sequence[SourceRow]], *, view: View) -> pd.DataFrame:
    titles = cached_reads.source_titles()
    return pd.DataFrame(
        [
            {
                t("文件"): row.name,
                t("行号"): folded([each.row_number for each in lot]),
                t("提供了"): t("、").join(t(TOLD[word]) for word in row.told),
                t("来源"): words.in_language(*titles.get(row.source, (row.source, row.source))),
                t("收到"): fmt.moment(row.received_at, zone=view.zone, as_of=view.as_of),
                t("性质"): words.named(words.NATURES, row.nature),
            }
            for lot in alike
            for row in lot[:1]
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
