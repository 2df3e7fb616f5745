"""Does every order of an interface get into the database once, through sleeps, limits and crashes?"""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NoReturn

import pytest
from sqlalchemy import Engine, func, select

from data.settings import CHECKOUT, Settings
from data.tables import orders, pulls, source_files, watermarks
from data.writes.watermarks import advance_watermark, watermark_of
from jobs.job import JobContext
from jobs.pull_http import backfill, run
from tests.fake_platform import MANIFEST, FakePlatform, order_no, serving

NOW = datetime(2026, 11, 22, 4, tzinfo=UTC)
SOURCES = """
[[source]]
name = "fakeshop_main"
shop = "fk1"
manifest = "fakeshop"
url = "{address}/page"

[source.span]
since = "since"
until = "until"
longest_minutes = 1440
overlap_minutes = 10
first_days = 3

[source.paging]
kind = "page"
size = 10
total = "total"

[source.reply]
records = "orders"

[source.backoff]
tries = 2
timeout_seconds = 5
"""


@pytest.fixture
def platform() -> Iterator[FakePlatform]:
    with serving(FakePlatform()) as fake:
        yield fake


@pytest.fixture
def context(engine: Engine, make_settings: Callable[..., Settings], platform: FakePlatform, tmp_path: Path) -> JobContext:
    settings = make_settings(inbox=tmp_path / "inbox")
    (settings.home / "manifests").mkdir(parents=True)
    (settings.home / "manifests" / "fakeshop.toml").write_text(MANIFEST)
    (settings.home / "sources.toml").write_text(SOURCES.format(address=platform.address))
    return JobContext(engine=engine, settings=settings, now=lambda: NOW)


def sold(platform: FakePlatform, *, since: datetime, count: int, every_minutes: int = 1, first: int = 1) -> None:
    platform.orders |= {first + n: since + timedelta(minutes=n * every_minutes) for n in range(count)}


def stored(context: JobContext) -> dict[str, str]:
    with context.engine.connect() as connection:
        return {row.order_no: row.nature for row in connection.execute(select(orders))}


def watermark(context: JobContext) -> datetime | None:
    with context.engine.connect() as connection:
        return watermark_of(connection, source="fakeshop_main", shop_id="fk1")


def test_the_first_pull_is_history_and_the_next_is_live(context: JobContext, platform: FakePlatform) -> None:
    sold(platform, since=NOW - timedelta(days=2), count=25)
    first = run(context, as_of=NOW)
    sold(platform, since=NOW + timedelta(minutes=1), count=3, first=100)

    second = run(context, as_of=NOW + timedelta(minutes=5))

    assert (first.error, second.error) == (None, None)
    natures = stored(context)
    assert {natures[order_no(n)] for n in range(1, 26)} == {"backfill"}
    assert {natures[order_no(n)] for n in range(100, 103)} == {"live"}
    assert watermark(context) == NOW + timedelta(minutes=5)


def test_after_eight_hours_of_sleep_nothing_is_missing_and_all_of_it_is_live(context: JobContext, platform: FakePlatform) -> None:
    run(context, as_of=NOW)
    sold(platform, since=NOW, count=48, every_minutes=10)

    run(context, as_of=NOW + timedelta(hours=8))

    assert stored(context) == {order_no(n): "live" for n in range(1, 49)}
    assert min(asked["since"] for asked in platform.asked[-5:]) == (NOW - timedelta(minutes=10)).isoformat()


def test_a_long_span_is_cut_into_windows_the_platform_allows(context: JobContext, platform: FakePlatform) -> None:
    run(context, as_of=NOW)

    with context.engine.connect() as connection:
        windows = [(row.window_from, row.window_to) for row in connection.execute(select(pulls).order_by(pulls.c.pull_id))]
    assert windows == [(NOW - timedelta(days=n), NOW - timedelta(days=n - 1)) for n in (3, 2, 1)]


def test_what_a_platform_says_late_is_within_the_overlap(context: JobContext, platform: FakePlatform) -> None:
    run(context, as_of=NOW)
    # written before the watermark, but shown by the platform only afterwards
    platform.orders[7] = NOW - timedelta(minutes=9)

    run(context, as_of=NOW + timedelta(minutes=5))

    assert list(stored(context)) == [order_no(7)]


PULL = """
import sys
from datetime import datetime
from jobs.cli_start import started
from jobs.pull_http import run

run(started(), as_of=datetime.fromisoformat(sys.argv[1]))
"""


def test_killed_between_two_pages_the_next_run_asks_again_and_doubles_nothing(context: JobContext, platform: FakePlatform) -> None:
    run(context, as_of=NOW)
    sold(platform, since=NOW, count=35)
    asked_before = len(platform.asked)
    process = a_process(context, as_of=NOW + timedelta(hours=1))
    platform.before_answer = lambda request: process.kill() if request == asked_before + 3 else None

    process.wait(timeout=60)
    between = (process.returncode, len(stored(context)), watermark(context))
    platform.before_answer = lambda request: None
    again = run(context, as_of=NOW + timedelta(hours=1, minutes=5))

    assert between == (-signal.SIGKILL, 20, NOW)
    assert again.error is None
    assert stored(context) == {order_no(n): "live" for n in range(1, 36)}
    with context.engine.connect() as connection:
        assert connection.scalar(select(func.count()).select_from(orders)) == 35
        # the two pages of before came again, byte for byte, and are the same files
        assert connection.scalar(select(func.count()).select_from(source_files)) == 4
        ended = [row.error for row in connection.execute(select(pulls).order_by(pulls.c.pull_id))]
    assert ["died" in (error or "") for error in ended[-2:]] == [True, False]


