"""How does a test open the dashboard in a real browser, on a merchant of its own?"""

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Literal
from urllib.parse import parse_qs, urlparse
from urllib.request import urlopen

from playwright.sync_api import Browser, Page, ViewportSize, expect, sync_playwright
from sqlalchemy import Engine, text

from data import actions
from data.settings import Settings
from data.stage_history import refresh_stages
from data.tables import orders
from tests import given_orders
from tests.given_detail import CHEN, KEY, one_order
from tests.given_pages import MakeEngine

CHECKOUT = Path(__file__).resolve().parents[1]
# The engine alone comes first: the window that nobody sees costs a fifth of the processor time of a page.
PROGRAMS = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"]
DESK, PHONE = ViewportSize(width=1440, height=900), ViewportSize(width=390, height=844)
START_SECONDS = 60
# Two cores shared with the rest of the tests.
PATIENCE_MS = 60_000

Theme = Literal["light", "dark"]


def a_merchant(make_engine: MakeEngine) -> Engine:
    """Return a database with a merchant's last forty days, rolled up."""
    engine = make_engine(kind="demo")
    with engine.begin() as connection:
        given_orders.merchant(connection, as_of=datetime.now(UTC), days=40, count=1500)
        # somebody buys in the last hour at any time of day, so that the live strip always has its chart
        lately = datetime.now(UTC).replace(microsecond=0) - timedelta(minutes=2)
        shop = connection.execute(text("SELECT min(shop_id) FROM shops")).scalar_one()
        given_orders.insert_rows(connection, orders, [given_orders.an_order(shop, "lately", created_at=lately)])
        connection.execute(text("UPDATE heartbeats SET beat_at = now() + interval '1 hour'"))
    given_orders.rolled_up(engine, as_of=datetime.now(UTC))
    return engine


def with_life(engine: Engine, *, home: Path) -> Engine:
    """Add what the nightly job says of stages, and the order of ``given_detail`` with its files, its owner and a comment."""
    now = datetime.now(UTC)
    with engine.begin() as connection:
        # the merchant's own files have the first numbers
        connection.execute(text("SELECT setval(pg_get_serial_sequence('source_files', 'file_id'), 1000)"))
        connection.execute(text("SELECT setval(pg_get_serial_sequence('file_runs', 'run_id'), 1000)"))
    one_order(engine, home=home, as_of=now - timedelta(hours=1))
    actions.set_owner(engine, person=CHEN, **KEY, owner=CHEN.person_id, seen=0, as_of=now)
    actions.comment(engine, person=CHEN, **KEY, words="@林悦 已催仓库", as_of=now)
    given_orders.rolled_up(engine, as_of=now)
    refresh_stages(engine, settings=Settings(), as_of=now)
    return engine


@contextmanager
def served(engine: Engine, *, home: Path) -> Iterator[str]:
    """Run ``python -m dashboard`` on a database; yield its address."""
    port = _free_port()
    given = {"DATABASE_URL": engine.url.render_as_string(hide_password=False), "ORDERHUB_HOME": str(home), "ORDERHUB_PORT": str(port)}
    with (home / "dashboard.log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "dashboard"], cwd=CHECKOUT, env={**os.environ, **given}, stdout=log, stderr=subprocess.STDOUT
        )
        try:
            _wait_for(f"http://127.0.0.1:{port}", process=process, log=home / "dashboard.log")
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()
            process.wait(timeout=20)


def program() -> str:
    """Return the path of this machine's Chromium; FileNotFoundError where it has none."""
    found = next((path for name in PROGRAMS if (path := shutil.which(name))), None)
    if found is None:
        raise FileNotFoundError("no Chromium on this machine; run tests/setup_system.sh")
    return found


@contextmanager
def chromium() -> Iterator[Browser]:
    """Run this machine's Chromium."""
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=program(), args=ARGUMENTS)
        yield opened
        opened.close()


@contextmanager
def another_chromium(beside: Browser) -> Iterator[Browser]:
    """Run a second Chromium, of somebody else, beside one that runs."""
    opened = beside.browser_type.launch(executable_path=program(), args=ARGUMENTS)
    yield opened
    opened.close()


@contextmanager
def a_tab(browser: Browser, address: str, *, viewport: ViewportSize = DESK, theme: Theme = "light") -> Iterator[Page]:
    """Open an empty tab of somebody who reads Chinese; what the tabs before it have loaded is there, as in anybody's browser."""
    expect.set_options(timeout=PATIENCE_MS)
    context = browser.contexts[0] if browser.contexts else browser.new_context(locale="zh-CN", base_url=address, accept_downloads=True)
    context.set_default_timeout(PATIENCE_MS)
    page = context.new_page()
    page.set_viewport_size(viewport)
    # nobody watches: fades and pulses cost a third of a page's processor time
    page.emulate_media(color_scheme=theme, reduced_motion="reduce")
    yield page
    page.close()


def query_of_url(url: str) -> dict[str, list[str]]:
    """Return what an address says after its question mark."""
    return parse_qs(urlparse(url).query)


def expect_link(page: Page, *, path: str, query: dict[str, list[str]]) -> None:
    """Wait until the address bar says this path and query."""
    until = time.monotonic() + PATIENCE_MS / 1000
    while (urlparse(page.url).path, query_of_url(page.url)) != (path, query) and time.monotonic() < until:
        page.wait_for_timeout(200)
    assert (urlparse(page.url).path, query_of_url(page.url)) == (path, query)


def settled(page: Page) -> Page:
    """Wait until a page stands to its end."""
    expect(page.get_by_role("heading", level=2)).to_be_visible()
    expect(page.get_by_test_id("stApp")).to_have_attribute("data-test-script-state", "notRunning")
    # what is of the run before, what is still being loaded, a chart that is not drawn yet
    unfinished = '[data-stale="true"], [data-testid="stSkeleton"], [data-testid="stPlotlyChart"]:not(:has(.main-svg))'
    expect(page.locator(unfinished)).to_have_count(0)
    return page


def sticks_out(page: Page) -> int:
    """Return by how many pixels the page is wider than the window."""
    return int(page.evaluate("() => document.querySelector('[data-testid=stMain]').scrollWidth - window.innerWidth"))


def _free_port() -> int:
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_for(address: str, *, process: subprocess.Popen[bytes], log: Path) -> None:
    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until and process.poll() is None:
        try:
            if urlopen(f"{address}/healthz", timeout=5).status == 200:
                return
        except OSError:
            time.sleep(0.3)
    raise AssertionError(f"the dashboard did not start:\n{log.read_text(errors='replace')}")
