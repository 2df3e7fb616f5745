"""Does the page of the delay model stand in a real browser, at a desk and on a phone, and does it lead to an order and its risk?"""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from playwright.sync_api import Browser, expect
from sqlalchemy import text

from tests import given_delay_model, given_orders
from tests.browser import DESK, PHONE, a_tab, chromium, query_of_url, served, settled, sticks_out
from tests.given_pages import MakeEngine
from tests.test_browser_accessibility import ambiguous, faint, stretched, unnamed, violations


@pytest.fixture(scope="module")
def address(make_engine: MakeEngine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    home, engine, now = tmp_path_factory.mktemp("browser"), make_engine(kind="demo"), datetime.now(UTC).replace(second=0, microsecond=0)
    with engine.begin() as connection:
        given_orders.merchant(connection, as_of=now, count=300)
        given_delay_model.waiting(connection, as_of=now, count=90)
        given_delay_model.everything(connection, as_of=now)
        # a server whose jobs have stopped says that it is not well
        connection.execute(text("UPDATE heartbeats SET beat_at = now() + interval '1 hour'"))
    with served(engine, home=home) as address:
        yield address


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


def test_a_manager_splits_the_risk_and_opens_the_riskiest_order(browser: Browser, address: str) -> None:
    with a_tab(browser, address) as page:
        page.goto("/delay_model")
        settled(page).get_by_role("radio", name="仓库", exact=True).click()
        expect(page.get_by_role("img", name="按仓库的风险分布").or_(page.get_by_label("按仓库的风险分布")).first).to_be_visible()
        assert query_of_url(settled(page).url)["risk"] == ["仓库"]
        stretched(page, width=DESK["width"])
        assert violations(page, theme="light") + unnamed(page) + ambiguous(page) + faint(page, theme="light") == []

        link = page.get_by_test_id("stTable").first.get_by_role("link").first
        number = link.inner_text().replace("\u2060", "")
        page.goto(f"/{link.get_attribute('href')}")

        expect(settled(page).get_by_role("heading", level=2)).to_contain_text(number)
        expect(page.get_by_role("heading", level=3, name="延迟风险")).to_be_visible()
        said = page.locator(".st-key-order_risk")
        expect(said).to_contain_text("主要原因")
        assert "周五 17 点后付款" in said.inner_text().replace("\u2060", "").replace("\u00a0", " ")


def test_on_a_phone_in_english_nothing_sticks_out_and_nobody_is_kept_out(browser: Browser, address: str) -> None:
    with a_tab(browser, address, viewport=PHONE, theme="dark") as page:
        page.goto("/delay_model?lang=en")
        stretched(page, width=PHONE["width"])

        assert sticks_out(page) <= 0
        assert violations(page, theme="dark") + unnamed(page) + ambiguous(page) + faint(page, theme="dark") == []
