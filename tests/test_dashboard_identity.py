"""Is there no way in but the ones that are meant?"""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import streamlit as st
from sqlalchemy import Engine, select

from dashboard import identity
from dashboard.oidc import Oidc
from dashboard.throttle import FAILURES_A_SECOND, LONGEST_PAUSE, TRIES_A_NAME, Throttle
from data.passwords import password_hash
from data.tables import audit_log
from data.writes.people import add_person, disable_person
from models.people import Person
from models.scope import Scope
from tests import given_orders
from tests.conftest import Filled
from tests.given_pages import MakeEngine, on_database, open_page, table, texts

NOW = datetime(2026, 11, 22, tzinfo=UTC)
PASSWORD = "correct horse battery"


def with_li(engine: Engine) -> None:
    with engine.begin() as connection:
        given_orders.merchant(connection, as_of=datetime.now(UTC), count=200)
        person = Person(person_id="li", name="李娜", role="operations", scope=Scope(channels=("douyin",)))
        add_person(connection, person, hashed=password_hash(PASSWORD), by="test", at=NOW)
    given_orders.rolled_up(engine, as_of=datetime.now(UTC))


@pytest.fixture
def real(filled: Filled, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Engine]:
    monkeypatch.setattr(identity, "_throttle", Throttle())
    with on_database(filled(with_li, kind="real"), monkeypatch=monkeypatch, home=tmp_path, inbox=tmp_path) as engine:
        yield engine


@pytest.fixture
def demo(make_engine: MakeEngine, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Engine]:
    with on_database(make_engine(kind="demo"), monkeypatch=monkeypatch, home=tmp_path) as engine:
        yield engine


def test_in_the_demo_there_is_somebody_of_every_role(demo: Engine) -> None:
    assert len(open_page().radio(key="who").options) == 6


@pytest.mark.parametrize("header", ["X-Forwarded-For", "x-forwarded-host", "X-FORWARDED-PROTO", "Forwarded"])
def test_a_forwarded_request_is_never_the_demos(header: str, demo: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(type(st.context), "headers", property(lambda self: {header: "192.0.2.1"}))

    app = open_page()

    assert not app.exception
    assert "登录 OrderHub" in texts(app)
    assert not app.metric
    assert not app.radio


def test_a_request_from_elsewhere_is_never_the_demos(demo: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(identity, "_client_address", lambda: "192.0.2.7")

    assert "登录 OrderHub" in texts(open_page())


def test_nobody_sees_anything_of_a_real_installation_without_signing_in(real: Engine) -> None:
    app = open_page()

    assert not app.exception
    assert "登录 OrderHub" in texts(app)
    assert not (app.metric or app.table or app.get("plotly_chart") or app.multiselect or app.radio)


def test_with_the_password_one_sees_the_own_scope_and_nothing_else(real: Engine) -> None:
    app = open_page()
    app.text_input(key="sign_in_name").input("li")
    app.text_input(key="sign_in_password").input(PASSWORD)
    app.form_submit_button[0].click().run()

    assert table(app, -1)["渠道"] == ["抖音", "合计"]
    with real.connect() as connection:
        assert tuple(connection.execute(select(audit_log.c.person_id, audit_log.c.action)).all()[-1]) == ("li", "signed_in")


def test_a_wrong_password_and_a_wrong_name_read_alike(real: Engine) -> None:
    said = []
    for name, password in (("li", "wrong"), ("nobody", PASSWORD), ("", "")):
        app = open_page()
        app.text_input(key="sign_in_name").input(name)
        app.text_input(key="sign_in_password").input(password)
        app.form_submit_button[0].click().run()
        said.append(app.error[0].value)
        assert not app.metric

    assert set(said) == {"登录名或密码不对。"}


def test_after_too_many_tries_even_the_right_password_waits(real: Engine) -> None:
    for _ in range(TRIES_A_NAME):
        identity._throttle.failed("li", as_of=datetime.now(UTC))
    app = open_page()
    app.text_input(key="sign_in_name").input("li")
    app.text_input(key="sign_in_password").input(PASSWORD)
    app.form_submit_button[0].click().run()

    assert "尝试次数过多" in app.error[0].value
    assert not app.metric


def test_strangers_failures_keep_nobody_out(real: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    waited: list[float] = []
    monkeypatch.setattr(identity, "sleep", waited.append)
    for n in range(10 * FAILURES_A_SECOND):
        identity._throttle.failed(f"made up {n}", as_of=datetime.now(UTC))
    app = open_page()
    app.text_input(key="sign_in_name").input("li")
    app.text_input(key="sign_in_password").input(PASSWORD)
    app.form_submit_button[0].click().run()

    assert table(app, -1)["渠道"] == ["抖音", "合计"]
    assert waited == [LONGEST_PAUSE.total_seconds()]


@pytest.mark.parametrize(
    ("claims", "admitted"),
    [
        ({"email": "Li", "email_verified": True}, True),
        ({"email": "LI"}, False),
        ({"email": "li", "email_verified": False}, False),
        ({"email": "li", "email_verified": "true"}, False),
        ({"email": "", "email_verified": True}, False),
        ({"email": "wang", "email_verified": True}, False),
    ],
    ids=str,
)
def test_only_an_email_that_the_provider_vouches_for_lets_one_in(
    claims: dict[str, object], admitted: bool, real: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("CLIENT_ID", "CLIENT_SECRET", "METADATA_URL", "REDIRECT_URI", "COOKIE_SECRET"):
        monkeypatch.setenv(f"ORDERHUB_OIDC_{name}", "x" * 32)
    monkeypatch.setattr(st, "user", {"is_logged_in": True, **claims})

    app = open_page()

    assert not app.exception
    assert bool(app.metric) is admitted
    assert bool(app.warning) is not admitted


def test_somebody_disabled_is_out_at_the_next_click(real: Engine) -> None:
    app = open_page()
    app.text_input(key="sign_in_name").input("li")
    app.text_input(key="sign_in_password").input(PASSWORD)
    app.form_submit_button[0].click().run()
    with real.begin() as connection:
        disable_person(connection, person_id="li", by="test", at=NOW)

    app.run()

    assert not app.metric
    assert "登录 OrderHub" in texts(app)


def test_oidc_is_on_only_when_every_value_is_there(monkeypatch: pytest.MonkeyPatch) -> None:
    values = {
        "CLIENT_ID": "a",
        "CLIENT_SECRET": "b",
        "METADATA_URL": "https://id.example/x",
        "REDIRECT_URI": "http://127.0.0.1/oauth2callback",
    }
    for name, value in values.items():
        monkeypatch.setenv(f"ORDERHUB_OIDC_{name}", value)
    assert not Oidc().configured
    assert Oidc().secrets() == {}

    monkeypatch.setenv("ORDERHUB_OIDC_COOKIE_SECRET", "c" * 32)

    assert Oidc().configured
    assert "c" * 32 not in repr(Oidc())
