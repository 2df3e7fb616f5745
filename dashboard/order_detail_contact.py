"""What do we keep of a buyer's contact, and who may see it?"""

from datetime import UTC, datetime, timedelta

import streamlit as st

from dashboard import tables
from dashboard.i18n import msg, t
from dashboard.order_detail import at
from dashboard.tables import Words, plain, unbroken
from dashboard.view import View
from data import actions
from data.actions import Contact, NotAllowed
from data.api import engine, settings
from data.reads import MASK, OrderDetail

FIELDS: dict[str, str] = {
    "buyer_name": msg("买家"),
    "receiver_name": msg("收件人"),
    "phone": msg("电话"),
    "email": msg("邮箱"),
    "address": msg("地址"),
    "buyer_note": msg("买家留言"),
}


def draw(detail: OrderDetail, *, view: View) -> bool:
    """Draw the contact masked, in plain for the run in which somebody asks; return whether something was revealed."""
    st.markdown(f"### {t('联系方式')}")
    state = detail.contact
    if not state.held:
        st.caption(why_none(detail, view=view))
        return False
    asked = view.person.may_reveal and st.button(t("显示"), icon=":material/visibility:", key="reveal_contact")
    shown = _revealed(detail, view=view) if asked else None
    values = dict(shown.values) if shown else {}
    tables.listing(
        [
            Words(t("项目"), [unbroken(t(FIELDS[name])) for name in state.held]),
            # without word joiners: people copy it into a carrier's form
            Words(t("所留内容"), [plain(values.get(name, MASK)) for name in state.held]),
        ],
        alt=t("联系方式"),
    )
    if shown:
        st.caption(t("已记录在审计日志；离开或刷新后重新遮盖。"))
    elif not view.person.may_reveal:
        st.caption(t("您的角色不能查看联系方式。"))
    else:
        st.caption(t("每次显示都记入审计日志；保留 {days} 天。", days=settings().retention_days))
    return shown is not None


def why_none(detail: OrderDetail, *, view: View) -> str:
    """Say why there is no contact: the buyer had it erased, its time is over, or no source gave one."""
    days = settings().retention_days
    if detail.contact.erased_at is not None:
        return t("买家的联系方式已于 {when} 应要求删除，再来的文件也不会带回。", when=at(detail.contact.erased_at, view=view))
    if detail.head.ingested_at < view.as_of - timedelta(days=days):
        return t("联系方式只保留 {days} 天，这个订单已过保留期。", days=days)
    return t("没有来源给出联系方式")


def _revealed(detail: OrderDetail, *, view: View) -> Contact | None:
    key = {"shop_id": detail.head.shop_id, "order_no": detail.head.order_no}
    try:
        found = actions.reveal_contact(engine(), person=view.person, **key, as_of=datetime.now(UTC))
    except NotAllowed:
        return None
    if found is None:
        st.caption(t("联系方式刚刚被删除。"))
    return found
