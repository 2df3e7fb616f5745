"""What is the health index made of, in which version, what do its posts and red lines say, and how does a manager change them?"""

from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import pairwise

import streamlit as st

from dashboard import cached_reads, fmt, tables, words
from dashboard.deciding import decide, only_managers, when, who
from dashboard.freshness import GOOD, Light
from dashboard.i18n import msg, t
from dashboard.tables import Figures, Words, plain, unbroken, wide
from dashboard.view import View
from data import actions
from data.api import engine, measured
from data.reads import Version
from models.health.components import CAPS, COMPONENTS, GRADES, Changed, Component, Definition, Grade, changes_between

NOT_MEASURED = Light("◌", msg("尚未计量"), "gray")
MEASURED = Light(GOOD.shape, msg("已计量"), GOOD.color)
# Keys of a stored version, as people call them.
PARTS = {
    "weights": msg("权重"),
    "floors": msg("零分线"),
    "targets": msg("满分线"),
    "slos": msg("SLO"),
    "ceilings": msg("上限"),
}
# The posts that are shares, entered in percent: key of a stored version -> field of a component.
POSTS = {"floors": "floor", "targets": "target", "slos": "slo"}


def index(view: View) -> None:
    """Draw the definition of the index in force, its versions, and the form of the next one."""
    versions = cached_reads.index_versions(view.scope)
    definition = versions[0].definition
    st.markdown(f"### {coverage(definition)}")
    _components(definition)
    st.caption(
        t(
            "得分 = (达标占比 − 零分线) ÷ (满分线 − 零分线)，截在 0 与 100 之间；指数为得分按权重的平均。"
            "尚未计量的组成不给分，指数标为部分。"
        )
    )
    caps, grades = st.columns([3, 2], gap="large")
    with caps:
        _caps(definition)
    with grades:
        _grades()
    _versions(versions, view=view)
    form(versions[0], view=view)


def coverage(definition: Definition) -> str:
    """Say how much of the index is measured."""
    known = [each for each in definition.components if measured(each)]
    return t(
        "{known} / {all} 个组成已计量，覆盖权重 {covered} / {weights}",
        known=len(known),
        all=len(definition.components),
        covered=_figure(sum(each.weight for each in known)),
        weights=_figure(sum(each.weight for each in definition.components)),
    )


def form(last: Version, *, view: View) -> None:
    """Draw the form of the next version, filled with the last one."""
    st.markdown(f"#### {t('发布新版本')}")
    if not only_managers(view):
        return
    st.caption(t("新版本从下一次汇总起生效，所有日、周、滚动指数都按它重算；已发布的数值保留，差异列在“快照与重述”。"))
    with st.expander(t("编辑第 {version} 版", version=last.version + 1)), st.form(f"definition_{last.version}", border=False):
        for component in last.definition.components:
            _component_inputs(component, version=last.version)
        st.markdown(f"**{t('红线：当日指数上限')}**")
        with st.grid(3, min_column_width=220, gap="small"):
            for cap in last.definition.caps:
                name = words.in_language(cap.name_zh, cap.name_en)
                st.number_input(name, 0.0, 100.0, float(cap.ceiling), 1.0, "%g", key=_key(last.version, "ceilings", cap.code))
        st.text_input(t("为什么改（必填）"), max_chars=200, key=_key(last.version, "note", ""))
        st.form_submit_button(t("发布"), type="primary", icon=":material/publish:", on_click=_publish, args=(last, view))


def _component_inputs(component: Component, *, version: int) -> None:
    def share(part: str, field: str) -> None:
        value = round(getattr(component, field) * 100, 4)
        label = t("{part}（%）", part=t(PARTS[part]))
        st.number_input(label, 0.0, 100.0, value, 0.1, "%.2f", key=_key(version, part, component.code), width=130)

    st.markdown(f"**{component.code} {words.in_language(component.name_zh, component.name_en)}**")
    with st.container(horizontal=True, gap="small"):
        weight, key = float(component.weight), _key(version, "weights", component.code)
        st.number_input(t("权重"), 0.0, 100.0, weight, 1.0, "%g", key=key, width=130)
        for part, field in POSTS.items():
            share(part, field)


