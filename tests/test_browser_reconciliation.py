"""Does a finance officer get from the queue to a difference, settle it, and take the report along, in a real browser and by keyboard?"""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, expect
from playwright.sync_api import TimeoutError as PlaywrightTimeout
from python_calamine import CalamineWorkbook
from sqlalchemy import Engine, text

from data import actions
from models.people import DEMO_NAMES, Person
from tests import given_orders, printed_text
from tests.browser import DESK, PHONE, a_tab, chromium, query_of_url, served, settled, sticks_out
from tests.given_pages import MakeEngine
from tests.given_reconciliation import differences, reconciled_shop
from tests.test_browser_accessibility import Look, ambiguous, by_tab, faint, out, stretched, unnamed, violations

PATH = "/reconciliation?period=30d"
MANAGER = Person(person_id="demo.manager", name="林悦", role="manager")
FINANCE = Person(person_id="demo.finance", name="许清", role="finance")
# As dashboard.tables draws its rows, in pixels.
ROW = 32
STEPS = 120


@pytest.fixture(scope="module")
def shop(make_engine: MakeEngine) -> Engine:
    engine = make_engine(kind="demo")
    now = datetime.now(UTC)
    with engine.begin() as connection:
        given_orders.jobs(connection, as_of=now)
        connection.execute(text("UPDATE heartbeats SET beat_at = now() + interval '1 hour'"))
    actions.demo_people(engine, names=DEMO_NAMES, as_of=now)
    reconciled_shop(engine)
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


def drawn(page: Page, path: str = PATH) -> Page:
    """Open a page and wait until it stands to its end."""
    page.goto(path)
    return settled(page)


def choose(page: Page, row: int) -> None:
    """Tick a row of the queue, the first one 0."""
    queue = page.get_by_test_id("stDataFrame")
    queue.scroll_into_view_if_needed()
    box = queue.bounding_box()
    assert box is not None
    page.mouse.click(box["x"] + 16, box["y"] + (row + 1.5) * ROW)


def opened(page: Page) -> str:
    """Return the number of the difference that the address names, once it names one."""
    expect(page).to_have_url(re.compile(r"difference=\d+"))
    return query_of_url(settled(page).url)["difference"][0]


def test_a_row_of_the_queue_opens_its_three_sides_and_a_label_is_confirmed(page: Page, shop: Engine) -> None:
    drawn(page, f"{PATH}&label=commission_rate")
    choose(page, 0)

    number = opened(page)
    [row] = differences(shop, order_no="RATE")
    assert number == str(row.difference_id)
    detail = page.locator(".st-key-recon_detail")
    for side in ("订单", "结算", "银行"):
        expect(detail.get_by_role("heading", level=4, name=side, exact=True)).to_be_visible()
    expect(detail.get_by_text("差 ¥9.00")).to_be_visible()
    detail.get_by_role("button", name="确认标签").click()

    expect(page.get_by_text("标签已确认。")).to_be_visible()
    expect(settled(page).get_by_text("标签由 林悦 确认")).to_be_visible()
    assert differences(shop, order_no="RATE")[0].label_by == MANAGER.person_id


def test_a_note_is_written_in_its_popover_and_stands_in_the_history(page: Page, shop: Engine) -> None:
    [row] = differences(shop, order_no="TWICE", type="receipt")
    drawn(page, f"{PATH}&difference={row.difference_id}")
    page.locator(".st-key-one_deeds").get_by_role("radio", name="备注").click()
    page.get_by_role("textbox", name="备注").fill("平台已退回一笔")
    page.get_by_role("button", name="保存备注").click()

    expect(page.get_by_text("备注已保存。")).to_be_visible()
    expect(settled(page).locator(".st-key-recon_detail").get_by_text("平台已退回一笔")).to_be_visible()


def test_somebody_who_was_slower_hears_who_was_first(page: Page, shop: Engine) -> None:
    [row] = differences(shop, order_no="REFUND")
    drawn(page, f"{PATH}&difference={row.difference_id}")
    actions.change_label(
        shop, person=FINANCE, difference_id=row.difference_id, seen=row.version, label="fee_not_booked", as_of=datetime.now(UTC)
    )

    page.locator(".st-key-one_deeds").get_by_role("button", name="确认标签").click()

    expect(page.get_by_text(re.compile("已被他人先处理（许清"))).to_be_visible()
    expect(settled(page).get_by_role("heading", level=3, name=re.compile("手续费未计"))).to_be_visible()


def picked(page: Page, box: Locator, *, option: str) -> None:
    """Choose in a box by the keyboard; a run that ends just then shuts its list, as it would for anybody, who opens it again."""
    wanted = page.get_by_role("option", name=re.compile(option))
    for _ in range(5):
        settled(page)
        box.press("ArrowDown")
        try:
            wanted.click(timeout=5_000)
        except PlaywrightTimeout:
            continue
        return
    wanted.click()


