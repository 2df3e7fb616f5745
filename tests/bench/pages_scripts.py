"""How long does the dashboard's server take to run a page, and how long does a browser take until its last chart is drawn?

Script time is measured over the websocket that a browser's page holds: from the message that asks for a view until the message that its
script has ended, everything drawn having come before it. What the dashboard counts of its own script is said beside it. Every view is
looked at once before it counts: the process is warm, and answers that the dashboard keeps may be kept.
"""

from collections.abc import Iterator, Sequence
from statistics import median

from playwright.sync_api import Browser, sync_playwright

from tests.bench.figure import Figure
from tests.bench.pages_server import Dashboard, ScriptFailed, session
from tests.bench.pages_timings import SLOW, percentile
from tests.bench.pages_views import PAGES, Look, Page
from tests.browser import ARGUMENTS, program

GOAL_MS, BROWSER_GOAL_MS = 400.0, 1_500.0
_ROUNDS = 5
_LOADS = 9
_PATIENCE_MS = 60_000
# A chart counts as drawn once its marks stand in the document. All are when the script has ended, none is left without, and for so long
# none has come.
_QUIET_MS = 700
_DESK = {"width": 1440, "height": 900}
_WATCH = """
    window.drawn = { charts: 0, at: 0 };
    window.charts = () => [...document.querySelectorAll("[data-testid=stPlotlyChart]")];
    new MutationObserver(() => {
        const charts = window.charts().filter((chart) => chart.querySelector(".cartesianlayer .trace")).length;
        if (charts > window.drawn.charts) window.drawn = { charts: charts, at: performance.now() };
    }).observe(document, { childList: true, subtree: true });
"""
_DONE = f"""() => {{
    const ended = document.querySelector("[data-testid=stApp][data-test-script-state=notRunning]") !== null;
    const all = window.drawn.charts > 0 && window.drawn.charts === window.charts().length;
    return ended && all && performance.now() - window.drawn.at > {_QUIET_MS};
}}"""


def figures(dashboard: Dashboard, *, drawn: dict[Page, Sequence[Look]], orders: int) -> Iterator[Figure]:
    """Measure script time of the drawn views of both pages, then the default view of each in a browser."""
    for page in PAGES:
        yield _scripts(dashboard, page, drawn[page], orders=orders)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program(), args=ARGUMENTS)
        for page in PAGES:
            loads = _loads(browser, dashboard, page)
            on = f"{orders:,} orders, default view, median of {_LOADS} loads, p95 {percentile(loads, SLOW):.0f} ms"
            yield Figure(f"pages_browser_{page}", median(loads), BROWSER_GOAL_MS, "ms", "<= 1", on)
        browser.close()


def _scripts(dashboard: Dashboard, page: Page, drawn: Sequence[Look], *, orders: int) -> Figure:
    first = _opened(dashboard, drawn)
    (seconds, runs), busy = dashboard.script_seconds()[page], dashboard.processor_seconds
    warm = [taken for _ in range(_ROUNDS) for taken in _opened(dashboard, drawn)]
    busy = (dashboard.processor_seconds - busy) / len(warm) * 1_000
    seconds_after, runs_after = dashboard.script_seconds()[page]
    own = (seconds_after - seconds) / (runs_after - runs) * 1_000
    said = f"p50 {percentile(warm, 0.5):.0f} ms, its own count {own:.0f} ms and processor time {busy:.0f} ms on average"
    said += f"; the first look p95 {percentile(first, SLOW):.0f} ms"
    on = f"{orders:,} orders, {len(drawn)} views {_ROUNDS} times, {said}"
    return Figure(f"pages_script_{page}", percentile(warm, SLOW), GOAL_MS, "ms", "<= 1", on)


def _opened(dashboard: Dashboard, drawn: Sequence[Look]) -> list[float]:
    """Open every view in a session of its own, as a link does, and return the milliseconds of each."""
    found = []
    for look in drawn:
        with session(dashboard) as opened:
            found.append(opened.open(look) * 1_000)
    return found


def _loads(browser: Browser, dashboard: Dashboard, page: Page) -> list[float]:
    """Load a page again and again in one browser and return the milliseconds from navigation to the last chart; the first two warm up."""
    context = browser.new_context(viewport=_DESK, locale="zh-CN")  # type: ignore[arg-type]
    context.add_init_script(_WATCH)
    found = []
    for number in range(2 + _LOADS):
        tab = context.new_page()
        tab.goto(f"{dashboard.address}/{'' if page == 'overview' else page}")
        tab.wait_for_function(_DONE, timeout=_PATIENCE_MS, polling=100)
        if tab.get_by_test_id("stException").count():
            raise ScriptFailed(f"{page}: an error is shown")
        if number >= 2:
            found.append(float(tab.evaluate("() => window.drawn.at")))
        tab.close()
    context.close()
    return found
