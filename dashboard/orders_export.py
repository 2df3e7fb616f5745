"""What of the Orders page goes into a workbook? The figures of the page itself, its list, and what they mean."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, TypeVar

import pandas as pd
import streamlit as st

from dashboard import (
    cell_names,
    definitions,
    drilldown,
    fmt,
    health,
    lifecycle,
    options,
    order_detail,
    order_list,
    orders_behind,
    stage_panel,
    variants,
    words,
)
from dashboard import reconciliation_words as money_words
from dashboard.definition_sheet import definition_sheet
from dashboard.drilldown import Split
from dashboard.health import Health
from dashboard.i18n import language, msg, speaking, t
from dashboard.lifecycle import Lifecycle, Question
from dashboard.order_list import headline
from dashboard.orders_behind import Asked
from dashboard.reconciliation_queue import sides
from dashboard.reconciliation_workbook import major
from dashboard.view import View
from dashboard.workbook import Cell, Column, Sheet, workbook
from data import reads
from data.api import engine
from data.reads import BehindRow, Choices, Cursor, EntryBehind, EntryCursor, OrderRow, Wanted
from models.health.attribution import shown_tenths
from models.health.kpis import DEFINED
from models.stages import SHARE_NAMES, SHARES

# A file of more orders is no list any more; the sheet says that it was cut.
MOST_ORDERS, AT_ONCE = 50_000, 2_000
Row = TypeVar("Row")


@dataclass(frozen=True)
class Drawn:
    """What the page has drawn, None for what it could not; ``listed`` is what its list is of: orders, or those behind a component."""

    question: Question
    stages: Lifecycle
    trend: pd.DataFrame | None
    split: Split | None
    why: Health | None
    variants: pd.DataFrame | None
    listed: Wanted | Asked


def button(drawn: Drawn, *, view: View, choices: Choices) -> None:
    """Draw the button; the file is made when it is pressed, in the language of the page."""
    spoken = language()

    def made() -> bytes:
        with speaking(spoken):
            return workbook(sheets(drawn, view=view, choices=choices), made_at=datetime.now(UTC), language=spoken)

    st.download_button(
        t("导出 Excel"),
        made,
        file_name=f"orderhub-orders-{drawn.question.span.first}-{drawn.question.span.last}.xlsx",
        mime="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        icon=":material/download:",
        on_click="ignore",
        key="orders_export",
    )


def sheets(drawn: Drawn, *, view: View, choices: Choices) -> list[Sheet]:
    """Return the sheets, each under what is chosen and the state of the data."""
    chosen = lifecycle.words_of(drawn.question, view=view, choices=choices)
    found = [_shares(drawn.stages, chosen=chosen), _stages(drawn.stages, chosen=chosen)]
    if drawn.trend is not None:
        found.append(_trend(drawn.trend, chosen=chosen))
    if drawn.split is not None:
        found.append(_split(drawn.split, chosen=chosen, choices=choices))
    if drawn.why is not None:
        found.append(_why(drawn.why, chosen=chosen, choices=choices))
    if drawn.variants is not None and len(drawn.variants):
        found.append(_variants(drawn.variants, chosen=chosen))
    if isinstance(drawn.listed, Wanted):
        found.append(_orders(drawn.listed, drawn.question, chosen=chosen, view=view, choices=choices))
    elif drawn.why is not None and drawn.listed.component == options.ENTRIES:
        found.append(_entries(drawn.why, drawn.listed, drawn.question, chosen=chosen, view=view, choices=choices))
    elif drawn.why is not None:
        found.append(_behind(drawn.why, drawn.listed, drawn.question, chosen=chosen, view=view, choices=choices))
    return [*found, _definitions(drawn.question, chosen=chosen, view=view)]


def _definitions(question: Question, *, chosen: str, view: View) -> Sheet:
    targets = {kpi.key: definitions.now_aimed(kpi, view=view) for kpi in DEFINED}
    return definition_sheet(DEFINED, language=language(), snapshot=question.snapshot, zone=view.zone, filters=chosen, targets=targets)


def _shares(found: Lifecycle, *, chosen: str) -> Sheet:
    counts = found.shares or {}
    whole = sum(counts.values())
    columns = [Column(t("阶段")), Column(t("订单"), "count"), Column(t("占比"), "share")]
    # rounded as on the page, so that they add up there and here
    tenths = shown_tenths([100 * count / whole for count in counts.values()], 100.0) if whole else [None] * len(counts)
    rows = [
        (words.in_language(*SHARE_NAMES[share]), count, None if tenth is None else tenth / 100)
        for (share, count), tenth in zip(counts.items(), tenths, strict=True)
    ]
    total = (t("合计"), whole, 1.0 if whole else None) if counts else None
    return Sheet(t("阶段占比"), columns, rows, headlines=(lifecycle.headline(found), chosen), total=total)


def _stages(found: Lifecycle, *, chosen: str) -> Sheet:
    columns = [Column(t("环节")), Column(t("此刻"), "count"), Column(t("停滞"), "count")]
    columns += [Column(t(head), "hours") for head in (msg("停留 P50（小时）"), msg("停留 P90（小时）"), msg("停滞时限（小时）"))]
    rows = [
        (
            words.in_language(row.stage.name_zh, row.stage.name_en),
            row.orders,
            row.stuck if row.can_be_stuck else None,
            row.p50_hours,
            row.p90_hours,
            row.limit_hours,
        )
        for row in found.rows
    ]
    return Sheet(t("环节"), columns, rows, headlines=(chosen,))


def _trend(found: pd.DataFrame, *, chosen: str) -> Sheet:
    names = [words.in_language(*SHARE_NAMES[share]) for share in SHARES]
    columns = [Column(t("日终"), "day"), *(Column(name, "count") for name in names), Column(t("合计"), "count")]
    columns += [Column(t("{name}占比", name=name), "share") for name in names]
    rows = [
        (row["day"], *(int(row[share]) for share in SHARES), int(row["whole"]), *(row[share] / row["whole"] for share in SHARES))
        for row in found.to_dict("records")
    ]
    first, last = found["day"].iloc[0], found["day"].iloc[-1]
    headlines = (f"{t('停滞占比走势（日终）')} · {first.isoformat()} — {last.isoformat()}", chosen)
    counted = t("合计是当天日终已付款且未取消、未全额退款的订单，签收 30 天后不再计入；三类相加等于合计，占比是各类除以合计。")
    return Sheet(t("日终走势"), columns, rows, headlines=headlines, note=f"{counted} {stage_panel.trend_computed(last)}")


def _split(found: Split, *, chosen: str, choices: Choices) -> Sheet:
    name = drilldown.namer(choices, found.level)
    metrics = (("orders", "count"), ("late", "count"), ("on_time", "share"), ("ship_hours", "hours"), ("cancelled", "share"))
    named = options.metric_names()
    columns = [Column(t(found.level.name))]
    for metric, kind in metrics:
        head = words.in_language(*named[metric])
        columns += [Column(head, kind), Column(t("{head}（对比期）", head=head), kind)]  # type: ignore[arg-type]
    columns.append(Column(words.in_language(*named["stuck"]), "count"))

    def line(value: str | None) -> tuple[Cell, ...]:
        pairs = [(found.figure(metric, value), found.figure(metric, value, before=True)) for metric, _ in metrics]
        return (t("合计") if value is None else name(value), *(each for pair in pairs for each in pair), found.figure("stuck", value))

    ordered = sorted(found.values, key=lambda value: -found.sums(value)["orders"])
    title = t("按{dimension}", dimension=t(found.level.name))
    return Sheet(title, columns, [line(value) for value in ordered], headlines=(chosen,), total=line(None))


def _why(found: Health, *, chosen: str, choices: Choices) -> Sheet:
    lines = found.by("component", "channel", "region", "category", "effect")
    named = cell_names.names(choices)

    def said(row: Mapping[Any, Any], dimension: str) -> str:
        return "" if pd.isna(row[dimension]) else named[dimension](str(row[dimension]))

    def component(row: Mapping[Any, Any]) -> str:
        return "" if pd.isna(row["component"]) else cell_names.component(found.component(str(row["component"])))

    rows: list[tuple[Cell, ...]] = [
        (
            component(row),
            *(said(row, dimension) for dimension in ("channel", "region", "category")),
            cell_names.effect(str(row["effect"])),
            float(row["points"]),
        )
        for row in lines.to_dict("records")
    ]
    columns = [Column(t(head)) for head in (msg("组成"), msg("渠道"), msg("地区"), msg("类目"), msg("作用"))] + [Column(t("分"), "points")]
    total = (t("合计"), "", "", "", "", found.change)
    return Sheet(t("指数变化"), columns, rows, headlines=(chosen,), total=total)


def _variants(found: pd.DataFrame, *, chosen: str) -> Sheet:
    columns = [Column(t("路径")), Column(t("订单"), "count"), Column(t("占比"), "share")]
    columns += [Column(t("这批准时率"), "share"), Column(t("这批平均发货（小时）"), "hours")]
    totals = found[["orders", "due", "on_time", "shipped_exact", "shipped_exact_seconds"]].sum()

    def line(name: str, sums: Mapping[Any, Any]) -> tuple[Cell, ...]:
        return (
            name,
            int(sums["orders"]),
            int(sums["orders"]) / int(totals["orders"]),
            int(sums["on_time"]) / int(sums["due"]) if sums["due"] else None,
            int(sums["shipped_exact_seconds"]) / int(sums["shipped_exact"]) / 3600 if sums["shipped_exact"] else None,
        )

    rows = [line(variants.marked_name(str(row["path"])), row) for row in found.to_dict("records")]
    return Sheet(t("流程变体"), columns, rows, headlines=(chosen,), total=line(t("合计"), totals.to_dict()))


def _orders(wanted: Wanted, question: Question, *, chosen: str, view: View, choices: Choices) -> Sheet:
    found = list(_every(wanted, question, view=view))
    named, carriers = cell_names.names(choices), options.carrier_names(choices)
    columns = [Column(t(head)) for head in (msg("订单号"), msg("店铺"), msg("渠道"), msg("地区"), msg("类目"))]
    columns += [Column(t(head)) for head in (msg("仓库"), msg("承运"), msg("环节"), msg("准时"), msg("负责人"))]
    columns.append(Column(t("金额"), "money", currency=view.currency))
    columns += [Column(t(head), "moment", zone=view.zone) for head in (msg("下单"), msg("最近一步"), msg("承诺期限"), msg("发货"))]
    rows: list[tuple[Cell, ...]] = [
        (
            row.order_no,
            row.shop_id,
            named["channel"](row.channel),
            named["region"](row.region_code or ""),
            named["category"](row.category or ""),
            row.warehouse_code or "",
            words.in_language(*carriers.get(row.carrier_code or "", (row.carrier_code or "", row.carrier_code or ""))),
            order_detail.stage_name(row.stage) + (f" · {t('停滞')}" if row.stuck else ""),
            order_list.standing(row, view=view),
            row.owner or "",
            row.paid_reporting_minor,
            row.created_at,
            row.stage_since,
            row.deadline_at,
            row.shipped_to,
        )
        for row in found
    ]
    return Sheet(t("订单"), columns, rows, headlines=(headline(wanted, question), chosen), note=_cut(rows))


def _behind(found: Health, asked: Asked, question: Question, *, chosen: str, view: View, choices: Choices) -> Sheet:
    """Return the orders behind a component, as the page lists them."""
    since, until = health.as_period(found.span).bounds(view.zone)
    code, named, carriers = asked.component, cell_names.names(choices), options.carrier_names(choices)
    told = code == "C4"
    columns = [Column(t(head)) for head in (msg("订单号"), msg("店铺"), msg("渠道"), msg("地区"), msg("类目"))]
    columns += [Column(t(head)) for head in (msg("仓库"), msg("承运"), msg("环节"))]
    columns.append(Column(t("金额"), "money", currency=view.currency))
    heads = (t("下单") if told else t("付款"), t("入库") if told else t("承诺期限"), t("发货"))
    columns += [Column(head, "moment", zone=view.zone) for head in heads]
    columns.append(Column(t("迟到（小时）") if told else t("超时（小时）"), "hours"))

    def page(after: tuple[datetime, str, str] | None, limit: int) -> list[BehindRow]:
        return reads.orders_behind(
            engine(),
            scope=view.scope,
            part=question.part,
            component=code,
            since=since,
            until=min(until, view.as_of),
            bad_only=asked.bad_only,
            after=after,
            limit=limit,
        )

    rows: list[tuple[Cell, ...]] = [
        (
            row.order_no,
            row.shop_id,
            named["channel"](row.channel),
            named["region"](row.region_code or ""),
            named["category"](row.category or ""),
            row.warehouse_code or "",
            words.in_language(*carriers.get(row.carrier_code or "", (row.carrier_code or "", row.carrier_code or ""))),
            words.stage(row.stage),
            row.paid_minor,
            row.moment if told else row.paid_at,
            row.ingested_at if told else row.deadline_at,
            row.shipped_to,
            orders_behind.hours_late(row, component=code, as_of=view.as_of),
        )
        for row in _paged(page, cursor=lambda row: (row.moment, row.shop_id, row.order_no))
    ]
    headlines = (orders_behind.headline(found, asked), chosen)
    return Sheet(t("订单"), columns, rows, headlines=headlines, note=_cut(rows))


def _entries(found: Health, asked: Asked, question: Question, *, chosen: str, view: View, choices: Choices) -> Sheet:
    """Return the settlement entries behind C3, as the page lists them."""
    since, until = health.as_period(found.span).bounds(view.zone)
    named = cell_names.names(choices)
    columns = [
        Column(t(head)) for head in (msg("标签"), msg("订单号"), msg("店铺"), msg("渠道"), msg("地区"), msg("类目"), msg("交易类型"))
    ]
    columns += [Column(t("差异")), Column(t("币种"))]
    columns += [Column(t(head), "amount") for head in (msg("应有"), msg("实有"), msg("差额"))]
    columns += [Column(t("到期"), "moment", zone=view.zone), Column(t("状态"))]

    def page(after: EntryCursor | None, limit: int) -> list[EntryBehind]:
        return reads.entries_behind(
            engine(),
            scope=view.scope,
            part=question.part,
            since=since,
            until=min(until, view.as_of),
            zone=view.zone,
            after=after,
            limit=limit,
        )

    rows: list[tuple[Cell, ...]] = []
    for row in _paged(page, cursor=lambda row: row.cursor):
        each = row.difference
        amounts = (*sides(each), each.difference_minor)
        rows.append(
            (
                money_words.label_of(each),
                each.order_no,
                each.shop_id,
                named["channel"](each.channel),
                named["region"](row.region_code or ""),
                named["category"](row.category or ""),
                money_words.money_type(each.type),
                money_words.verdict(each),
                each.currency,
                *(major(minor, each.currency) for minor in amounts),
                row.moment,
                money_words.state(each),
            )
        )
    return Sheet(t("差异清单"), columns, rows, headlines=(orders_behind.headline(found, asked), chosen), note=_cut(rows))


def _cut(rows: Sequence[object]) -> str:
    return t("只含前 {count} 单", count=fmt.full_count(MOST_ORDERS)) if len(rows) >= MOST_ORDERS else ""


def _paged(page: Callable[[Any, int], Sequence[Row]], *, cursor: Callable[[Row], Any]) -> Iterator[Row]:
    """Yield the rows of a list, page by page, as far as a file goes."""
    after, count = None, 0
    while count < MOST_ORDERS:
        asked_for = min(AT_ONCE, MOST_ORDERS - count)
        rows = page(after, asked_for)
        yield from rows
        count += len(rows)
        if len(rows) < asked_for:
            return
        after = cursor(rows[-1])


def _every(wanted: Wanted, question: Question, *, view: View) -> Iterator[OrderRow]:

    def page(after: Cursor | None, limit: int) -> list[OrderRow]:
        return reads.orders_page(engine(), scope=view.scope, part=question.part, wanted=wanted, after=after, limit=limit)

    return _paged(page, cursor=lambda row: (row.at, row.shop_id, row.order_no))
