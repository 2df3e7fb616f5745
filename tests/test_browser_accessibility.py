"""Can every page be used with a screen reader, a keyboard and weak eyes, in both languages, at a desk and on a phone?"""

import re
import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, ViewportSize, expect

from dashboard.charts import ACCENT, ACTUAL, GREY
from dashboard.filters import LANGUAGE_TAGS
from dashboard.server import CONFIG
from data import actions
from tests.browser import DESK, PHONE, Theme, a_merchant, a_tab, chromium, served, settled, sticks_out, with_life
from tests.given_detail import CHEN
from tests.given_pages import MakeEngine

# Of what axe finds, that which keeps somebody out, and headings that leave out a level.
HELD = ("serious", "critical")
HELD_RULES = ("heading-order",)
# The rules of these that a theme can break and a language cannot.
OF_COLORS = ("color-contrast", "link-in-text-block")
Held = Literal["all", "words", "colors"]
# Of what holds axe need not say where it looked: to name each element takes as long as the audit.
ASKED: Mapping[Held, Mapping[str, object]] = {
    "all": {"resultTypes": ["violations"]},
    "words": {"resultTypes": ["violations"], "rules": {rule: {"enabled": False} for rule in OF_COLORS}},
    "colors": {"resultTypes": ["violations"], "runOnly": {"type": "rule", "values": list(OF_COLORS)}},
}
# Rows of a list are made alike: of a long one the first ten are looked at, and of the others those with something in colour.
LOOKED_AT = {"exclude": [["tbody tr:nth-child(n + 11):not(:has(.stMarkdownBadge, .stMarkdownColoredText))"]]}
# More than the steps of Tab before the first table.
STEPS = 60


@dataclass(frozen=True)
class Exemption:
    """A rule that the framework breaks in a widget of its own, where, and why it may."""

    rule: str
    selector: str
    reason: str
    themes: tuple[Theme, ...] = ("light", "dark")


EXEMPT = (
    Exemption("svg-img-alt", '[data-testid="stMetric"] g[role="graphics-symbol"]', "Vega names no mark of a sparkline; its figure is text"),
    Exemption(
        "scrollable-region-focusable",
        '[data-testid="stTable"] > div',
        "st.table scrolls without being a step of Tab; the keyboard scrolls it from within, which a test below holds",
    ),
    Exemption(
        "color-contrast",
        'button[kind^="primary"] *, [data-testid="stMultiSelect"] [data-tag] > span',
        "Streamlit writes white on the primary colour, whichever that is; test_palette says why it cannot be darker",
        themes=("dark",),
    ),
)


@dataclass(frozen=True)
class Look:
    """How a person looks at a page."""

    language: str
    viewport: ViewportSize
    theme: Theme

    def __str__(self) -> str:
        return f"{self.language}-{self.viewport['width']}-{self.theme}"


# Each page is opened once for a language and a light and looked at in both windows. Another language brings no other colour, another
# light no other name.
OPENED: Mapping[tuple[str, Theme], Held] = {("zh", "light"): "all", ("en", "light"): "words", ("zh", "dark"): "colors"}


