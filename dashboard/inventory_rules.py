"""By which thresholds is a SKU delisted, how much of it may each channel show, how long does an unpaid order hold it, and who sets that?"""

from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import streamlit as st

from dashboard import cached_reads, fmt, words
from dashboard import inventory_words as said
from dashboard.deciding import when, who
from dashboard.i18n import language, t
from dashboard.inventory_deeds import do, only_those_who_may
from dashboard.inventory_sku import quota_said
from dashboard.tables import Figures, Words, listing, none_yet, plain, unbroken, wide
from dashboard.view import View
from data import actions
from data.api import decimals_of, engine
from data.reads import HoldRule, QuotaRule, StockRule
from models.customers import LOOK_BACK, MAJOR_MINOR, MAJOR_ORDERS
from models.scope import EVERYTHING
from models.stock.kinds import MAX_PIECES
from models.stock.words import CUSTOMER_CLASSES, THRESHOLD_ACTIONS, keys

EVERY, CODE_SIGNS, MOST_PIECES = "*", 100, MAX_PIECES
LISTED = 50
MINUTES = 43_200


def panel(view: View) -> None:
    """Draw the three tables of rules with the forms that change them."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        search = st.text_input(
            t("编码开头"), key="stock_rule_search", max_chars=CODE_SIGNS, placeholder=t("只看某些 SKU 的规则"), width=220
        )
    wanted = (search or "").strip()
    _thresholds(cached_reads.stock_rules(view.scope, wanted), view=view)
    _quotas(cached_reads.stock_quotas(view.scope, wanted), view=view)
    _holds(cached_reads.stock_hold_rules(view.scope), view=view)
    if only_those_who_may(view) and not may_set(view):
        st.caption(t("规则对所有人生效，修改需要范围不受限。"))


def may_set(view: View) -> bool:
    """Say whether this person may change rules, which are everybody's."""
    return view.person.may_stock and view.scope == EVERYTHING


def _thresholds(found: list[StockRule], *, view: View) -> None:
    st.markdown(f"### {t('安全线：到了就下架，或显示仅剩几件')}")
    st.caption(t("可售不高于安全线时按动作执行，高于重新上架线才恢复；最具体的规则优先：先 SKU，后渠道。"))
    if not found:
        none_yet(t("还没有安全线"))
    else:
        listing(
            [
                Words("SKU", [wide(_sku(row.sku_code, row.name)) for row in found]),
                Words(t("渠道"), [unbroken(said.any_channel(row.channel)) for row in found]),
                Figures(t("安全线"), [row.threshold for row in found], fmt.full_count),
                Words(t("动作"), [unbroken(said.named("action", row.action)) for row in found]),
                Figures(t("重新上架高于"), [row.relist_above for row in found], fmt.full_count),
                Words(t("设定"), [f"{who(row.set_by)} {when(row.set_at, view=view)}" for row in found]),
            ],
            alt=t("安全线"),
        )
    if may_set(view):
        _threshold_form({(row.sku_code, row.channel): row for row in found}, view=view)
    _listed(found)


def _quotas(found: list[QuotaRule], *, view: View) -> None:
    st.markdown(f"### {t('发布配额：每个渠道最多显示多少')}")
    st.caption(t("按可售的比例或固定件数；没有配额的渠道平分剩下的。各渠道之和不超过可售，就不会因渠道滞后而超卖。"))
    if not found:
        none_yet(t("还没有配额，各渠道平分"))
    else:
        listing(
            [
                Words(t("渠道"), [unbroken(said.any_channel(row.channel)) for row in found]),
                Words("SKU", [wide(_sku(row.sku_code, row.name)) for row in found]),
                Words(t("仓库"), [_warehouse(row.warehouse_code, view=view) for row in found]),
                Words(t("配额"), [unbroken(quota_said(row.share, row.units)) for row in found]),
                Words(t("设定"), [f"{who(row.set_by)} {when(row.set_at, view=view)}" for row in found]),
            ],
            alt=t("发布配额"),
        )
        total = sum(row.share or 0 for row in found if row.sku_code == EVERY and row.warehouse_code == EVERY)
        if total > 1:
            st.caption(f":red[■] {t('全部 SKU 的配额合计 {share}，超过可售：渠道滞后时会超卖。', share=fmt.share(total))}")
    if may_set(view):
        _quota_form({(row.channel, row.sku_code, row.warehouse_code): row for row in found}, view=view)
    _listed(found)


