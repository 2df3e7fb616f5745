"""How does the index of the chosen days become the manager's page?"""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta

import pandas as pd
import streamlit as st

from dashboard import cached_reads, cell_names, drill, fmt, health, health_charts, states, words
from dashboard import health_messages as messages
from dashboard.cards import SPARK_DAYS, card
from dashboard.drill import Behind
from dashboard.health import Health
from dashboard.health_charts import Step, WeekMarker
from dashboard.i18n import language, t
from dashboard.periods import PROMOTIONS, business_today
from dashboard.tables import Figures, Words, listing, plain, unbroken
from dashboard.view import View
from data.reads import Choices
from models.health.attribution import shown_tenths
from models.health.budgets import burn_rate, burn_state
from models.health.components import Component
from models.health.index import Part as Scored
from models.health.kpis import INDEX, entry_of, kpi_named, on_time_range, value_of
from models.health.noise import wilson_interval
from models.health.targets import target_for

COSTLIEST = 5
TABLE_REGIONS = 12
TREND_WEEKS = 12
# With so few bars the components are shown by region, the largest of them.
FEW_BARS, LARGEST = 2, 3
_NOTHING = 1e-9
_NO_BAR = {"displayModeBar": False}


def nothing_here(view: View) -> bool:
    """Draw the empty state when there is no order to speak of; say whether it was drawn."""
    if cached_reads.order_span(view.scope) is not None:
        return False
    states.empty(t("还没有订单"), body=t("把平台导出的文件放进收件箱，或在“接入与任务”上传；几分钟后这里就有数字。"))
    return True


def not_rolled_up() -> None:
    """Draw the state of orders that are in and not rolled up yet."""
    states.empty(t("正在汇总"), body=t("订单已入库，健康指数在下一次汇总后出现，最多等 5 分钟。"), icon=":material/hourglass_top:")


def nothing_rolled_up(found: Health | None, *, view: View) -> bool:
    """Draw the state of orders that are in and not rolled up yet, or of days without any; say whether it was drawn."""
    if found is None:
        not_rolled_up()
        return True
    if found.facts.now.empty:
        span = cached_reads.order_span(view.scope)
        last = business_today(span[1], zone=view.zone).isoformat() if span else fmt.MISSING
        body = t("最近一单在 {day}，可用“自定义”选择那一段日期，或放宽筛选。", day=last)
        states.empty(t("所选范围内没有订单"), body=body, icon=":material/event_busy:")
        return True
    return False


def no_grain() -> None:
    """Say that no cells hold what is chosen together; it is never shown unfiltered."""
    states.empty(
        t("不适用"),
        body=t(
            "统计格按 渠道×地区×类目 与 渠道×仓库×承运 分开保存：仓库不能与地区、类目同时筛选，按店铺限定的范围也不能拆分渠道。请减少筛选。"
        ),
        icon=":material/filter_alt_off:",
    )


def index_and_trend(found: Health, *, view: View) -> None:
    """Draw the index with its grade or coverage, its target, and twelve weeks of it."""
    value, change = found.now.value, found.change
    aim = target_of(INDEX.key, found, view=view, default=INDEX.target or 0)
    st.metric(
        t("订单健康指数"),
        f"{messages.index_points(value)}",
        delta=0 if messages.signed_points(change) == "0.0" else (None if change is None else f"{change:+.1f}"),
        delta_description=t("{grade} · 目标 {target}", grade=messages.grade(found), target=f"{aim:.0f}"),
        help=f"{messages.passport(found, zone=view.zone)} · {messages.passport_link(INDEX.key)}",
    )
    weeks = found.weeks[-TREND_WEEKS:]
    if len(weeks) < 2:
        st.caption(t("满两周后这里有趋势。"))
        return
    restated = set(found.facts.restated_weeks)
    figure = health_charts.trend(
        [f"{last:%m-%d}" for last, _ in weeks],
        values=[index.value for _, index in weeks],
        target=aim,
        band=found.band,
        partial=[index.grade is None for _, index in weeks],
        restated=[last in restated for last, _ in weeks],
        shown=[messages.index_points(index.value) for _, index in weeks],
        hover=[
            t(
                "截至 {day} 的 7 天：{value}（覆盖 {part}/100）",
                day=f"{last:%m-%d}",
                value=messages.index_points(index.value),
                part=f"{index.coverage:.0f}",
            )
            for last, index in weeks
        ],
        markers=_sales([last for last, _ in weeks]),
        height=240,
        target_label=t("目标 {target}", target=f"{aim:.0f}"),
    )
    st.plotly_chart(figure, alt=t("健康指数近 {count} 周走势", count=len(weeks)), config=_NO_BAR)


