"""What do the platforms' interfaces have that we have not? Asked from the watermark on, never from the clock.

A span is asked for in windows no longer than the platform allows. Every page is kept and ingested like any file, and the
watermark moves only when a window is wholly stored: dying anywhere, the next run asks again and nothing is doubled.
"""

import os
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from data.connectors.http import Interface, Page, PullFailed, open_client, pages
from data.connectors.http_source import Source, SourceProblem, Span, load_sources
from data.ingest import ingest_path
from data.job_lock import is_connection_lost
from data.report import Report
from data.settings import Settings
from data.stock import settle_waiting
from data.writes.watermarks import advance_watermark, begin_pull, finish_pull, first_asked_at, reset_watermark, watermark_of
from jobs.faults import keep_traceback, one_line
from jobs.job import JobContext, Outcome
from jobs.logs import log

FILE = "sources.toml"


class LeftEarly(Exception):
    """已被要求退出，下次继续 asked to leave; the next run goes on from here."""

    def __init__(self) -> None:
        super().__init__(LeftEarly.__doc__)


@dataclass(frozen=True)
class Window:
    """A span [since, until) that one pull asks for, live or back-fill."""

    since: datetime
    until: datetime
    nature: str


@dataclass(frozen=True)
class Brought:
    """What a window brought."""

    files: int = 0
    rows: int = 0
    refused: int = 0

    def __add__(self, other: "Brought") -> "Brought":
        """Add up two."""
        return Brought(self.files + other.files, self.rows + other.rows, self.refused + other.refused)


def run(context: JobContext, *, as_of: datetime) -> Outcome:
    """Pull every configured source from its watermark, less the overlap, to now."""
    return _each_source(context, lambda source: due_windows(context, source, as_of=as_of), as_of=as_of, moves_watermark=True)


def backfill(context: JobContext, *, since: datetime, until: datetime, dry_run: bool, as_of: datetime) -> Outcome:
    """Ask every configured source for [since, until) again, as back-fill; watermarks stay where they are."""

    def windows(source: Source) -> list[Window]:
        return list(cut(since, until, nature="backfill", span=source.span))

    if dry_run:
        lines = [f"\n  {source.name} {source.shop}: {len(windows(source))} 个窗口 windows" for source in sources_of(context.settings)]
        return Outcome(0, f"将请求 {len(lines)} 个接口 / would ask {len(lines)} interfaces{''.join(lines)}")
    return _each_source(context, windows, as_of=as_of, moves_watermark=False)


def sources_of(settings: Settings) -> tuple[Source, ...]:
    """Return the configured sources: of the home, else of the real inbox."""
    folders = [settings.home] if settings.demo else [settings.home, settings.inbox_dir]
    return next((load_sources(folder / FILE) for folder in folders if (folder / FILE).is_file()), ())


def due_windows(context: JobContext, source: Source, *, as_of: datetime) -> list[Window]:
    """Return what has to be asked for, up to now less the lag: from the watermark less the overlap, at first from ``first_days`` ago.

    A watermark in the future (the host's clock ran ahead) is set back to now: what it skipped is asked for.
    """
    until = as_of - timedelta(minutes=source.span.lag_minutes)
    with context.engine.begin() as connection:
        watermark = watermark_of(connection, source=source.name, shop_id=source.shop)
        begun = first_asked_at(connection, source=source.name, shop_id=source.shop) or as_of
        if watermark is not None and watermark > as_of:
            log().warning("watermark in the future", source=source.name)
            reset_watermark(connection, source=source.name, shop_id=source.shop, to=until, at=as_of)
            watermark = until
    if watermark is None:
        return list(cut(until - timedelta(days=source.span.first_days), until, nature="backfill", span=source.span))
    since = watermark - timedelta(minutes=source.span.overlap_minutes)
    # the first span is history although it may take several runs to get it all
    history_ends = min(max(begun - timedelta(minutes=source.span.lag_minutes), since), until)
    history = cut(since, history_ends, nature="backfill", span=source.span) if watermark < history_ends else ()
    return [*history, *cut(history_ends if watermark < history_ends else since, until, nature="live", span=source.span)]


