"""May one try another password yet?"""

from collections import deque
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from threading import Lock

WINDOW = timedelta(minutes=5)
TRIES_A_NAME = 5
TRIES_IN_ALL = 60


@dataclass
class Throttle:
    """Counts failed sign-ins of the last minutes, by login name and in all; shared by the sessions of a process."""

    _failures: deque[tuple[datetime, str]] = field(default_factory=deque)
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
            while self._failures and self._failures[0][0] <= as_of - WINDOW:
                self._failures.popleft()
            own = sum(1 for _, failed in self._failures if failed == name.casefold())
            return own < TRIES_A_NAME and len(self._failures) < TRIES_IN_ALL

    def failed(self, name: str, *, as_of: datetime) -> None:
        """Remember a failure."""
        with self._lock:
            self._failures.append((as_of, name.casefold()))
