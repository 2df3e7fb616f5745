"""Does the product work in a real browser: open, filter, change page, share a link, change language, download?"""

import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlparse

import pytest
from playwright.sync_api import Browser, Page, expect

from dashboard.health_charts import STRENGTHS
from tests.browser import PHONE, a_merchant, a_tab, chromium, expect_link, query_of_url, served, sticks_out
from tests.given_pages import MakeEngine

# The title of the orders behind a figure, below the panels of the page.
BEHIND = re.compile("履约时效：.* 单未达标")


@pytest.fixture(scope="module")
def address(make_engine: MakeEngine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with served(a_merchant(make_engine), home=tmp_path_factory.mktemp("browser")) as address:
        yield address


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


@pytest.fixture
def page(browser: Browser, address: str) -> Iterator[Page]:
    with a_tab(browser, address) as page:
        yield page


def choose_channel(page: Page, name: str) -> None:
    # as a person would: once the page stands
    expect(page.locator(".js-plotly-plot")).to_have_count(4)
    page.get_by_test_id("stMultiSelect").first.locator("input").click()
    page.get_by_role("option", name=name, exact=True).click()


def expect_only_douyin(page: Page, *, name: str = "抖音") -> None:
    """Wait until the table of channels has one channel and the total."""
    channels = page.locator("table").last.locator("tbody tr")
    expect(channels).to_have_count(2)
    # word joiners keep a browser from breaking a name
    expect(channels.first).to_contain_text(re.compile("\u2060?".join(name)))


def test_it_opens_on_the_overview_with_figures_charts_and_the_time(page: Page) -> None:
    page.goto("/")

    expect(page.get_by_text("数据截至")).to_be_visible()
    expect(page.get_by_test_id("stMetric")).to_have_count(11)
    expect(page.get_by_role("heading", name=re.compile("健康指数"))).to_be_visible()
    expect(page.locator(".js-plotly-plot")).to_have_count(4)


def test_nothing_is_asked_of_any_other_machine(page: Page, address: str) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto("/")
    expect(page.locator(".js-plotly-plot")).to_have_count(4)

    assert [url for url in asked if not url.startswith((address, address.replace("http", "ws"), "data:", "blob:"))] == []


def test_a_filter_narrows_the_figures_and_is_in_the_link(page: Page) -> None:
    page.goto("/")
    choose_channel(page, "抖音")

    expect_link(page, path="/", query={"channel": ["抖音"]})
    expect_only_douyin(page)


def test_a_change_of_page_keeps_the_filters_and_back_returns(page: Page) -> None:
    kept = {"channel": ["抖音"], "period": ["近30日"]}
    page.goto("/?channel=douyin&period=30d")
    expect_only_douyin(page)

    page.get_by_role("link", name="接入与任务").click()
    expect(page.get_by_text(re.compile(r"\d / 2 个来源迟到"))).to_be_visible()
    expect_link(page, path="/sources", query=kept)

    page.go_back()
    # A page change may leave the bare path of the new page as a history entry of its own, depending on which of Streamlit's
    # two address changes comes first; then the page before is one step further back.
    if urlparse(page.url).path != "/":
        page.go_back()
    expect_only_douyin(page)
    expect_link(page, path="/", query=kept)


def test_a_deep_link_in_codes_opens_the_same_view_in_english(page: Page) -> None:
    page.goto("/sources?lang=en&channel=douyin")

    expect(page.get_by_text(re.compile(r"\d of 2 sources (is|are) late"))).to_be_visible()
    expect(page.get_by_role("main").get_by_text("Douyin", exact=True)).to_be_visible()


def test_the_language_is_one_click_away_and_keeps_the_filters(page: Page) -> None:
    page.goto("/?channel=douyin")
    expect_only_douyin(page)

    page.get_by_role("radio", name="EN").click()

    expect_only_douyin(page, name="Douyin")
    expect(page.get_by_role("link", name="Sources and jobs")).to_be_visible()
    expect_link(page, path="/", query={"channel": ["Douyin"], "lang": ["EN"]})
    page.reload()
    expect_only_douyin(page, name="Douyin")


def test_refused_rows_are_downloaded_in_words_with_contacts_masked(page: Page) -> None:
    page.goto("/sources")
    with page.expect_download() as waiting:
        page.get_by_role("button", name="下载拒收行 CSV").click()

    lines = Path(waiting.value.path()).read_text(encoding="utf-8-sig").splitlines()
    assert lines[0] == "文件,行号,字段,原因,原文（联系方式已遮盖）"
    assert len(lines) == 1 + 8
    assert "无法识别的金额：“12,x”，应为数字" in lines[1]


def test_a_click_on_the_table_of_losses_opens_the_orders_behind_it(page: Page) -> None:
    page.goto("/")
    expect(page.locator(".js-plotly-plot")).to_have_count(4)
    # the strongest colour is where most was lost
    page.locator(".js-plotly-plot").nth(2).locator(f'.bars .point path[style*="opacity: {STRENGTHS[-1]};"]').first.click(force=True)

    title = page.get_by_role("heading", level=3, name=BEHIND)
    expect(title).to_be_visible()
    query = query_of_url(page.url)
    assert (query["period"], len(query["channel"]), len(query["region"])) == (["自定义"], 1, 1)
    lost = int(re.search(r"：([\d,]+) 单未达标", title.inner_text())[1].replace(",", ""))  # type: ignore[index]
    assert lost
    expect(page.get_by_role("table").last.locator("tbody tr")).to_have_count(min(lost, 50))


def test_a_costly_cell_links_to_its_orders(page: Page) -> None:
    page.goto("/")
    with page.context.expect_page() as waiting:
        page.get_by_role("table").first.get_by_role("link").first.click()

    opened = waiting.value
    expect(opened.get_by_role("heading", level=3, name=BEHIND)).to_be_visible()
    assert {"period", "from", "to", "channel", "region", "category"} <= set(query_of_url(opened.url))


# Opened on a phone; ``test_browser_accessibility`` narrows the window of every page, in both languages.
@pytest.mark.parametrize(("path", "figures"), [("/?lang=zh", 11), ("/sources?lang=en", 4)])
def test_on_a_phone_nothing_sticks_out(path: str, figures: int, page: Page) -> None:
    page.set_viewport_size(PHONE)
    page.goto(path)
    expect(page.get_by_test_id("stMetric")).to_have_count(figures)
    expect(page.get_by_role("heading", level=2)).to_be_visible()

    assert sticks_out(page) <= 0


INK = """(signs) => {
    const family = getComputedStyle(document.body).fontFamily;
    return signs.map((sign) => {
        const canvas = Object.assign(document.createElement("canvas"), { width: 48, height: 48 });
        const pen = canvas.getContext("2d");
        pen.font = "32px " + family;
        pen.fillText(sign, 4, 38);
        return pen.getImageData(0, 0, 48, 48).data.filter((value, place) => place % 4 === 3 && value > 0).length;
    });
}"""


def test_chinese_is_drawn_in_glyphs_not_boxes(page: Page) -> None:
    page.goto("/")
    expect(page.get_by_text("数据截至")).to_be_visible()

    # Without a Chinese font every sign is the same box.
    assert len(set(page.evaluate(INK, list("单实付发货抖音")))) > 3