def test_several_rows_are_given_to_a_colleague_together(page: Page, shop: Engine) -> None:
    drawn(page, f"{PATH}&label=none&money=fee")
    choose(page, 0)
    opened(page)
    choose(page, 1)
    bulk = page.locator(".st-key-recon_bulk")
    expect(bulk.get_by_text("选中 2 笔")).to_be_visible()
    assert "difference" not in query_of_url(settled(page).url)

    bulk.get_by_role("radio", name="指派").click()
    expect(bulk.get_by_role("combobox", name="负责人")).to_be_visible()
    settled(page)
    picked(page, bulk.get_by_role("combobox", name="负责人"), option="许清")
    page.get_by_role("button", name="保存负责人").click()

    expect(page.get_by_text("许清 负责。")).to_be_visible()
    assert {row.owner for row in differences(shop, type="fee", label="")} == {FINANCE.person_id}


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_report_is_taken_along_as_workbook_and_as_paper(language: str, page: Page) -> None:
    drawn(page, f"{PATH}&lang={language}")
    headline = page.get_by_role("heading", level=2).inner_text()
    names = {"zh": ("标准报告 Excel", "标准报告 PDF"), "en": ("Report as Excel", "Report as PDF")}[language]
    files = []
    for name in names:
        with page.expect_download() as waiting:
            page.get_by_role("button", name=name).click()
        files.append(waiting.value.path())

    book = CalamineWorkbook.from_path(files[0])
    assert book.get_sheet_by_name(book.sheet_names[0]).to_python()[0][0] == headline
    paper = files[1].read_bytes()
    assert headline in "".join(printed_text.lines(paper))
    assert all(font.embedded for font in printed_text.fonts(paper))


def test_on_a_phone_nothing_sticks_out(page: Page, shop: Engine) -> None:
    [row] = differences(shop, order_no="TWICE", type="receipt")
    page.set_viewport_size(PHONE)
    drawn(page, f"{PATH}&lang=zh&difference={row.difference_id}")

    assert sticks_out(page) <= 0


@pytest.mark.parametrize("look", [Look("zh", DESK, "light"), Look("en", PHONE, "dark")], ids=str)
def test_the_page_keeps_nobody_out(look: Look, browser: Browser, address: str, shop: Engine) -> None:
    [row] = differences(shop, order_no="payout:W2")
    with a_tab(browser, address, viewport=look.viewport, theme=look.theme) as page:
        page.goto(f"{PATH}&lang={look.language}&difference={row.difference_id}")
        found = {}
        for part in by_tab(settled(page)):
            stretched(page, width=look.viewport["width"])
            found[part] = violations(page, theme=look.theme) + unnamed(page) + ambiguous(page) + faint(page, theme=look.theme) + out(page)

        assert found and {part: said for part, said in found.items() if said} == {}


def test_a_link_says_basis_currency_and_label_in_codes_and_opens_in_words(page: Page) -> None:
    drawn(page, f"{PATH}&basis=settled&currency=USD&label=none")

    expect(page.get_by_role("radio", name="平台结算日")).to_be_checked()
    expect(page.get_by_role("radio", name="USD")).to_be_checked()
    query = query_of_url(page.url)
    assert (query["basis"], query["currency"], query["label"]) == (["平台结算日"], ["USD"], ["未识别"])


def test_a_statement_is_previewed_before_anything_is_stored(page: Page, shop: Engine) -> None:
    drawn(page)
    page.get_by_role("tab", name="上传账单").click()
    page.locator("input[type=file]").set_input_files({"name": "不认得.csv", "mimeType": "text/csv", "buffer": "甲,乙\n1,2\n".encode()})

    expect(page.get_by_text("这份文件会被整份拒收，没有可入库的内容。")).to_be_visible()
    expect(page.get_by_role("button", name="确认入库")).to_have_count(0)


def test_without_a_mouse_one_changes_the_basis_and_resolves_a_difference(page: Page, shop: Engine) -> None:
    [row] = differences(shop, order_no="SHORT")
    drawn(page, f"{PATH}&difference={row.difference_id}")
    reach(page, page.get_by_role("radio", name="订单完成日"))
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Space")
    expect(page.get_by_role("radio", name="平台结算日")).to_be_checked()
    settled(page)

    # within the choice of deeds the arrows lead on
    reach(page, page.locator(".st-key-one_deeds").get_by_role("radio", name="改标签"))
    for _ in range(3):
        page.keyboard.press("ArrowRight")
    page.keyboard.press("Space")
    reason = page.get_by_role("combobox", name="原因")
    expect(reason).to_be_visible()
    reach(page, reason)
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    reach(page, page.get_by_role("button", name="标为处理完毕"))
    page.keyboard.press("Enter")

    expect(page.get_by_text("1 笔差异处理完毕。")).to_be_visible()
    assert differences(shop, order_no="SHORT")[0].state == "resolved"


def reach(page: Page, wanted: Any) -> None:
    """Press Tab until what is wanted has the focus."""
    for _ in range(STEPS):
        if wanted.evaluate("(each) => each === document.activeElement"):
            return
        page.keyboard.press("Tab")
    expect(wanted).to_be_focused()
