"""Does a link lead where it says once somebody has signed in, and tell a browser nothing before?"""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser import a_tab, chromium, expect_link, query_of_url, served, settled
from tests.given_pages import MakeEngine
from tests.given_sign_in import PASSWORD, with_people


@pytest.fixture
def page(make_engine: MakeEngine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Page]:
    engine = make_engine(kind="real")
    with_people(engine)
    # with an inbox it is no demo
    monkeypatch.setenv("ORDERHUB_INBOX", str(tmp_path))
    with served(engine, home=tmp_path) as address, chromium() as browser, a_tab(browser, address) as page:
        yield page


@pytest.mark.parametrize(("person_id", "leads_to"), [("hangzhou", ["杭州仓"]), ("chengdu", None)])
def test_a_link_leads_there_after_the_sign_in_and_tells_nothing_before(person_id: str, leads_to: list[str] | None, page: Page) -> None:
    page.goto("/orders?warehouse=CN-HZ&channel=douyin&stage=shipped")
    expect(page.get_by_label("登录名")).to_be_visible()
    assert query_of_url(page.url) == {"warehouse": ["CN-HZ"], "channel": ["抖音"], "stage": ["已发货"]}
    assert "杭州仓" not in page.content()

    page.get_by_label("登录名").fill(person_id)
    page.get_by_label("密码").fill(PASSWORD)
    page.get_by_test_id("stFormSubmitButton").get_by_role("button").click()

    settled(page)
    expect_link(page, path="/orders", query={"channel": ["抖音"], "stage": ["已发货"]} | ({"warehouse": leads_to} if leads_to else {}))
    chosen = page.get_by_test_id("stMultiSelect").nth(3)
    expect(chosen).to_contain_text("杭州仓" if leads_to else "全部仓库")
    assert ("杭州仓" in page.content()) is bool(leads_to)
