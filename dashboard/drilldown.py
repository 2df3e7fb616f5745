"""How does the chosen part split, one dimension deeper at each click, and does it add up to the part?

The way down is 渠道 → 地区 → 类目 → 仓 → 承运. A click chooses a value in the filters, so that every step is a link and can be gone back.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import pandas as pd
import streamlit as st

from dashboard import cached_reads, cell_names, drill, fmt, health, health_messages, lifecycle_charts, options, overview, states, words
from dashboard.health import Health
from dashboard.i18n import SOURCE, language, msg, t
from dashboard.lifecycle import Question
from dashboard.lifecycle_charts import Bar
from dashboard.options import CARRIER, CATEGORY, CHANNEL, METRIC, REGION, WAREHOUSE
from dashboard.tables import Figures, Words, listing, plain, unbroken
from dashboard.view import View
from data.reads import UNSORTED, Choices, NoSuchGrain, Part
from models.health.kpis import kpi_named, value_of

# Bars beyond these are drawn as one, where they can be added up.
SHOWN_BARS = 12
ADDED_UP = ("late", "orders", "stuck")
_NO_BAR = {"displayModeBar": False}
_CHART = "drill_chart"

# value (None = all) -> measure -> sum
Sums = dict[str | None, dict[str, float]]


@dataclass(frozen=True)
class Level:
    """A step of the way down: the dimension of the cells, the filter of the page, the field of a part, its name."""

    by: str
    key: str
    field: str
    name: str


LEVELS: tuple[Level, ...] = (
    Level("channel", CHANNEL, "channels", msg("渠道")),
    Level("region_code", REGION, "regions", msg("地区")),
    Level("category", CATEGORY, "categories", msg("类目")),
    Level("warehouse_code", WAREHOUSE, "warehouses", msg("仓库")),
    Level("carrier_code", CARRIER, "carriers", msg("承运")),
)


@dataclass(frozen=True)
class Split:
    """The parts of a part along a level: one row a value with every measure now and before, and how many are stuck now."""

    level: Level
    now: pd.DataFrame
    before: pd.DataFrame
    stuck: dict[str, int]

    @cached_property
    def values(self) -> list[str]:
        """The values in either period, or where orders are stuck now."""
        return sorted({*self.now["value"], *self.before["value"], *self.stuck})

    def sums(self, value: str | None, *, before: bool = False) -> dict[str, float]:
        """Return the measures of one value, or of all with None."""
        of, nothing = self._summed[before]
        return of.get(value, nothing)

    @cached_property
    def _summed(self) -> tuple[tuple[Sums, dict[str, float]], tuple[Sums, dict[str, float]]]:
        """The measures of every value and of all, now and before, each with those of a value without any order."""
        return _summed(self.now), _summed(self.before)

    def figure(self, metric: str, value: str | None, *, before: bool = False) -> float | None:
        """Return a metric (options.metric_names) of one value, or of all with None; missing where there is nothing to divide by."""
        if metric == "stuck":
            if before:
                return None
            return float(sum(self.stuck.values()) if value is None else self.stuck.get(value, 0))
        sums = self.sums(value, before=before)
        if metric == "late":
            return sums["due"] - sums["on_time"]
        return value_of(kpi_named(metric), sums)


def _summed(frame: pd.DataFrame) -> tuple[Sums, dict[str, float]]:
    names = [str(name) for name in frame.columns if name != "value"]
    nothing = dict.fromkeys(names, 0.0)
    found: Sums = {None: nothing.copy()}
    for value, *numbers in frame[["value", *names]].itertuples(index=False):
        for sums in (found.setdefault(str(value), nothing.copy()), found[None]):
            for name, number in zip(names, numbers, strict=True):
                sums[name] += float(number)
    return found, nothing


def level_of(part: Part) -> Level:
    """Return the next step down: the first dimension of which not exactly one value is chosen; the last one at the bottom.

    >>> level_of(Part(channels=("jd",))).by, level_of(Part(regions=("CN-51",))).by
    ('region_code', 'channel')
    """
    return next((level for level in LEVELS if len(getattr(part, level.field)) != 1), LEVELS[-1])


def read(question: Question, *, view: View) -> Split:
    """Split the part of a question one level deeper; ``NoSuchGrain`` where no cells answer."""
    level, snapshot = level_of(question.part), question.snapshot.snapshot_id
    now, before = (
        cached_reads.split(view.scope, question.part, level.by, span, view.zone, snapshot) for span in (question.span, question.before)
    )
    standing = cached_reads.open_stages(view.scope, question.part, view.as_of, level.by)
    stuck = standing[standing["stuck"]].groupby("value")["orders"].sum()
    return Split(level, now, before, {str(value): int(count) for value, count in stuck.items()})


def panel(question: Question, *, view: View, choices: Choices) -> Split | None:
    """Draw the way down, the chart and the table of the next level; returns what was drawn, None where no cells answer."""
    name = namer(choices, level_of(question.part))
    way(question.part, choices=choices)
    metric = _metric()
    try:
        found = read(question, view=view)
    except NoSuchGrain as missing:
        partly = missing.dimensions == ("shop_id",)
        states.empty(
            t("不适用"),
            body=t("您只能看到这个渠道的部分店铺，而统计格不分店铺；下面的订单列表是完整的。")
            if partly
            else t("仓库、承运与地区、类目没有共同的统计格。请先选定一个渠道、一个地区和一个类目，或去掉其中的筛选。"),
            icon=":material/filter_alt_off:",
        )
        return None
    if not found.values:
        states.empty(t("所选范围内没有订单"), body=t("可放宽筛选，或换一段日期。"), icon=":material/event_busy:")
        return None
    chart, figures = st.columns([2, 3], gap="large")
    with chart:
        st.markdown(f"### {message(found, metric=metric, name=lambda code: plain(name(code)))}")
        figure = lifecycle_charts.bars(_bars(found, metric=metric, name=name), before_name=t("对比期"))
        alt = t("{metric}按{dimension}拆分", metric=_metric_name(metric), dimension=t(found.level.name))
        st.plotly_chart(figure, alt=alt, config=_NO_BAR, key=_CHART, on_select=lambda: _clicked(found.level), selection_mode="points")
        st.caption(t("深色为本期，浅色为对比期；点一根柱子继续下钻。"))
        if (left := len(found.values) - SHOWN_BARS) > 0 and metric not in ADDED_UP:
            st.caption(t("只画了前 {shown} 个，另外 {count} 个见表。", shown=SHOWN_BARS, count=left))
    with figures:
        table(found, name=name)
    return found


def why(question: Question, *, view: View, choices: Choices) -> Health | None:
    """Draw what moved the index of the part between the two periods; returns it, None where there is no change to explain."""
    st.markdown(f"### {t('健康指数为什么变了')}")
    try:
        found = health.read_of(question.part, question.span, view=view, snapshot_id=question.snapshot.snapshot_id)
    except NoSuchGrain:
        st.caption(t("不适用：所选维度没有共同的统计格。"))
        return None
    if found is None or found.change is None:
        st.caption(t("其中一段没有指数，因此没有变化可解释。"))
        return None
    st.caption(health_messages.moved(found))
    overview.waterfall(found, choices=choices)
    return found


def way(part: Part, *, choices: Choices) -> None:
    """Draw where in the drill one stands; a step taken back leaves what lies below it."""
    with st.container(horizontal=True, vertical_alignment="center", gap="xsmall", key="drill_way"):
        st.button(t("全部"), icon=":material/home:", type="tertiary", key="drill_top", on_click=_up_to, args=(None,))
        for level in LEVELS:
            chosen = getattr(part, level.field)
            if not chosen:
                continue
            name = namer(choices, level)
            st.caption("›", width="content")
            label = plain(t("、").join(name(code) for code in chosen))
            st.button(label, type="tertiary", key=f"drill_{level.by}", on_click=_up_to, args=(level,))
        st.caption(f"› {t(level_of(part).name)}", width="content")


def message(found: Split, *, metric: str, name: cell_names.Namer) -> str:
    """Say what the split shows: who leads it and with how much of the whole."""
    best = ordered(found, metric)[0]
    figure, whole = found.figure(metric, best), found.figure(metric, None)
    said = _said(metric, figure)
    if metric in ADDED_UP and whole:
        return t(
            "{name}占{metric}的 {share}（{figure} 单）",
            name=name(best),
            metric=_metric_name(metric),
            share=fmt.share((figure or 0) / whole),
            figure=said,
        )
    return t("{name}的{metric}为 {figure}", name=name(best), metric=_metric_name(metric), figure=said)


def ordered(found: Split, metric: str) -> list[str]:
    """Return the values, the worst first: most for counts and durations, least for a share of good ones."""
    sign = 1 if metric == "on_time" else -1
    missing = float("inf")

    def rank(value: str) -> tuple[float, float, str]:
        figure = found.figure(metric, value)
        return (missing if figure is None else sign * figure, -found.sums(value)["orders"], value)

    return sorted(found.values, key=rank)


def table(found: Split, *, name: cell_names.Namer) -> None:
    """Draw one row a value and the total last; parts add up to it."""
    values: Sequence[str | None] = [*sorted(found.values, key=lambda value: -found.sums(value)["orders"]), None]
    said = language()

    def figures(metric: str, *, before: bool = False) -> list[float | None]:
        return [found.figure(metric, value, before=before) for value in values]

    def moved(metric: str) -> list[float | None]:
        pairs = zip(figures(metric), figures(metric, before=True), strict=True)
        return [None if now is None or before is None else now - before for now, before in pairs]

    listing(
        [
            Words(t(found.level.name), [unbroken(t("合计") if value is None else plain(name(value))) for value in values]),
            Figures(t("订单"), figures("orders"), fmt.full_count),
            Figures(t("较对比期"), [_relative(found, value) for value in values], fmt.change),
            Figures(t("未准时"), figures("late"), fmt.full_count),
            Figures(t("准时率"), figures("on_time"), fmt.share),
            Figures(t("变化"), moved("on_time"), lambda value: fmt.points(value, language=said)),
            Figures(t("发货时长"), figures("ship_hours"), lambda value: fmt.duration(value, language=said)),
            Figures(t("取消率"), figures("cancelled"), fmt.share),
            Figures(t("现停滞"), figures("stuck"), fmt.full_count),
        ],
        alt=t("按{dimension}拆分", dimension=t(found.level.name)),
        total=True,
    )


def _relative(found: Split, value: str | None) -> float | None:
    now, before = found.figure("orders", value), found.figure("orders", value, before=True)
    return None if now is None or not before else now / before - 1


def _bars(found: Split, *, metric: str, name: cell_names.Namer) -> list[Bar]:
    values = ordered(found, metric)
    drawn = []
    for value in values[:SHOWN_BARS]:
        now, before = found.figure(metric, value), found.figure(metric, value, before=True)
        detail = t("本期 {now} · 对比期 {before}", now=_said(metric, now), before=_said(metric, before))
        drawn.append(Bar(name(value), now or 0.0, before, _said(metric, now), detail, value or options_code(value)))
    return [*drawn, *_rest(found, values[SHOWN_BARS:], metric=metric)]


def _rest(found: Split, values: Sequence[str], *, metric: str) -> list[Bar]:
    """Return one bar of the values that have none of their own, so that the bars come to the whole; there is no way down from it."""
    if not values or metric not in ADDED_UP:
        return []
    now = sum(found.figure(metric, value) or 0.0 for value in values)
    before = None if metric == "stuck" else sum(found.figure(metric, value, before=True) or 0.0 for value in values)
    detail = t("本期 {now} · 对比期 {before}", now=_said(metric, now), before=_said(metric, before))
    return [Bar(t("其余 {count} 个", count=len(values)), now, before, _said(metric, now), detail, "")]


def options_code(value: str) -> str:
    """Return the key of a mark for a value; 未归类 is said as links say it."""
    return value or "none"


def _clicked(level: Level) -> None:
    chosen = drill.clicked(st.session_state.get(_CHART))
    if chosen:
        st.session_state[level.key] = [UNSORTED if chosen == "none" else chosen]


def _up_to(level: Level | None) -> None:
    """Leave what is chosen below a level, or everything with None."""
    below = LEVELS if level is None else LEVELS[LEVELS.index(level) + 1 :]
    for each in below:
        st.session_state[each.key] = []


def _metric() -> str:
    names, side = options.metric_names(), 0 if language() == SOURCE else 1
    found = st.segmented_control(
        t("指标"),
        list(names),
        format_func=lambda code: names[code][side],
        default="late",
        required=True,
        key=METRIC,
        bind="query-params",
        label_visibility="collapsed",
    )
    return found or "late"


def _metric_name(metric: str) -> str:
    return words.in_language(*options.metric_names()[metric])


def _said(metric: str, value: float | None) -> str:
    if metric in ("on_time", "cancelled"):
        return fmt.share(value)
    return fmt.duration(value, language=language()) if metric == "ship_hours" else fmt.full_count(value)


def namer(choices: Choices, level: Level) -> cell_names.Namer:
    """Return how the values of a level are said."""
    named = dict(cell_names.names(choices))
    warehouses: dict[str, str] = dict(choices.warehouses)
    carriers = options.carrier_names(choices)
    by = {
        "channel": named["channel"],
        "region_code": named["region"],
        "category": named["category"],
        "warehouse_code": lambda code: words.unsorted_or(code, str(warehouses.get(code, code))),
        "carrier_code": lambda code: words.unsorted_or(code, words.in_language(*carriers.get(code, (code, code)))),
    }
    return by[level.by]
