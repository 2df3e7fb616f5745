"""What do we call a cell: its channel, its region, its category, and the component it is a cell of?"""

from collections.abc import Callable, Mapping

import pandas as pd

from dashboard import options, words
from dashboard.i18n import t
from data.reads import Choices
from models.health.components import Component

Namer = Callable[[str], str]


def names(choices: Choices) -> Mapping[str, Namer]:
    """Return how the codes of each dimension are said in this person's language."""
    regions = options.region_names(choices)
    return {
        "channel": words.channel,
        "region": lambda code: words.in_language(*regions.get(code, (code, code))),
        "category": lambda code: words.unsorted_or(code, code),
    }


def component(found: Component) -> str:
    """Return a component's name."""
    return words.in_language(found.name_zh, found.name_en)


def cell(row: Mapping[str, object], *, choices: Choices, dimensions: tuple[str, ...] = ("channel", "region", "category")) -> str:
    """Return a cell's name, its parts joined: 抖音 · 四川 · 家居."""
    said = names(choices)
    return " · ".join(said[dimension](str(row[dimension])) for dimension in dimensions if not pd.isna(row[dimension]))  # type: ignore[call-overload]


def effect(code: str) -> str:
    """Return the name of a line that belongs to no cell."""
    named = {
        "rate": t("达标率"),
        "mix": t("结构"),
        "clip": t("封顶封底"),
        "carried": t("沿用上次"),
        "cap": t("红线"),
        "restated": t("重述"),
        "definition": t("口径与覆盖"),
    }
    return named.get(code, code)