def test_interrupted_at_the_first_page_the_next_run_gets_everything(
    context: JobContext, platform: FakePlatform, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: object, **__: object) -> NoReturn:
        raise KeyboardInterrupt

    run(context, as_of=NOW)
    sold(platform, since=NOW, count=35)
    monkeypatch.setattr("jobs.pull_http.ingest_path", interrupted)
    with pytest.raises(KeyboardInterrupt):
        run(context, as_of=NOW + timedelta(hours=1))
    monkeypatch.undo()
    mark = watermark(context)

    run(context, as_of=NOW + timedelta(hours=1, minutes=5))

    assert mark == NOW
    assert len(stored(context)) == 35
    with context.engine.connect() as connection:
        ended = [row.error for row in connection.execute(select(pulls).order_by(pulls.c.pull_id))]
    assert ended[-2:] == ["已中断 interrupted", None]


def a_process(context: JobContext, *, as_of: datetime) -> subprocess.Popen[bytes]:
    environment = {
        **os.environ,
        "ORDERHUB_HOME": str(context.settings.home),
        "ORDERHUB_INBOX": str(context.settings.inbox),
        "DATABASE_URL": context.engine.url.render_as_string(hide_password=False),
    }
    return subprocess.Popen([sys.executable, "-c", PULL, as_of.isoformat()], env=environment, cwd=CHECKOUT)


def test_a_history_interrupted_half_way_stays_history(context: JobContext, platform: FakePlatform) -> None:
    sold(platform, since=NOW - timedelta(days=3), count=3, every_minutes=1440)
    platform.before_answer = lambda request: platform.answers.extend([(500, {}, b"")] * 2) if request == 2 else None
    run(context, as_of=NOW)
    half = dict(stored(context))
    platform.before_answer = lambda request: None

    run(context, as_of=NOW + timedelta(minutes=5))

    assert len(half) == 1
    assert stored(context) == {order_no(n): "backfill" for n in (1, 2, 3)}


def test_a_page_whose_shape_no_longer_fits_stops_the_source_until_the_manifest_is_mended(
    context: JobContext, platform: FakePlatform
) -> None:
    sold(platform, since=NOW - timedelta(days=1), count=2)
    manifest = context.settings.home / "manifests" / "fakeshop.toml"
    manifest.write_text(MANIFEST.replace('required = ["order_id"', 'required = ["gone", "order_id"'))
    stopped = run(context, as_of=NOW)
    mark = watermark(context)
    manifest.write_text(MANIFEST)

    mended = run(context, as_of=NOW + timedelta(minutes=5))

    assert stopped.error is not None
    assert "gone" in stopped.error
    assert mark == NOW - timedelta(days=1)
    assert mended.error is None
    assert len(stored(context)) == 2


def test_a_watermark_in_the_future_is_set_back_and_skips_nothing(context: JobContext, platform: FakePlatform) -> None:
    run(context, as_of=NOW)
    with context.engine.begin() as connection:
        advance_watermark(connection, source="fakeshop_main", shop_id="fk1", to=NOW + timedelta(hours=8), at=NOW)
    run(context, as_of=NOW + timedelta(minutes=5))
    sold(platform, since=NOW + timedelta(minutes=6), count=5)

    run(context, as_of=NOW + timedelta(hours=2))

    assert len(stored(context)) == 5
    assert watermark(context) == NOW + timedelta(hours=2)


def test_a_backfill_asks_again_without_moving_the_watermark(context: JobContext, platform: FakePlatform) -> None:
    run(context, as_of=NOW)
    sold(platform, since=NOW - timedelta(days=20), count=12)
    span = {"since": NOW - timedelta(days=21), "until": NOW - timedelta(days=19), "as_of": NOW}

    dry = backfill(context, dry_run=True, **span)
    before = len(stored(context))
    done = backfill(context, dry_run=False, **span)

    assert "2 个窗口" in dry.message
    assert (before, done.rows) == (0, 12)
    assert set(stored(context).values()) == {"backfill"}
    assert watermark(context) == NOW


def test_a_missing_credential_is_named_and_stops_no_other_source(context: JobContext, platform: FakePlatform) -> None:
    sold(platform, since=NOW - timedelta(days=1), count=2)
    first = SOURCES.format(address=platform.address)
    locked = first.replace("fakeshop_main", "locked") + '\n[source.auth]\nkind = "header"\ntoken_env = "ORDERHUB_TEST_NO_SUCH_TOKEN"\n'
    (context.settings.home / "sources.toml").write_text(locked + first)

    outcome = run(context, as_of=NOW)

    assert outcome.error is not None
    assert "ORDERHUB_TEST_NO_SUCH_TOKEN" in outcome.error
    assert len(stored(context)) == 2


def test_without_sources_there_is_nothing_to_do(context: JobContext) -> None:
    (context.settings.home / "sources.toml").unlink()

    assert run(context, as_of=NOW).error is None
    with context.engine.connect() as connection:
        assert connection.scalar(select(func.count()).select_from(watermarks)) == 0
