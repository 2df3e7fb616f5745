"""Which open orders are at risk now: how many in each part, which ones, why, and what does it come to by the end of the week?"""

import re
from collections.abc import Mapping, Sequence

import pandas as pd
import streamlit as st

from dashboard import cached_reads, cell_names, delay_model_charts, fmt, options, order_detail, words
from dashboard.delay_model import DelayModel, fallback_name
from dashboard.delay_model_charts import SpreadRow
from dashboard.i18n import SOURCE, language, msg, t
from dashboard.options import RISK_BY
from dashboard.order_links import order_link
from dashboard.tables import Figures, Words, listing, plain, unbroken, wide
from dashboard.view import View
from data.reads import BANDS, Choices, RiskRow
from models.delay_risk.week_end import Expected
from models.health.components import DEFINITION

_NO_BAR = {"displayModeBar": False}
BAND_NAMES = {
    "low": msg("低于 10%"),
    "some": msg("10%–30%"),
    "high": msg("30%–60%"),
    "very_high": msg("60% 以上"),
    "overdue": msg("已超时"),
}
# Parts in the chart, orders in the list, and reasons of one, that are still read.
MOST_PARTS, MOST_LISTED, SHOWN_REASONS = 10, 15, 3
# Reasons of so many log-odds move a chance by less than a point or two.
_WEAK = 0.05


def week_end(found: DelayModel, *, view: View) -> None:
    """Draw what component C1 will come to at the end of the week, with its interval and what it is made of."""
    week = found.week
    st.markdown(f"### {week_message(found)}")
    if week is None or week.value is None:
        st.caption(t("本周没有到期的承诺。"))
        return
    said = language()
    slo = _slo()
    with st.grid(3, min_column_width=120, gap="small", key="delay_week"):
        st.metric(
            t("周日预计"), fmt.share(week.value), border=True, height="stretch",
            delta_description=t("95% 区间 {low}–{high}", low=fmt.share(week.low), high=fmt.share(week.high)),
            help=t("已到期的按事实计，还没到期的每单按模型给的准时概率计；本周还没付款的订单不在内。"),
        )  # fmt: skip
        st.metric(
            t("已到期"), fmt.share(week.done_good / week.done_due if week.done_due else None), border=True, height="stretch",
            delta_description=t("{good} / {due} 单准时", good=fmt.full_count(week.done_good), due=fmt.full_count(week.done_due)),
        )  # fmt: skip
        late = week.open_due - week.open_good
        st.metric(
            t("本周还会到期"), t("{count} 单", count=fmt.count(week.open_due, language=said)), border=True, height="stretch",
            delta_description=t("预计 {count} 单失约", count=f"{late:.0f}"),
        )  # fmt: skip
    parts = week_parts(week)
    said_parts = [(name, count, f"{name}　{t('{count} 单', count=fmt.full_count(count))}") for name, count in parts]
    st.plotly_chart(
        delay_model_charts.week_bar(said_parts, target=slo, target_name=t("目标 {target}", target=fmt.exact_share(slo))),
        alt=t("；").join(f"{name} {fmt.full_count(count)}" for name, count in parts), config=_NO_BAR, key="delay_week_bar",
    )  # fmt: skip
    said_unscored = t("其中 {count} 单没有承诺评分，按一半计、区间放到最宽。", count=found.unscored_due) if found.unscored_due else ""
    st.caption(t("区间含两种不确定：哪几单会晚，以及模型整体偏高或偏低。") + said_unscored)


def week_parts(week: Expected) -> list[tuple[str, int]]:
    """Return what the week's promises are made of, whole orders that add up to all of them."""
    late = round(week.open_due - week.open_good)
    return [
        (t("已准时"), week.done_good),
        (t("预计准时"), week.open_due - late),
        (t("预计失约"), late),
        (t("已失约"), week.done_due - week.done_good),
    ]


def week_message(found: DelayModel) -> str:
    """Say what the week comes to against its service level."""
    week = found.week
    if week is None or week.value is None or week.low is None or week.high is None:
        return t("本周履约时效")
    slo, value = _slo(), fmt.share(week.value)
    if week.low >= slo:
        return t("履约时效本周预计 {value}，能达标", value=value)
    if week.high < slo:
        return t("履约时效本周预计 {value}，达不到目标", value=value)
    return t("履约时效本周预计 {value}，达标与否未定", value=value)