@pytest.fixture(scope="module")
def address(make_engine: MakeEngine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    home = tmp_path_factory.mktemp("browser")
    engine = with_life(a_merchant(make_engine), home=home)
    for name, query in (("直播间", "channel=douyin"), ("停滞", "stage=stuck")):
        actions.save_view(engine, person=CHEN, page="orders", name=name, query=query, shared=True, as_of=datetime.now(UTC))
    with served(engine, home=home) as address:
        yield address


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


def whole(page: Page) -> Iterator[str]:
    """Yield once: the page is all there is."""
    yield "whole"


def with_views(page: Page) -> Iterator[str]:
    """Yield a page as it stands, then with its views open."""
    yield "whole"
    page.locator(".st-key-views").get_by_role("button").first.click()
    expect(page.locator(".st-key-views_listed").get_by_role("link")).to_have_count(2)
    yield "views"


def by_tab(page: Page) -> Iterator[str]:
    """Yield each tab of a page, open."""
    for tab in page.get_by_role("tab").all():
        tab.click()
        expect(tab).to_have_attribute("aria-selected", "true")
        yield tab.inner_text()


PAGES: Mapping[str, Callable[[Page], Iterator[str]]] = {
    "/?": whole,
    "/orders?channel=douyin&": with_views,
    "/order?shop=shop&no=1&": whole,
    "/sources?": by_tab,
    "/definitions?": by_tab,
}


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize(("language", "theme"), OPENED)
def test_a_page_keeps_nobody_out(language: str, theme: Theme, path: str, browser: Browser, address: str) -> None:
    held = OPENED[language, theme]
    with a_tab(browser, address, theme=theme) as page:
        page.goto(f"{path}lang={language}")
        found = {}
        for part in PAGES[path](settled(page)):
            for window in (DESK, PHONE):
                stretched(page, width=window["width"])
                found[part, window["width"]] = (
                    violations(page, theme=theme, held=held) + unnamed(page) + ambiguous(page) + faint(page, theme=theme) + out(page)
                )
            # the next part is opened where this one was
            page.set_viewport_size(DESK)

        assert found and {part: said for part, said in found.items() if said} == {}
        assert page.locator("html").get_attribute("lang") == LANGUAGE_TAGS[language]


def stretched(page: Page, *, width: int) -> None:
    """Make the window as long as its page: axe measures no colour of what is scrolled away."""
    settled(page)
    length = page.get_by_test_id("stMain").evaluate("(main) => main.scrollHeight")
    page.set_viewport_size({"width": width, "height": max(int(length) + 100, DESK["height"])})
    settled(page)


def violations(page: Page, *, theme: Theme, held: Held = "all") -> list[str]:
    """Return what axe finds against a page, but for what the framework is exempt from."""
    found = held_against(page, held=held)
    for _ in range(LOOKS_AGAIN):
        # a chart may be drawn anew while axe looks; what is gone by now says nothing of the page
        if not page.evaluate(GONE, [target for _, target, _ in found]):
            break
        page.wait_for_timeout(500)
        found = held_against(page, held=held)
    return [said for rule, target, said in found if not exempt(page, rule=rule, target=target, theme=theme)]


LOOKS_AGAIN = 5
GONE = "(targets) => targets.some((target) => !document.querySelector(target))"


def held_against(page: Page, *, held: Held) -> list[tuple[str, str, str]]:
    """Return rule, element and words of each finding of axe that keeps somebody out."""
    found: Sequence[dict[str, Any]] = Axe().run(page, context=LOOKED_AT, options=dict(ASKED[held])).response["violations"]
    return [
        (each["id"], str(node["target"][-1]), f"{each['id']}: {node['html'][:160]}: {node['failureSummary']}")
        for each in found
        if each["impact"] in HELD or each["id"] in HELD_RULES
        for node in each["nodes"]
    ]


def exempt(page: Page, *, rule: str, target: str, theme: Theme) -> bool:
    selectors = [each.selector for each in EXEMPT if each.rule == rule and theme in each.themes]
    found = "([target, selectors]) => selectors.some((selector) => document.querySelector(target)?.matches(selector))"
    return bool(page.evaluate(found, [target, selectors]))


def unnamed(page: Page) -> list[str]:
    """Return the charts and tables that say nothing to who cannot see them."""
    drawn = page.locator('[data-testid="stPlotlyChart"], [data-testid="stTable"] table, [data-testid="stDataFrame"] [role="grid"]')
    return [f"no name: {html}" for html in drawn.evaluate_all(UNNAMED)]


UNNAMED = """(drawn) => drawn.filter((each) => !each.closest("[aria-label]")?.getAttribute("aria-label")?.trim())
    .map((each) => each.outerHTML.slice(0, 160))"""


def ambiguous(page: Page) -> list[str]:
    """Return the names under which links lead to different places; the framework names the anchor of every heading alike."""
    places: dict[str, set[str]] = {}
    for name, place in re.findall(r'- link "(.+)":\n\s+- /url: (\S+)', page.locator("body").aria_snapshot()):
        if name != "Link to heading":
            places.setdefault(name, set()).add(place)
    return [f"links named alike: {name}: {sorted(found)}" for name, found in places.items() if len(found) > 1]


def faint(page: Page, *, theme: Theme) -> list[str]:
    """Return texts of charts in a colour that is no text's (which colours are readable is held by ``test_palette``)."""
    with CONFIG.open("rb") as file:
        colors = tomllib.load(file)["theme"][theme]["chartCategoricalColors"]
    texts = {as_css(colors[int(role.removeprefix("#")) - 1]) for role in (ACTUAL, GREY, ACCENT)}
    said = page.locator(".js-plotly-plot text").evaluate_all(FILLS)
    return [f"a text of a chart in {fill}: {text}" for text, fill in said if fill not in texts]


def out(page: Page) -> list[str]:
    """Return by how much a page is wider than its window."""
    return [f"sticks out by {pixels} pixels"] if (pixels := sticks_out(page)) > 0 else []


FILLS = """(texts) => texts.filter((each) => each.textContent.trim()).map((each) => [each.textContent, getComputedStyle(each).fill])"""


def as_css(color: str) -> str:
    """Return a colour as a browser says it.

    >>> as_css("#2B3B50")
    'rgb(43, 59, 80)'
    """
    return f"rgb({', '.join(str(int(color[place : place + 2], 16)) for place in (1, 3, 5))})"


def test_a_table_wider_than_a_phone_is_scrolled_with_the_keyboard(browser: Browser, address: str) -> None:
    with a_tab(browser, address, viewport=PHONE) as page:
        page.goto("/sources")
        wide = settled(page).locator('[data-testid="stTable"] > div').first
        assert wide.evaluate("(table) => table.scrollWidth > table.clientWidth")
        for _ in range(STEPS):
            page.keyboard.press("Tab")
            if wide.evaluate("(table) => table.contains(document.activeElement)"):
                break
        page.keyboard.press("ArrowRight")

        page.wait_for_function("(table) => table.scrollLeft > 0", arg=wide.element_handle())


def test_a_reader_hears_the_language_that_was_switched_to(browser: Browser, address: str) -> None:
    with a_tab(browser, address) as page:
        page.goto("/")
        expect(page.locator("html")).to_have_attribute("lang", LANGUAGE_TAGS["zh"])
        settled(page).get_by_role("radio", name="EN").click()

        expect(page.locator("html")).to_have_attribute("lang", LANGUAGE_TAGS["en"])
