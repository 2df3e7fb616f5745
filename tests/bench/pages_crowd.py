"""Do twenty people who click for two minutes all get their pages, and in how much memory of the dashboard's?

They are twenty websocket sessions, each with a page of its own as a browser has, its parts that refresh by themselves included: twenty
browsers would take both cores for themselves, and what is asked is what the server bears.
"""

import random
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import psutil

from tests.bench.figure import Figure
from tests.bench.pages_server import Dashboard, session
from tests.bench.pages_timings import SLOW, percentile
from tests.bench.pages_views import Look

PEOPLE, SECONDS = 20, 120.0
MEMORY_MB = 700.0
# A person looks at a view for so long before the next click, four seconds on average.
_LOOKS_SECONDS = (2.0, 6.0)
_SEED = 7


@dataclass
class Met:
    """What all of them met with."""

    milliseconds: list[float] = field(default_factory=list)
    refreshments: int = 0
    errors: list[str] = field(default_factory=list)


def figures(dashboard: Dashboard, *, drawn: Sequence[Look], orders: int) -> Iterator[Figure]:
    """Measure answers without an error against those asked for, and the most memory."""
    met, until = Met(), time.monotonic() + SECONDS
    people = [threading.Thread(target=_click, args=(dashboard, drawn, number, until, met)) for number in range(PEOPLE)]
    psutil.cpu_percent()
    for person in people:
        person.start()
    most = dashboard.resident_mb
    while any(person.is_alive() for person in people):
        most = max(most, dashboard.resident_mb)
        time.sleep(0.5)
    busy = psutil.cpu_percent()
    answered = len(met.milliseconds)
    p50, p95 = (percentile(met.milliseconds, share) for share in (0.5, SLOW))
    said = f"{answered} clicks p50 {p50:.0f} ms, p95 {p95:.0f} ms; {met.refreshments} refreshments; processors {busy:.0f} % busy"
    wrong = f"; {met.errors[0]}" if met.errors else ""
    on = f"{orders:,} orders, {PEOPLE} sessions clicking for {SECONDS:.0f} s, {said}"
    yield Figure("pages_crowd_answered", answered, answered + len(met.errors), "clicks", ">= 1", on + wrong)
    yield Figure("pages_crowd_memory", most, MEMORY_MB, "MB", "<= 1", on)


def _click(dashboard: Dashboard, drawn: Sequence[Look], number: int, until: float, met: Met) -> None:
    """Look at one view after the other until the time is over; whoever meets an error begins anew."""
    dice = random.Random(f"{number}/{_SEED}")
    time.sleep(dice.uniform(*_LOOKS_SECONDS) * number / PEOPLE)
    while time.monotonic() < until:
        try:
            with session(dashboard) as opened:
                while time.monotonic() < until:
                    look = dice.choice(drawn)
                    met.milliseconds.append(opened.open(look) * 1_000)
                    met.refreshments += opened.stay(look, seconds=dice.uniform(*_LOOKS_SECONDS))
        except Exception as error:  # noqa: BLE001 - whatever went wrong is an error that a person met
            met.errors.append(f"{type(error).__name__}: {error}")