def _holds(found: list[HoldRule], *, view: View) -> None:
    st.markdown(f"### {t('占用时长：不付款多久就释放')}")
    st.caption(
        t(
            "新客、老客、大客户按该买家在同一渠道、下单前 {days} 天内付款且未取消退款的订单判断：没有、有、满 {orders} 单或满 {amount}；"
            "平台没有给出买家时不分等级。先看客户等级，再看渠道；占用和延长都按这条规则。",
            days=LOOK_BACK.days,
            orders=MAJOR_ORDERS,
            amount=fmt.money(MAJOR_MINOR, currency=view.currency, language=language(), decimals=decimals_of(view.currency)),
        )
    )
    listing(
        [
            Words(t("渠道"), [unbroken(said.any_channel(row.channel)) for row in found]),
            Words(t("客户等级"), [unbroken(_customers(row.customer_class)) for row in found]),
            Words(t("占用"), [unbroken(fmt.duration(row.minutes / 60, language=language())) for row in found]),
            Words(t("延长一次"), [unbroken(fmt.duration(row.extension_minutes / 60, language=language())) for row in found]),
            Words(t("可拆仓"), [unbroken(t("可以") if row.may_split else t("不可以")) for row in found]),
            Words(t("设定"), [f"{who(row.set_by)} {when(row.set_at, view=view)}" for row in found]),
        ],
        alt=t("占用时长"),
    )
    if may_set(view):
        _hold_form({(row.channel, row.customer_class): row for row in found}, view=view)


def _threshold_form(found: Mapping[tuple[str, str], StockRule], *, view: View) -> None:
    with st.form("stock_rule", border=True, enter_to_submit=False), st.container(horizontal=True, vertical_alignment="bottom"):
        _sku_box("stock_rule")
        _channel_box("stock_rule", view=view)
        _number(t("安全线"), "stock_rule_threshold", usual=5)
        st.selectbox(
            t("动作"), list(THRESHOLD_ACTIONS), format_func=lambda key: said.named("action", key), key="stock_rule_action", width=150
        )
        _number(t("重新上架高于"), "stock_rule_relist", usual=10)
        st.form_submit_button(t("保存安全线"), type="primary", on_click=_save_threshold, args=(found, view))


def _quota_form(found: Mapping[tuple[str, str, str], QuotaRule], *, view: View) -> None:
    with st.form("stock_quota", border=True, enter_to_submit=False), st.container(horizontal=True, vertical_alignment="bottom"):
        _channel_box("stock_quota", view=view, every=False)
        _sku_box("stock_quota")
        st.selectbox(
            t("按"),
            ["share", "units"],
            format_func=lambda key: t("比例 %") if key == "share" else t("件数"),
            key="stock_quota_by",
            width=110,
        )
        _number(t("多少"), "stock_quota_value", usual=50)
        st.form_submit_button(t("保存配额"), type="primary", on_click=_save_quota, args=(found, view))


def _hold_form(found: Mapping[tuple[str, str], HoldRule], *, view: View) -> None:
    with st.form("stock_hold_rule", border=True, enter_to_submit=False), st.container(horizontal=True, vertical_alignment="bottom"):
        _channel_box("stock_hold_rule", view=view)
        classes = [EVERY, *keys(CUSTOMER_CLASSES)]
        st.selectbox(t("客户等级"), classes, format_func=_customers, key="stock_hold_rule_class", width=140)
        _number(t("占用（分钟）"), "stock_hold_rule_minutes", usual=30, least=1, most=MINUTES)
        _number(t("延长（分钟）"), "stock_hold_rule_extension", usual=30, least=1, most=MINUTES)
        st.toggle(t("可拆仓"), value=True, key="stock_hold_rule_split")
        st.form_submit_button(t("保存时长"), type="primary", on_click=_save_hold_rule, args=(found, view))