def cut(since: datetime, until: datetime, *, nature: str, span: Span) -> Iterator[Window]:
    """Cut a span into windows no longer than the platform allows; nothing between them, nothing twice.

    >>> from datetime import UTC
    >>> day = datetime(2026, 1, 1, tzinfo=UTC)
    >>> span = Span(since="a", until="b", longest_minutes=120)
    >>> [(window.since.hour, window.until.hour) for window in cut(day, day.replace(hour=5), nature="live", span=span)]
    [(0, 2), (2, 4), (4, 5)]
    """
    longest = timedelta(minutes=span.longest_minutes)
    while since < until:
        end = min(since + longest, until)
        yield Window(since, end, nature)
        since = end


def _each_source(context: JobContext, windows: Callable[[Source], list[Window]], *, as_of: datetime, moves_watermark: bool) -> Outcome:
    sources = sources_of(context.settings)
    brought, problems = Brought(), []
    for source in sources:
        if context.leaving.is_set():
            break
        try:
            for part in _pulled(context, source, windows(source), moves_watermark=moves_watermark):
                brought += part
        except LeftEarly:
            break
        except Exception as error:  # one source must not stop the others
            if is_connection_lost(error):
                raise
            if not isinstance(error, PullFailed | SourceProblem):
                keep_traceback(error, folder=context.settings.home / "logs", at=as_of)
            log().error("pull", source=source.name, error=one_line(error))
            problems.append(str(error) if isinstance(error, PullFailed | SourceProblem) else f"{source.name}: {one_line(error)}")
    chinese = f"{len(sources)} 个接口，{brought.files} 页，拒收行 {brought.refused}"
    message = f"{chinese} / {len(sources)} interfaces, {brought.files} pages, refused rows {brought.refused}"
    return Outcome(brought.rows, message, error="; ".join(problems)[:500] or None)


def _pulled(context: JobContext, source: Source, windows: list[Window], *, moves_watermark: bool) -> Iterator[Brought]:
    def rest(seconds: float) -> None:
        if context.leaving.wait(seconds):
            raise LeftEarly

    with open_client(source) as client:
        interface = Interface(source, client, now=context.now, rest=rest, environment=os.environ)
        for window in windows:
            yield _pull(context, interface, window, moves_watermark=moves_watermark)


def _pull(context: JobContext, interface: Interface, window: Window, *, moves_watermark: bool) -> Brought:
    source = interface.source
    began = context.now()
    with context.engine.begin() as connection:
        pull_id = begin_pull(
            connection, source=source.name, shop_id=source.shop, since=window.since, until=window.until, nature=window.nature, at=began
        )
    brought = Brought()

    def ended(*, error: str | None) -> None:
        with context.engine.begin() as connection:
            finish_pull(
                connection,
                pull_id=pull_id,
                files=brought.files,
                rows=brought.rows,
                refused=brought.refused,
                error=error,
                at=context.now(),
            )
            if error is None and moves_watermark:
                advance_watermark(connection, source=source.name, shop_id=source.shop, to=window.until, at=began)

    try:
        for page in pages(interface, since=window.since, until=window.until):
            brought += _stored(context, source, window, page, as_of=began)
            if context.leaving.is_set():
                raise LeftEarly
    except BaseException as problem:
        ended(error=one_line(problem) if isinstance(problem, Exception) else "已中断 interrupted")
        raise
    ended(error=None)
    return brought


def _stored(context: JobContext, source: Source, window: Window, page: Page, *, as_of: datetime) -> Brought:
    """Keep and ingest one page; a page whose shape no longer fits stops the source, so that its watermark waits."""
    if page.records == 0:
        return Brought()
    name = f"{source.name}-{window.since:%Y%m%dT%H%M%S}-{window.until:%Y%m%dT%H%M%S}-{page.number}.json"
    with tempfile.TemporaryDirectory(prefix="page-") as folder:
        path = Path(folder, name)
        path.write_bytes(page.body)
        reports = ingest_path(
            context.engine,
            path,
            settings=context.settings,
            shop=source.shop,
            manifest=source.manifest,
            nature=window.nature,
            as_of=as_of,
        )
    _check_whole(source, reports)
    if window.nature == "live":
        settle_waiting(context.engine, now=context.now)
    return Brought(1, sum(report.accepted for report in reports), sum(report.rows - report.accepted for report in reports))


def _check_whole(source: Source, reports: list[Report]) -> None:
    for report in reports:
        if report.status == "refused":
            raise PullFailed(f"{source.name}: {report.error}")
