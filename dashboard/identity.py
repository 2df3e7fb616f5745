"""Who is this, and how do we know?

In the demo, on this machine only, one chooses who one is. Otherwise one signs in: by OpenID Connect where it is set up, else
with a local account. There is no other way in, and a forwarded request is never the demo's.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from ipaddress import ip_address
from time import sleep

import streamlit as st

from dashboard import words
from dashboard.i18n import t
from dashboard.oidc import Oidc
from dashboard.proxied import is_proxied
from dashboard.throttle import Throttle
from data import actions
from data.api import engine, settings
from models.people import DEMO_NAMES, Person

_WHO, _SIGNED_IN, _RECORDED = "who", "signed_in_as", "sign_in_recorded"
_throttle = Throttle()


def demo_allowed(*, demo: bool, headers: Iterable[str], address: str | None) -> bool:
    """Say whether one may choose who one is: only in the demo, only from this machine, never through a proxy.

    >>> demo_allowed(demo=True, headers=["Host"], address=None)
    True
    >>> demo_allowed(demo=True, headers=["Host", "X-Forwarded-For"], address=None)
    False
    >>> demo_allowed(demo=True, headers=[], address="192.0.2.7"), demo_allowed(demo=False, headers=[], address=None)
    (False, False)
    """
    here = address is None or ip_address(address.split("%")[0]).is_loopback
    return demo and here and not is_proxied(headers)


def somebody(*, as_of: datetime) -> Person:
    """Return who this is; draws the way in and stops the run when nobody is."""
    if demo_allowed(demo=settings().demo, headers=st.context.headers.keys(), address=_client_address()):
        return _chosen(_demo_people(as_of))
    person = _by_oidc(as_of=as_of) if Oidc().configured else _by_account()
    if person is None:
        _way_in(as_of=as_of)
        st.stop()
    return person


def badge(person: Person, *, as_of: datetime) -> None:
    """Draw who this is, with the way to be somebody else."""
    with st.popover(f"{person.name} · {words.named(words.ROLES, person.role)}", icon=":material/account_circle:", key="badge"):
        if _SIGNED_IN not in st.session_state and not (Oidc().configured and st.user.get("is_logged_in")):
            _choose(_demo_people(as_of))
            st.caption(t("演示环境：可切换身份体验各角色的权限。"))
            return
        st.caption(person.person_id)
        if st.button(t("退出登录"), icon=":material/logout:", key="sign_out"):
            _sign_out()


@st.cache_data(ttl="60s", max_entries=1, show_spinner=False)
def _demo_people(_as_of: datetime) -> list[Person]:
    """Return one person a role, asked once a minute for everybody."""
    return actions.demo_people(engine(), names=DEMO_NAMES, as_of=_as_of)


def _client_address() -> str | None:
    """Return where the request comes from; Streamlit says None for this machine."""
    return st.context.ip_address


def _chosen(people: list[Person]) -> Person:
    by_id = {person.person_id: person for person in people}
    return by_id.get(str(st.session_state.get(_WHO)), people[0])


def _choose(people: list[Person]) -> None:
    names = {person.person_id: f"{person.name} · {words.named(words.ROLES, person.role)}" for person in people}
    st.radio(t("我是"), list(names), format_func=names.__getitem__, key=_WHO, persist_state="session")


def _by_oidc(*, as_of: datetime) -> Person | None:
    if not (st.user.get("is_logged_in") and email_verified(st.user)):
        return None
    person = actions.person_of(engine(), person_id=str(st.user.get("email", "")))
    if person is not None and st.session_state.get(_RECORDED) != person.person_id:
        actions.record_sign_in(engine(), person_id=person.person_id, how="oidc", as_of=as_of)
        st.session_state[_RECORDED] = person.person_id
    return person


def email_verified(claims: Mapping[str, object]) -> bool:
    """Say whether the provider vouches for the e-mail; one that does not say so does not.

    >>> email_verified({"email": "li@a.example"}), email_verified({"email_verified": True}), email_verified({"email_verified": "false"})
    (False, True, False)
    """
    return claims.get("email_verified") is True


def _by_account() -> Person | None:
    person_id = st.session_state.get(_SIGNED_IN)
    return None if person_id is None else actions.person_of(engine(), person_id=person_id)


def _way_in(*, as_of: datetime) -> None:
    with st.container(horizontal_alignment="center"), st.container(border=True, width=420, key="way_in"):
        st.markdown(f"### {t('登录 OrderHub')}")
        if Oidc().configured:
            _oidc_way_in()
        else:
            _account_way_in(as_of=as_of)


def _oidc_way_in() -> None:
    if st.user.get("is_logged_in") and not email_verified(st.user):
        st.warning(t("登录服务没有确认 {email} 属于您，请联系管理员。", email=st.user.get("email", "")), icon=":material/lock:")
        st.button(t("换一个账号"), on_click=st.logout, key="other_account")
        return
    if st.user.get("is_logged_in"):
        st.warning(t("{email} 还没有被授权，请联系管理员。", email=st.user.get("email", "")), icon=":material/lock:")
        st.button(t("换一个账号"), on_click=st.logout, key="other_account")
        return
    st.caption(t("使用公司账号登录。"))
    st.button(t("用公司账号登录"), type="primary", on_click=st.login, key="oidc_sign_in", width="stretch")


def _account_way_in(*, as_of: datetime) -> None:
    with st.form("sign_in", border=False):
        name = st.text_input(t("登录名"), key="sign_in_name", autocomplete="username")
        password = st.text_input(t("密码"), type="password", key="sign_in_password", autocomplete="current-password")
        tried = st.form_submit_button(t("登录"), type="primary", width="stretch")
    if tried:
        _try(name.strip().lower(), password, as_of=as_of)
    st.caption(t("账号由管理员创建：python -m jobs people add"))


def _try(name: str, password: str, *, as_of: datetime) -> None:
    if not _throttle.admits(name, as_of=as_of):
        st.error(t("尝试次数过多，请 5 分钟后再试。"), icon=":material/timer:")
        return
    sleep(_throttle.pause(as_of=as_of).total_seconds())
    person = actions.check_password(engine(), person_id=name, password=password)
    if person is None:
        _throttle.failed(name, as_of=as_of)
        st.error(t("登录名或密码不对。"), icon=":material/error:")
        return
    actions.record_sign_in(engine(), person_id=person.person_id, how="account", as_of=as_of)
    st.session_state[_SIGNED_IN] = person.person_id
    st.rerun()


def _sign_out() -> None:
    st.session_state.pop(_SIGNED_IN, None)
    if st.user.get("is_logged_in"):
        st.logout()
    st.rerun()
