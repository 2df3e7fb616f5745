"""How good is the delay model, and how sure are its figures? Each beside the two baselines, measured on the same orders."""

from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from dashboard import delay_model_charts, fmt, words
from dashboard.delay_model import DelayModel
from dashboard.delay_rules import target_name
from dashboard.i18n import language, t
from dashboard.tables import Figures, Words, listing, unbroken
from dashboard.view import View
from models.delay_risk.targets import TARGETS

_NO_BAR = {"displayModeBar": False}
BASELINES = ("trailing_rate", "users_rule")


def cards(found: DelayModel, *, view: View) -> None:
    """Draw the five figures a manager asks for, each with its 95 % interval and what it is held against."""
    figures = found.figures()
    if not figures:
        return
    listed = figures.get("at_capacity") or {}
    base = fmt.share(_number(figures, "base_rate"))
    with st.grid(5, min_column_width=150, gap="small", key="delay_figures"):
        _card(
            t("排序能力 AUC"),
            figures,
            "auc",
            note=_against(found, "auc"),
            help=t("随机取一单超时、一单准时，模型把超时的排在前面的概率；0.5 等于瞎猜。"),
        )
        _card(
            t("平均精度 AP"), figures, "average_precision", note=t("基准率 {rate}", rate=base),
            help=t("名单从长到短，平均有多少是真的会超时；没有模型时等于基准率。"),
        )  # fmt: skip
        _card(
            t("校准误差 ECE"), figures, "ece", share=True, note=t("Brier {value}", value=_plain(figures, "brier")),
            help=t("说 30% 的订单里，真的超时的占比偏离 30% 多少，按单数平均。"),
        )  # fmt: skip
        _listed(listed, figures)
        lead = _number(figures, "lead_minutes_median")
        st.metric(
            t("提前量（中位）"), fmt.duration(None if lead is None else lead / 60, language=language()), border=True, height="stretch",
            delta_description=t("到期限还有多久"), help=t("名单上真的超时的订单，从上榜到期限的时间，一半比它长。"),
        )  # fmt: skip
    st.caption(measured_on(found, view=view))


def measured_on(found: DelayModel, *, view: View) -> str:
    """Say what the figures were measured on, and that the model had not seen it."""
    shown = found.shown
    if shown is None:
        return ""
    first, last = (fmt.moment(at, zone=view.zone, as_of=view.as_of)[:-6] for at in (shown.trained_to, shown.measured_to))
    counted = fmt.full_count(_number(found.figures(), "n"))
    said = t("在 {first} 至 {last} 付款、训练时没有见过的 {count} 个评分上测得；方括号是 95% 区间。", first=first, last=last, count=counted)
    if backfilled := float(shown.params.get("backfilled") or 0):
        said += t("训练数据里 {share} 是回填的历史，按发生时间计。", share=fmt.share(backfilled))
    return said


def comparison(found: DelayModel) -> None:
    """Draw the model beside the trailing rate and the rule of thumb, measured on the same orders."""
    rows = [(t("模型"), found.figures())] + [(baseline_name(name), found.figures(name)) for name in BASELINES]
    rows = [(name, figures) for name, figures in rows if figures]
    if not rows:
        return
    listing(
        [Words(t("谁来排"), [unbroken(name) for name, _ in rows]), *_figure_columns([figures for _, figures in rows])],
        alt=t("模型与两个基线的对比"),
    )
    st.caption(t("不能同时胜过两个基线的模型不会被采用。"))


def baseline_name(name: str) -> str:
    """Return what a baseline is called."""
    return {"trailing_rate": t("近 60 天超时率"), "users_rule": t("规则：偏远 + 平邮 + 高峰")}.get(name, name)


def reliability(found: DelayModel) -> None:
    """Draw whether what is said comes true."""
    bins = [each for each in found.figures().get("reliability") or [] if each.get("n")]
    if not bins:
        st.caption(t("还没有可画的数据。"))
        return
    ece = fmt.share(_number(found.figures(), "ece"))
    st.markdown(f"### {t('说几成就是几成：平均偏差 {ece}', ece=ece)}")
    hover = [
        t(
            "预测 {said}，实际 {came}（{count} 个评分）",
            said=fmt.share(each["predicted"]),
            came=fmt.share(each["actual"]),
            count=fmt.full_count(each["n"]),
        )
        for each in bins
    ]
    figure = delay_model_charts.reliability(
        [(each["predicted"], each["actual"], int(each["n"])) for each in bins], names=(t("预测的超时概率"), t("实际超时占比")), hover=hover
    )
    st.plotly_chart(figure, alt=t("校准曲线：平均偏差 {ece}", ece=ece), config=_NO_BAR, key="delay_reliability")


def catch(found: DelayModel) -> None:
    """Draw what a list of the riskiest orders catches, and where the day's capacity lies."""
    figures = found.figures()
    points = [each for each in figures.get("lift") or [] if each.get("recall") is not None]
    listed = figures.get("at_capacity") or {}
    if not points:
        st.caption(t("还没有可画的数据。"))
        return
    capacity = None
    if listed.get("recall") is not None:
        caught, share = fmt.share(listed["recall"]), fmt.share(listed["share"])
        st.markdown(f"### {t('处理风险最高的 {share}，抓住 {caught} 的超时单', share=share, caught=caught)}")
        capacity = (float(listed["share"]), float(listed["recall"]), t("今日产能 {share}", share=share))
    hover = [
        t(
            "前 {share}：抓住 {caught}，命中 {hit}",
            share=fmt.share(each["share"]),
            caught=fmt.share(each["recall"]),
            hit=fmt.share(each.get("precision")),
        )
        for each in points
    ]
    figure = delay_model_charts.catch(
        [(float(each["share"]), float(each["recall"])) for each in points], capacity=capacity,
        names=(t("处理的订单占比（从风险最高起）"), t("抓住的超时单占比")), hover=hover,
    )  # fmt: skip
    st.plotly_chart(figure, alt=t("名单越长抓住越多的超时单"), config=_NO_BAR, key="delay_catch")
    st.caption(t("标题按每天各取风险最高的一份计，因为产能不能留到第二天；曲线是所有天合在一起。"))


