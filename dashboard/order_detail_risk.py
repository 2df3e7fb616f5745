"""How likely is this order to be late, why, and how has that gone since it was paid?"""

from collections.abc import Sequence

import streamlit as st

from dashboard import delay_model_charts, fmt, words
from dashboard.delay_model import fallback_name
from dashboard.delay_model_figures import landmark_name
from dashboard.delay_model_open import reasons_said, risk_said
from dashboard.delay_rules import target_name
from dashboard.i18n import language, t
from dashboard.view import View
from data import reads
from data.api import engine
from data.reads import OrderDetail, OrderHead, OrderRisk, RiskPoint
from models.delay_risk.targets import PRIMARY

_NO_BAR = {"displayModeBar": False}
OVERDUE = "overdue"


def draw(detail: OrderDetail, *, view: View) -> None:
    """Draw an order's risk, its reasons and its history; nothing where it was never scored."""
    head = detail.head
    found = reads.order_risk(engine(), scope=view.scope, shop_id=head.shop_id, order_no=head.order_no)
    if found is None:
        return
    with st.container(border=True, key="order_risk"):
        st.markdown(f"### {headline(found)}")
        left, right = st.columns([3, 4])
        with left:
            _now(found, head, view=view)
        with right:
            _history(found.scores)


def headline(found: OrderRisk) -> str:
    """Say what the risk is now, or was when the order left."""
    if found.now is None:
        last = found.scores[-1]
        return t("延迟风险：已不在待发之列，最后一次评分 {risk}", risk=_said(last))
    if found.now.fallback == OVERDUE:
        return t("延迟风险：已过目标期限")
    return t("延迟风险 {risk}：{target}", risk=_said(found.now), target=target_name(PRIMARY, (found.rule,)))


def _now(found: OrderRisk, head: OrderHead, *, view: View) -> None:
    now = found.now or found.scores[-1]
    if found.now is not None and now.fallback != OVERDUE:
        none = t("基线不给原因；模型只给风险靠前的订单算原因")
        st.markdown(f"**{t('主要原因')}**　{reasons_said(found.reasons, names=_names(head)) if found.reasons else none}")
    said = []
    if found.due_at is not None:
        said.append(t("目标期限 {at}", at=fmt.moment(found.due_at, zone=view.zone, as_of=view.as_of)))
    if now.promise_probability is not None and found.now is not None:
        said.append(t("违反承诺期限的概率 {share}", share=f"{now.promise_probability * 100:.0f}%"))
    said.append(
        t("模型版本 {version}", version=now.model_version)
        if now.model_version is not None
        else t("未用模型：{why}", why=fallback_name(now.fallback))
    )
    if now.model_version is not None and now.fallback not in ("", OVERDUE):
        said.append(fallback_name(now.fallback))
    said.append(t("评分于 {at}", at=fmt.moment(now.scored_at, zone=view.zone, as_of=view.as_of)))
    st.caption(" · ".join(said))


def _history(scores: Sequence[RiskPoint]) -> None:
    if len(scores) < 2:
        st.caption(t("到下一个时点或有变化时再评，之后这里有走势。"))
        return
    first = scores[0].scored_at
    hours = [(score.scored_at - first).total_seconds() / 3600 for score in scores]
    hover = [
        t("{when}：{risk}", when=f"{landmark_name(score.landmark)} +{fmt.duration(hour, language=language())}", risk=_said(score))
        for score, hour in zip(scores, hours, strict=True)
    ]
    # an order that is new has been scored for minutes
    minutes = hours[-1] < 1
    figure = delay_model_charts.risk_history(
        [hour * 60 for hour in hours] if minutes else hours,
        [score.probability for score in scores],
        low=[score.low for score in scores],
        high=[score.high for score in scores],
        hover=hover,
        name=t("第一次评分后的分钟数") if minutes else t("第一次评分后的小时数"),
    )
    st.plotly_chart(
        figure, alt=t("风险走势：从 {first} 到 {last}", first=_said(scores[0]), last=_said(scores[-1])), config=_NO_BAR, key="risk_history"
    )


def _names(head: OrderHead) -> dict[str, str]:
    """Return the names of the codes that an order's reasons may hold."""
    return {
        head.region_code or "": words.in_language(head.region_zh or "", head.region_en or "") or head.region_code or "",
        head.warehouse_code or "": head.warehouse_name or head.warehouse_code or "",
        head.carrier_code or "": words.in_language(head.carrier_zh or "", head.carrier_en or "") or head.carrier_code or "",
        head.channel: words.channel(head.channel),
    }


def _said(score: RiskPoint) -> str:
    return risk_said(score.probability, low=score.low, high=score.high)
