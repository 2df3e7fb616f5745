"""What does a writer of a platform's files get, and what does it give back?"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

from jobs.simulate.merchant import Played
from jobs.simulate.shops import Shop


@dataclass(frozen=True)
class File:
    """A file to be laid into the inbox: ``name`` may hold a folder."""

    name: str
    content: bytes


@dataclass(frozen=True)
class View:
    """What a source can tell of some orders at an instant (``life.as_seen``); ``seed`` finds buyers and goods."""

    seen: Played
    seed: int
    at: int


class Writer(Protocol):
    """A platform that writes files of one shop in its own format."""

    @property
    def shop(self) -> Shop:
        """The shop whose orders it writes."""
        ...

    @property
    def shows(self) -> Sequence[str]:
        """The events (``life.EVENTS``) whose happening changes what it writes of an order."""
        ...

    def files(self, view: View, *, stamp: str) -> Iterable[File]:
        """Return the files of an export named by ``stamp`` (digits of its date, or date and time)."""
        ...


def rows(template: str, columns: Sequence[Sequence[object]]) -> str:
    """Return one line of text a row: ``template`` filled with the row's cell of each column."""
    return "".join(map(template.format, *columns))
