"""What do people look at on the Overview and the Orders page? Views drawn by a seed: days, a part of the business, a narrowed list."""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal
from urllib.parse import urlencode

from dashboard import options
from dashboard.options import (
    AGE,
    ALL_ORDERS,
    CARRIER,
    CATEGORY,
    CHANNEL,
    COMPARE,
    COMPARE_FIRST,
    COMPARE_LAST,
    COMPONENT,
    FIRST,
    LAST,
    OWNER,
    PERIOD,
    REGION,
    SEARCH,
    SHOWN,
    STAGE,
    WAREHOUSE,
    Names,
)
from dashboard.periods import PRESETS
from data.reads import UNSORTED, Choices
from tests.bench.stored_orders import CARRIERS, DAYS

Page = Literal["overview", "orders", "workbench"]
PAGES: tuple[Page, ...] = ("overview", "orders")
Query = Mapping[str, Sequence[str]]
# The way down the drill; the overview knows no carriers.
_DRILL = (CHANNEL, REGION, CATEGORY, WAREHOUSE, CARRIER)
_AT_MOST = 3
# No preset begins earlier; the last large sale ended at most so long ago.
_PRESETS_REACH = timedelta(days=120)


@dataclass(frozen=True)
class Look:
    """A page with what its link says, in the words its widgets know; ``turns`` is how many pages of the list are turned."""

    page: Page
    query: Query
    turns: int = 0

    @property
    def query_string(self) -> str:
        """The query as it stands in the address."""
        return urlencode(self.query, doseq=True)


def looks(page: Page, *, count: int, choices: Choices, today: date, orders: int, seed: int) -> list[Look]:
    """Draw views of a page; every preset comes equally often, half the parts go down the drill, half are chosen freely."""
    dice, names = random.Random(f"{page}/{seed}"), options.all_names(_traded(choices))
    found = []
    for number in range(count):
        preset = PRESETS[number % len(PRESETS)][0]
        query = _days(preset, names=names[PERIOD], today=today, dice=dice)
        query |= _part(_DRILL if page == "orders" else _DRILL[:-1], names=names, dice=dice)
        if page == "orders":
            earliest = date.fromisoformat(query[FIRST][0]) if FIRST in query else today - _PRESETS_REACH
            query |= _compared(names=names[COMPARE], before=earliest, dice=dice) | _narrowed(names=names, orders=orders, dice=dice)
        found.append(Look(page, query, turns=dice.choice((0, 0, 1))))
    return found


def _traded(choices: Choices) -> Choices:
    """Return the choices that some order has."""
    regions = tuple(region for region in choices.regions if region[0].startswith("CN-") and region[0] < "CN-7")
    carriers = tuple(carrier for carrier in choices.carriers if carrier[0] in CARRIERS)
    return Choices(choices.channels, regions, choices.categories, choices.warehouses, carriers, choices.shops)


def _word(code: str, names: Names) -> str:
    return names[code][0]


def _days(preset: str, *, names: Names, today: date, dice: random.Random) -> dict[str, list[str]]:
    if preset != "custom":
        return {PERIOD: [_word(preset, names)]}
    first, last = _span(today, dice=dice)
    return {PERIOD: [_word(preset, names)], FIRST: [first], LAST: [last]}


def _span(until: date, *, dice: random.Random) -> tuple[str, str]:
    """Return the first and last of some days that are over by ``until``."""
    days = sorted(until - timedelta(days=dice.randint(1, DAYS - 1)) for _ in range(2))
    return days[0].isoformat(), days[1].isoformat()


def _part(keys: Sequence[str], *, names: Mapping[str, Names], dice: random.Random) -> dict[str, list[str]]:
    if dice.random() < 0.5:
        depth = dice.randint(0, len(keys))
        return {key: [_word(dice.choice([code for code in names[key] if code != UNSORTED]), names[key])] for key in keys[:depth]}
    chosen = [key for key in keys if dice.random() < 0.3]
    return {key: [_word(code, names[key]) for code in dice.sample(sorted(names[key]), dice.randint(1, _AT_MOST))] for key in chosen}


def _compared(*, names: Names, before: date, dice: random.Random) -> dict[str, list[str]]:
    how = dice.choice(sorted(names))
    if how != "custom":
        return {COMPARE: [_word(how, names)]}
    first, last = _span(before, dice=dice)
    return {COMPARE: [_word(how, names)], COMPARE_FIRST: [first], COMPARE_LAST: [last]}


def _narrowed(*, names: Mapping[str, Names], orders: int, dice: random.Random) -> dict[str, list[str]]:
    """Narrow the list: to the orders behind a component, by a search, or by stage, time stood and owner; or leave it."""
    way = dice.random()
    if way < 0.2:
        component = dice.choice([code for code in names[COMPONENT] if code != ALL_ORDERS])
        return {COMPONENT: [_word(component, names[COMPONENT])], SHOWN: [_word(dice.choice(sorted(names[SHOWN])), names[SHOWN])]}
    if way < 0.35:
        number = dice.randint(1, orders)
        searched = (f"{number:018d}", f"{number:018d}"[:15], f"{dice.choice(CARRIERS)}{number:013d}")
        return {SEARCH: [dice.choice(searched)]}
    kept = {STAGE: 0.5, AGE: 0.25, OWNER: 0.25}
    return {key: [_word(dice.choice(sorted(names[key])), names[key])] for key, share in kept.items() if dice.random() < share}
