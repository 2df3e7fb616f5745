"""Who gets which orders at which hours, which orders are held for review, when are warehouses open? Managers say so."""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, time

import streamlit as st

from dashboard import cached_reads, fmt, words
from dashboard.deciding import decide
from dashboard.i18n import msg, t
from dashboard.tables import Words, listing, none_yet, plain, unbroken
from dashboard.view import View
from dashboard.workbench_settings import forget
from dashboard.workbench_words import name_of
from data import actions
from data.api import decimals_of, engine
from models.workbench.rules import ANY, DAY_MINUTES, DEFAULT_HOURS, DEFAULT_REVIEW, OpenHours, OwnerRule, ReviewRule

WEEKDAYS: tuple[str, ...] = (msg("周一"), msg("周二"), msg("周三"), msg("周四"), msg("周五"), msg("周六"), msg("周日"))


def owners(view: View) -> None:
    """Draw who gets which orders, and the ways to add and to remove a rule."""
    found = cached_reads.workbench_rules(view.scope).owners
    names = {each.person_id: each.name for each in cached_reads.workbench_people(view.scope)}
    st.markdown(f"### {t('谁负责：超 2 小时未发货自动分给')}")
    if found:
        _owner_table(found, names=names, view=view)
        st.caption(t("最具体的规则优先（渠道、仓库、类目都指定的在前）；没有规则适用时分给运营，再分给经理。"))
    else:
        none_yet(t("没有规则：超 2 小时未发货的订单分给运营，再分给经理"))
    if view.person.may_define:
        _owner_form(names, view=view)
        if found:
            _remover(found, names=names, view=view)


def _owner_table(found: Sequence[OwnerRule], *, names: Mapping[str, str], view: View) -> None:
    listing(
        [
            Words(t("渠道"), [unbroken(_channel(each.channel)) for each in found]),
            Words(t("仓库"), [unbroken(plain(_warehouse(each.warehouse_code, view=view))) for each in found]),
            Words(t("类目"), [unbroken(plain(_any(each.category))) for each in found]),
            Words(t("星期"), [unbroken(days_said(each.days)) for each in found]),
            Words(t("时段"), [unbroken(hours_said(each.from_minute, each.to_minute)) for each in found]),
            Words(t("负责人"), [unbroken(plain(name_of(each.owner, names=names))) for each in found]),
        ],
        alt=t("负责人规则"),
    )


def _owner_form(names: Mapping[str, str], *, view: View) -> None:
    choices, weekdays = cached_reads.choices(view.scope), {day: t(WEEKDAYS[day]) for day in range(7)}
    with st.form("owner_rule", border=True), st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        _pick(t("渠道"), {code: _channel(code) for code in (ANY, *choices.channels)}, key="or_channel", width=120)
        places = {ANY: t("全部"), **dict(choices.warehouses)}
        _pick(t("仓库"), places, key="or_warehouse", width=130)
        _pick(t("类目"), {code: _any(code) for code in (ANY, *choices.categories)}, key="or_category", width=120)
        st.pills(
            t("星期"),
            list(weekdays),
            selection_mode="multi",
            default=list(range(7)),
            format_func=weekdays.__getitem__,
            key="or_days",
            width="content",
        )
        st.time_input(t("从"), value=time(0, 0), key="or_from", width=90)
        st.time_input(t("到（不含）"), value=time(0, 0), key="or_to", width=100, help=t("与“从”相同为全天，早于“从”为过夜。"))
        st.selectbox(
            t("负责人"), list(names), index=None, format_func=lambda code: names.get(code, code), key="or_owner",
            placeholder=t("请选择"), width=130,
        )  # fmt: skip
        st.form_submit_button(t("添加规则"), icon=":material/add:", type="primary", on_click=_add_owner, args=(view,))


def _pick(label: str, names: Mapping[str, str], *, key: str, width: int) -> None:
    st.selectbox(label, list(names), format_func=lambda code: names.get(code, code), key=key, width=width)