def _sales(lasts: Sequence[date]) -> list[WeekMarker]:
    """Return the weeks in which a large sale ended."""
    ends = [(last, t(name)) for last in lasts for name, _, (month, day) in PROMOTIONS if date(last.year, month, day) in _week(last)]
    return [WeekMarker(f"{last:%m-%d}", name) for last, name in ends]


def _week(last: date) -> list[date]:
    return [last - timedelta(days=n) for n in range(health.WEEK_DAYS)]


def waterfall(found: Health, *, choices: Choices) -> None:
    """Draw how the index of the days before became that of these days, a bar a component; a bar opens its orders."""
    if found.change is None or found.before is None or found.now.value is None:
        st.caption(t("上期没有指数，因此没有变化可解释。"))
        return
    parts = waterfall_parts(found, choices=choices)
    shown = shown_tenths([points for _, _, points in parts], found.change)
    steps = [
        Step(name=name, points=points, shown=messages.signed_points(tenth), detail=name, key=key)
        for (key, name, points), tenth in zip(parts, shown, strict=True)
    ]
    figure = health_charts.waterfall(
        steps,
        before=(
            t("前 {days} 天", days=found.span.days) if found.span.compared is None else t("对比期"),
            found.before,
            messages.index_points(found.before),
        ),
        now=(t("本期"), found.now.value, messages.index_points(found.now.value)),
        broken=t("横轴从 {start} 起"),
    )
    alt = t("健康指数变化 {moved} 的构成", moved=messages.signed_points(found.change))
    st.plotly_chart(figure, alt=alt, config=_NO_BAR, key="waterfall", on_select=lambda: _waterfall_clicked(found), selection_mode="points")


def waterfall_parts(found: Health, *, choices: Choices) -> list[tuple[str, str, float]]:
    """Return (key, name, points) of every bar: components that count in the order of the definition, then lines without a cell."""
    own = found.moved_by_component
    moved = [c for c in found.facts.definition.components if c.code in own]
    parts = [(c.code, cell_names.component(c), own[c.code]) for c in moved]
    if len(parts) <= FEW_BARS:
        parts = [part for c in moved for part in _by_region(c, found, choices=choices)]
    return [*parts, *(("", cell_names.effect(effect), points) for effect, points in found.moved_beside.items())]


def _by_region(component: Component, found: Health, *, choices: Choices) -> list[tuple[str, str, float]]:
    """Return a component's bar cut into the regions that moved it most and the rest."""
    whole, regions = found.moved_by_region[component.code]
    largest = dict(sorted(regions.items(), key=lambda each: -abs(each[1]))[:LARGEST])
    name, said = cell_names.component(component), cell_names.names(choices)["region"]
    parts = [(f"{component.code}|{code}", f"{name} · {said(code)}", points) for code, points in largest.items()]
    rest = whole - sum(largest.values())
    return [*parts, (component.code, t("{name} · 其他", name=name), rest)] if abs(rest) > _NOTHING else parts


def _waterfall_clicked(found: Health) -> None:
    key = drill.clicked(st.session_state.get("waterfall"))
    if key:
        code, _, region = key.partition("|")
        drill.choose(Behind(code, found.span, region=region if "|" in key else None))


