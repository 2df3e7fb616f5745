"""Which rows and files did we refuse, why, and what can one do about it?"""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime

import pandas as pd
import streamlit as st

from dashboard import cached_reads, fmt, states, tables, words
from dashboard.i18n import language, t
from dashboard.refused_csv import refused_csv
from dashboard.source_list import SourceRow
from dashboard.tables import Words, plain
from dashboard.view import View
from data import actions, reads
from data.actions import NotAllowed
from data.api import engine, settings
from data.reads import RawRow, RefusedCell, RetentionOver
from models.findings import REASONS, reason_text

# A download holds at most this many refused cells, newest first.
DOWNLOAD_LIMIT = 5_000
# The table shows at most this many, as ``data.queries.sources.PAGE``.
PAGE = 200


def refused_rows(found: list[SourceRow], *, view: View) -> None:
    """Draw the refused rows of one source or of all, with the raw row of the selected one."""
    if view.scope.warehouses is not None:
        states.not_allowed(t("拒收行按店铺列出，您的范围限于部分仓库，因此不显示。"))
        return
    shop_ids, source = _pick_source(found)
    cells = cached_reads.refused_rows(view.scope, shop_ids, source)
    if not cells:
        tables.none_yet(t("没有拒收行"))
        return
    st.caption(t("点选一行查看原文；最多列出最近 {count} 条。", count=PAGE))
    picked = tables.selectable(
        _listed(cells, view=view),
        alt=t("拒收行及原因"),
        words={t("文件"), t("字段"), t("原因")},
        widths={t("文件"): 250, t("字段"): 130, t("原因"): 520, t("行号"): 80},
        key="refused_table",
        height=min(360, tables.height_of(len(cells))),
    )
    st.download_button(
        t("下载拒收行 CSV"),
        _csv_later(view, shop_ids=shop_ids, source=source),
        file_name=f"orderhub-refused-{view.as_of:%Y%m%d-%H%M}.csv",
        mime="text/csv",
        icon=":material/download:",
        on_click="ignore",
        key="download_refused",
    )
    if picked:
        _raw_of(cells[picked[0]], view=view)


def _listed(cells: list[RefusedCell], *, view: View) -> pd.DataFrame:
    return pd.DataFrame(
        [
            {
                t("文件"): cell.name,
                t("收到"): fmt.moment(cell.received_at, zone=view.zone, as_of=view.as_of),
                t("行号"): fmt.full_count(cell.row_number),
                t("字段"): cell.field,
                t("原因"): reason(cell.code, cell.value),
            }
            for cell in cells
        ]
    )


def reason(code: str, value: str | None) -> str:
    """Say a reason in this person's language; one we have no words for by its code."""
    return reason_text(code, value, language=language()) if code in REASONS else code


def whole_refusals(*, view: View) -> None:
    """Draw the files of which nothing was taken: what was nearest, what is missing, and replay."""
    found = cached_reads.whole_refusals(view.scope)
    if not found:
        tables.none_yet(t("没有整份拒收的文件"))
    titles = cached_reads.source_titles()
    for file in found:
        with st.container(border=True):
            left, right = st.columns([5, 1], vertical_alignment="center")
            with left:
                received = fmt.moment(file.received_at, zone=view.zone, as_of=view.as_of)
                st.markdown(f":red[■] **{plain(file.name)}**　:gray[{received}]")
                st.markdown("\n".join(explain(file.detail, file.error, titles=titles)))
            with right:
                replay_button(file.file_id, view=view)


def explain(detail: Mapping[str, object], error: str | None, *, titles: dict[str, tuple[str, str]]) -> list[str]:
    """Say why a file was refused whole, as Markdown lines: what is gone, which rename fits, which manifests are near."""

    def title(source: object) -> str:
        return words.in_language(*titles.get(str(source), (str(source), str(source))))

    texts = detail.get("error")
    said = texts.get(language()) if isinstance(texts, dict) else words.half(error)
    lines = [plain(str(said or error or t("未识别")))]
    missing, fits = _texts(detail.get("missing")), detail.get("fits")
    renames = fits if isinstance(fits, dict) else {}
    for name in missing:
        rename = t("，可能改名为 `{name}`", name=renames[name]) if name in renames else ""
        lines.append(f"- {t('缺少列')} `{name}`{rename}")
    near = detail.get("nearest")
    for each in near if isinstance(near, list) else []:
        gone = t("、").join(f"`{name}`" for name in _texts(each.get("missing"))[:8])
        near_title = title(each.get("source", each.get("manifest")))
        lines.append(f"- {t('接近 **{source}**，缺少 {columns}', source=near_title, columns=gone)}")
    return lines


