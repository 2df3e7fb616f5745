"""Which views of this page are saved, how is the present one saved and shared, and what is its link?

A view is the query of the page's link in codes, so that it opens in either language; what it shows stays bound by the scope of whoever
opens it. Searches are in the link, never in a view: what somebody types may be personal.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Literal
from urllib.parse import parse_qsl, urlencode

import streamlit as st

from dashboard import cached_reads, options, words
from dashboard.i18n import LANGUAGE_KEY, LANGUAGES, language, msg, t
from dashboard.options import (
    AGE,
    ALL_ORDERS,
    CARRIER,
    CATEGORY,
    CHANNEL,
    COMPARE,
    COMPARE_FIRST,
    COMPARE_LAST,
    COMPONENT,
    FIRST,
    LAST,
    METRIC,
    OWNER,
    PERIOD,
    REGION,
    SEARCH,
    SHOWN,
    STAGE,
    WAREHOUSE,
    Names,
)
from dashboard.periods import DEFAULT_PRESET, business_today
from dashboard.tables import plain
from dashboard.view import View
from data import actions
from data.actions import VIEW_KEYS, VIEW_NAME_SIGNS, NotAllowed, WrongInput
from data.api import DatabaseProblem, engine, settings
from data.reads import SavedView

# What a view can hold, in the order of the page, each key with what it is called.
LABELS: dict[str, str] = {
    PERIOD: msg("日期"),
    FIRST: msg("从"),
    LAST: msg("到"),
    CHANNEL: msg("渠道"),
    REGION: msg("地区"),
    CATEGORY: msg("类目"),
    WAREHOUSE: msg("仓库"),
    CARRIER: msg("承运"),
    COMPARE: msg("对比"),
    COMPARE_FIRST: msg("对比从"),
    COMPARE_LAST: msg("对比到"),
    METRIC: msg("拆分指标"),
    COMPONENT: msg("列出"),
    SHOWN: msg("显示"),
    STAGE: msg("环节"),
    AGE: msg("停留"),
    OWNER: msg("负责人"),
}
DAYS = (FIRST, LAST, COMPARE_FIRST, COMPARE_LAST)
SEVERAL = (CHANNEL, REGION, CATEGORY, WAREHOUSE, CARRIER)
# What a key holds that a link does not name.
USUAL: dict[str, str | None] = {
    PERIOD: DEFAULT_PRESET,
    COMPARE: "before",
    METRIC: "late",
    COMPONENT: ALL_ORDERS,
    SHOWN: "bad",
    STAGE: None,
    AGE: None,
    OWNER: None,
}
# Lists longer than this scroll.
LONG_LIST, LIST_HEIGHT = 6, 260
_NAME, _SHARED, _OPENED = "view_name", "view_shared", "view_opened"
# A link's query: keys and codes, in the order of LABELS.
Query = list[tuple[str, str]]


def bar(*, view: View, page: str) -> None:
    """Draw the views of a page in a popover: those saved, the way to save the present one, and its link."""
    names = options.all_names(cached_reads.choices(view.scope))
    found = cached_reads.saved_views(view.scope, view.person.person_id, page)
    with st.popover(t("视图"), icon=":material/bookmarks:", key="views"):
        _listed(found, names=names, page=page, view=view)
        _form(page, names=names, view=view)
        st.caption(t("此刻的链接"))
        searched = [(SEARCH, said) for said in [_search()] if said]
        # widgets below have not yet written into the address what was opened just now
        just_opened: Query | None = st.session_state.pop(_OPENED, None)
        shown = present(page, names=names) if just_opened is None else just_opened
        st.code(link(page, [*shown, *searched], site=st.context.url), language=None, wrap_lines=True)


def codes_of(given: Mapping[str, Sequence[str]], *, names: Mapping[str, Names], keys: frozenset[str]) -> Query:
    """Return what a page's address says in codes: only keys a view may hold, only choices and days there are, each once.

    What a fresh page holds anyway is left out.

    >>> names = {"channel": {"douyin": ("抖音", "Douyin")}}
    >>> codes_of({"channel": ["抖音", "x"], "from": ["2026-11-22"], "lang": ["EN"]}, names=names, keys=frozenset({"channel", "from"}))
    [('from', '2026-11-22'), ('channel', 'douyin')]
    """
    found: Query = []
    for key in LABELS:
        for said in given.get(key, ()) if key in keys else ():
            day = _day(said) if key in DAYS else None
            code = day.isoformat() if day else options.code_of(said, names.get(key, {}))
            found += [] if code is None or code == USUAL.get(key) else [(key, code or "none")]
    return list(dict.fromkeys(found))


def opened(query: str, *, names: Mapping[str, Names], page: str, today: date) -> dict[str, object]:
    """Return what each widget of a page holds once a view is opened; what the view does not name is as on a fresh page.

    Choices that the opener does not have are left out, and no day lies after today.
    """
    state: dict[str, object] = {}
    given = _grouped(query)
    for key in (each for each in LABELS if each in VIEW_KEYS[page]):
        said = given.get(key, [])
        if key in DAYS:
            days = [day for day in map(_day, said) if day is not None]
            state |= {key: min(days[-1], today)} if days else {}
            continue
        codes = [code for value in said if (code := options.code_of(value, names.get(key, {}))) is not None]
        state[key] = codes if key in SEVERAL else codes[-1] if codes else USUAL[key]
    return state


def in_words(query: Sequence[tuple[str, str]], *, names: Mapping[str, Names]) -> str:
    """Say a query in this person's words: each key with its choices; '' where it names none."""
    said: dict[str, list[str]] = {}
    for key, value in query:
        code = options.code_of(value, names.get(key, {}))
        said.setdefault(key, []).append(value if code is None else words.in_language(*names[key][code]))
    parts = [t("{name}：{values}", name=t(LABELS[key]), values=t("、").join(values)) for key, values in said.items() if key in LABELS]
    return " · ".join(parts)


