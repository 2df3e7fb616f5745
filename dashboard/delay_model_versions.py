"""Which versions of the delay model are there, has the one in use drifted, and what does it claim?"""

from collections.abc import Mapping, Sequence

import streamlit as st

from dashboard import fmt, tables, words
from dashboard.delay_model import DelayModel
from dashboard.delay_rules import target_name
from dashboard.freshness import GOOD, SEVERE, UNKNOWN, WATCH, Light
from dashboard.i18n import language, msg, t
from dashboard.tables import Figures, Words, badge, listing, plain, unbroken, wide
from dashboard.view import View
from data.reads import DriftRow, ModelVersion
from models.delay_risk.features import FEATURES
from models.delay_risk.targets import PRIMARY

STATUS: Mapping[str, Light] = {
    "champion": Light("●", msg("使用中"), "green"),
    "challenger": Light("▲", msg("挑战者"), "orange"),
    "retired": Light("◌", msg("已退役"), "gray"),
    "rejected": Light("■", msg("未采用"), "red"),
}
# Lines of each listing that are still read.
MOST_VERSIONS, MOST_FEATURES = 12, 8
# From this part of its ceiling on a feature is worth watching.
_WATCHED = 0.5
_FINGERPRINT_SIGNS = 8


def drift(found: DelayModel, *, view: View) -> None:
    """Draw what the last check of the model in use found, the farthest moved features first."""
    rows = list(found.drift)
    if not rows:
        tables.none_yet("")
        st.caption(t("每天检查一次订单的构成（渠道、类目、金额、地区、仓库、承运等的 PSI）和校准；训练用过的订单不参与。"))
        return
    st.markdown(f"### {drift_message(rows)}")
    shown = [row for row in rows if row.kind == "calibration"]
    shown += sorted((row for row in rows if row.kind == "feature"), key=lambda row: -row.value)[:MOST_FEATURES]
    names = {feature.name: words.in_language(feature.zh, feature.en) for feature in FEATURES}
    listing(
        [
            Words(t("目标"), [unbroken(target_name(row.task, found.rules)) for row in shown]),
            Words(t("检查什么"), [unbroken(plain(names.get(row.name, row.name) or t("校准偏差"))) for row in shown]),
            Figures(t("变化"), [row.value for row in shown], lambda value: fmt.MISSING if value is None else f"{value:.3f}"),
            Figures(t("上限"), [row.ceiling for row in shown], lambda value: fmt.MISSING if value is None else f"{value:.2f}"),
            Words(t("状态"), [badge(drift_light(row)) for row in shown]),
        ],
        alt=t("漂移检查"),
    )
    at = fmt.moment(rows[0].checked_at, zone=view.zone, as_of=view.as_of)
    st.caption(t("{at} 检查了 {count} 个评分；超过上限会立即请求重训。", at=at, count=fmt.full_count(rows[0].rows)))


def drift_message(rows: Sequence[DriftRow]) -> str:
    """Say whether the model in use has drifted."""
    moved = sum(row.drifted for row in rows)
    return t("{count} 项超过上限，已请求重训", count=moved) if moved else t("没有漂移：特征和校准都在上限之内")


def drift_light(row: DriftRow) -> Light:
    """Judge one figure of a check against its ceiling."""
    return SEVERE if row.drifted else WATCH if row.value >= _WATCHED * row.ceiling else GOOD


def versions(found: DelayModel, *, view: View) -> None:
    """Draw the versions of every target: what each is, why, and the figures it was judged by."""
    rows = list(found.versions[:MOST_VERSIONS])
    if not rows:
        tables.none_yet("")
        return

    def figure(version: ModelVersion, name: str) -> float | None:
        value = (version.metrics.get("model") or {}).get(name)
        return None if value is None else float(value)

    def decimal(value: float | None) -> str:
        return fmt.MISSING if value is None else f"{value:.3f}"

    listing(
        [
            Words(t("版本"), [f"{row.version}" for row in rows]),
            Words(t("目标"), [unbroken(target_name(row.task, row.rules)) for row in rows]),
            Words(t("状态"), [badge(STATUS.get(row.status, UNKNOWN)) for row in rows]),
            Words(t("原因"), [wide(plain(words.half(row.reason)), signs=34) for row in rows]),
            tables.moments(t("训练于"), [row.fitted_at for row in rows], zone=view.zone, as_of=view.as_of),
            Words(t("训练窗口"), [_window(row, view=view) for row in rows]),
            Figures(t("样本"), [row.rows for row in rows], lambda value: fmt.count(value, language=language())),
            Figures("AUC", [figure(row, "auc") for row in rows], decimal),
            Figures("Brier", [figure(row, "brier") for row in rows], decimal),
            Words(t("指纹"), [f"`{row.prediction_fingerprint[:_FINGERPRINT_SIGNS]}`" for row in rows]),
        ],
        alt=t("模型版本"),
    )
    st.caption(t("每周一重训，漂移时立即重训；新模型要在最新订单上把 Brier 分数降低 1% 才换上。回退：python -m jobs models rollback"))


def claims(found: DelayModel) -> None:
    """Say what the model claims, for whom it is, and what it must not be used for."""
    said = {
        t("它说什么"): t(
            "每个待发订单“{target}”的概率，带区间；付款时评一次，之后 30 分钟、1、2、4、8、24 小时再评。",
            target=target_name(PRIMARY, found.rules),
        ),
        t("给谁用"): t("运营按它决定先处理哪些订单；经理看本周履约时效会到多少。"),
        t("不能用来"): t("考核个人、判定买家或商家违约、对买家承诺送达时间；它不知道仓库里没有记录的事。"),
        t("怎么知道它准"): t("只用评分那一刻已知的事；按时间切分，在没见过的最新订单上测；结果未知的订单不当作准时。"),
        t("没有把握时"): t("没有模型、文件被改过或数据太少时改用基线，区间放宽，并在这里写明；从不把未知当作零风险。"),
    }
    for name, text in said.items():
        st.markdown(f"**{name}**　{text}")
    shown = found.shown
    if shown is not None:
        st.caption(t("用到的特征：{names}", names=_feature_names(shown.features)))
        st.caption(t("取样：{sampling}", sampling=plain(words.half(shown.sampling))))


def _feature_names(used: Sequence[str]) -> str:
    names = [words.in_language(feature.zh, feature.en) for feature in FEATURES if feature.name in set(used)]
    return t("、").join(plain(name) for name in names)


def _window(row: ModelVersion, *, view: View) -> str:
    first, last = (fmt.moment(at, zone=view.zone, as_of=view.as_of)[:-6] for at in (row.trained_from, row.trained_to))
    return unbroken(f"{first} — {last}")