def replay_button(file_id: int, *, view: View, key: str | None = None) -> None:
    """Draw the button that asks the jobs to read a file again with today's manifests."""
    if view.person.may_run:
        st.button(t("重放"), icon=":material/replay:", key=key or f"replay_{file_id}", on_click=_replay, args=(file_id, view))


def _replay(file_id: int, view: View) -> None:
    try:
        actions.request_replay(engine(), person=view.person, file_id=file_id, as_of=datetime.now(UTC))
    except NotAllowed:
        st.toast(t("您的角色或范围不能重放此文件。"), icon=":material/lock:")
        return
    cached_reads.requests.clear()
    st.toast(t("已提交重放，后台任务会在一分钟内处理。"), icon=":material/check:")


def _pick_source(found: list[SourceRow]) -> tuple[tuple[str, ...], str | None]:
    """Let one source be picked; return the shops and the source to ask for, all the listed shops where none is picked."""
    titles = cached_reads.source_titles()
    names = {("", ""): t("全部来源")}
    for row in found:
        title = words.in_language(*titles.get(row.source.source, (row.source.source, row.source.source)))
        names[row.source.shop_id, row.source.source] = f"{row.shop} · {title}"
    shop_id, source = st.selectbox(
        t("来源"), list(names), format_func=names.__getitem__, key="refused_source", label_visibility="collapsed", width=420
    )
    return ((shop_id,), source) if source else (tuple(sorted({row.source.shop_id for row in found})), None)


def _raw_of(cell: RefusedCell, *, view: View) -> None:
    with st.container(border=True, key="raw_row"):
        st.markdown(f"**{plain(cell.name)}**　{t('第 {number} 行', number=fmt.full_count(cell.row_number))}")
        try:
            raw = _read_raw(cell, view=view)
        except RetentionOver:
            st.caption(t("原文已过保留期"))
            return
        if raw is None:
            st.caption(t("这一行在文件中无法再次读出。"))
            return
        with st.container(horizontal=True):
            asked = (
                any(raw.personal) and view.person.may_reveal and st.button(t("显示联系方式"), icon=":material/visibility:", key="reveal")
            )
            replay_button(cell.file_id, view=view, key="replay_selected")
        raw_cells((_revealed(cell, view=view) if asked else None) or raw, alt=t("拒收行原文"))


def _read_raw(cell: RefusedCell, *, view: View) -> RawRow | None:
    numbers = [cell.row_number]
    return reads.raw_rows(engine(), scope=view.scope, settings=settings(), run_id=cell.run_id, numbers=numbers).get(cell.row_number)


def _revealed(cell: RefusedCell, *, view: View) -> RawRow | None:
    row = {"run_id": cell.run_id, "row_number": cell.row_number}
    try:
        raw = actions.reveal_row(engine(), person=view.person, settings=settings(), **row, as_of=datetime.now(UTC))
    except (NotAllowed, RetentionOver):
        return None
    if raw is not None:
        st.caption(t("已记录在审计日志。"))
    return raw


def raw_cells(raw: RawRow, *, alt: str) -> None:
    """Draw a row as it stands in its file, cell by cell, blank cells left out."""
    filled = [(name, text) for name, text in zip(raw.names, raw.cells, strict=True) if text]
    columns = [Words(t("列"), [plain(name) for name, _ in filled]), Words(t("原文"), [plain(text) for _, text in filled])]
    tables.listing(columns, alt=alt)


def _csv_later(view: View, *, shop_ids: tuple[str, ...], source: str | None) -> Callable[[], bytes]:
    """Return what makes the CSV when somebody asks for it; it speaks the language of now."""
    said = language()
    header = [t("文件"), t("行号"), t("字段"), t("原因"), t("原文（联系方式已遮盖）")]
    gone = t("原文已过保留期")

    def make() -> bytes:
        cells = reads.refused_rows(engine(), scope=view.scope, shop_ids=shop_ids, source=source, limit=DOWNLOAD_LIMIT)
        return refused_csv(cells, view=view, header=header, gone=gone, language=said)

    return make


def _texts(value: object) -> list[str]:
    return [str(each) for each in value] if isinstance(value, list) else []