def present(page: str, *, names: Mapping[str, Names]) -> Query:
    """Return what this page shows now, as a view holds it."""
    given = {key: st.query_params.get_all(key) for key in st.query_params}
    # an address leaves out days that happen to be those of a fresh page, which tomorrow are others
    for mode, days in ((PERIOD, (FIRST, LAST)), (COMPARE, (COMPARE_FIRST, COMPARE_LAST))):
        custom = any(options.code_of(said, names[mode]) == "custom" for said in given.get(mode, ()))
        for key in days:
            held = st.session_state.get(key)
            if not custom:
                given.pop(key, None)
            elif key not in given and isinstance(held, date):
                given[key] = [held.isoformat()]
    return codes_of(given, names=names, keys=VIEW_KEYS[page])


def link(page: str, query: Sequence[tuple[str, str]], *, site: str | None = None) -> str:
    """Return the address of a page and a query, on the site whose address is given.

    >>> link("orders", [("channel", "douyin")], site="https://hub.example/orders"), link("orders", [])
    ('https://hub.example/orders?channel=douyin', 'orders')
    """
    root = "" if site is None else f"{site.rstrip('/').removesuffix(f'/{page}')}/"
    return f"{root}{page}?{urlencode(query)}" if query else f"{root}{page}"


def _listed(found: Sequence[SavedView], *, names: Mapping[str, Names], page: str, view: View) -> None:
    own = [each for each in found if each.person_id == view.person.person_id]
    others = [each for each in found if each.person_id != view.person.person_id]
    with st.container(height=LIST_HEIGHT if len(found) > LONG_LIST else "content", border=False, key="views_listed"):
        if not found:
            st.caption(t("还没有视图。"))
        for title, views in ((t("我的视图"), own), (t("同事共享的视图"), others)):
            if views:
                st.caption(title)
            for each in views:
                _row(each, names=names, page=page, view=view)


def _row(each: SavedView, *, names: Mapping[str, Names], page: str, view: View) -> None:
    query = parse_qsl(each.query)
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        tip = plain(f"{each.name} — {in_words(query, names=names) or t('没有筛选')}")
        key, opens = f"view_open_{each.view_id}", (each.query, page, names, view)
        st.button(plain(each.name), key=key, type="tertiary", help=tip, on_click=_open, args=opens)
        spoken = [] if language() == settings().language else [(LANGUAGE_KEY, dict(LANGUAGES)[language()])]
        # named for its view, for somebody who hears the links alone
        said = t("“{name}”的链接", name=plain(each.name))
        st.markdown(f":small[[:material/open_in_new: {said}]({link(page, query + spoken)})]", width="content")
        if each.person_id == view.person.person_id:
            _own(each, view=view)
        else:
            st.caption(plain(each.author), width="content")
    if each.hidden:
        st.caption(t("有些筛选在您的范围之外，已略去。"))


