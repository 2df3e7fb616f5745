"""Do two people who reach for one order both hear the truth, and does the workbench work without a mouse, on a phone, for everybody?"""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import Engine, text

from tests.browser import DESK, PHONE, a_tab, another_chromium, chromium, served, settled, sticks_out
from tests.given_morning import CHEN, LIN, a_morning, weeks_of_outcomes
from tests.given_pages import MakeEngine
from tests.test_browser_accessibility import Look, ambiguous, faint, stretched, unnamed, violations

# As dashboard.tables draws its rows, in pixels.
ROW = 32
STEPS = 120
DESKS = ("list", "board", "todo", "effect", "rules")


@pytest.fixture(scope="module")
def shop(make_engine: MakeEngine) -> Engine:
    engine = a_morning(make_engine(kind="demo"), as_of=datetime.now(UTC))
    with engine.begin() as connection:
        now = datetime.now(UTC)
        weeks_of_outcomes(connection, monday=now.date(), as_of=now)
    return engine


@pytest.fixture(scope="module")
def address(shop: Engine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with served(shop, home=tmp_path_factory.mktemp("browser")) as address:
        yield address


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


@pytest.fixture(scope="module")
def another_browser(browser: Browser) -> Iterator[Browser]:
    with another_chromium(browser) as another:
        yield another


@pytest.fixture
def page(browser: Browser, address: str) -> Iterator[Page]:
    with a_tab(browser, address) as page:
        yield page


def drawn(page: Page, path: str = "/workbench") -> Page:
    page.goto(path)
    return settled(page)


def owner(engine: Engine, order_no: str) -> str | None:
    with engine.connect() as connection:
        return connection.execute(text("SELECT owner FROM order_owners WHERE order_no = :no"), {"no": order_no}).scalar_one_or_none()


def tick(page: Page, row: int) -> None:
    """Tick a row of the list, the first one 0."""
    box = page.get_by_test_id("stDataFrame").bounding_box()
    assert box is not None
    page.mouse.click(box["x"] + 16, box["y"] + (row + 1.5) * ROW)


def test_of_two_people_in_two_browsers_one_gets_the_order_and_the_other_is_told_who(
    page: Page, another_browser: Browser, address: str, shop: Engine
) -> None:
    with a_tab(another_browser, address) as other:
        for each in (page, other):
            drawn(each, "/workbench?shop=tb-home&no=BEST-1")
        other.locator(".st-key-badge").get_by_role("button").first.click()
        other.get_by_text("陈阳 · 运营").click()
        expect(settled(other).locator(".st-key-badge").get_by_text("陈阳 · 运营").first).to_be_visible()
        other.keyboard.press("Escape")
        claims = [each.locator(".st-key-case_open").get_by_role("button", name="认领") for each in (page, other)]
        for claim in claims:
            claim.evaluate("(button) => button.click()")

        said = re.compile(r"已认领 1 单|已被他人认领 \d\d:\d\d")
        told = []
        for each in (page, other):
            toast = each.get_by_test_id("stToast").filter(has_text=said)
            expect(toast).to_be_visible()
            told.append(toast.inner_text())

    lost = [words for words in told if "已被他人认领" in words]
    winner = {LIN.person_id: "林悦", CHEN.person_id: "陈阳"}[str(owner(shop, "BEST-1"))]
    assert len(lost) == 1 and winner in lost[0]
    assert ("已认领 1 单" in told[0]) == (winner == "林悦")


def test_without_a_mouse_rows_are_opened_ticked_and_claimed(page: Page, shop: Engine) -> None:
    drawn(page, "/workbench?tab=review")
    grid = page.locator('[data-testid="stDataFrame"] canvas').first
    reach(page, grid)
    page.keyboard.press("ArrowDown")
    expect(page.locator(".st-key-case_open").get_by_role("heading", level=3)).to_be_visible()
    settled(page)
    page.keyboard.press("Shift+Space")
    expect(page.get_by_text("选中 1 单")).to_be_visible()
    settled(page)
    reach(page, page.locator(".st-key-many_deeds").get_by_role("button", name="认领"))
    page.keyboard.press("Enter")

    expect(page.get_by_test_id("stToast").filter(has_text="已认领 1 单")).to_be_visible()
    opened = settled(page).locator(".st-key-case_open").get_by_role("heading", level=3).inner_text()
    assert owner(shop, opened) == LIN.person_id


def reach(page: Page, wanted: Any) -> None:
    """Press Tab until what is wanted has the focus."""
    for _ in range(STEPS):
        if wanted.evaluate("(each) => each === document.activeElement || each.contains(document.activeElement)"):
            return
        page.keyboard.press("Tab")
    expect(wanted).to_be_focused()


def test_on_a_phone_a_row_is_ticked_a_deed_is_done_and_nothing_sticks_out(page: Page, shop: Engine) -> None:
    page.set_viewport_size(PHONE)
    drawn(page, "/workbench?tab=short")
    page.get_by_test_id("stDataFrame").scroll_into_view_if_needed()
    tick(page, 0)
    bar = page.locator(".st-key-many_deeds")
    expect(bar.get_by_role("button", name="认领")).to_be_in_viewport()
    assert sticks_out(settled(page)) <= 0

    bar.get_by_role("button", name="认领").click()

    expect(page.get_by_test_id("stToast").filter(has_text="已认领 1 单")).to_be_visible()
    expect(settled(page).locator(".st-key-case_last").get_by_role("button", name="撤销")).to_be_in_viewport()
    assert owner(shop, "SHORT-1") == LIN.person_id
    assert sticks_out(page) <= 0


@pytest.mark.parametrize("look", [Look("zh", DESK, "light"), Look("en", PHONE, "dark")], ids=str)
def test_the_page_keeps_nobody_out(look: Look, browser: Browser, address: str) -> None:
    with a_tab(browser, address, viewport=look.viewport, theme=look.theme) as page:
        drawn(page, f"/workbench?lang={look.language}&shop=tb-home&no=BEST-1")
        found = {}
        for place, desk in enumerate(DESKS):
            if place:
                page.get_by_role("radiogroup").filter(has=page.get_by_role("radio", name=re.compile("流转看板|Board"))).get_by_role(
                    "radio"
                ).nth(place).click()
                expect(page).to_have_url(re.compile(f"desk={desk}"))
                page.mouse.move(0, 0)
            page.set_viewport_size(look.viewport)
            assert sticks_out(settled(page)) <= 0, desk
            stretched(page, width=look.viewport["width"])
            found[desk] = violations(page, theme=look.theme) + unnamed(page) + ambiguous(page) + faint(page, theme=look.theme)

        assert {desk: said for desk, said in found.items() if said} == {}
