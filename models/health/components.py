"""What is the order health index made of, in which version, and what do its numbers mean?"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace


@dataclass(frozen=True)
class Component:
    """A part of the index: the share of ``good`` in ``units`` (names of measures), from ``floor`` (0) to ``target`` (100)."""

    code: str
    key: str
    name_zh: str
    name_en: str
    weight: float
    floor: float
    target: float
    slo: float
    units: str
    good: str
    counts_zh: str
    counts_en: str
    good_zh: str
    good_en: str
    owner: str

    def __post_init__(self) -> None:
        if not self.weight > 0 or not self.floor < self.target:
            raise ValueError(f"{self.code}: the weight must be above 0 and the floor below the target")


@dataclass(frozen=True)
class Cap:
    """A red line: the index of the business day it is crossed in cannot exceed ``ceiling``."""

    code: str
    ceiling: float
    name_zh: str
    name_en: str


@dataclass(frozen=True)
class Grade:
    """The name of an index from ``least`` (inclusive) up."""

    key: str
    least: float
    name_zh: str
    name_en: str


@dataclass(frozen=True)
class Definition:
    """One version of the index: its components with their weights and goal-posts, and its caps."""

    version: int
    components: tuple[Component, ...]
    caps: tuple[Cap, ...]
    note: str = ""


# Weights, goal-posts and SLOs: product, section 3.2. The owner is a role.
COMPONENTS: tuple[Component, ...] = (
    Component(
        code="C1",
        key="on_time",
        name_zh="履约时效",
        name_en="On-time shipping",
        weight=35,
        floor=0.60,
        target=0.98,
        slo=0.98,
        units="due",
        good="on_time",
        counts_zh="订单，计入其承诺截止之日；截止前由买家取消的不计",
        counts_en="orders, in the day of their deadline; those the buyer cancelled before it do not count",
        good_zh="在承诺截止前发货",
        good_en="shipped by the deadline",
        owner="operations",
    ),
    Component(
        code="C2",
        key="stock_fill",
        name_zh="库存满足率",
        name_en="Stock fill rate",
        weight=25,
        floor=0.90,
        target=0.998,
        slo=0.995,
        units="lines_arrived",
        good="lines_filled",
        counts_zh="订单行，计入其到达之日",
        counts_en="order lines, in the day they arrived",
        good_zh="到达时全部占住库存，此后未缺货、未因缺货取消",
        good_en="fully held on arrival and never later short or cancelled for stock",
        owner="operations",
    ),
    Component(
        code="C3",
        key="reconciliation",
        name_zh="对账准确率",
        name_en="Reconciliation accuracy",
        weight=20,
        floor=0.95,
        target=0.999,
        slo=0.999,
        units="entries_due",
        good="entries_matched",
        counts_zh="结算分录，计入其 T+N 到期之日",
        counts_en="settlement entries, in the day their T+N fell due",
        good_zh="容差内匹配，或三个工作日内更正并由第二人批准入账；只贴标签不算",
        good_en="matched within tolerance, or corrected, posted and approved by a second person in 3 working days; a label is not enough",
        owner="finance",
    ),
    Component(
        code="C4",
        key="known_in_time",
        name_zh="订单同步",
        name_en="Order sync",
        weight=5,
        floor=0.80,
        target=0.995,
        slo=0.99,
        units="live_orders",
        good="known_in_time",
        counts_zh="实时订单，计入其发生之日",
        counts_en="live orders, in the day they occurred",
        good_zh="发生后 10 分钟内获知",
        good_en="known within 10 minutes after they occurred",
        owner="it",
    ),
    Component(
        code="C5",
        key="stock_sync",
        name_zh="库存同步",
        name_en="Stock sync",
        weight=5,
        floor=0.80,
        target=0.995,
        slo=0.99,
        units="held_due",
        good="held_in_time",
        counts_zh="实时订单，计入其获知之日",
        counts_en="live orders, in the day they became known",
        good_zh="获知后 30 秒内占住库存",
        good_en="stock held within 30 seconds after they became known",
        owner="it",
    ),
    Component(
        code="C6",
        key="exceptions",
        name_zh="异常处置",
        name_en="Exception handling",
        weight=10,
        floor=0.90,
        target=0.995,
        slo=0.99,
        units="exceptions_due",
        good="exceptions_handled",
        counts_zh="异常，按等级计入其应响应之日",
        counts_en="exceptions, in the day their response was due by grade",
        good_zh="按时确认并解决；稍后提醒不停表",
        good_en="acknowledged and resolved in time; a snooze does not stop the clock",
        owner="operations",
    ),
)

CAPS: tuple[Cap, ...] = (
    Cap("interface_down", 59, "核心接口中断超过 15 分钟", "A core interface was down for more than 15 minutes"),
    Cap("sync_gap", 59, "同步缺口超过两个周期无人察觉", "A sync gap of more than 2 cycles went unnoticed"),
    Cap("short_at_day_end", 79, "日终仍有缺货订单", "An order was still short at the end of the day"),
    Cap("stock_difference", 79, "日终库存差异率达到 0.5%", "The end-of-day stock difference rate reached 0.5%"),
    Cap("holds_not_released", 89, "过期未释放的占用达到 50", "50 or more expired holds were not released"),
    Cap("no_gate", 59, "未过部署关卡即对外服务", "Serving without the deployment gate"),
)

# best first; the last one takes whatever is left
GRADES: tuple[Grade, ...] = (
    Grade("excellent", 90, "优", "Excellent"),
    Grade("good", 80, "良", "Good"),
    Grade("watch", 70, "关注", "Watch"),
    Grade("poor", float("-inf"), "差", "Poor"),
)

DEFINITION = Definition(version=1, components=COMPONENTS, caps=CAPS)

# key of the stored version -> field of a component
_POSTS: Mapping[str, str] = {"weights": "weight", "floors": "floor", "targets": "target", "slos": "slo"}


def grade_of(score: float) -> str:
    """Return the key of the grade of an index.

    >>> grade_of(90), grade_of(89.9), grade_of(70), grade_of(41.5)
    ('excellent', 'good', 'watch', 'poor')
    """
    return next(grade.key for grade in GRADES if score >= grade.least)


def definition_as_json(definition: Definition) -> dict[str, object]:
    """Return what differs between versions as plain values, by code.

    >>> definition_as_json(DEFINITION)["weights"]
    {'C1': 35, 'C2': 25, 'C3': 20, 'C4': 5, 'C5': 5, 'C6': 10}
    """
    posts = {key: {each.code: getattr(each, field) for each in definition.components} for key, field in _POSTS.items()}
    ceilings = {cap.code: cap.ceiling for cap in definition.caps}
    return {"version": definition.version, "note": definition.note, **posts, "ceilings": ceilings}


@dataclass(frozen=True)
class Changed:
    """A number that differs between two versions: ``part`` is its key in the stored version; None where one has no such code."""

    part: str
    code: str
    was: float | None
    now: float | None


def changes_between(old: Definition, new: Definition) -> list[Changed]:
    """Return the numbers that differ, part by part.

    >>> changes_between(DEFINITION, replace(DEFINITION, caps=CAPS[1:]))
    [Changed(part='ceilings', code='interface_down', was=59.0, now=None)]
    """
    before, after = _numbers_of(old), _numbers_of(new)
    places = dict.fromkeys([*before, *after])
    return [Changed(*place, before.get(place), after.get(place)) for place in places if before.get(place) != after.get(place)]


def definition_from_json(stored: Mapping[str, object]) -> Definition:
    """Return the definition stored as ``definition_as_json`` writes it; a component or cap it does not name is no part of it.

    Unknown keys and codes, missing keys, a value that is no number, and a component without all of weight, floor, target
    and slo raise ValueError naming them.
    """
    posts = (*_POSTS, "ceilings")
    _known(stored, ("version", "note", *posts), "")
    _complete(stored, ("version", *posts), "")
    numbers = {key: _numbers(stored[key], key) for key in posts}
    codes = [each.code for each in COMPONENTS if any(each.code in numbers[key] for key in _POSTS)]
    for key in _POSTS:
        _known(numbers[key], [each.code for each in COMPONENTS], f"{key}.")
        _complete(numbers[key], codes, f"{key}.")
    _known(numbers["ceilings"], [cap.code for cap in CAPS], "ceilings.")
    version = stored["version"]
    if not isinstance(version, int):
        raise ValueError("not a number: version")
    return Definition(
        version=version,
        components=tuple(
            replace(
                each,
                weight=numbers["weights"][each.code],
                floor=numbers["floors"][each.code],
                target=numbers["targets"][each.code],
                slo=numbers["slos"][each.code],
            )
            for each in COMPONENTS
            if each.code in codes
        ),
        caps=tuple(replace(cap, ceiling=numbers["ceilings"][cap.code]) for cap in CAPS if cap.code in numbers["ceilings"]),
        note=str(stored.get("note", "")),
    )


def _numbers_of(definition: Definition) -> dict[tuple[str, str], float]:
    parts = definition_as_json(definition)
    values = {part: _numbers(parts[part], part) for part in (*_POSTS, "ceilings")}
    return {(part, code): float(number) for part, numbers in values.items() for code, number in numbers.items()}


def _numbers(value: object, key: str) -> dict[str, float]:
    if not isinstance(value, Mapping):
        raise ValueError(f"not a mapping: {key}")
    wrong = [f"{key}.{code}" for code, number in value.items() if isinstance(number, bool) or not isinstance(number, int | float)]
    if wrong:
        raise ValueError(f"not a number: {', '.join(wrong)}")
    return {str(code): number for code, number in value.items()}


def _known(given: Iterable[str], known: Iterable[str], place: str) -> None:
    if unknown := sorted(set(given) - set(known)):
        raise ValueError(f"unknown: {', '.join(place + key for key in unknown)}")


def _complete(given: Iterable[str], wanted: Iterable[str], place: str) -> None:
    if missing := sorted(set(wanted) - set(given)):
        raise ValueError(f"missing: {', '.join(place + key for key in missing)}")