def component_cards(found: Health, *, view: View) -> None:
    """Draw the six components: rate, target, change, two weeks of days, what is left of the error budget."""
    burns = _burns(found, view=view)
    with st.grid(6, min_column_width=150, gap="small"):
        for component in found.facts.definition.components:
            _component_card(component, found, view=view, burn=burns if component.code == "C1" else None)


def _component_card(component: Component, found: Health, *, view: View, burn: str | None) -> None:
    label = cell_names.component(component)
    now, before = found.scored(component.code), found.scored(component.code, before=True)
    with st.container(border=True, height="stretch", gap="xsmall"):
        if now is None:
            st.metric(label, fmt.MISSING, help=t("还没有这项数据，因此不计入指数，也不当作满分。"))
            st.caption(t("未接入，不计入指数"))
            return
        moved = None if before is None else now.rate - before.rate
        known = [point for point in found.daily(component, days=SPARK_DAYS) if point is not None]
        st.metric(
            label,
            fmt.share(now.rate),
            delta=0 if moved is not None and abs(moved) < 0.0005 else (None if moved is None else fmt.points(moved, language=language())),
            chart_data=known if len(known) > 1 else None,
            help="\n\n".join(_explained(component, found, now=now, view=view, burn=burn)),
        )
        st.caption(_target_and_budget(component, found, view=view))


def _explained(component: Component, found: Health, *, now: Scored, view: View, burn: str | None) -> list[str]:
    counts = t("{good} / {units} 达标", good=fmt.full_count(now.good), units=fmt.full_count(now.units))
    said = [
        f"{_both(component.counts_zh, component.counts_en)} · {_both(component.good_zh, component.good_en)}",
        counts + (t("（沿用上次）") if now.carried else ""),
    ]
    if component.code == "C1" and (bounds := on_time_range(_sums(found.facts.now))):
        low, high = (fmt.share(bound) for bound in bounds)
        said.append(t("部分发货时间只知区间，达标率在 {low}–{high} 之间", low=low, high=high))
    return [
        *said,
        *([burn] if burn else []),
        f"{messages.passport(found, zone=view.zone)} · {messages.passport_link(entry_of(component.key))}",
    ]


def _target_and_budget(component: Component, found: Health, *, view: View) -> str:
    target = t("目标 {share}", share=fmt.share(target_of(component.key, found, view=view, default=component.target)))
    budget = found.budget(component)
    if budget is None or budget.left_share is None:
        return target
    if budget.left_share <= 0:
        return t("{target} · 本周预算已用尽", target=target)
    said = t("{target} · 本周预算剩 {left}", target=target, left=f"{budget.left_share * 100:.0f}%")
    if budget.exhausted_on is None:
        return said
    return t("{said}，照此 {day} 用尽", said=said, day=fmt.day(budget.exhausted_on, language=language()))


def target_of(kpi: str, found: Health, *, view: View, default: float) -> float:
    """Return the target in force for the chosen channel, in the month of the last closed day (A23)."""
    channel = view.filters.channels[0] if len(view.filters.channels) == 1 else ""
    month = found.span.last.replace(day=1)
    in_force = target_for(cached_reads.targets(view.scope), kpi=kpi, channel=channel, month=month, default=default)
    return default if in_force is None else in_force


def _burns(found: Health, *, view: View) -> str | None:
    """Say how fast the budget of the promise burns right now, where it burns too fast."""
    lately = cached_reads.due_lately(view.scope, health.part_of(view.filters), view.as_of)
    if lately is None:
        return None
    slo = found.component("C1").slo
    rates = {minutes: burn_rate(bad, units, slo=slo) for minutes, (bad, units) in lately.items()}
    state = burn_state(hour=rates[60], five_minutes=rates[5], six_hours=rates[360])
    if state is None:
        return None
    shown = f"{rates[60 if state == 'page' else 360] or 0:.1f}×"
    return (
        t("近 1 小时错误预算消耗 {rate}，须立即处理", rate=shown)
        if state == "page"
        else t("近 6 小时错误预算消耗 {rate}，须开工单", rate=shown)
    )


