"""What does a warehouse do about what it is asked for, and how much sooner does a parcel leave because of it?

The effects are set here, so that they are known: whoever measures the help of an action on this merchant can be held to the truth. A wish
takes effect when its file is read; what has left is beyond help. Parcels that travel together are helped together.
"""

import csv
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd

from jobs.simulate.dice import HOUR, NEVER, Flags, Ints
from jobs.simulate.geography import CARRIERS, WAREHOUSES
from jobs.simulate.merchant import Played
from jobs.simulate.platforms.writer import Writer
from jobs.simulate.state import Memory


@dataclass(frozen=True)
class Effect:
    """So much of the remaining wait is left after an action, and never less than it takes to carry it out."""

    keeps: float
    least_s: int


# The truth about each action, by the word of the file.
EFFECTS: Mapping[str, Effect] = {
    "加急": Effect(0.35, HOUR),
    "换仓": Effect(0.5, 3 * HOUR),
    "换承运": Effect(0.6, 2 * HOUR),
}
HOLD, RELEASE, CANCEL = "暂停发货", "放行", "取消"
# A held parcel waits until it is released, at most so long; a released one is packed within the hour.
HELD_S, PACKED_S = 10 * 24 * HOUR, HOUR


@dataclass(frozen=True)
class Wish:
    """One row of a file: its number, which order of which shop, what is asked, and where to or with whom."""

    number: int
    order_no: str
    shop_id: str
    kind: str
    warehouse: str
    carrier: str


def helped(left: Ints, *, at: int, kind: str) -> Ints:
    """Return when parcels leave that were acted on at an instant; never later than they would have.

    >>> helped(np.array([20 * HOUR, HOUR // 2, NEVER]), at=0, kind="加急").tolist() == [7 * HOUR, HOUR // 2, NEVER]
    True
    """
    effect = EFFECTS[kind]
    sooner = at + np.maximum(((left - at) * effect.keeps).astype(np.int64), effect.least_s)
    moved: Ints = np.where((left > at) & (left < NEVER), np.minimum(left, sooner), left)
    return moved


def granted(memory: Memory, writers: Sequence[Writer], *, outbox: Path | None, at: int) -> Memory:
    """Let the warehouses do what the files of the outbox ask for and they have not read yet."""
    wishes = [] if outbox is None else sorted(_read(outbox / "warehouses", after=memory.wishes_until), key=lambda wish: wish.number)
    if not wishes:
        return memory
    orders, parcels = memory.open.orders.copy(), memory.open.parcels.copy()
    numbers = _numbers(orders, writers)
    for wish in wishes:
        keys = numbers.get((wish.shop_id, wish.order_no))
        if keys is not None:
            _grant(wish, keys, orders, parcels, at=at)
    return replace(memory, open=Played(orders, memory.open.lines, parcels), wishes_until=wishes[-1].number)


def _read(folder: Path, *, after: int) -> Iterator[Wish]:
    for path in sorted(folder.glob("*/intents_*.csv")):
        # a file is named for its last wish
        if int(path.stem.removeprefix("intents_")) > after:
            with path.open(encoding="utf-8-sig", newline="") as file:
                for row in csv.DictReader(file):
                    wish = Wish(int(row["指令编号"]), row["订单号"], row["店铺"], row["指令"], row["目标仓库"], row["目标承运商"])
                    if wish.number > after:
                        yield wish


def _numbers(orders: pd.DataFrame, writers: Sequence[Writer]) -> dict[tuple[str, str], list[int]]:
    """Return the keys of the orders that each platform knows by a number; some platforms put several under one."""
    found: dict[tuple[str, str], list[int]] = {}
    for writer in writers:
        keys = orders.loc[orders["shop"] == writer.shop.number, "key"].to_numpy()
        for number, key in zip(writer.order_numbers(keys), keys.tolist(), strict=True):
            found.setdefault((writer.shop.shop_id, str(number)), []).append(key)
    return found


def _grant(wish: Wish, keys: Sequence[int], orders: pd.DataFrame, parcels: pd.DataFrame, *, at: int) -> None:
    theirs = parcels["key"].isin(keys)
    together = (parcels["stockout"].isin(parcels.loc[theirs, "stockout"])).to_numpy()
    waits = together & ((parcels["left"] > at) & (parcels["left"] < NEVER)).to_numpy()
    left = parcels.loc[waits, "left"].to_numpy()
    if wish.kind == CANCEL:
        chosen = orders["key"].isin(keys)
        orders.loc[chosen, "cancel_wish"] = np.minimum(orders.loc[chosen, "cancel_wish"], at)
    elif wish.kind == HOLD:
        # asked twice it is held once
        _leave(parcels, waits, np.where(left - at > HELD_S, left, left + HELD_S), at=at)
    elif wish.kind == RELEASE:
        _leave(parcels, waits, np.where(left - at > HELD_S // 2, np.maximum(left - HELD_S, at + PACKED_S), left), at=at)
    elif wish.kind in EFFECTS:
        _leave(parcels, waits, helped(left, at=at, kind=wish.kind), at=at)
        _send(wish, orders, parcels, keys=keys, waits=waits)


def _leave(parcels: pd.DataFrame, waits: Flags, left: Ints, *, at: int) -> None:
    """Let parcels leave at other instants; a label that was printed already stays printed when it was."""
    rows = parcels.loc[waits]
    allocated = rows["allocated"].to_numpy()
    printed = allocated + (rows["print_share"] * (rows["left"] - allocated)).to_numpy()
    printed = np.where(printed <= at, printed, np.minimum(printed, at + 0.5 * (left - at)))
    parcels.loc[waits, "print_share"] = np.clip((printed - allocated) / np.maximum(left - allocated, 1), 0.0, 1.0)
    parcels.loc[waits, "left"] = left


def _send(wish: Wish, orders: pd.DataFrame, parcels: pd.DataFrame, *, keys: Sequence[int], waits: Flags) -> None:
    """Send parcels from another warehouse, or with another carrier, where the simulated merchant has it."""
    chosen = orders["key"].isin(keys)
    places = {warehouse.code: number for number, warehouse in enumerate(WAREHOUSES)}
    carriers = {carrier.name: number for number, carrier in enumerate(CARRIERS)}
    for column, found in (("warehouse", places.get(wish.warehouse)), ("carrier", carriers.get(wish.carrier))):
        if found is not None and waits.any():
            parcels.loc[waits, column] = found
            orders.loc[chosen, column] = found
