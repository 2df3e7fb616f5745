"""What may a person do with views: save one under a name, share it, take it back, remove it? Part of ``data.actions``.

Everybody may save; only its author changes or removes a view, to anybody else it is as one that is not there. A view holds choices in
codes and nothing that a person typed freely, so that no personal value can be in it.
"""

from collections.abc import Mapping
from datetime import date, datetime
from urllib.parse import parse_qsl, urlencode

from sqlalchemy import Engine

from data.acting import acting, allow, audit, check
from data.writes import saved_views as _writes
from models.people import Person

VIEW_NAME_SIGNS = 60
VIEW_QUERY_SIGNS = 4_000
# Of one person on one page.
MOST_VIEWS = 50
_VALUE_SIGNS = 200

_DAYS = frozenset({"from", "to", "cfrom", "cto"})
_FILTERS = frozenset({"period", "from", "to", "channel", "region", "category", "warehouse"})
# Page -> the keys a view of it may hold: those of the filter bar and the page's own. Searches are no view.
VIEW_KEYS: Mapping[str, frozenset[str]] = {
    "overview": _FILTERS,
    "orders": _FILTERS | {"compare", "cfrom", "cto", "carrier", "metric", "component", "shown", "stage", "age", "owner"},
}


def save_view(engine: Engine, *, person: Person, page: str, name: str, query: str, shared: bool, as_of: datetime) -> int:
    """Save the query of a page's link, in codes, under a name one does not have there yet; returns the view's number."""
    called = " ".join(name.split())
    check(any(sign.isprintable() and not sign.isspace() for sign in called), "请写下视图的名字 / give the view a name")
    check(len(called) <= VIEW_NAME_SIGNS, f"名字最多 {VIEW_NAME_SIGNS} 字 / a name has at most {VIEW_NAME_SIGNS} signs")
    check(_storable(called), "名字含有不可用字符 / the name has characters that cannot be stored")
    check(page in VIEW_KEYS, "这个页面没有视图 / this page has no views")
    said = _checked_query(query, page=page)
    with acting(engine) as connection:
        mine = {"person_id": person.person_id, "page": page}
        _writes.lock_views(connection, person_id=person.person_id)
        check(not _writes.count_views(connection, **mine, name=called), "您已有同名的视图 / you have a view of that name")
        many = f"最多保存 {MOST_VIEWS} 个视图，请先移除一些 / at most {MOST_VIEWS} views can be saved, remove some first"
        check(_writes.count_views(connection, **mine) < MOST_VIEWS, many)
        number = _writes.add_view(connection, **mine, name=called, query=said, shared=shared, saved_at=as_of)
        detail = {"page": page, "name": called, "query": said, "shared": shared}
        audit(connection, person_id=person.person_id, action="saved_view", subject=f"view {number}", detail=detail, as_of=as_of)
    return number


def share_view(engine: Engine, *, person: Person, view_id: int, shared: bool, as_of: datetime) -> None:
    """Show one's own view to colleagues, or no more."""
    with acting(engine) as connection:
        own = _writes.own_view(connection, person_id=person.person_id, view_id=view_id)
        allow(own is not None)
        changed = _writes.set_shared(connection, person_id=person.person_id, view_id=view_id, shared=shared)
        check(changed, "没有改动 / nothing has changed")
        action, detail = "shared_view" if shared else "unshared_view", _told(own)
        audit(connection, person_id=person.person_id, action=action, subject=f"view {view_id}", detail=detail, as_of=as_of)


def remove_view(engine: Engine, *, person: Person, view_id: int, as_of: datetime) -> None:
    """Remove one's own view; links that somebody has copied from it still open, for they are but links."""
    with acting(engine) as connection:
        own = _writes.own_view(connection, person_id=person.person_id, view_id=view_id)
        allow(_writes.set_removed(connection, person_id=person.person_id, view_id=view_id, removed_at=as_of))
        audit(connection, person_id=person.person_id, action="removed_view", subject=f"view {view_id}", detail=_told(own), as_of=as_of)


def _told(own: tuple[str, str] | None) -> dict[str, str]:
    page, name = own or ("", "")
    return {"page": page, "name": name}


def _checked_query(query: str, *, page: str) -> str:
    check(
        len(query) <= VIEW_QUERY_SIGNS,
        f"筛选太多：一个视图最多 {VIEW_QUERY_SIGNS} 个字符 / too many choices: a view has at most {VIEW_QUERY_SIGNS} signs",
    )
    check(_storable(query), "筛选含有不可用字符 / the choices have characters that cannot be stored")
    given = parse_qsl(query, keep_blank_values=True)
    for key, value in given:
        check(key in VIEW_KEYS[page], "视图不能保存这样的筛选 / a view cannot hold such a choice")
        fits = 0 < len(value) <= _VALUE_SIGNS and _storable(value) and (key not in _DAYS or _is_day(value))
        check(fits, f"“{key}”的值不成立 / the value of “{key}” cannot be")
    return urlencode(given)


def _is_day(value: str) -> bool:
    """Say whether a text is a day.

    >>> _is_day("2026-11-22"), _is_day("2026-11-31"), _is_day("20261122")
    (True, False, False)
    """
    try:
        return date.fromisoformat(value).isoformat() == value
    except ValueError:
        return False


def _storable(words: str) -> bool:
    r"""Say whether a text can be stored: no NUL, nothing that is no character.

    >>> _storable("好 👍"), _storable("a\0"), _storable("\ud800")
    (True, False, False)
    """
    return "\0" not in words and words == words.encode(errors="ignore").decode()
