"""What can be chosen in the URL's widgets, and what is each choice called in Chinese and in English?"""

from collections.abc import Mapping, Sequence

from dashboard import words
from dashboard.i18n import LANGUAGE_KEY as LANGUAGE_KEY
from dashboard.i18n import LANGUAGES, catalogue, msg
from dashboard.periods import PRESETS
from data.reads import STUCK_STAGE, UNSORTED, Choices
from models.health.components import DEFINITION
from models.health.kpis import DEFINED
from models.reconciliation.classes import BASES, CLASSES, KINDS, MATCH_TYPES, STATES, Named
from models.reconciliation.labels import LABELS
from models.stages import SHARE_NAMES, STAGES

PERIOD, FIRST, LAST = "period", "from", "to"
CHANNEL, REGION, CATEGORY, WAREHOUSE = "channel", "region", "category", "warehouse"
COMPONENT, SHOWN = "component", "shown"
KPI = "kpi"
CARRIER, METRIC = "carrier", "metric"
COMPARE, COMPARE_FIRST, COMPARE_LAST = "compare", "cfrom", "cto"
# Of the page of the delay model: by what the risk of open orders is split.
RISK_BY = "risk"
STAGE, AGE, OWNER, SEARCH = "stage", "age", "owner", "q"
# Of the page of reconciliation: by which day and in which money, which differences, and the one that is open.
BASIS, CURRENCY = "basis", "currency"
LABEL, CLASS, KIND, MONEY_TYPE, STATE = "label", "class", "kind", "money", "state"
OLDER, LEAST, WHOSE, ORDERED, FOUND = "older", "least", "whose", "by", "find"
DIFFERENCE = "difference"
# Of the workbench: which desk, which list of it, and the number that is looked for.
DESK, TAB, SEEK = "desk", "tab", "seek"
ALL_CURRENCIES, NO_LABEL = "all", "none"
# Of the page of stock: which part of it is open, which levels, holds, conflicts and items of channels are listed, and the SKU that is open.
PART, SKU, PLACE, HOLD, WISH = "part", "sku", "place", "held", "wish"
LEVEL, LEVEL_ORDER, LEVEL_SEARCH = "level", "sort", "goods"
HOLD_LIST, HOLD_SEARCH, CONFLICT, CONFLICT_SKU, GAP = "holds", "hold", "conflict", "short", "gap"
# The components of which what is behind can be listed: measured by orders, or by settlement entries.
ENTRIES = "C3"
LISTED = ("C1", ENTRIES, "C4")
ALL_ORDERS = "all"

# What a person calls several regions together, and how one is told from a region's code.
AREA = "area:"
AREAS: Mapping[str, str] = {
    "north": msg("华北"),
    "northeast": msg("东北"),
    "east": msg("华东"),
    "central": msg("华中"),
    "south": msg("华南"),
    "southwest": msg("西南"),
    "northwest": msg("西北"),
    "hmt": msg("港澳台"),
}

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


def place_names(choices: Choices) -> Names:
    """Return what the filter of regions offers: 未归类, then the areas, then every region."""
    every = region_names(choices)
    named = {f"{AREA}{area}": _both(AREAS.get(area, area)) for area, _ in choices.areas}
    return {UNSORTED: every[UNSORTED], **named, **every}


def regions_of(chosen: Sequence[str], choices: Choices) -> tuple[str, ...]:
    """Return the regions of chosen places, an area as all of its own.

    >>> choices = Choices((), (), (), (), (), (), areas=(("southwest", ("CN-50", "CN-51")),))
    >>> regions_of(["area:southwest", "CN-51", "CN-11"], choices)
    ('CN-50', 'CN-51', 'CN-11')
    """
    of_area = {f"{AREA}{area}": regions for area, regions in choices.areas}
    return tuple(dict.fromkeys(region for place in chosen for region in of_area.get(place, (place,))))


def category_names(choices: Choices) -> Names:
    """Return the categories, 未归类 last."""
    return {code: (code, code) for code in choices.categories} | {UNSORTED: _both("未归类")}