def spread(found: DelayModel, *, view: View, choices: Choices) -> None:
    """Draw how the risk of the open orders is spread over channels, warehouses or carriers."""
    st.markdown(f"### {t('待发订单的风险分布')}")
    by = _switch()
    frame = cached_reads.risk_spread(view.scope, found.part, view.as_of, by)
    if frame.empty:
        st.caption(t("没有已评估的待发订单。"))
        return
    rows = spread_rows(frame, by=by, choices=choices)
    bands = [t(BAND_NAMES[band]) for band in BANDS]
    alt = t("按{dimension}的风险分布", dimension=words.in_language(*options.risk_split_names()[by]))
    st.plotly_chart(delay_model_charts.spread(rows, bands=bands), alt=alt, config=_NO_BAR, key="delay_spread")
    st.caption(t("条旁是待发单数与预计会超时的单数（不含已超时）。"))


def spread_rows(frame: pd.DataFrame, *, by: str, choices: Choices) -> list[SpreadRow]:
    """Return a bar a part, the one with most orders expected to be late first, the smallest ones together."""
    said, namer = language(), _namer(by, choices)
    counts = frame.pivot_table(index="value", columns="band", values="orders", aggfunc="sum", fill_value=0).reindex(
        columns=BANDS, fill_value=0
    )
    expected = frame[frame["band"] != "overdue"].groupby("value")["expected"].sum().reindex(counts.index, fill_value=0.0)
    counts = counts.loc[expected.sort_values(ascending=False, kind="stable").index]
    kept, rest = list(counts.index[:MOST_PARTS]), list(counts.index[MOST_PARTS:])
    groups = [(namer(str(value)), [value]) for value in kept]
    if rest:
        groups.append((t("其余 {count} 个", count=len(rest)), rest))
    rows = []
    for name, values in groups:
        totals = [int(counts.loc[values, band].sum()) for band in BANDS]
        late = float(expected.loc[values].sum())
        shown = t("{count} · 预计 {late}", count=fmt.count(sum(totals), language=said), late=fmt.count(round(late), language=said))
        details = [
            f"<b>{plain(name)}</b><br>{t(BAND_NAMES[band])}　{t('{count} 单', count=fmt.full_count(total))}"
            for band, total in zip(BANDS, totals, strict=True)
        ]
        rows.append(SpreadRow(name, totals, shown, details))
    return rows


def riskiest(found: DelayModel, *, view: View, choices: Choices) -> None:
    """Draw the orders most likely to be late that are not so yet, each with its reasons and a way to its page."""
    rows = cached_reads.riskiest(view.scope, found.part, view.as_of)[:MOST_LISTED]
    st.markdown(f"### {t('风险最高、还来得及的订单')}")
    if not rows:
        st.caption(t("没有还来得及的待发订单。"))
        return
    listing(_columns(rows, view=view, choices=choices), alt=t("风险最高的待发订单"))
    st.caption(t("原因按对概率的作用大小排列，↑ 推高、↓ 压低；全部原因与基数之和正好是模型的原始分（对数几率）。"))


def reasons_said(reasons: Sequence[dict[str, object]] | None, *, names: Mapping[str, str]) -> str:
    """Say the reasons of a score, the strongest first, each with its direction; '—' where none were worked out.

    ``names`` are those of the codes that the order has; a reason names a place by its code.
    """
    side = "zh" if language() == SOURCE else "en"
    said = []
    for reason in (reasons or ())[:SHOWN_REASONS]:
        weight = float(str(reason.get("log_odds") or 0))
        if abs(weight) >= _WEAK:
            text = named(str(reason.get(side, "")), names=names)
            said.append(f"{'↑' if weight > 0 else '↓'}\u00a0{wide(plain(text), signs=30)}")
    return t("；").join(said) or fmt.MISSING


def named(text: str, *, names: Mapping[str, str]) -> str:
    """Return a text with every code that stands alone in it replaced by its name.

    >>> named("由 CN-HZ 发货，承运商 SF，SFX", names={"CN-HZ": "杭州仓", "SF": "顺丰", "": "未归类"})
    '由 杭州仓 发货，承运商 顺丰，SFX'
    """
    for code, name in names.items():
        if code:
            text = re.sub(rf"(?<![\w-]){re.escape(code)}(?![\w-])", lambda _, name=name: name, text, flags=re.ASCII)  # type: ignore[misc]
    return text


