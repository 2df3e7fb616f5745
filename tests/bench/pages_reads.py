"""How long does the database take for every read that the two pages do, over many parts of the business and spans?

The pages themselves are run, so that what is measured is what they ask; each of their calls of ``data.reads`` is timed, and whatever the
dashboard would have kept of earlier answers is forgotten before each view.
"""

import functools
import logging
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from dashboard import cached_reads, identity
from dashboard.periods import business_today
from data import reads
from data.reads import NoSuchGrain
from models.people import Person
from models.scope import EVERYTHING, Scope
from tests.bench.figure import Figure
from tests.bench.pages_store import Store
from tests.bench.pages_timings import SLOW, percentile, said
from tests.bench.pages_views import PAGES, Look, Page, looks
from tests.given_pages import APP, ORDERS, OVERVIEW, on_database

GOAL_MS = 100.0
VIEWS, WARM_UP = 140, 7
_SEED = 7
_FILES = {"overview": OVERVIEW, "orders": ORDERS}
# Half of the people see everything, the others some channels or some warehouses.
_SCOPES = (EVERYTHING, Scope(channels=("douyin", "jd", "taobao")), EVERYTHING, Scope(warehouses=("CN-GZ", "CN-HZ")))


class PageFailed(AssertionError):
    """A page drew an error, so how fast its reads were is worth nothing."""


def figures(store: Store, *, as_of: datetime) -> Iterator[Figure]:
    """Measure the reads of each page, from the first connection to the answer as the page takes it."""
    with _quiet(), pytest.MonkeyPatch.context() as patched, on_database(store.engine, monkeypatch=patched, home=store.settings.home):
        for page in PAGES:
            choices = reads.choices(store.engine, scope=EVERYTHING)
            today = business_today(as_of, zone=store.settings.zone)
            drawn = looks(page, count=WARM_UP + VIEWS, choices=choices, today=today, orders=store.orders, seed=_SEED)
            _taken(page, drawn[:WARM_UP], patched=patched)
            found = _taken(page, drawn[WARM_UP:], patched=patched)
            every = [value for values in found.values() for value in values]
            on = f"{store.orders:,} orders, {VIEWS} views, {said(found, slowest=len(found))}"
            yield Figure(f"pages_reads_{page}", percentile(every, SLOW), GOAL_MS, "ms", "<= 1", on)


def _taken(page: Page, drawn: Sequence[Look], *, patched: pytest.MonkeyPatch) -> dict[str, list[float]]:
    """Open every view and return the milliseconds of each read; one that says that no cells answer is no answer, and left out."""
    found: dict[str, list[float]] = defaultdict(list)
    with _timed_reads(found):
        for number, look in enumerate(drawn):
            scope = _SCOPES[number % len(_SCOPES)]
            person = Person("demo.manager", "林悦", "manager", scope)
            patched.setattr(identity, "somebody", lambda *, as_of, person=person: person)
            _open(look)
    return found


def _open(look: Look) -> None:
    cached_reads.forget()
    app = AppTest.from_file(str(APP), default_timeout=300)
    for name, values in look.query.items():
        app.query_params[name] = list(values)
    app.switch_page(_FILES[look.page])
    app.run()
    for _ in range(look.turns):
        onwards = [button for button in app.button if button.key in ("list_on", "orders_on") and not button.disabled]
        if onwards:
            onwards[0].click().run()
    if app.exception:
        raise PageFailed(f"{look}: {app.exception[0].value}")


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep Streamlit from warning at every turn that there is no server around it."""
    logging.disable(logging.WARNING)
    yield
    logging.disable(logging.NOTSET)


@contextmanager
def _timed_reads(found: dict[str, list[float]]) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patched:
        for read in reads.READS:
            patched.setattr(reads, read.__name__, _timed(read, found))
        yield


def _timed(read: Callable[..., Any], found: dict[str, list[float]]) -> Callable[..., Any]:
    @functools.wraps(read)
    def timed(*args: Any, **given: Any) -> Any:
        began = time.perf_counter()
        try:
            answer = read(*args, **given)
        except NoSuchGrain:
            raise
        else:
            found[read.__name__].append((time.perf_counter() - began) * 1_000)
            return answer

    return timed