def warehouse_names(choices: Choices) -> Names:
    """Return the warehouses, 未归类 last."""
    return {code: (name, name) for code, name in choices.warehouses} | {UNSORTED: _both("未归类")}


def component_names() -> Names:
    """Return all orders, then the components of the index of which what is behind can be listed."""
    return {ALL_ORDERS: _both(msg("全部订单"))} | {c.code: (c.name_zh, c.name_en) for c in DEFINITION.components if c.code in LISTED}


def shown_names() -> Names:
    """Return which of a component's orders can be shown."""
    return {"bad": _both(msg("未达标")), "all": _both(msg("全部"))}


def compare_names() -> Names:
    """Return what a period can be held against."""
    return {
        "before": _both(msg("上一段")),
        "weeks": _both(msg("四周前")),
        "year": _both(msg("去年同期")),
        "custom": _both(msg("自选")),
    }


def metric_names() -> Names:
    """Return what the drill can be ordered by."""
    return {
        "late": _both(msg("未准时")),
        "orders": _both(msg("订单数")),
        "on_time": _both(msg("准时率")),
        "ship_hours": _both(msg("发货时长")),
        "cancelled": _both(msg("取消率")),
        "stuck": _both(msg("现停滞")),
    }


def stage_names() -> Names:
    """Return the stages a list of orders can be narrowed to: stuck ones, open ones, and those that are over."""
    open_ones = {stage.key: (stage.name_zh, stage.name_en) for stage in STAGES}
    over = {"cancelled": _both(msg("已取消")), "refunded": _both(msg("已退款"))}
    return {STUCK_STAGE: SHARE_NAMES["stuck"]} | open_ones | over


def risk_split_names() -> Names:
    """Return by what the risk of open orders can be split."""
    return {"channel": _both(msg("渠道")), "warehouse_code": _both(msg("仓库")), "carrier_code": _both(msg("承运"))}


def age_names() -> Names:
    """Return how long an order can have stood where it stands, by hours."""
    return {
        "2": _both(msg("2 小时以上")),
        "24": _both(msg("1 天以上")),
        "48": _both(msg("2 天以上")),
        "168": _both(msg("7 天以上")),
    }


def owner_names() -> Names:
    """Return whose orders a list can be narrowed to."""
    return {"mine": _both(msg("我的")), "nobody": _both(msg("无人认领"))}


def carrier_names(choices: Choices) -> Names:
    """Return the carriers, 未归类 last."""
    return {code: (zh, en) for code, zh, en in choices.carriers} | {UNSORTED: _both("未归类")}


def basis_names() -> Names:
    """Return by which day money can be looked at."""
    return _named(BASES)


def currency_names(currencies: Sequence[str], *, reporting: str) -> Names:
    """Return all money converted into the reporting currency, then each currency in itself."""
    chinese, english = _both(msg("折算 {currency}"))
    whole = (chinese.format(currency=reporting), english.format(currency=reporting))
    return {ALL_CURRENCIES: whole} | {code: (code, code) for code in currencies}


def label_names() -> Names:
    """Return what can explain a difference, 未识别 last."""
    return {each.key: (each.name_zh, each.name_en.capitalize()) for each in LABELS} | {NO_LABEL: _both(msg("未识别"))}


def class_names() -> Names:
    """Return the classes that a difference can be of."""
    return {code: name for code, name in _named(CLASSES).items() if code in ("partial", "missing")}


def kind_names() -> Names:
    """Return what can differ."""
    return _named(KINDS)


def money_type_names() -> Names:
    """Return what money can be of."""
    return _named(MATCH_TYPES)


def difference_state_names() -> Names:
    """Return whether a difference is open."""
    return {**_named(STATES), "all": _both(msg("全部"))}


def older_names() -> Names:
    """Return how many days a difference can be old."""
    return {"3": _both(msg("3 天以上")), "7": _both(msg("7 天以上")), "30": _both(msg("30 天以上")), "90": _both(msg("90 天以上"))}


