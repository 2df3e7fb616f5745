"""What does a writer of a platform's files get, and what does it give back?"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

import pandas as pd

from jobs.simulate.dice import Flags, Ints
from jobs.simulate.geography import CARRIERS
from jobs.simulate.lettering import waybills
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

    def order_numbers(self, keys: Ints) -> Sequence[str]:
        """Return the numbers by which the platform knows orders; they depend on the orders' keys alone."""
        ...

    def newest(self, orders: pd.DataFrame) -> Flags:
        """Flag the orders that an export always holds: without their times it would not tell when it was made."""
        ...

    def files(self, view: View, *, stamp: str) -> Iterable[File]:
        """Return the files of an export named by ``stamp`` (digits of its date, or date and time)."""
        ...


def rows(template: str, columns: Sequence[Sequence[object]]) -> str:
    """Return one line of text a row: ``template`` filled with the row's cell of each column."""
    return "".join(map(template.format, *columns))


def latest(orders: pd.DataFrame, instants: Sequence[str]) -> Flags:
    """Flag the orders of which one of some instants is the latest of all."""
    told = orders[list(instants)]
    flagged: Flags = ((told == told.max()) & (told > 0)).any(axis=1).to_numpy()
    return flagged


def first_parcels(view: View) -> pd.DataFrame:
    """Return ``waybill`` and ``company`` of each order's first parcel; empty until the platform knows that all have left."""
    orders = view.seen.orders
    gone = view.seen.parcels[view.seen.parcels["left"] > 0].drop_duplicates("key")
    known = pd.DataFrame(
        {
            "waybill": waybills(gone["stockout"].to_numpy(), gone["carrier"].to_numpy()),
            "company": [CARRIERS[i].name for i in gone["carrier"].tolist()],
        },
        index=gone["key"],
        dtype=str,
    )
    told = known.reindex(orders["key"]).fillna("")
    told[orders["posted"].to_numpy() == 0] = ""
    return told
