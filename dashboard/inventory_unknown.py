"""Which names of SKUs does nobody know, and which SKU is meant? Rows wait until somebody says so, then they are taken in."""

from datetime import UTC, datetime

import streamlit as st

from dashboard import cached_reads, fmt, states, words
from dashboard import inventory_words as said
from dashboard.i18n import t
from dashboard.inventory_deeds import do, only_those_who_may
from dashboard.tables import Figures, Words, listing, plain, unbroken, wide
from dashboard.view import View
from data import actions
from data.api import engine
from data.reads import ParkedSku
from models.scope import EVERYTHING

CODE_SIGNS = 100
# As many pieces in one of what a source counts as there may be in a case.
MOST_PIECES = 100_000


def panel(view: View) -> None:
    """Draw the names that rows wait for, and the form that says which SKU one is."""
    if view.scope != EVERYTHING:
        states.not_allowed(t("库存文件是全公司的，对照 SKU 需要范围不受限。"))
        return
    found = cached_reads.stock_parked(view.scope)
    st.markdown(f"### {headline(found)}")
    if not found:
        states.empty(t("没有未知的 SKU"), body=t("所有库存文件里的编码都认得。"), icon=":material/task_alt:")
        return
    titles = cached_reads.source_titles()
    listing(
        [
            Words(t("文件里的编码"), [wide(plain(row.sku_label)) for row in found]),
            Words(t("来源"), [wide(plain(words.in_language(*titles.get(row.source, (row.source, row.source))))) for row in found]),
            Figures(t("等待的行"), [row.rows for row in found], fmt.full_count),
            Figures(t("件数合计"), [row.pieces for row in found], fmt.full_count),
            Figures(t("仓库数"), [row.warehouses for row in found], fmt.full_count),
            Words(t("最早"), [unbroken(said.moment(row.first_at, view=view)) for row in found]),
            Words(t("最近"), [unbroken(said.moment(row.last_at, view=view)) for row in found]),
            Words(t("出处"), [wide(plain(_place(row))) for row in found]),
        ],
        alt=t("未知的 SKU"),
    )
    if only_those_who_may(view):
        _form(found, view=view)


def headline(found: list[ParkedSku]) -> str:
    """Say how many names and rows wait."""
    if not found:
        return t("没有等待对照的 SKU")
    rows = sum(row.rows for row in found)
    return t("{names} 个编码没人认得，{rows} 行在等", names=fmt.full_count(len(found)), rows=fmt.full_count(rows))


def _place(row: ParkedSku) -> str:
    return fmt.MISSING if row.file is None else t("{file} 第 {row} 行", file=row.file, row=row.row_number)


def _form(found: list[ParkedSku], *, view: View) -> None:
    by_key = {f"{row.source}\n{row.sku_label}": row for row in found}
    with st.form("stock_map", border=True, enter_to_submit=False), st.container(horizontal=True, vertical_alignment="bottom"):
        picked = st.selectbox(
            t("文件里的编码"), list(by_key), format_func=lambda key: by_key[key].sku_label, index=None, key="stock_map_label",
            placeholder=t("请选择"), width=220,
        )  # fmt: skip
        st.text_input(t("就是这个 SKU"), key="stock_map_sku", max_chars=CODE_SIGNS, placeholder=t("完整编码"), width=200)
        st.number_input(
            t("每个含几件"), min_value=1, max_value=MOST_PIECES, value=1, step=1, key="stock_map_pieces", width=130,
            help=t("文件按箱计数时，填一箱有几件。"),
        )  # fmt: skip
        st.form_submit_button(t("对照并补入"), type="primary", icon=":material/link:", on_click=_map, args=(by_key, view))
    if picked is None:
        st.caption(t("对照后，等着的行按原来的时间补入，之后的文件直接认得。"))


def _map(by_key: dict[str, ParkedSku], view: View) -> None:
    row = by_key.get(str(st.session_state.get("stock_map_label") or ""))
    sku_code = str(st.session_state.get("stock_map_sku") or "").strip()
    if row is None:
        st.toast(t("请先选择文件里的编码。"), icon=":material/error:")
        return

    def deed() -> None:
        actions.map_sku(
            engine(),
            person=view.person,
            # one name means the same in every list of a source
            source=row.source.partition(".")[0],
            alias=row.sku_label,
            sku_code=sku_code,
            pieces=int(st.session_state.get("stock_map_pieces") or 1),
            as_of=datetime.now(UTC),
        )

    do(deed, done=t("已对照：{label} 就是 {sku}。", label=row.sku_label, sku=sku_code), view=view)