def least_names() -> Names:
    """Return from which amount on, in the major unit of the currency."""
    return {"10": ("≥ 10", "≥ 10"), "100": ("≥ 100", "≥ 100"), "1000": ("≥ 1,000", "≥ 1,000")}


def ordered_names() -> Names:
    """Return what comes first in the queue."""
    return {"amount": _both(msg("金额大的在前")), "age": _both(msg("最久的在前"))}


def part_names() -> Names:
    """Return the parts of the page of stock, the one that opens first."""
    return {
        "levels": _both(msg("水位")),
        "conflicts": _both(msg("缺货与冲突")),
        "holds": _both(msg("占用台账")),
        "channels": _both(msg("渠道展示")),
        "outbound": _both(msg("非销售出库")),
        "rules": _both(msg("阈值与配额")),
        "unknown": _both(msg("未知 SKU")),
        "replay": _both(msg("大促演练")),
    }


def level_names() -> Names:
    """Return where a SKU in a warehouse can stand."""
    return {key: _both(name) for key, name in words.STOCK_LEVELS.items()}


def level_order_names() -> Names:
    """Return what comes first among the levels."""
    return {"lowest": _both(msg("可售少的在前")), "held": _both(msg("占用多的在前")), "on_hand": _both(msg("现存多的在前"))}


def hold_list_names() -> Names:
    """Return which holds can be listed."""
    return {key: _both(name) for key, name in words.HOLD_LISTS.items()}


def conflict_names() -> Names:
    """Return which conflicts can be listed."""
    return {key: _both(name) for key, name in words.STOCK_CONFLICTS.items()} | {"all": _both(msg("全部"))}


def gap_names() -> Names:
    """Return how what a channel shows can stand to what it was told."""
    return {key: _both(name) for key, name in words.STOCK_GAPS.items()}


def desk_names() -> Names:
    """Return the desks of the workbench."""
    return {
        "list": _both(msg("处理清单")),
        "board": _both(msg("流转看板")),
        "todo": _both(msg("我的待办")),
        "effect": _both(msg("有没有用")),
        "rules": _both(msg("规则与导出")),
    }


def kpi_names() -> Names:
    """Return the figures that have an entry among the definitions."""
    return {kpi.key: (kpi.name_zh, kpi.name_en) for kpi in DEFINED}


def all_names(choices: Choices) -> dict[str, Names]:
    """Return what every key of the URL can hold."""
    return _product_names() | scope_names(choices)


def scope_names(choices: Choices) -> dict[str, Names]:
    """Return what the keys of the URL can hold whose words depend on the data and on who asks."""
    return {
        CHANNEL: channel_names(choices),
        REGION: place_names(choices),
        CATEGORY: category_names(choices),
        WAREHOUSE: warehouse_names(choices),
        CARRIER: carrier_names(choices),
    }


def _product_names() -> dict[str, Names]:
    """Return what the other keys of the URL can hold: words of the product's own, the same for everybody."""
    return {
        LANGUAGE_KEY: LANGUAGE_NAMES,
        PERIOD: period_names(),
        COMPONENT: component_names(),
        SHOWN: shown_names(),
        KPI: kpi_names(),
        COMPARE: compare_names(),
        METRIC: metric_names(),
        STAGE: stage_names(),
        AGE: age_names(),
        OWNER: owner_names(),
        BASIS: basis_names(),
        RISK_BY: risk_split_names(),
        LABEL: label_names(),
        CLASS: class_names(),
        KIND: kind_names(),
        MONEY_TYPE: money_type_names(),
        STATE: difference_state_names(),
        OLDER: older_names(),
        LEAST: least_names(),
        WHOSE: owner_names(),
        ORDERED: ordered_names(),
        PART: part_names(),
        LEVEL: level_names(),
        LEVEL_ORDER: level_order_names(),
        HOLD_LIST: hold_list_names(),
        CONFLICT: conflict_names(),
        GAP: gap_names(),
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


def _named(names: tuple[Named, ...]) -> Names:
    return {each.key: (each.name_zh, each.name_en.capitalize()) for each in names}


def _both(chinese: str) -> tuple[str, str]:
    return chinese, catalogue("en").get(chinese, chinese)
