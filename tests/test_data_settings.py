"""Do settings come from the environment as documented, and is a wrong one named?"""

from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import ValidationError

from data.settings import CHECKOUT, Settings, WrongSetting, settings


@pytest.fixture(autouse=True)
def _no_setting(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.delenv("ORDERHUB_HOME")
    settings.cache_clear()
    yield
    settings.cache_clear()


def test_without_any_setting_the_demo_runs_in_the_checkout() -> None:
    found = Settings()

    assert (found.demo, found.kind, found.database_name) == (True, "demo", "orderhub_demo")
    assert found.home == CHECKOUT / ".orderhub"
    assert found.inbox_dir == CHECKOUT / ".orderhub" / "demo" / "inbox"
    assert found.files_dir == CHECKOUT / ".orderhub" / "files"
    assert (found.port, found.zone, found.language, found.reporting_currency, found.retention_days) == (
        8501,
        "Asia/Shanghai",
        "zh",
        "CNY",
        90,
    )
    assert found.database_url is None


def test_naming_an_inbox_is_all_that_leaves_the_demo(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("ORDERHUB_INBOX", str(tmp_path / "my orders"))

    found = settings()

    assert (found.demo, found.kind, found.database_name) == (False, "real", "orderhub")
    assert found.inbox_dir == tmp_path / "my orders"


def test_every_setting_is_read_from_its_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    given = {
        "ORDERHUB_HOME": "~/hub",
        "ORDERHUB_PORT": "9000",
        "ORDERHUB_ZONE": "America/Sao_Paulo",
        "ORDERHUB_LANGUAGE": "en",
        "ORDERHUB_REPORTING_CURRENCY": "BRL",
        "ORDERHUB_RETENTION_DAYS": "30",
        "ORDERHUB_SAMPLES": "samples",
        "DATABASE_URL": "postgresql://shop@localhost/shop",
    }
    for name, value in given.items():
        monkeypatch.setenv(name, value)

    found = settings()

    assert found.home == Path.home() / "hub"
    assert (found.port, found.zone, found.language, found.reporting_currency) == (9000, "America/Sao_Paulo", "en", "BRL")
    assert (found.retention_days, found.samples) == (30, Path.cwd() / "samples")
    assert found.database_url == "postgresql://shop@localhost/shop"


def test_an_empty_variable_is_an_unset_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ORDERHUB_INBOX", "")
    monkeypatch.setenv("DATABASE_URL", "")

    assert settings().demo
    assert settings().database_url is None


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ORDERHUB_PORT", "eighty"),
        ("ORDERHUB_PORT", "70000"),
        ("ORDERHUB_ZONE", "Beijing"),
        ("ORDERHUB_ZONE", "../etc/passwd"),
        ("ORDERHUB_LANGUAGE", "fr"),
        ("ORDERHUB_REPORTING_CURRENCY", "yuan"),
        ("ORDERHUB_RETENTION_DAYS", "0"),
    ],
)
def test_a_wrong_setting_is_one_line_that_names_the_variable(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv(name, value)

    with pytest.raises(WrongSetting, match=name) as problem:
        settings()

    assert "\n" not in str(problem.value)


def test_a_password_is_never_shown() -> None:
    assert "s3cret" not in repr(Settings(database_url="postgresql://shop:s3cret@localhost/shop"))


def test_settings_do_not_change_and_take_no_unknown_name() -> None:
    with pytest.raises(ValidationError):
        Settings().port = 1
    with pytest.raises(ValidationError):
        Settings(prot=9000)  # type: ignore[call-arg]
