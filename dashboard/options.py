"""What can be chosen in the URL's widgets, and what is each choice called in Chinese and in English?"""

from collections.abc import Mapping

from dashboard import words
from dashboard.i18n import LANGUAGE_KEY as LANGUAGE_KEY
from dashboard.i18n import LANGUAGES, catalogue, msg
from dashboard.periods import PRESETS
from data.reads import UNSORTED, Choices
from models.health.components import DEFINITION
from models.health.kpis import KPIS

PERIOD, FIRST, LAST = "period", "from", "to"
CHANNEL, REGION, CATEGORY, WAREHOUSE = "channel", "region", "category", "warehouse"
COMPONENT, SHOWN = "component", "shown"
KPI = "kpi"
# The components whose orders can be listed: they are measured by orders.
LISTED = ("C1", "C4")

# Code -> (Chinese, English).
Names = Mapping[str, tuple[str, str]]

# The switch calls each language by its own name, whoever reads it.
LANGUAGE_NAMES: Names = {code: (name, name) for code, name in LANGUAGES}


def period_names() -> Names:
    """Return the date presets."""
    return {code: _both(name) for code, name in PRESETS}


def channel_names(choices: Choices) -> Names:
    """Return the channels of the visible shops."""
    return {code: _both(words.CHANNELS.get(code, code)) for code in choices.channels}


def region_names(choices: Choices) -> Names:
    """Return the regions, 未归类 first."""
    return {UNSORTED: _both("未归类")} | {code: (zh, en) for code, zh, en in choices.regions}


def category_names(choices: Choices) -> Names:
    """Return the categories, 未归类 last."""
    return {code: (code, code) for code in choices.categories} | {UNSORTED: _both("未归类")}


def warehouse_names(choices: Choices) -> Names:
    """Return the warehouses, 未归类 last."""
    return {code: (name, name) for code, name in choices.warehouses} | {UNSORTED: _both("未归类")}


def component_names() -> Names:
    """Return the components of the index whose orders can be listed."""
    return {c.code: (c.name_zh, c.name_en) for c in DEFINITION.components if c.code in LISTED}


def shown_names() -> Names:
    """Return which of a component's orders can be shown."""
    return {"bad": _both(msg("未达标")), "all": _both(msg("全部"))}


def kpi_names() -> Names:
    """Return the figures that have an entry among the definitions."""
    return {kpi.key: (kpi.name_zh, kpi.name_en) for kpi in KPIS}


def all_names(choices: Choices) -> dict[str, Names]:
    """Return what every key of the URL can hold."""
    return {
        LANGUAGE_KEY: LANGUAGE_NAMES,
        PERIOD: period_names(),
        CHANNEL: channel_names(choices),
        REGION: region_names(choices),
        CATEGORY: category_names(choices),
        WAREHOUSE: warehouse_names(choices),
        COMPONENT: component_names(),
        SHOWN: shown_names(),
        KPI: kpi_names(),
    }


def code_of(said: str, names: Names) -> str | None:
    """Return the code that a word means: itself or its name in either language.

    >>> code_of("Douyin", {"douyin": ("抖音", "Douyin")}), code_of("抖音", {"douyin": ("抖音", "Douyin")}), code_of("x", {})
    ('douyin', 'douyin', None)
    """
    wanted = said.casefold()
    return next(
        (code for code, known in names.items() if wanted in ((code or "none").casefold(), *(name.casefold() for name in known))), None
    )


def _both(chinese: str) -> tuple[str, str]:
    return chinese, catalogue("en").get(chinese, chinese)
