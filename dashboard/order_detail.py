"""Which order is this, where does it stand, is it late, and whose is it?"""

from datetime import datetime

import streamlit as st

from dashboard import drill, fmt, states, words
from dashboard.freshness import GOOD, SEVERE, UNKNOWN, WATCH, Light
from dashboard.i18n import language, t
from dashboard.order_links import asked
from dashboard.tables import plain, unbroken
from dashboard.view import View
from data import reads
from data.api import engine
from data.reads import SHOWN_SIGNS, OrderDetail, OrderHead
from models.order_kinds import ORDER_KINDS_BY_KEY
from models.promise import Promised, verdict
from models.stages import STAGES_BY_KEY

# An open order is worth watching from here on, as on the overview.
SOON_HOURS = 2


def read(view: View) -> OrderDetail | None:
    """Return the order that the address asks for, as it is this moment: what a person just did must show."""
    shop_id, order_no = asked()
    return reads.order_detail(engine(), scope=view.scope, shop_id=shop_id, order_no=order_no) if order_no else None


def not_found() -> None:
    """Say that there is no such order, in the same words whether it is not there or not theirs to see."""
    states.empty(t("没有这个订单"), body=t("链接可能有误，或这个订单不在您的范围内。"), icon=":material/search_off:")
    st.page_link(drill.ORDERS_PAGE, label=t("去订单列表"), icon=":material/list_alt:")


def headline(detail: OrderDetail, *, view: View) -> str:
    """Say which order, where it stands, how its promise stands, and whose it is."""
    head = detail.head
    light, promise = promise_said(head, as_of=view.as_of)
    owner = detail.ownership.owner
    whose = t("{name} 负责", name=plain(detail.names.get(owner, owner))) if owner else t("无人负责")
    parts = [t("订单 {number}", number=plain(head.order_no)), stage_name(head.stage), f":{light.color}[{light.shape}] {promise}", whose]
    return " · ".join(parts)


def stage_name(stage: str) -> str:
    """Name a stage by what comes next, as the board of stages does; an ended order by its end."""
    found = STAGES_BY_KEY.get(stage)
    return words.stage(stage) if found is None else words.in_language(found.name_zh, found.name_en)


def promise_said(head: OrderHead, *, as_of: datetime) -> tuple[Light, str]:
    """Say how an order's promise stands."""
    found = verdict(
        Promised(head.deadline_at, head.shipped_from, head.shipped_to, head.ended_from, head.ended_to, head.closed_by_merchant),
        as_of=as_of,
    )
    if found == "no_promise" or head.deadline_at is None:
        return UNKNOWN, t("没有承诺期限")
    if found == "open":
        left = (head.deadline_at - as_of).total_seconds() / 3600
        return (WATCH if left <= SOON_HOURS else GOOD), t("距期限 {left}", left=fmt.duration(left, language=language()))
    if found == "late":
        return SEVERE, _late(head, head.deadline_at, as_of=as_of)
    said = {"on_time": t("按时发货"), "excluded": t("期限前关闭，不计入"), "unsure": t("是否按时无法确定")}
    return {"on_time": GOOD, "excluded": UNKNOWN, "unsure": WATCH}[found], said[found]


def facts(detail: OrderDetail, *, view: View) -> None:
    """Draw what an order is, each with its name; what no source gave is not listed."""
    head = detail.head
    if head.stub:
        st.info(t("还没有收到这个订单的主单，只有子单或仓配的记录；指标不计入。"), icon=":material/hourglass_empty:")
    if head.on_hold:
        st.warning(t("订单被冻结：不停表，期限不变。"), icon=":material/pause_circle:")
    with st.grid(7, min_column_width=110, gap="small", key="order_facts"):
        for name, value in _facts(head, view=view):
            if value:
                st.markdown(f":small[:gray[{name}]]  \n{value}")


def clipped(text: str | None) -> str:
    """Return a text that a file brought, of which so much is shown, kept from being read as Markdown.

    >>> clipped("a" * 300) == "a" * 200 + "…", clipped(None)
    (True, '')
    """
    if not text:
        return ""
    return plain(text) if len(text) <= SHOWN_SIGNS else f"{plain(text[:SHOWN_SIGNS])}…"


def at(moment: datetime | None, *, view: View) -> str:
    """Say an instant in the business zone, not to be broken."""
    return unbroken(fmt.moment(moment, zone=view.zone, as_of=view.as_of))


def _late(head: OrderHead, deadline_at: datetime, *, as_of: datetime) -> str:
    def after(moment: datetime) -> str:
        return fmt.duration((moment - deadline_at).total_seconds() / 3600, language=language())

    if head.shipped_from is not None and head.shipped_to is not None:
        if head.shipped_from == head.shipped_to:
            return t("超时 {late} 才发货", late=after(head.shipped_to))
        return t("超时 {least} 至 {most} 才发货", least=after(head.shipped_from), most=after(head.shipped_to))
    if head.ended_to is not None:
        return t("因商家原因关闭，计为未达标") if head.closed_by_merchant else t("超时未发货，后关闭")
    return t("已超时 {late}", late=after(as_of))


def _facts(head: OrderHead, *, view: View) -> list[tuple[str, str]]:
    kind = ORDER_KINDS_BY_KEY.get(head.kind or "")
    region = words.in_language(head.region_zh or "", head.region_en or "") or head.region_code or ""
    return [
        (t("渠道"), words.channel(head.channel)),
        (t("店铺"), clipped(head.shop_name)),
        (t("地区"), clipped(" · ".join(part for part in (region, head.city) if part)) or t("未归类")),
        (t("类目"), clipped(head.category) or t("未归类")),
        (t("仓库"), clipped(head.warehouse_name or head.warehouse_code)),
        (t("承运"), clipped(words.in_language(head.carrier_zh or "", head.carrier_en or "") or head.carrier_code)),
        (t("运单号"), clipped(head.waybill_no)),
        (t("类型"), words.in_language(kind.name_zh, kind.name_en) if kind else clipped(head.kind)),
        (t("付款方式"), clipped(head.payment_method)),
        (t("来源状态"), clipped(head.source_status)),
        (t("关闭原因"), clipped(head.close_reason)),
        (t("性质"), words.named(words.NATURES, head.nature)),
        (t("首次得知"), at(head.ingested_at, view=view)),
        (t("最近更新"), at(head.changed_at, view=view)),
    ]