def figures(found: Health, *, view: View) -> None:
    """Draw orders, money, ship time, and the open orders that are overdue right now."""
    now, before = found.sums
    with st.grid(4, min_column_width=160, gap="small"):
        for key in ("orders", "paid", "ship_hours"):
            _figure(key, found, now=now, before=before, view=view)
        _overdue(found, view=view)


def _figure(key: str, found: Health, *, now: dict[str, float], before: dict[str, float], view: View) -> None:
    kpi, said = kpi_named(key), language()
    value, earlier = value_of(kpi, now), value_of(kpi, before)
    relative = None if value is None or not earlier else value / earlier - 1
    if key == "ship_hours":
        moved = None if value is None or earlier is None else value - earlier
        change, flat = fmt.signed_duration(moved, language=said), moved is not None and round(moved * 60) == 0
    else:
        change = fmt.change(relative)
        flat = change == "0.0%"
    card(
        _both(kpi.name_zh, kpi.name_en),
        _said(key, value, currency=view.currency),
        change=change,
        flat=flat,
        spark=[value_of(kpi, sums) for sums in _last_days(found)],
        help=f"{_both(kpi.formula_zh, kpi.formula_en)}\n\n{messages.passport(found, zone=view.zone)} · {messages.passport_link(key)}",
        lower_is_better=kpi.better == "lower",
        chart="line" if key == "ship_hours" else "bar",
        note=_note(key, now),
    )


def _said(key: str, value: float | None, *, currency: str) -> str:
    if key == "orders":
        return t("{count} 单", count=fmt.count(value, language=language()))
    return fmt.money(value, currency=currency, language=language()) if key == "paid" else fmt.duration(value, language=language())


def _note(key: str, sums: dict[str, float]) -> str | None:
    if key == "paid" and sums.get("unrated"):
        return t("{count} 单缺汇率未计入", count=fmt.count(sums["unrated"], language=language()))
    if key == "ship_hours" and sums.get("shipped_bounded"):
        known = sums["shipped_exact"] + sums["shipped_bounded"]
        least = (sums["shipped_exact_seconds"] + sums["shipped_low_seconds"]) / known / 3600
        most = (sums["shipped_exact_seconds"] + sums["shipped_high_seconds"]) / known / 3600
        said = tuple(fmt.duration(bound, language=language()) for bound in (least, most))
        return None if said[0] == said[1] else f"{said[0]}–{said[1]}"
    return None


def _overdue(found: Health, *, view: View) -> None:
    open_now = cached_reads.open_promises(view.scope, health.part_of(view.filters), view.as_of)
    if open_now is None:
        return
    said = language()
    st.metric(
        t("逾期未发"),
        t("{count} 单", count=fmt.count(open_now["overdue"], language=said)),
        delta_description=t("2 小时内到期 {soon} 单", soon=fmt.count(open_now["due_soon"], language=said)),
        border=True,
        height="stretch",
        help=t("承诺期限已过而未发货、未取消的订单，按此刻判断；尚未发货的共 {open} 单。", open=fmt.count(open_now["open"], language=said)),
    )