def _add_owner(view: View) -> None:
    held = st.session_state
    if held.get("or_owner") is None or not held.get("or_days"):
        st.toast(t("请先选择负责人和星期。"), icon=":material/error:")
        return

    def deed() -> None:
        actions.set_owner_rule(
            engine(),
            person=view.person,
            rule_id=None,
            seen=0,
            channel=held["or_channel"],
            warehouse_code=held["or_warehouse"],
            category=held["or_category"],
            days=tuple(sorted(held["or_days"])),
            from_minute=minute_of(held["or_from"]),
            to_minute=minute_of(held["or_to"]),
            owner=held["or_owner"],
            as_of=datetime.now(UTC),
        )

    _decide(deed, t("规则已添加。"), view=view)


def _remover(found: Sequence[OwnerRule], *, names: Mapping[str, str], view: View) -> None:
    said = {each.rule_id: rule_said(each, names=names, view=view) for each in found}
    with st.form("drop_owner_rule", border=False), st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        st.selectbox(
            t("要删除的规则"), list(said), index=None, format_func=lambda number: said.get(number, str(number)), key="or_dropped",
            placeholder=t("请选择"), width=420,
        )  # fmt: skip
        st.form_submit_button(t("删除规则"), icon=":material/delete:", on_click=_drop_owner, args=(tuple(found), view))


def rule_said(each: OwnerRule, *, names: Mapping[str, str], view: View) -> str:
    """Say a rule in one line."""
    parts = [_channel(each.channel), _warehouse(each.warehouse_code, view=view), _any(each.category), days_said(each.days)]
    return " · ".join([*parts, hours_said(each.from_minute, each.to_minute), name_of(each.owner, names=names)])


def _drop_owner(found: Sequence[OwnerRule], view: View) -> None:
    rule = next((each for each in found if each.rule_id == st.session_state.get("or_dropped")), None)
    if rule is None:
        st.toast(t("请先选择规则。"), icon=":material/error:")
        return

    def deed() -> None:
        actions.remove_owner_rule(engine(), person=view.person, rule_id=rule.rule_id, seen=rule.version, as_of=datetime.now(UTC))

    _decide(deed, t("规则已删除。"), view=view)


def reviews(view: View) -> None:
    """Draw from which value on orders are held for review, and the way to change it."""
    found = cached_reads.workbench_rules(view.scope).reviews
    if not any((each.channel, each.currency) == (ANY, DEFAULT_REVIEW.currency) for each in found):
        found = (*found, DEFAULT_REVIEW)
    st.markdown(f"### {t('高价值审核：达到金额的订单暂停发货')}")
    listing(
        [
            Words(t("渠道"), [unbroken(_channel(each.channel)) for each in found]),
            Words(t("币种"), [each.currency for each in found]),
            Words(t("金额达到"), [unbroken(_threshold(each)) for each in found]),
        ],
        alt=t("审核规则"),
    )
    st.caption(t("渠道自己的规则优先于“全部”。审核通过才放行，拒绝则请仓库取消；平台的订单状态由平台改。"))
    if view.person.may_define:
        _review_form(found, view=view)


def _review_form(found: Sequence[ReviewRule], *, view: View) -> None:
    currencies = sorted({view.currency, *(each.currency for each in found)})
    with st.form("review_rule", border=True), st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        _pick(t("渠道"), {code: _channel(code) for code in (ANY, *cached_reads.choices(view.scope).channels)}, key="rr_channel", width=130)
        st.selectbox(t("币种"), currencies, key="rr_currency", width=100)
        st.number_input(t("金额达到（0 为不审核）"), min_value=0.0, value=0.0, step=100.0, key="rr_threshold", width=190)
        st.form_submit_button(t("保存阈值"), type="primary", on_click=_set_review, args=(tuple(found), view))


def _set_review(found: Sequence[ReviewRule], view: View) -> None:
    held = st.session_state
    place = (held["rr_channel"], held["rr_currency"])
    seen = next((each.version for each in found if (each.channel, each.currency) == place), 0)
    minor = round(float(held["rr_threshold"] or 0) * 10 ** decimals_of(place[1])) or None

    def deed() -> None:
        actions.set_review_rule(
            engine(), person=view.person, seen=seen, channel=place[0], currency=place[1], threshold_minor=minor, as_of=datetime.now(UTC)
        )

    _decide(deed, t("阈值已保存，下一分钟起生效。"), view=view)