def _publish(last: Version, view: View) -> None:
    definition = last.definition

    def entered(part: str, code: str) -> float:
        value = st.session_state[_key(last.version, part, code)]
        # an emptied field is no number, which the action says in words
        return float("nan") if value is None else float(value)

    codes = [each.code for each in definition.components]
    given: dict[str, object] = {part: {code: round(entered(part, code) / 100, 6) for code in codes} for part in POSTS}
    given |= {"weights": {code: entered("weights", code) for code in codes}}
    given |= {"ceilings": {cap.code: entered("ceilings", cap.code) for cap in definition.caps}}
    note = str(st.session_state[_key(last.version, "note", "")])

    def deed() -> None:
        actions.publish_definition(engine(), person=view.person, definition=given, note=note, seen=last.version, as_of=datetime.now(UTC))

    done = t("第 {version} 版已发布，下一次汇总起生效。", version=last.version + 1)
    decide(deed, done=done, forget=cached_reads.index_versions.clear, view=view)


def _components(definition: Definition) -> None:
    found = definition.components
    tables.listing(
        [
            Words(t("状态"), [tables.badge(MEASURED if measured(each) else NOT_MEASURED) for each in found]),
            Words(t("组成"), [unbroken(f"{each.code} {words.in_language(each.name_zh, each.name_en)}") for each in found]),
            Figures(t("权重"), [each.weight for each in found], _plain_figure),
            Words(t("单元与归属日"), [wide(words.in_language(each.counts_zh, each.counts_en)) for each in found]),
            Words(t("达标"), [wide(words.in_language(each.good_zh, each.good_en)) for each in found]),
            Figures(t("零分线"), [each.floor for each in found], fmt.exact_share),
            Figures(t("满分线"), [each.target for each in found], fmt.exact_share),
            Figures(t("SLO"), [each.slo for each in found], fmt.exact_share),
            Words(t("负责"), [unbroken(words.named(words.ROLES, each.owner)) for each in found]),
        ],
        alt=t("健康指数的组成"),
    )


def _caps(definition: Definition) -> None:
    st.markdown(f"#### {t('红线')}")
    names = [wide(words.in_language(cap.name_zh, cap.name_en)) for cap in definition.caps]
    ceilings = Figures(t("当日指数上限"), [cap.ceiling for cap in definition.caps], _plain_figure)
    tables.listing([Words(t("触线"), names), ceilings], alt=t("红线"))


def _grades() -> None:
    st.markdown(f"#### {t('等级')}")
    columns = [
        Words(t("等级"), [words.in_language(grade.name_zh, grade.name_en) for grade in GRADES]),
        Words(t("指数"), [unbroken(_band(grade)) for grade in GRADES]),
    ]
    tables.listing(columns, alt=t("等级"))


def _band(grade: Grade) -> str:
    if grade == GRADES[-1]:
        return f"< {_figure(GRADES[-2].least)}"
    return f"≥ {_figure(grade.least)}"


def _versions(versions: Sequence[Version], *, view: View) -> None:
    st.markdown(f"#### {t('版本')}")
    changes = [_changes(old.definition, new.definition) for new, old in pairwise(versions)]
    tables.listing(
        [
            Figures(t("版本"), [each.version for each in versions], fmt.full_count),
            Words(t("发布时间"), [unbroken(when(each.set_at, view=view)) for each in versions]),
            Words(t("发布者"), [unbroken(who(each.set_by)) for each in versions]),
            Words(t("说明"), [wide(plain(each.note)) or (fmt.MISSING if each.set_at else t("随产品发布")) for each in versions]),
            Words(t("改动"), [*(wide(each) for each in changes), fmt.MISSING]),
        ],
        alt=t("健康指数的版本"),
    )


def _changes(old: Definition, new: Definition) -> str:
    return t("；").join(_change(each) for each in changes_between(old, new)) or fmt.MISSING


def _change(changed: Changed) -> str:
    if changed.part == "ceilings":
        names = {cap.code: words.in_language(cap.name_zh, cap.name_en) for cap in CAPS}
    else:
        names = {each.code: f"{each.code} {words.in_language(each.name_zh, each.name_en)}" for each in COMPONENTS}
    was, now = (_value(changed.part, value) for value in (changed.was, changed.now))
    return t("{name} {part} {was} → {now}", name=names.get(changed.code, changed.code), part=t(PARTS[changed.part]), was=was, now=now)


def _value(part: str, value: float | None) -> str:
    if value is None:
        return fmt.MISSING
    return fmt.exact_share(value) if part in POSTS else _figure(value)


def _plain_figure(value: float | None) -> str:
    return fmt.MISSING if value is None else _figure(value)


def _figure(value: float) -> str:
    return f"{value:g}"


def _key(version: int, part: str, code: str) -> str:
    return f"definition_{version}_{part}_{code}"