def loss_table(found: Health, *, choices: Choices) -> None:
    """Draw the points lost by channel and region; a square opens its orders."""
    if found.losses.empty or not (found.losses["points"] > 0).any():
        st.caption(t("没有失分"))
        return
    rows, columns = _ranked(found, "region")[:TABLE_REGIONS], _ranked(found, "channel")
    cells, units = found.lost_by("channel", "region"), found.lost_units
    points = dict(zip(zip(cells["channel"], cells["region"], strict=True), cells["points"].astype(float), strict=True))
    names = cell_names.names(choices)

    def hover(channel: str, region: str) -> str:
        return t(
            "{channel} · {region}：失 {points} 分，{units} 单",
            channel=names["channel"](channel),
            region=names["region"](region),
            points=_tenth(points.get((channel, region)), digits=2),
            units=fmt.full_count(units.get((channel, region))),
        )

    figure = health_charts.loss_table(
        [names["region"](code) for code in rows],
        [names["channel"](code) for code in columns],
        values=[[points.get((channel, region)) for channel in columns] for region in rows],
        shown=[[_tenth(points.get((channel, region))) for channel in columns] for region in rows],
        hover=[[hover(channel, region) for channel in columns] for region in rows],
        keys=[[f"{channel}|{region}" for channel in columns] for region in rows],
        few=[[float(units.get((channel, region), 0)) < health.FEW_UNITS for channel in columns] for region in rows],
    )
    alt = t("各渠道各地区失分")
    st.plotly_chart(figure, alt=alt, config=_NO_BAR, key="losses", on_select=lambda: _loss_clicked(found), selection_mode="points")
    left_out = len(_ranked(found, "region")) - len(rows)
    if left_out > 0:
        st.caption(t("另有 {count} 个失分较少的地区，用“全部地区”筛选查看。", count=left_out))


def _tenth(value: float | None, *, digits: int = 1) -> str:
    return fmt.MISSING if value is None else f"{value:.{digits}f}"


def _ranked(found: Health, dimension: str) -> list[str]:
    return [str(code) for code in found.lost_by(dimension)[dimension]]


def _loss_clicked(found: Health) -> None:
    key = drill.clicked(st.session_state.get("losses"))
    if key:
        channel, region = key.split("|")
        worst = found.losses[(found.losses["channel"] == channel) & (found.losses["region"] == region)]
        code = str(health.pooled(worst, ["component"])["component"].iloc[0])
        drill.choose(Behind(code, found.span, channel=channel, region=region))


def costliest(found: Health, *, choices: Choices) -> None:
    """List the five cells that cost most points, each with a link to its orders."""
    worst = found.lost_by("component", "channel", "region", "category").head(COSTLIEST)
    worst = worst[worst["points"] > 0]
    if worst.empty:
        st.caption(t("没有失分"))
        return
    rows: Sequence[dict[str, object]] = worst.to_dict("records")  # type: ignore[assignment]
    listing(
        [
            # named for its cell, for somebody who hears the links alone
            Words(t("在哪里"), [f"[{unbroken(plain(cell_names.cell(row, choices=choices)))}]({_behind(row, found).link})" for row in rows]),
            Words(t("指标"), [cell_names.component(found.component(str(row["component"]))) for row in rows]),
            Figures(t("失分"), [float(row["points"]) for row in rows], lambda value: _tenth(value, digits=2)),  # type: ignore[arg-type]
            Figures(t("未达标"), [float(row["bad"]) for row in rows], fmt.full_count),  # type: ignore[arg-type]
            Figures(t("共"), [float(row["units"]) for row in rows], fmt.full_count),  # type: ignore[arg-type]
        ],
        alt=t("失分最多的五处"),
    )


def _behind(row: dict[str, object], found: Health) -> Behind:
    return Behind(str(row["component"]), found.span, channel=str(row["channel"]), region=str(row["region"]), category=str(row["category"]))


def ranking(found: Health) -> None:
    """Say how the channels rank, those together that neither weights nor chance tell apart (product, section 3.4)."""
    rates = found.channel_rates
    if len(rates) < 2:
        return
    groups = chance_tied(found.channels_ranked, rates)
    said = t("；").join(" ≈ ".join(words.channel(channel) for channel in group) for group in groups)
    st.markdown(f"### {t('渠道排名：{said}', said=said)}")
    st.caption(t("权重上下浮动 25% 抽样 2,000 次，次序不足九成成立或置信区间重叠的并列（≈）。"))


