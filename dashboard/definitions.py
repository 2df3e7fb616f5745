"""What does each figure mean, whose is it, what should it be, and how has that changed?"""

from datetime import date

import streamlit as st

from dashboard import cached_reads, deciding, definition_targets, fmt, options, tables, words
from dashboard.deciding import who
from dashboard.definition_targets import place_name, said, targets_of
from dashboard.i18n import SOURCE, language, msg, t
from dashboard.periods import business_today
from dashboard.tables import Figures, Words, plain, unbroken, wide
from dashboard.view import View
from models.health.kpis import DEFINED, Kpi, kpi_named
from models.health.targets import target_for

COUNTED = {"orders": msg("订单"), "lines": msg("订单行"), "entries": msg("结算分录"), "exceptions": msg("异常"), "components": msg("组成")}
UNITS = {
    "share": msg("占比"),
    "orders": msg("单"),
    "money": msg("金额"),
    "hours": msg("小时"),
    "points": msg("分"),
    "per_thousand": msg("次/千单"),
}
BETTER = {"higher": msg("越高越好"), "lower": msg("越低越好"), "neither": msg("无好坏")}
DIMENSIONS = {
    "channel": msg("渠道"),
    "region": msg("地区"),
    "category": msg("类目"),
    "warehouse": msg("仓库"),
    "carrier": msg("承运商"),
    "hour": msg("按小时"),
}
CHANGES_SHOWN = 12
_SAID_IN = "kpi_said_in"


def headline(view: View) -> str:
    """Say how much is defined here, and in which version the index stands."""
    newest = cached_reads.index_versions(view.scope)[0]
    count, version = len(DEFINED), newest.version
    if newest.set_at is None:
        return t("{count} 个指标各有一个口径；健康指数按第 {version} 版", count=count, version=version)
    since = fmt.moment(newest.set_at, zone=view.zone, as_of=view.as_of)
    return t("{count} 个指标各有一个口径；健康指数自 {since} 起按第 {version} 版", count=count, version=version, since=since)


def chosen() -> Kpi:
    """Draw the choice of a figure, which the URL keeps, and return the chosen one."""
    names, side = options.kpi_names(), 0 if language() == SOURCE else 1
    # after a change of language the choice is written again, or the browser would keep the old word
    if st.session_state.get(_SAID_IN, language()) != language() and options.KPI in st.session_state:
        st.session_state[options.KPI] = st.session_state[options.KPI]
    st.session_state[_SAID_IN] = language()
    key = st.pills(
        t("指标与目标"),
        list(names),
        format_func=lambda code: names[code][side],
        default=DEFINED[0].key,
        required=True,
        key=options.KPI,
        bind="query-params",
        label_visibility="collapsed",
    )
    return kpi_named(key if key in names else DEFINED[0].key)


def entry(kpi: Kpi, *, view: View) -> None:
    """Draw all that is known of a figure, and to the right its targets."""
    with st.container(border=True, key="kpi_entry"):
        st.markdown(f"### {words.in_language(kpi.name_zh, kpi.name_en)}")
        meaning, aims = st.columns([3, 2], gap="large")
        with meaning:
            _meaning(kpi, view=view)
        with aims:
            definition_targets.in_force(kpi, view=view)
            definition_targets.form(kpi, view=view)
        _changes(kpi, view=view)


def all_kpis(view: View) -> None:
    """Draw one row a figure."""
    st.markdown(f"### {t('全部指标')}")
    tables.listing(
        [
            Words(t("指标名"), [unbroken(words.in_language(kpi.name_zh, kpi.name_en)) for kpi in DEFINED]),
            Words(t("计数"), [words.named(COUNTED, kpi.counts) for kpi in DEFINED]),
            Words(t("归属日"), [wide(words.in_language(kpi.day_of_zh, kpi.day_of_en)) for kpi in DEFINED]),
            Words(t("单位"), [unbroken(words.named(UNITS, kpi.unit)) for kpi in DEFINED]),
            Words(t("方向"), [unbroken(words.named(BETTER, kpi.better)) for kpi in DEFINED]),
            Words(t("现行目标"), [unbroken(said(kpi, now_aimed(kpi, view=view), view=view)) for kpi in DEFINED]),
            Words(t("维度"), [wide(_dimensions(kpi)) for kpi in DEFINED]),
            Words(t("负责"), [unbroken(words.named(words.ROLES, kpi.owner)) for kpi in DEFINED]),
            Figures(t("版本"), [kpi.version for kpi in DEFINED], fmt.full_count),
        ],
        alt=t("全部指标"),
    )


def now_aimed(kpi: Kpi, *, view: View) -> float | None:
    """Return the target in force today for all channels."""
    today = business_today(view.as_of, zone=view.zone)
    return target_for(cached_reads.targets(view.scope), kpi=kpi.key, channel="", month=today, default=kpi.target)


def _meaning(kpi: Kpi, *, view: View) -> None:
    rows = [
        (t("公式"), words.in_language(kpi.formula_zh, kpi.formula_en)),
        (t("计数"), words.named(COUNTED, kpi.counts)),
        (t("归属日"), words.in_language(kpi.day_of_zh, kpi.day_of_en)),
        (t("来源"), words.in_language(kpi.source_zh, kpi.source_en)),
        (t("维度"), _dimensions(kpi)),
        (t("单位"), words.named(UNITS, kpi.unit)),
        (t("方向"), words.named(BETTER, kpi.better)),
        (t("现行目标"), said(kpi, now_aimed(kpi, view=view), view=view)),
        (t("负责"), words.named(words.ROLES, kpi.owner)),
        (t("版本"), t("第 {version} 版", version=kpi.version)),
    ]
    columns = [Words(t("项目"), [unbroken(head) for head, _ in rows]), Words(t("内容"), [plain(text) for _, text in rows])]
    tables.listing(columns, alt=t("指标口径"))


def _changes(kpi: Kpi, *, view: View) -> None:
    """Draw what became different: versions of the definition, and targets set and taken back."""
    moved: list[tuple[date | None, str, str, str]] = [(None, fmt.MISSING, t("第 1 版随产品发布"), t("随产品"))]
    for number, change in enumerate(kpi.changes, start=2):
        text = t("第 {version} 版：{change}", version=number, change=words.in_language(change.zh, change.en))
        moved.append((change.date, fmt.day(change.date, language=language()), text, t("随产品")))
    for target in targets_of(kpi, view=view):
        place = place_name(target.channel, target.month)
        if target.value is None:
            text = t("{place}：收回目标（第 {version} 次）", place=place, version=target.version)
        else:
            value = said(kpi, target.value, view=view)
            text = t("{place}：目标设为 {value}（第 {version} 次）", place=place, value=value, version=target.version)
        moved.append((target.set_at.date(), deciding.when(target.set_at, view=view), text, who(target.set_by)))
    newest = sorted(moved, key=lambda each: each[0] or date.min, reverse=True)[:CHANGES_SHOWN]
    st.markdown(f"#### {t('变更记录')}")
    tables.listing(
        [
            Words(t("时间"), [unbroken(at) for _, at, _, _ in newest]),
            Words(t("变更"), [plain(text) for _, _, text, _ in newest]),
            Words(t("设定者"), [unbroken(by) for _, _, _, by in newest]),
        ],
        alt=t("变更记录"),
    )


def _dimensions(kpi: Kpi) -> str:
    return t("、").join(words.named(DIMENSIONS, dimension) for dimension in kpi.dimensions)
