"""What must be remembered of the merchant so that the next minute goes on where the last one ended?"""

import json
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from jobs.simulate.counters import Counters
from jobs.simulate.merchant import Played
from jobs.simulate.statements import Money
from jobs.simulate.stockroom import Stockroom
from jobs.simulate.story import Story, story_of

_FRAMES = ("orders", "lines", "parcels")
_MONEY_FRAMES = ("waiting", "bank")
_ROOM_ARRAYS = ("on_hand", "untold", "ordered", "daily")


@dataclass(frozen=True)
class Memory:
    """Where the play stands.

    ``written_until`` is the instant up to which all files are written, ``planned_until`` the first day not yet thrown;
    ``orders_a_day`` by shop id; ``capacity`` and ``free_from`` by warehouse; ``open`` holds the orders (unsettled, see
    ``life.settle``) that are ``life.remembered``; ``anchor_day``, the day on which the history ended,
    sets the dates of the story; ``money`` is where his money stands, None where no statements are played; ``room`` is what lies in
    his warehouses, None where no stock is played, and ``counters`` what the platforms offer of it.
    """

    seed: int
    written_until: int
    planned_until: int
    orders_a_day: dict[str, float]
    capacity: list[float]
    free_from: list[float]
    open: Played
    # A memory kept before there were stories goes on without one.
    anchor_day: int | None = None
    money: Money | None = None
    room: Stockroom | None = None
    counters: Counters = field(default_factory=Counters)
    # The last wish of the hub that the warehouses have read.
    wishes_until: int = 0

    def story(self) -> Story:
        """Return what befalls this merchant."""
        return story_of(self.seed, anchor_day=self.anchor_day, shops=tuple(self.orders_a_day))


def save(memory: Memory, folder: Path) -> None:
    """Keep the memory in a folder; a crash leaves the old one or the new one, never half of each."""
    folder.mkdir(parents=True, exist_ok=True)
    facts = {name: getattr(memory, name) for name in memory.__dataclass_fields__ if name not in ("open", "money", "room", "counters")}
    arrays = {f"{frame}.{name}": column.to_numpy() for frame in _FRAMES for name, column in getattr(memory.open, frame).items()}
    if memory.money is not None:
        facts["money"] = {name: getattr(memory.money, name) for name in Money.__dataclass_fields__ if name not in _MONEY_FRAMES}
        arrays |= {f"{frame}.{name}": column.to_numpy() for frame in _MONEY_FRAMES for name, column in getattr(memory.money, frame).items()}
    if memory.room is not None:
        facts["room_known_until"] = memory.room.known_until
        arrays |= {f"room.{name}": getattr(memory.room, name) for name in _ROOM_ARRAYS}
    facts["counters_applied"] = dict(memory.counters.applied)
    arrays |= {f"counters.{shop_id}": counter for shop_id, counter in memory.counters.offered.items()}
    temporary = folder / ".merchant.npz.tmp"
    with temporary.open("wb") as stream:
        np.savez(stream, facts=np.array(json.dumps(facts)), **arrays)
    os.replace(temporary, folder / "merchant.npz")


def load(folder: Path) -> Memory:
    """Return the memory kept in a folder; ``FileNotFoundError`` where there is none."""
    with np.load(folder / "merchant.npz") as kept:
        facts = json.loads(str(kept["facts"]))
        money: Any = facts.pop("money", None)
        known_until = facts.pop("room_known_until", None)
        room = None if known_until is None else Stockroom(known_until, **{name: kept[f"room.{name}"] for name in _ROOM_ARRAYS})
        offered = {name.removeprefix("counters."): kept[name] for name in kept.files if name.startswith("counters.")}
        counters = Counters(offered, facts.pop("counters_applied", {}))
        frames = {frame: _frame(kept, frame) for frame in _FRAMES}
        if money is not None:
            money = Money(**(money | {frame: _frame(kept, frame) for frame in _MONEY_FRAMES}))
    return Memory(**facts, open=Played(**frames), money=money, room=room, counters=counters)


def _frame(kept: Any, frame: str) -> pd.DataFrame:
    return pd.DataFrame({name.split(".", 1)[1]: kept[name] for name in kept.files if name.startswith(frame + ".")})