def chance_tied(groups: list[list[str]], rates: Mapping[str, Mapping[str, tuple[float, float]]]) -> list[list[str]]:
    """Join neighbouring groups whose nearest channels may be equal: their 95 % intervals overlap in every component both have."""
    joined: list[list[str]] = []
    for group in groups:
        if joined and _overlap(rates[joined[-1][-1]], rates[group[0]]):
            joined[-1].extend(group)
        else:
            joined.append(list(group))
    return joined


def _overlap(one: Mapping[str, tuple[float, float]], other: Mapping[str, tuple[float, float]]) -> bool:
    both = [(wilson_interval(*one[code]), wilson_interval(*other[code])) for code in one.keys() & other.keys()]
    return all(a is None or b is None or (a[0] <= b[1] and b[0] <= a[1]) for a, b in both)


def without_promise(found: Health) -> None:
    """Say which channels have orders and no promise at all: they are 不适用, not perfect."""
    now, _ = found.channel_sums
    bare = [channel for channel, sums in now.items() if sums["paid_orders"] and sums["paid_orders"] == sums["no_promise"]]
    if bare:
        names = t("、").join(words.channel(channel) for channel in bare)
        st.caption(t("{names} 的订单没有承诺期限（来源未给、也无规则），履约时效不适用。", names=names))


def channel_table(found: Health) -> None:
    """Draw one row a channel and the total last: orders, money, promise kept, ship time, each beside the days before."""
    (now, before), (all_now, all_before), nothing = found.channel_sums, found.sums, found.no_sums()
    channels = sorted({*now, *before}, key=lambda name: (-now.get(name, nothing)["orders"], name))
    names = [*channels, None]
    pairs = [*((now.get(name, nothing), before.get(name, nothing)) for name in channels), (all_now, all_before)]
    said = language()

    def values(key: str) -> list[float | None]:
        return [value_of(kpi_named(key), sums) for sums, _ in pairs]

    def relative(key: str) -> list[float | None]:
        kpi = kpi_named(key)
        both = [(value_of(kpi, sums), value_of(kpi, earlier)) for sums, earlier in pairs]
        return [None if a is None or not b else a / b - 1 for a, b in both]

    def difference(key: str) -> list[float | None]:
        kpi = kpi_named(key)
        both = [(value_of(kpi, sums), value_of(kpi, earlier)) for sums, earlier in pairs]
        return [None if a is None or b is None else a - b for a, b in both]

    listing(
        [
            Words(t("渠道"), [unbroken(t("合计") if name is None else words.channel(name)) for name in names]),
            Figures(t("订单"), values("orders"), fmt.full_count),
            Figures(t("订单环比"), relative("orders"), fmt.change),
            Figures(t("实付"), values("paid"), fmt.full_money),
            Figures(t("实付环比"), relative("paid"), fmt.change),
            Figures(t("按时发货"), values("on_time"), fmt.share),
            Figures(t("按时变化"), difference("on_time"), lambda value: fmt.points(value, language=said)),
            Figures(t("发货时长"), values("ship_hours"), lambda value: fmt.duration(value, language=said)),
            Figures(t("时长变化"), difference("ship_hours"), lambda value: fmt.signed_duration(value, language=said)),
        ],
        alt=t("各渠道本期与上期对比"),
        total=True,
    )


def _last_days(found: Health) -> list[dict[str, float]]:
    lasts = [found.span.last - timedelta(days=n) for n in range(SPARK_DAYS - 1, -1, -1)]
    return [found.day_sums.get(day, found.no_sums()) for day in lasts]


def _sums(frame: pd.DataFrame) -> dict[str, float]:
    """Add up every measure of some cells."""
    return {str(name): float(value) for name, value in frame.select_dtypes("number").sum().items()}


def _both(chinese: str, english: str) -> str:
    return chinese if language() == "zh" else english
