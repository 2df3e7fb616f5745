"""What would the next promotion oversell, by how late channels learn of stock and by which quotas, and which quotas are best? (S16)"""

from collections.abc import Mapping
from typing import Any

import streamlit as st

from dashboard import cached_reads, fmt, inventory_charts, states, words
from dashboard import inventory_words as said
from dashboard.i18n import language, t
from dashboard.inventory_charts import Curve
from dashboard.tables import Figures, Words, listing, unbroken
from dashboard.view import View
from data.reads import Replay
from models.scope import EVERYTHING
from models.stock.replay import POLICIES, USUAL_LAG_SECONDS

_NO_BAR = {"displayModeBar": False}
_NAMES: Mapping[str, tuple[str, str]] = {policy.key: (policy.name_zh, policy.name_en) for policy in POLICIES}


def panel(view: View) -> None:
    """Draw the last replay: its curve, its figures, and the quota that it recommends."""
    if view.scope != EVERYTHING:
        states.not_allowed(t("演练的是全公司的大促，范围受限时不显示。"))
        return
    found = cached_reads.stock_replay(view.scope)
    if found is None:
        states.empty(
            t("还没有演练过"),
            body=t("演练每晚自动跑一次；也可运行 python -m jobs evaluate stock-promotion。"),
            icon=":material/science:",
        )
        return
    st.markdown(f"### {headline(found)}")
    st.caption(given_said(found, view=view))
    left, right = st.columns([3, 2], gap="large")
    with left:
        _curve(found)
    with right:
        _recommended(found)
    _table(found)


def policy_name(key: str) -> str:
    """Name a policy of quotas."""
    return words.in_language(*_NAMES.get(key, (key, key)))


def headline(found: Replay) -> str:
    """Say which quotas to take and what the usual shared counters would oversell at the longest lag."""
    worst = max(found.result["policies"], key=lambda policy: _oversold(policy, longest=True))
    best = found.result["recommended"]["policy"]
    lag, units = _longest(worst)["lag_seconds"], _longest(worst)["oversold_units"]
    if not units:
        return t("按现在的销量，任何配额策略都不超卖；大促建议用“{policy}”", policy=policy_name(best))
    mine = next(_longest(policy)["oversold_units"] for policy in found.result["policies"] if policy["key"] == best)
    return t(
        "大促建议用“{policy}”：滞后 {lag} 秒时超卖 {mine}，而“{worst}”超卖 {units}",
        policy=policy_name(best),
        lag=f"{lag:g}",
        mine=said.pieces(mine),
        worst=policy_name(worst["key"]),
        units=said.pieces(units),
    )


def given_said(found: Replay, *, view: View) -> str:
    """Say what was replayed, and when."""
    given = found.given
    return t(
        "{factor} 倍流量、{minutes} 分钟、最后 {units}，{channels} 个渠道 · 演练于 {at}",
        factor=f"{given['factor']:g}",
        minutes=f"{given['minutes']:g}",
        units=said.pieces(given["units"]),
        channels=len(given["channels"]),
        at=fmt.clock(found.as_of, zone=view.zone, language=language()),
    )


def _longest(policy: Mapping[str, Any]) -> Mapping[str, Any]:
    found: Mapping[str, Any] = max(policy["curve"], key=lambda point: point["lag_seconds"])
    return found


def _oversold(policy: Mapping[str, Any], *, longest: bool) -> float:
    return float(_longest(policy)["oversold_units"]) if longest else max(float(point["oversold_units"]) for point in policy["curve"])


def _curve(found: Replay) -> None:
    policies = sorted(found.result["policies"], key=lambda policy: -_oversold(policy, longest=True))
    curves = [
        Curve(
            policy_name(policy["key"]),
            [float(point["lag_seconds"]) for point in policy["curve"]],
            [float(point["oversold_units"]) for point in policy["curve"]],
        )
        for policy in policies
    ]
    alt = t("超卖件数随发布滞后的变化，每种配额策略一条线")
    figure = inventory_charts.oversold_curve(curves, unit=t("件"), axis=t("发布滞后：库存变了多久后渠道才知道"))
    st.plotly_chart(figure, alt=alt, config=_NO_BAR, key="stock_replay_curve")


def _recommended(found: Replay) -> None:
    recommended = found.result["recommended"]
    st.markdown(f"#### {t('建议配额')}")
    why = said.WHY.get(str(recommended.get("why", "")))
    st.markdown(f":green-badge[● {policy_name(recommended['policy'])}]" + (f"　{t(why)}" if why else ""))
    quotas = sorted(recommended.get("quotas", {}).items(), key=lambda item: -item[1])
    if quotas:
        listing(
            [
                Words(t("渠道"), [unbroken(words.channel(channel)) for channel, _ in quotas]),
                Figures(t("配额"), [share for _, share in quotas], fmt.share),
                Figures(
                    t("即最后 {units} 里", units=said.pieces(found.given["units"])),
                    [share * found.given["units"] for _, share in quotas],
                    fmt.full_count,
                ),
            ],
            alt=t("建议配额"),
        )
        st.caption(t("配额之和不超过可售，就不会超卖；在“阈值与配额”里设定。"))


def _table(found: Replay) -> None:
    st.markdown(f"#### {t('每种策略')}")
    rows = [(policy["key"], _usual(policy), _longest(policy)) for policy in found.result["policies"]]
    usual, longest = rows[0][1]["lag_seconds"], rows[0][2]["lag_seconds"]
    listing(
        [
            Words(t("策略"), [unbroken(policy_name(key)) for key, _, _ in rows]),
            Figures(t("超卖，滞后 {lag} 秒", lag=f"{usual:g}"), [float(point["oversold_units"]) for _, point, _ in rows], fmt.full_count),
            Figures(t("超卖，滞后 {lag} 秒", lag=f"{longest:g}"), [float(point["oversold_units"]) for _, _, point in rows], fmt.full_count),
            Figures(t("卖出"), [float(point["sold_units"]) for _, point, _ in rows], fmt.full_count),
            Figures(t("没卖掉"), [float(point["unsold_units"]) for _, point, _ in rows], fmt.full_count),
        ],
        alt=t("每种策略的超卖与没卖掉"),
    )
    st.caption(t("卖出和没卖掉按滞后 {lag} 秒计，是多次演练的平均。", lag=f"{usual:g}"))


def _usual(policy: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the point of the lag there usually is."""
    found: Mapping[str, Any] = min(policy["curve"], key=lambda point: abs(point["lag_seconds"] - USUAL_LAG_SECONDS))
    return found