def hours(view: View) -> None:
    """Draw when warehouses are open, by which two hours are counted, and the way to change it."""
    found = cached_reads.workbench_rules(view.scope).hours
    if not any(each.warehouse_code == ANY for each in found):
        found = (*found, DEFAULT_HOURS)
    st.markdown(f"### {t('仓库营业时间')}")
    listing(
        [
            Words(t("仓库"), [unbroken(plain(_warehouse(each.warehouse_code, view=view))) for each in found]),
            Words(t("营业"), [unbroken(hours_said(each.opens_minute, each.closes_minute)) for each in found]),
            Words(t("休息日"), [t("不营业") if each.working_days_only else t("照常") for each in found]),
        ],
        alt=t("仓库营业时间"),
    )
    st.caption(t("未发货的时长只在营业时间里累计；没有自己一行的仓库按“全部”。"))
    if view.person.may_define:
        _hours_form(found, view=view)


def _hours_form(found: Sequence[OpenHours], *, view: View) -> None:
    places = {ANY: t("全部"), **dict(cached_reads.choices(view.scope).warehouses)}
    with st.form("open_hours", border=True), st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        _pick(t("仓库"), places, key="oh_warehouse", width=150)
        st.time_input(t("开门"), value=time(9, 0), key="oh_opens", width=100)
        st.time_input(t("关门"), value=time(18, 0), key="oh_closes", width=100, help=t("00:00 为午夜。"))
        st.checkbox(t("休息日不营业"), value=True, key="oh_working")
        st.form_submit_button(t("保存营业时间"), type="primary", on_click=_set_hours, args=(tuple(found), view))


def _set_hours(found: Sequence[OpenHours], view: View) -> None:
    held = st.session_state
    place = held["oh_warehouse"]
    seen = next((each.version for each in found if each.warehouse_code == place), 0)

    def deed() -> None:
        actions.set_open_hours(
            engine(),
            person=view.person,
            seen=seen,
            warehouse_code=place,
            opens_minute=minute_of(held["oh_opens"]),
            closes_minute=minute_of(held["oh_closes"]) or DAY_MINUTES,
            working_days_only=bool(held["oh_working"]),
            as_of=datetime.now(UTC),
        )

    _decide(deed, t("营业时间已保存。"), view=view)


def _decide(deed: Callable[[], None], done: str, *, view: View) -> None:
    decide(deed, done=done, forget=forget, view=view)


def minute_of(at: time) -> int:
    """Return the minute of the day.

    >>> minute_of(time(9, 30))
    570
    """
    return at.hour * 60 + at.minute


def hours_said(first: int, last: int) -> str:
    """Say hours of the day.

    >>> hours_said(540, 1080), hours_said(1320, 360)
    ('09:00–18:00', '22:00–06:00')
    """
    if first % DAY_MINUTES == last % DAY_MINUTES:
        return t("全天")
    return f"{first // 60:02d}:{first % 60:02d}–{last // 60:02d}:{last % 60:02d}"


def days_said(days: Sequence[int]) -> str:
    """Say weekdays, runs of them short."""
    if set(days) == set(range(7)):
        return t("每天")
    if sorted(days) == list(range(5)):
        return t("周一至周五")
    return t("、").join(_weekday(day) for day in sorted(days))


def _weekday(day: int) -> str:
    return t(WEEKDAYS[day])


def _threshold(each: ReviewRule) -> str:
    if each.threshold_minor is None:
        return t("不审核")
    return fmt.full_money(each.threshold_minor, currency=each.currency, decimals=decimals_of(each.currency))


def _channel(code: str) -> str:
    return t("全部") if code == ANY else words.channel(code)


def _any(code: str) -> str:
    return t("全部") if code == ANY else code


def _warehouse(code: str, *, view: View) -> str:
    return t("全部") if code == ANY else dict(cached_reads.choices(view.scope).warehouses).get(code, code)