def _own(each: SavedView, *, view: View) -> None:
    label, icon = (t("停止共享"), ":material/group_off:") if each.shared else (t("共享"), ":material/group_add:")
    key = f"view_{each.view_id}"
    st.button(label, icon=icon, type="tertiary", key=f"{key}_share", on_click=_share, args=(each.view_id, not each.shared, view))
    st.button(t("移除"), icon=":material/delete:", type="tertiary", key=f"{key}_remove", on_click=_remove, args=(each.view_id, view))


def _form(page: str, *, names: Mapping[str, Names], view: View) -> None:
    with st.form("view_form", border=False):
        with st.container(horizontal=True, vertical_alignment="bottom"):
            label = t("名字")
            hint = t("给此刻的视图起个名字")
            st.text_input(label, key=_NAME, max_chars=VIEW_NAME_SIGNS, placeholder=hint, label_visibility="collapsed", width=220)
            st.form_submit_button(t("保存"), type="primary", icon=":material/bookmark_add:", on_click=_save, args=(page, names, view))
        st.checkbox(t("共享给同事"), key=_SHARED)
    if _search():
        st.caption(t("搜索的文字不会存入视图，只在链接里。"))


def _open(query: str, page: str, names: Mapping[str, Names], view: View) -> None:
    state = opened(query, names=names, page=page, today=business_today(view.as_of, zone=view.zone))
    for key, value in state.items():
        if key not in st.session_state:
            if value in ([], USUAL.get(key)):
                continue
            # a widget that is drawn for the first time does not write into the address what it was given before
            st.query_params[key] = _spoken(key, value, names=names)
        st.session_state[key] = value
    if SEARCH in st.session_state:
        st.session_state[SEARCH] = ""
    st.session_state[_OPENED] = codes_of(_grouped(query), names=names, keys=VIEW_KEYS[page])


def _save(page: str, names: Mapping[str, Names], view: View) -> None:
    shared = bool(st.session_state.get(_SHARED))

    def deed() -> None:
        given = {"page": page, "name": str(st.session_state.get(_NAME) or ""), "query": urlencode(present(page, names=names))}
        actions.save_view(engine(), person=view.person, **given, shared=shared, as_of=datetime.now(UTC))
        st.session_state[_NAME], st.session_state[_SHARED] = "", False

    _do(deed, done=t("视图已保存，同事也能看到。") if shared else t("视图已保存。"))


def _share(view_id: int, shared: bool, view: View) -> None:
    def deed() -> None:
        actions.share_view(engine(), person=view.person, view_id=view_id, shared=shared, as_of=datetime.now(UTC))

    _do(deed, done=t("视图已共享给同事。") if shared else t("视图不再共享。"))


def _remove(view_id: int, view: View) -> None:
    def deed() -> None:
        actions.remove_view(engine(), person=view.person, view_id=view_id, as_of=datetime.now(UTC))

    _do(deed, done=t("视图已移除。"))


def _do(deed: Callable[[], None], *, done: str) -> None:
    """Carry out a deed inside a callback and say what came of it."""
    try:
        deed()
    except NotAllowed:
        _say(t("这个视图不是您的，或已被移除。"), icon=":material/lock:")
    except WrongInput as wrong:
        _say(t("没有保存：{why}", why=words.half(str(wrong))), icon=":material/error:")
    except DatabaseProblem as problem:
        _say(t("没有保存：{why}", why=str(problem)), icon=":material/error:")
    else:
        _say(done, icon=":material/check:", duration="short")
    cached_reads.saved_views.clear()


def _say(text: str, *, icon: str, duration: Literal["short", "long"] = "long") -> None:
    st.toast(text, icon=icon, duration=duration)


def _search() -> str:
    """Return what is searched for; on the page's first run only the address knows."""
    return str(st.session_state.get(SEARCH, st.query_params.get(SEARCH, "")) or "")


def _spoken(key: str, value: object, *, names: Mapping[str, Names]) -> list[str]:
    """Return what a widget writes into the address for what it holds."""
    codes = value if isinstance(value, list) else [value]
    return [code.isoformat() if isinstance(code, date) else words.in_language(*names[key][str(code)]) for code in codes]


def _grouped(query: str) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for key, said in parse_qsl(query):
        found.setdefault(key, []).append(said)
    return found


def _day(said: str) -> date | None:
    try:
        return date.fromisoformat(said)
    except ValueError:
        return None