def by_landmark(found: DelayModel) -> None:
    """Draw the figures at each landmark."""
    parts = found.figures().get("by_landmark") or {}
    rows = sorted(((int(float(name)), figures) for name, figures in parts.items()), key=lambda row: row[0])
    if not rows:
        st.caption(t("还没有分时点的数字。"))
        return
    listing(
        [Words(t("时点"), [unbroken(landmark_name(minutes)) for minutes, _ in rows]), *_figure_columns([each for _, each in rows])],
        alt=t("分时点的数字"),
    )
    st.caption(t("付款后每到一个时点重新评分；没有动静的订单风险会升高。"))


def by_channel(found: DelayModel) -> None:
    """Draw the figures of each channel."""
    parts = found.figures().get("by_channel") or {}
    if not parts:
        st.caption(t("还没有分渠道的数字。"))
        return
    names = sorted(parts, key=lambda name: -float(parts[name].get("n") or 0))
    listing(
        [Words(t("渠道"), [unbroken(words.channel(name)) for name in names]), *_figure_columns([parts[name] for name in names])],
        alt=t("分渠道的数字"),
    )


def by_target(found: DelayModel) -> None:
    """Draw the figures of each target's version in use, or of the last one that was measured."""
    rows = [(target.key, found.champion(target.key) or found.latest(target.key)) for target in TARGETS]
    known = [(key, version) for key, version in rows if version is not None]
    if not known:
        st.caption(t("还没有训练过。"))
        return
    listing(
        [
            Words(t("目标"), [unbroken(target_name(key, version.rules)) for key, version in known]),
            Words(t("版本"), [f"{version.version}" for _, version in known]),
            *_figure_columns([version.metrics.get("model") or {} for _, version in known]),
        ],
        alt=t("分目标的数字"),
    )


def landmark_name(minutes: int) -> str:
    """Say a landmark: at payment, or so long after it."""
    return t("付款时") if minutes == 0 else t("付款后 {time}", time=fmt.duration(minutes / 60, language=language()))


def interval(figures: Mapping[str, Any], name: str, *, share: bool = False) -> str:
    """Say the 95 % interval of a figure, '' where it has none.

    >>> interval({"intervals": {"auc": [0.81, 0.8549]}}, "auc"), interval({}, "auc")
    ('[0.810, 0.855]', '')
    """
    found = (figures.get("intervals") or {}).get(name)
    if not found or any(end is None for end in found):
        return ""
    low, high = (fmt.share(end) if share else f"{end:.3f}" for end in found)
    return f"[{low}, {high}]"


def _figure_columns(parts: Sequence[Mapping[str, Any]]) -> list[Words | Figures]:
    def decimal(value: float | None) -> str:
        return fmt.MISSING if value is None else f"{value:.3f}"

    listed = [part.get("at_capacity") or {} for part in parts]
    return [
        Figures(t("评分数"), [_number(part, "n") for part in parts], fmt.full_count),
        Figures(t("基准率"), [_number(part, "base_rate") for part in parts], fmt.share),
        Figures("AUC", [_number(part, "auc") for part in parts], decimal),
        Figures("AP", [_number(part, "average_precision") for part in parts], decimal),
        Figures("Brier", [_number(part, "brier") for part in parts], decimal),
        Figures(t("校准误差"), [_number(part, "ece") for part in parts], fmt.share),
        Figures(t("名单命中"), [_number(part, "precision") for part in listed], fmt.share),
        Figures(t("名单抓住"), [_number(part, "recall") for part in listed], fmt.share),
    ]


def _card(label: str, figures: Mapping[str, Any], name: str, *, note: str, help: str, share: bool = False) -> None:
    value = _number(figures, name)
    said = fmt.share(value) if share else (fmt.MISSING if value is None else f"{value:.3f}")
    between = interval(figures, name, share=share)
    st.metric(label, said, delta_description=f"{between} {note}".strip(), border=True, height="stretch", help=help)


def _listed(listed: Mapping[str, Any], figures: Mapping[str, Any]) -> None:
    precision, recall = _number(listed, "precision"), _number(listed, "recall")
    note = t("抓住 {caught} 的超时单", caught=fmt.share(recall))
    between = interval(figures, "at_capacity", share=True)
    st.metric(
        t("名单命中率"), fmt.share(precision), delta_description=f"{between} {note}".strip(), border=True, height="stretch",
        help=t("按每天处理得过来的 {share} 取风险最高的订单，其中真的超时的占比；是基准率的 {lift} 倍。",
               share=fmt.share(_number(listed, "share")), lift=_plain(listed, "lift", decimals=1)),
    )  # fmt: skip


def _against(found: DelayModel, name: str) -> str:
    best = max((value for each in BASELINES if (value := _number(found.figures(each), name)) is not None), default=None)
    return "" if best is None else t("基线 {value}", value=f"{best:.3f}")


def _number(figures: Mapping[str, Any], name: str) -> float | None:
    value = figures.get(name)
    return None if value is None or value != value else float(value)


def _plain(figures: Mapping[str, Any], name: str, *, decimals: int = 3) -> str:
    value = _number(figures, name)
    return fmt.MISSING if value is None else f"{value:.{decimals}f}"
