"""Do clicks in a real browser lead from a figure to its orders and back, and does the workbook hold what the page shows?"""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, expect
from python_calamine import CalamineWorkbook

from dashboard.i18n import speaking, t
from tests.browser import PHONE, a_merchant, a_tab, chromium, expect_link, query_of_url, served, settled, sticks_out, with_life
from tests.given_pages import MakeEngine

STAGES = "各环节订单数与停滞数"
WORDS = ("订单", "未准时", "准时率", "现停滞", "订单列表", "订单号", "下一页", "第 {page} 页", "导出 Excel")
SHARE = re.compile(r"(?P<share>[\d.]+)%\s+(?P<orders>[\d,]+)")
PAGE = 50
# More than anybody would press, and enough for a list of fifty links.
STEPS = 150
CELLS = """(table) => {
    const said = (row) => [...row.cells].map((cell) => cell.innerText.replaceAll("\\u2060", "").replaceAll("\\u00a0", " ").trim());
    return [...table.rows].map(said);
}"""
ORDER = "/order?shop=shop&no=1"


@pytest.fixture(scope="module")
def address(make_engine: MakeEngine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    home = tmp_path_factory.mktemp("browser")
    with served(with_life(a_merchant(make_engine), home=home), home=home) as address:
        yield address


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


@pytest.fixture
def page(browser: Browser, address: str) -> Iterator[Page]:
    with a_tab(browser, address) as page:
        yield page


def drawn(page: Page, path: str) -> Page:
    """Open a page and wait until it stands to its end."""
    page.goto(path)
    return settled(page)


def table(page: Page, name: str) -> dict[str, list[str]]:
    """Return a table by its heads, each cell as it reads."""
    head, *rows = page.get_by_role("table", name=name, exact=True).evaluate(CELLS)
    return {column: [row[place] for row in rows] for place, column in enumerate(head)}


def chart(page: Page, name: str) -> Locator:
    return page.get_by_role("figure", name=name, exact=True)


def bars(page: Page, name: str, *, trace: int) -> Locator:
    """Return the bars of one trace of a chart, in the order of its rows."""
    return chart(page, name).locator(".trace.bars").nth(trace).locator(".point path")


def count(said: str) -> int:
    return int(said.replace(",", ""))


def walked(page: Page, *, alt: str = "订单列表", head: str = "订单号", on: str = "下一页", number: str = "第 {page} 页") -> list[str]:
    """Return the numbers of all orders of the list, page after page."""
    found, turned = table(page, alt)[head], 1
    while page.get_by_role("button", name=on).is_enabled():
        page.get_by_role("button", name=on).click()
        turned += 1
        expect(page.get_by_text(number.format(page=turned), exact=True)).to_be_visible()
        found += table(settled(page), alt)[head]
    return found


def test_a_bar_leads_one_level_deeper_and_down_to_the_orders_behind_it(page: Page) -> None:
    drawn(page, "/orders")
    chosen: dict[str, list[str]] = {}
    for key, dimension in (("channel", "渠道"), ("region", "地区"), ("category", "类目")):
        split = table(page, f"按{dimension}拆分")
        bars(page, f"未准时按{dimension}拆分", trace=1).first.click(force=True)
        expect(chart(page, f"未准时按{dimension}拆分")).to_have_count(0)

        chosen[key] = query_of_url(settled(page).url)[key]
        expect_link(page, path="/orders", query=chosen)
        expect(page.locator(".st-key-drill_way").get_by_role("button", name=chosen[key][0])).to_be_visible()
        late = {value: count(orders) for value, orders in zip(split[dimension], split["未准时"], strict=True) if value != "合计"}
        assert late[chosen[key][0]] == max(late.values())

    orders = table(page, "订单列表")
    assert (set(orders["渠道"]), set(orders["地区"]), set(orders["类目"])) == tuple({name} for [name] in chosen.values())
    assert len(walked(page)) == count(table(page, "按仓库拆分")["订单"][-1])


def test_back_in_the_browser_and_a_step_of_the_way_lead_one_level_up(page: Page) -> None:
    drawn(page, "/orders?channel=抖音")
    bars(page, "未准时按地区拆分", trace=1).first.click(force=True)
    expect(chart(page, "未准时按类目拆分")).to_be_visible()

    page.go_back()
    expect(chart(page, "未准时按地区拆分")).to_be_visible()
    expect_link(settled(page), path="/orders", query={"channel": ["抖音"]})

    bars(page, "未准时按地区拆分", trace=1).last.click(force=True)
    expect(chart(page, "未准时按类目拆分")).to_be_visible()
    settled(page).locator(".st-key-drill_way").get_by_role("button", name="抖音").click()
    expect(chart(page, "未准时按地区拆分")).to_be_visible()
    settled(page).locator(".st-key-drill_way").get_by_role("button", name="全部").click()
    expect(chart(page, "未准时按渠道拆分")).to_be_visible()
    expect_link(page, path="/orders", query={})


def test_an_order_of_the_list_opens_its_own_page(page: Page) -> None:
    drawn(page, "/orders")
    number = table(page, "订单列表")["订单号"][0]
    with page.context.expect_page() as waiting:
        page.get_by_role("table", name="订单列表").get_by_role("link").first.click()

    opened = settled(waiting.value)
    expect(opened.get_by_role("heading", level=2)).to_contain_text(f"订单 {number}")
    assert query_of_url(opened.url)["no"] == [number]


def test_an_order_of_files_shows_where_it_stands_who_says_so_and_whose_it_is(page: Page) -> None:
    drawn(page, ORDER)

    expect(page.get_by_role("heading", level=2)).to_contain_text("陈阳 负责")
    assert table(page, "订单的经过")["事件"][:2] == ["下单", "付款"]
    assert table(page, "订单明细")["SKU"] == ["SKU1", "SKU2", "合计"]
    expect(page.get_by_text("@林悦 已催仓库")).to_be_visible()
    assert "13900000000" not in page.content()


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_workbook_holds_what_the_page_shows(language: str, page: Page) -> None:
    with speaking(language):
        said = {word: t(word) for word in WORDS}
        split, sheet = t("按{dimension}拆分", dimension=t("地区")), t("按{dimension}", dimension=t("地区"))
    drawn(page, f"/orders?lang={language}&channel=douyin")
    shown = table(page, split)
    shares = [part for cell in page.locator(".stGridCell").all_inner_texts() if (part := SHARE.search(cell))]
    with page.expect_download() as waiting:
        page.get_by_role("button", name=said["导出 Excel"]).click()
    numbers = walked(page, alt=said["订单列表"], head=said["订单号"], on=said["下一页"], number=said["第 {page} 页"])

    book = CalamineWorkbook.from_path(waiting.value.path())
    parts = below(book, sheet, head=next(iter(shown)))
    assert [row[0] for row in parts] == next(iter(shown.values()))
    assert [f"{row[1]:,.0f}" for row in parts] == shown[said["订单"]]
    assert [f"{row[3]:,.0f}" for row in parts] == shown[said["未准时"]]
    assert [f"{row[5]:.1%}" for row in parts] == shown[said["准时率"]]
    assert [f"{row[11]:,.0f}" for row in parts] == shown[said["现停滞"]]
    *each, total = below(book, book.sheet_names[0], head="阶段" if language == "zh" else "Share of")
    assert [int(row[1]) for row in each] == [count(part["orders"]) for part in shares]
    assert len(shares) == 3 and total[1] == sum(count(part["orders"]) for part in shares)
    assert [float(part["share"]) for part in shares] == pytest.approx([100 * row[2] for row in each], abs=0.1)
    assert [row[0] for row in below(book, said["订单"], head=said["订单号"])] == numbers


def below(book: CalamineWorkbook, sheet: str, *, head: str) -> list[list[Any]]:
    """Return the lines of a sheet under the one that begins with a head, up to what is said below the table."""
    rows = book.get_sheet_by_name(sheet).to_python(skip_empty_area=True)
    start = next(number for number, row in enumerate(rows) if row[0] == head)
    return [row for row in rows[start + 1 :] if any(cell != "" for cell in row[1:])]


@pytest.mark.parametrize("stage", ["待审", "已发货"])
def test_a_bar_of_a_stage_lists_its_orders_as_many_as_it_says(stage: str, page: Page) -> None:
    drawn(page, "/orders")
    place = chart(page, STAGES).locator(".ytick text").all_text_contents().index(stage)
    orders, _, stuck = chart(page, STAGES).locator(".annotation text").all_text_contents()[place].partition("，停滞 ")
    longer = 1 if 2 * count(stuck or "0") > count(orders) else 0
    bars(page, STAGES, trace=longer).nth(place).click(force=True)

    expect(page.get_by_role("heading", level=3, name=f"现在{stage}的订单，等得最久的在前")).to_be_visible()
    expect_link(settled(page), path="/orders", query={"stage": [stage]})
    numbers = walked(page)
    assert len(set(numbers)) == len(numbers) == count(orders)


def test_a_search_finds_one_order_and_is_in_the_link(page: Page) -> None:
    drawn(page, "/orders?period=今日")
    page.get_by_role("textbox", name="订单号或运单号").fill("000000000007")
    page.keyboard.press("Enter")

    expect(page.get_by_role("heading", level=3, name="搜索“000000000007”：全部日期")).to_be_visible()
    assert table(settled(page), "订单列表")["订单号"] == ["000000000007"]
    expect_link(page, path="/orders", query={"period": ["今日"], "q": ["000000000007"]})


def test_the_list_turns_forward_and_back(page: Page) -> None:
    first = table(drawn(page, "/orders"), "订单列表")["订单号"]
    page.get_by_role("button", name="下一页").click()
    expect(page.get_by_text("第 2 页", exact=True)).to_be_visible()
    second = table(settled(page), "订单列表")["订单号"]
    page.get_by_role("button", name="上一页").click()
    expect(page.get_by_text("第 1 页", exact=True)).to_be_visible()

    assert table(settled(page), "订单列表")["订单号"] == first
    assert set(first).isdisjoint(second)
    assert (len(first), page.get_by_role("button", name="上一页").is_disabled()) == (PAGE, True)


def test_a_view_is_saved_opened_again_and_shared_in_the_other_language(page: Page) -> None:
    drawn(page, "/orders?channel=douyin&stage=stuck")
    page.get_by_role("button", name="视图").click()
    page.get_by_role("textbox", name="名字").fill("直播间停滞")
    page.get_by_role("button", name="保存").click()
    expect(page.get_by_text("视图已保存。")).to_be_visible()

    drawn(page, "/orders")
    page.get_by_role("button", name="视图").click()
    page.get_by_role("button", name="直播间停滞").click()
    expect_link(settled(page), path="/orders", query={"channel": ["抖音"], "stage": ["异常停滞"]})

    drawn(page, "/orders?lang=en")
    page.get_by_role("button", name="Views").click()
    with page.context.expect_page() as waiting:
        page.locator(".st-key-views_listed").get_by_role("link").first.click()
    opened = settled(waiting.value)
    expect(opened.get_by_role("heading", level=3, name=re.compile("stuck", re.IGNORECASE)).last).to_be_visible()
    expect_link(opened, path="/orders", query={"channel": ["Douyin"], "stage": ["Stuck"], "lang": ["EN"]})


def test_on_a_phone_in_english_nothing_sticks_out(page: Page) -> None:
    page.set_viewport_size(PHONE)
    drawn(page, "/orders?lang=en")

    assert sticks_out(page) <= 0


def test_without_a_mouse_one_switches_language_filters_turns_the_page_and_opens_an_order(page: Page) -> None:
    drawn(page, "/orders")
    reach(page, page.get_by_role("radio", name="中文"))
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Space")
    expect(page.get_by_role("radio", name="EN")).to_be_checked()
    settled(page)

    reach(page, page.get_by_role("combobox", name="All channels"))
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.keyboard.press("Escape")
    expect(page.locator(".st-key-drill_way")).to_contain_text("Region")
    assert len(query_of_url(settled(page).url)["channel"]) == 1

    reach(page, page.get_by_role("table", name="List of orders").get_by_role("link").first)
    reach(page, page.get_by_role("button", name="Next"))
    page.keyboard.press("Space")
    expect(page.get_by_text("Page 2", exact=True)).to_be_visible()

    number = table(settled(page), "List of orders")["Order no."][0]
    reach(page, page.get_by_role("table", name="List of orders").get_by_role("link").first, key="Shift+Tab")
    with page.context.expect_page() as waiting:
        page.keyboard.press("Enter")
    expect(waiting.value.get_by_role("heading", level=2)).to_contain_text(number)


# What has the focus below the bar of pages, None where it can be seen.
COVERED = """() => {
    const focused = document.activeElement, box = focused.getBoundingClientRect();
    const above = document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2);
    const bar = above?.closest('[data-testid="stHeader"]');
    return bar && !bar.contains(focused) ? focused.outerHTML.slice(0, 160) : null;
}"""


def reach(page: Page, wanted: Locator, *, key: str = "Tab") -> None:
    """Press a key until what is wanted has the focus, and see that it shows, and that the bar covers nothing on the way."""
    expect(wanted).to_be_visible()
    for _ in range(STEPS):
        page.keyboard.press(key)
        assert page.evaluate(COVERED) is None
        if wanted.evaluate("(each) => each === document.activeElement"):
            break
    expect(wanted).to_be_focused()
    wanted.scroll_into_view_if_needed()
    box = wanted.bounding_box()
    assert box is not None
    around: Any = {"x": box["x"] - 8, "y": box["y"] - 8, "width": box["width"] + 16, "height": box["height"] + 16}
    shown = page.screenshot(clip=around, animations="disabled")
    wanted.evaluate("(each) => each.blur()")
    assert page.screenshot(clip=around, animations="disabled") != shown, f"{wanted} has the focus and does not show it"
    wanted.evaluate("(each) => each.focus()")
