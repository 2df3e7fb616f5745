"""How does one write down goods that leave without being sold: gifts, scrap, quality samples, others? (S12)"""

from datetime import UTC, datetime
from uuid import uuid4

import streamlit as st

from dashboard import cached_reads
from dashboard import inventory_words as said
from dashboard.i18n import t
from dashboard.inventory_deeds import do, only_those_who_may
from dashboard.view import View
from data import actions
from data.api import engine
from models.stock.kinds import MAX_PIECES, NON_SALE

CODE_SIGNS, REASON_SIGNS = 100, 200
# Names the form of this moment: told twice, it moves once.
_FORM = "stock_out_form"


def panel(view: View) -> None:
    """Draw the form, for those who may."""
    st.markdown(f"### {t('登记非销售出库')}")
    st.caption(t("登记后立即减账，写入流水和审计；实物已出就登记，哪怕账面因此低于占用或低于零。同一张表点两次只记一次。"))
    if not only_those_who_may(view):
        return
    warehouses = dict(cached_reads.choices(view.scope).warehouses)
    if not warehouses:
        st.caption(t("您的范围里没有仓库。"))
        return
    mark = st.session_state.setdefault(_FORM, uuid4().hex)
    with st.form(f"stock_out_{mark}", border=True, enter_to_submit=False):
        with st.container(horizontal=True, vertical_alignment="bottom"):
            st.text_input(t("SKU 编码"), key=f"stock_out_sku_{mark}", max_chars=CODE_SIGNS, placeholder=t("完整编码"), width=200)
            st.selectbox(
                t("仓库"), list(warehouses), format_func=warehouses.__getitem__, index=None, key=f"stock_out_place_{mark}",
                placeholder=t("请选择"), width=180,
            )  # fmt: skip
            st.selectbox(
                t("类型"), list(NON_SALE), format_func=lambda key: said.named("move", key), index=None, key=f"stock_out_type_{mark}",
                placeholder=t("请选择"), width=150,
            )  # fmt: skip
            st.number_input(t("件数"), min_value=1, max_value=MAX_PIECES, value=1, step=1, key=f"stock_out_units_{mark}", width=130)
        st.text_input(
            t("原因"),
            key=f"stock_out_reason_{mark}",
            max_chars=REASON_SIGNS,
            placeholder=t("例如：直播间赠品、破损报废、供应商质检"),
            width=520,
        )
        st.form_submit_button(t("登记出库"), type="primary", icon=":material/outbox:", on_click=_post, args=(mark, view))
    st.caption(t("经手人记为 {name}；必须写明原因。", name=view.person.name))


def _post(mark: str, view: View) -> None:
    def given(name: str) -> str:
        return str(st.session_state.get(f"stock_out_{name}_{mark}") or "").strip()

    def deed() -> None:
        actions.post_non_sale_out(
            engine(),
            person=view.person,
            sku_code=given("sku"),
            warehouse_code=given("place"),
            type=given("type"),
            units=int(given("units") or 0),
            reason=given("reason"),
            key=mark,
            as_of=datetime.now(UTC),
        )
        # the next one is another deed
        st.session_state[_FORM] = uuid4().hex

    done = t(
        "已登记：{sku} {type} {units}。",
        sku=given("sku"),
        type=said.named("move", given("type")),
        units=said.pieces(int(given("units") or 0)),
    )
    do(deed, done=done, view=view)
