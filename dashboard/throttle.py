"""May one try another password yet?"""

from collections import deque
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from threading import Lock

WINDOW = timedelta(minutes=5)
TRIES_A_NAME = 5
# So many failures of anybody's slow every try down by a second, as many again by another; nobody is kept out by strangers' failures.
FAILURES_A_SECOND = 60
LONGEST_PAUSE = timedelta(seconds=3)
# Beyond these the oldest are forgotten: a flood of made-up names takes no more memory.
REMEMBERED = 10_000


@dataclass
class Throttle:
    """Counts failed sign-ins of the last minutes, by login name and in all; shared by the sessions of a process."""

    _failures: deque[tuple[datetime, str]] = field(default_factory=lambda: deque(maxlen=REMEMBERED))
    _lock: Lock = field(default_factory=Lock)

    def admits(self, name: str, *, as_of: datetime) -> bool:
        """Say whether this name may be tried now.

        >>> from datetime import UTC
        >>> throttle, noon = Throttle(), datetime(2026, 1, 1, 12, tzinfo=UTC)
        >>> for _ in range(TRIES_A_NAME): throttle.failed("li", as_of=noon)
        >>> throttle.admits("li", as_of=noon), throttle.admits("Wang", as_of=noon), throttle.admits("LI", as_of=noon + WINDOW)
        (False, True, True)
        """
        with self._lock:
            self._forget(as_of=as_of)
            return sum(1 for _, failed in self._failures if failed == name.casefold()) < TRIES_A_NAME

    def pause(self, *, as_of: datetime) -> timedelta:
        """Say how long any try must wait first, by how many failed lately.

        >>> from datetime import UTC
        >>> throttle, noon = Throttle(), datetime(2026, 1, 1, 12, tzinfo=UTC)
        >>> for n in range(2 * FAILURES_A_SECOND): throttle.failed(f"made up {n}", as_of=noon)
        >>> str(throttle.pause(as_of=noon)), str(throttle.pause(as_of=noon + WINDOW)), throttle.admits("li", as_of=noon)
        ('0:00:02', '0:00:00', True)
        """
        with self._lock:
            self._forget(as_of=as_of)
            return min(timedelta(seconds=len(self._failures) // FAILURES_A_SECOND), LONGEST_PAUSE)

    def failed(self, name: str, *, as_of: datetime) -> None:
        """Remember a failure."""
        with self._lock:
            self._failures.append((as_of, name.casefold()))

    def _forget(self, *, as_of: datetime) -> None:
        while self._failures and self._failures[0][0] <= as_of - WINDOW:
            self._failures.popleft()
