"""What must be remembered of the merchant so that the next minute goes on where the last one ended?"""

import json
import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from jobs.simulate.merchant import Played
from jobs.simulate.story import Story, story_of

_FRAMES = ("orders", "lines", "parcels")


@dataclass(frozen=True)
class Memory:
    """Where the play stands.

    ``written_until`` is the instant up to which all files are written, ``planned_until`` the first day not yet thrown;
    ``orders_a_day`` by shop id; ``capacity`` and ``free_from`` by warehouse; ``open`` holds the orders (unsettled, see
    ``life.settle``) to which something may yet happen; ``anchor_day``, the day on which the history ended,
    sets the dates of the story.
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

    def story(self) -> Story:
        """Return what befalls this merchant."""
        return story_of(self.seed, anchor_day=self.anchor_day, shops=tuple(self.orders_a_day))


def save(memory: Memory, folder: Path) -> None:
    """Keep the memory in a folder; a crash leaves the old one or the new one, never half of each."""
    folder.mkdir(parents=True, exist_ok=True)
    facts = {name: getattr(memory, name) for name in memory.__dataclass_fields__ if name != "open"}
    arrays = {f"{frame}.{name}": column.to_numpy() for frame in _FRAMES for name, column in getattr(memory.open, frame).items()}
    temporary = folder / ".merchant.npz.tmp"
    with temporary.open("wb") as stream:
        np.savez(stream, facts=np.array(json.dumps(facts)), **arrays)
    os.replace(temporary, folder / "merchant.npz")


def load(folder: Path) -> Memory:
    """Return the memory kept in a folder; ``FileNotFoundError`` where there is none."""
    with np.load(folder / "merchant.npz") as kept:
        frames = {
            frame: pd.DataFrame({name.split(".", 1)[1]: kept[name] for name in kept.files if name.startswith(frame + ".")})
            for frame in _FRAMES
        }
        facts = json.loads(str(kept["facts"]))
    return Memory(**facts, open=Played(**frames))
