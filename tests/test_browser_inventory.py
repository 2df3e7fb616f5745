"""Does a warehouse lead get from a short SKU to the order, the hold and the shelf, in a real browser, on any screen?"""

import re
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from playwright.sync_api import Browser, Page, expect
from python_calamine import CalamineWorkbook
from sqlalchemy import Engine, text

from data import actions
from models.people import DEMO_NAMES
from tests import given_orders
from tests.browser import DESK, PHONE, a_tab, chromium, query_of_url, served, settled, sticks_out
from tests.given_inventory import busy_evening
from tests.given_pages import MakeEngine
from tests.test_browser_accessibility import Look, ambiguous, faint, stretched, unnamed, violations

# As dashboard.tables draws its rows, in pixels.
ROW = 32


@pytest.fixture(scope="module")
def shop(make_engine: MakeEngine) -> Engine:
    engine = make_engine(kind="demo")
    busy_evening(engine)
    with engine.begin() as connection:
        given_orders.jobs(connection, as_of=datetime.now(UTC))
        connection.execute(text("UPDATE heartbeats SET beat_at = now() + interval '1 hour'"))
    actions.demo_people(engine, names=DEMO_NAMES, as_of=datetime.now(UTC))
    return engine


@pytest.fixture(scope="module")
def address(shop: Engine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with served(shop, home=tmp_path_factory.mktemp("browser")) as address:
        yield address


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


@pytest.fixture
def page(browser: Browser, address: str) -> Iterator[Page]:
    with a_tab(browser, address) as page:
        yield page


def choose(page: Page, row: int) -> None:
    """Tick a row of the list, the first one 0."""
    rows = page.get_by_test_id("stDataFrame")
    rows.scroll_into_view_if_needed()
    box = rows.bounding_box()
    assert box is not None
    page.mouse.click(box["x"] + 16, box["y"] + (row + 1.5) * ROW)


def test_a_row_opens_its_sku_and_another_part_keeps_it_in_the_link(page: Page) -> None:
    page.goto("/inventory")
    settled(page)
    choose(page, 0)

    detail = page.locator(".st-key-stock_sku")
    expect(detail.get_by_role("heading", level=3, name=re.compile("POT-24 .*现在不可售"))).to_be_visible()
    assert query_of_url(settled(page).url)["sku"] == ["POT-24"]
    page.get_by_role("tab", name="占用台账").click()
    expect(page.get_by_role("heading", level=3, name=re.compile("个占用在倒计时"))).to_be_visible()
    query = query_of_url(settled(page).url)
    assert (query["part"], query["sku"]) == (["占用台账"], ["POT-24"])


def test_a_hold_is_released_from_its_row(page: Page, shop: Engine) -> None:
    page.goto("/inventory?part=holds&hold=TB-2")
    settled(page)
    choose(page, 0)
    held = page.locator(".st-key-stock_hold")
    expect(held.get_by_text("剩 ")).to_be_visible()
    held.get_by_role("button", name="释放").click()

    expect(page.get_by_text("已释放 TB-2 的 40 件。")).to_be_visible()
    with shop.connect() as connection:
        state, held_now = connection.execute(
            text("SELECT h.state, s.held FROM holds AS h JOIN stock AS s USING (sku_code, warehouse_code) WHERE h.order_no = 'TB-2'")
        ).one()
    assert (state, held_now) == ("released", 0)


def test_the_workbook_says_what_the_page_says(page: Page) -> None:
    page.goto("/inventory?lang=en")
    headline = settled(page).get_by_role("heading", level=2).inner_text()
    with page.expect_download() as waiting:
        page.get_by_role("button", name="Stock as Excel").click()

    book = CalamineWorkbook.from_path(waiting.value.path())
    sheets = {name: book.get_sheet_by_name(name).to_python() for name in book.sheet_names}
    assert next(iter(sheets.values()))[0][0] == headline
    levels = next(rows for name, rows in sheets.items() if name == "Levels")
    head = next(number for number, row in enumerate(levels) if row[0] == "State")
    assert len(levels) - head - 1 == 11
    assert "Definitions" in sheets and "Terms of stock" in sheets


@pytest.mark.parametrize("look", [Look("zh", DESK, "light"), Look("en", PHONE, "dark")], ids=str)
def test_no_part_of_the_page_keeps_anybody_out_or_sticks_out(look: Look, browser: Browser, address: str) -> None:
    with a_tab(browser, address, viewport=look.viewport, theme=look.theme) as page:
        page.goto(f"/inventory?lang={look.language}&sku=MUG-01")
        found = {}
        settled(page)
        # on a phone the parts that are lists all look alike
        for tab in page.get_by_role("tab").all()[:: 1 if look.viewport == DESK else 3]:
            tab.click()
            expect(tab).to_have_attribute("aria-selected", "true")
            stretched(page, width=look.viewport["width"])
            assert sticks_out(page) <= 0, tab.inner_text()
            said = violations(page, theme=look.theme) + unnamed(page) + ambiguous(page) + faint(page, theme=look.theme)
            found[tab.inner_text()] = said

        assert found and {part: said for part, said in found.items() if said} == {}