def _save_threshold(found: Mapping[tuple[str, str], StockRule], view: View) -> None:
    key = (_text("stock_rule_sku") or EVERY, _text("stock_rule_channel") or EVERY)

    def deed() -> None:
        actions.set_stock_rule(
            engine(), person=view.person, sku_code=key[0], channel=key[1], threshold=_whole("stock_rule_threshold"),
            action=_text("stock_rule_action"), relist_above=_whole("stock_rule_relist"), seen=_seen(found, key), as_of=_now(),
        )  # fmt: skip

    do(deed, done=t("安全线已保存：{sku}。", sku=said.any_sku(key[0])), view=view)


def _save_quota(found: Mapping[tuple[str, str, str], QuotaRule], view: View) -> None:
    key = (_text("stock_quota_channel"), _text("stock_quota_sku") or EVERY, EVERY)
    value, by_share = _whole("stock_quota_value"), _text("stock_quota_by") == "share"

    def deed() -> None:
        actions.set_publish_quota(
            engine(), person=view.person, channel=key[0], sku_code=key[1], warehouse_code=key[2],
            share=Decimal(value) / 100 if by_share else None, units=None if by_share else value, seen=_seen(found, key), as_of=_now(),
        )  # fmt: skip

    do(deed, done=t("配额已保存：{channel}。", channel=words.channel(key[0])), view=view)


def _save_hold_rule(found: Mapping[tuple[str, str], HoldRule], view: View) -> None:
    key = (_text("stock_hold_rule_channel") or EVERY, _text("stock_hold_rule_class") or EVERY)

    def deed() -> None:
        actions.set_hold_rule(
            engine(), person=view.person, channel=key[0], customer_class=key[1], minutes=_whole("stock_hold_rule_minutes"),
            extension_minutes=_whole("stock_hold_rule_extension"), may_split=bool(st.session_state.get("stock_hold_rule_split")),
            seen=_seen(found, key), as_of=_now(),
        )  # fmt: skip

    do(deed, done=t("占用时长已保存：{channel}。", channel=said.any_channel(key[0])), view=view)


def _seen(found: Mapping[Any, Any], key: object) -> int:
    """Return the version of a rule that is on the screen; 0 where there is none yet."""
    return int(found[key].version) if key in found else 0


def _text(key: str) -> str:
    return str(st.session_state.get(key) or "").strip()


def _whole(key: str) -> int:
    return int(st.session_state.get(key) or 0)


def _sku_box(name: str) -> None:
    st.text_input(t("SKU 编码"), key=f"{name}_sku", max_chars=CODE_SIGNS, placeholder=t("空 = 全部 SKU"), width=170)


def _channel_box(name: str, *, view: View, every: bool = True) -> None:
    codes = [*([EVERY] if every else []), *cached_reads.choices(view.scope).channels]
    st.selectbox(t("渠道"), codes, format_func=said.any_channel, key=f"{name}_channel", width=140)


def _number(label: str, key: str, *, usual: int, least: int = 0, most: int = MOST_PIECES) -> None:
    st.number_input(label, min_value=least, max_value=most, value=usual, step=1, key=key, width=140)


def _sku(code: str, name: str | None) -> str:
    return said.any_sku(code) if code == EVERY else plain(said.sku(code, name))


def _customers(key: str) -> str:
    return t("全部客户") if key == EVERY else plain(said.named("customer", key))


def _warehouse(code: str, *, view: View) -> str:
    return unbroken(t("全部仓库") if code == EVERY else plain(said.warehouse_called(code, view=view)))


def _listed(found: list[Any]) -> None:
    if len(found) >= LISTED:
        st.caption(t("只列前 {count} 条，用编码开头缩小范围。", count=LISTED))


def _now() -> datetime:
    return datetime.now(UTC)