def risk_said(probability: float, *, low: float, high: float) -> str:
    """Say a chance with its band."""
    return t("{value}%（{low}–{high}%）", value=f"{probability * 100:.0f}", low=f"{low * 100:.0f}", high=f"{high * 100:.0f}")


def _columns(rows: Sequence[RiskRow], *, view: View, choices: Choices) -> list[Words | Figures]:
    named, carriers = cell_names.names(choices), options.carrier_names(choices)
    warehouses = dict(choices.warehouses)

    def left(seconds: float | None) -> str:
        return fmt.duration(None if seconds is None else seconds / 3600, language=language())

    return [
        Words(t("订单号"), [f"[{unbroken(plain(row.order_no))}]({order_link(row.shop_id, row.order_no)})" for row in rows]),
        Words(t("超时风险"), [_risk(row) for row in rows]),
        Words(t("主要原因"), [_reasons(row, names=_names(row, choices, carriers)) for row in rows]),
        Figures(t("距目标"), [None if row.due_at is None else (row.due_at - view.as_of).total_seconds() for row in rows], left),
        Figures(t("失约风险"), [row.promise_probability for row in rows], _percent),
        Words(t("环节"), [unbroken(order_detail.stage_name(row.stage)) for row in rows]),
        Words(t("渠道"), [unbroken(plain(named["channel"](row.channel))) for row in rows]),
        Words(t("地区"), [unbroken(plain(named["region"](row.region_code or ""))) for row in rows]),
        Words(t("仓库"), [unbroken(plain(warehouses.get(row.warehouse_code or "", row.warehouse_code or fmt.MISSING))) for row in rows]),
        Words(t("承运"), [unbroken(plain(_carrier(row.carrier_code or "", carriers))) for row in rows]),
    ]


def _percent(value: float | None) -> str:
    return fmt.MISSING if value is None else f"{value * 100:.0f}%"


def _risk(row: RiskRow) -> str:
    color, shape = ("red", "■") if row.probability >= 0.6 else ("orange", "▲") if row.probability >= 0.3 else ("gray", "●")
    said = risk_said(row.probability, low=row.low, high=row.high)
    return f":{color}-badge[{unbroken(f'{shape} {said}')}]"


def _reasons(row: RiskRow, *, names: Mapping[str, str]) -> str:
    if row.reasons is None and row.fallback:
        return wide(fallback_name(row.fallback), signs=30)
    return reasons_said(row.reasons, names=names)


def _names(row: RiskRow, choices: Choices, carriers: options.Names) -> dict[str, str]:
    """Return the names of the codes that an order's reasons may hold."""
    region, warehouse, carrier = row.region_code or "", row.warehouse_code or "", row.carrier_code or ""
    return {
        region: cell_names.names(choices)["region"](region),
        warehouse: dict(choices.warehouses).get(warehouse, warehouse),
        carrier: _carrier(carrier, carriers),
        row.channel: words.channel(row.channel),
    }


def _namer(by: str, choices: Choices) -> cell_names.Namer:
    if by == "channel":
        return lambda code: words.unsorted_or(code, words.channel(code))
    if by == "warehouse_code":
        return lambda code: words.unsorted_or(code, dict(choices.warehouses).get(code, code))
    carriers = options.carrier_names(choices)
    return lambda code: words.unsorted_or(code, _carrier(code, carriers))


def _carrier(code: str, carriers: options.Names) -> str:
    return fmt.MISSING if not code else words.in_language(*carriers.get(code, (code, code)))


def _slo() -> float:
    return next(each.slo for each in DEFINITION.components if each.code == "C1")


def _switch() -> str:
    names = options.risk_split_names()
    side = 0 if language() == SOURCE else 1
    found = st.segmented_control(
        t("按什么分"), list(names), format_func=lambda code: names[code][side] if code in names else str(code), default="channel",
        required=True, key=RISK_BY, bind="query-params", label_visibility="collapsed",
    )  # fmt: skip
    return found if found in names else "channel"
