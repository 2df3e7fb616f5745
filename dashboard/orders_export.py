"""What of the Orders page goes into a workbook? The figures of the page itself, its list, and what they mean."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pandas as pd
import streamlit as st

from dashboard import cell_names, definitions, drilldown, fmt, lifecycle, options, order_detail, order_list, variants, words
from dashboard.definition_sheet import definition_sheet
from dashboard.drilldown import Split
from dashboard.health import Health
from dashboard.i18n import language, msg, speaking, t
from dashboard.lifecycle import Lifecycle, Question
from dashboard.order_list import headline
from dashboard.view import View
from dashboard.workbook import Cell, Column, Sheet, workbook
from data import reads
from data.api import engine
from data.reads import Choices, OrderRow, Wanted
from models.health.kpis import DEFINED
from models.stages import SHARE_NAMES

# A file of more orders is no list any more; the sheet says that it was cut.
MOST_ORDERS, AT_ONCE = 50_000, 2_000


@dataclass(frozen=True)
class Drawn:
    """What the page has drawn; None for what it could not."""

    question: Question
    stages: Lifecycle
    split: Split | None
    why: Health | None
    variants: pd.DataFrame | None
    wanted: Wanted | None


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
    if drawn.split is not None:
        found.append(_split(drawn.split, chosen=chosen, choices=choices))
    if drawn.why is not None:
        found.append(_why(drawn.why, chosen=chosen, choices=choices))
    if drawn.variants is not None and len(drawn.variants):
        found.append(_variants(drawn.variants, chosen=chosen))
    if drawn.wanted is not None:
        found.append(_orders(drawn.wanted, drawn.question, chosen=chosen, view=view, choices=choices))
    return [*found, _definitions(drawn.question, chosen=chosen, view=view)]


def _definitions(question: Question, *, chosen: str, view: View) -> Sheet:
    targets = {kpi.key: definitions.now_aimed(kpi, view=view) for kpi in DEFINED}
    return definition_sheet(DEFINED, language=language(), snapshot=question.snapshot, zone=view.zone, filters=chosen, targets=targets)


def _shares(found: Lifecycle, *, chosen: str) -> Sheet:
    counts = found.shares or {}
    whole = sum(counts.values())
    columns = [Column(t("阶段")), Column(t("订单"), "count"), Column(t("占比"), "share")]
    rows = [(words.in_language(*SHARE_NAMES[share]), count, count / whole if whole else None) for share, count in counts.items()]
    total = (t("合计"), whole, 1.0 if whole else None) if counts else None
    return Sheet(t("阶段占比"), columns, rows, headlines=(lifecycle.headline(found), chosen), total=total)


def _stages(found: Lifecycle, *, chosen: str) -> Sheet:
    columns = [Column(t("环节")), Column(t("此刻"), "count"), Column(t("停滞"), "count")]
    columns += [Column(t(head), "hours") for head in (msg("停留 P50（小时）"), msg("停留 P90（小时）"), msg("停滞时限（小时）"))]
    rows = [
        (words.in_language(row.stage.name_zh, row.stage.name_en), row.orders, row.stuck, row.p50_hours, row.p90_hours, row.limit_hours)
        for row in found.rows
    ]
    return Sheet(t("环节"), columns, rows, headlines=(chosen,))


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
    columns = [Column(t("路径")), Column(t("订单"), "count"), Column(t("这批准时率"), "share"), Column(t("这批平均发货（小时）"), "hours")]
    rows = [
        (
            variants.path_name(str(row["path"])),
            int(row["orders"]),
            int(row["on_time"]) / int(row["due"]) if row["due"] else None,
            int(row["shipped_exact_seconds"]) / int(row["shipped_exact"]) / 3600 if row["shipped_exact"] else None,
        )
        for row in found.to_dict("records")
    ]
    return Sheet(t("流程变体"), columns, rows, headlines=(chosen,), total=(t("合计"), int(found["orders"].sum()), None, None))


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
    note = t("只含前 {count} 单", count=fmt.full_count(MOST_ORDERS)) if len(found) >= MOST_ORDERS else ""
    return Sheet(t("订单"), columns, rows, headlines=(headline(wanted, question), chosen), note=note)


def _every(wanted: Wanted, question: Question, *, view: View) -> Iterator[OrderRow]:
    """Yield the orders of the list, page by page, as far as a file goes."""
    after, count = None, 0
    while count < MOST_ORDERS:
        page = reads.orders_page(
            engine(), scope=view.scope, part=question.part, wanted=wanted, after=after, limit=min(AT_ONCE, MOST_ORDERS - count)
        )
        yield from page
        count += len(page)
        if len(page) < AT_ONCE:
            return
        after = (page[-1].at, page[-1].shop_id, page[-1].order_no)
