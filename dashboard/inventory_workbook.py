"""What goes into the workbook of stock? The page's own sums and lists, the metrics, the rules, and what all of it means."""

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

from dashboard import cached_reads, fmt, inventory, inventory_channels, inventory_conflicts, inventory_figures, words
from dashboard import inventory_words as said
from dashboard.definition_sheet import definition_sheet
from dashboard.i18n import language, msg, t
from dashboard.inventory import Inventory
from dashboard.inventory_sku import quota_said
from dashboard.view import View
from dashboard.workbook import Cell, Column, Sheet, workbook
from data import reads
from data.api import decimals_of, engine
from data.reads import HoldsWanted, LevelsWanted
from models.health.kpis import DEFINED
from models.stock.metrics import METRICS

# The components of the index that stock makes, C2 and C5.
INDEX_KPIS = ("stock_fill", "stock_sync")
# A sheet of more rows is no list any more; it says that it was cut.
MOST_ROWS, AT_ONCE = 50_000, 2_000
TERMS: tuple[tuple[str, str], ...] = (
    (msg("现存"), msg("账面：每个 SKU × 仓库全部流水之和；实物先出后补账时可以为负")),
    (msg("占用"), msg("订单占住而还没出库的件数；未付款的到期就不算，已付款的不过期")),
    (msg("可售"), msg("现存 − 占用；占用过期的那一分钟起就计回可售")),
    (msg("在途"), msg("来源最近一次说的在途件数，还没入库")),
    (msg("安全线"), msg("可售不高于它时，按规则下架或显示仅剩几件")),
    (msg("缺货"), msg("已接单而现在没有库存可给的件数")),
    (msg("超卖"), msg("平台接了单、到达时就没有库存可给的件数")),
    (msg("多显示"), msg("渠道实际显示 − 中台发布的件数，大于零就可能卖出不存在的货")),
)


def made(found: Inventory, wanted: LevelsWanted, *, view: View, spoken: str) -> bytes:
    """Return the workbook."""
    return workbook(sheets(found, wanted, view=view), made_at=datetime.now(UTC), language=spoken)


def sheets(found: Inventory, wanted: LevelsWanted, *, view: View) -> list[Sheet]:
    """Return the sheets, each under what is asked, as of when, and the checksum."""
    chosen = inventory.passport(found, view=view)
    levels = [] if found.part.channels else [_levels(found, wanted, chosen=chosen, view=view)]
    return [
        _summary(found, chosen=chosen, view=view),
        *levels,
        _conflicts(found, chosen=chosen, view=view),
        _holds(found, chosen=chosen, view=view),
        _channels(found, chosen=chosen, view=view),
        _metrics(chosen=chosen, view=view),
        _rules(chosen=chosen, view=view),
        _quotas(chosen=chosen, view=view),
        _terms(chosen=chosen),
        _definitions(chosen=chosen),
        definition_sheet(
            [kpi for kpi in DEFINED if kpi.key in INDEX_KPIS], language=language(), snapshot=cached_reads.snapshot(view.scope),
            zone=view.zone, filters=chosen,
        ),
    ]  # fmt: skip


def _summary(found: Inventory, *, chosen: str, view: View) -> Sheet:
    summary, exposure, holds = found.summary, found.exposure, found.holds
    money = Column(t("金额"), "money", currency=view.currency, decimals=decimals_of(view.currency))
    # one stock has no channel
    own: list[tuple[Cell, ...]] = [
        (t("可售"), summary.available, None, summary.places, None),
        (t("现存"), summary.on_hand, None, summary.places, None),
        (t("在途"), summary.inbound, None, None, None),
        (t("低于占用的缺口"), summary.short_pieces, None, summary.short, None),
        (t("售罄"), None, None, summary.out, None),
        (t("低于安全线"), None, None, summary.low, None),
    ]
    asked: list[tuple[Cell, ...]] = [
        (t("缺货"), exposure.short_units, exposure.short_orders, exposure.short_skus, exposure.short_minor),
        (t("其中已接受等货"), exposure.accepted_units, None, None, None),
        (t("超卖（所选日期）"), exposure.oversold_units, exposure.oversold_orders, None, exposure.oversold_minor),
        (t("占用倒计时中"), holds.running_units, holds.running, None, None),
        (t("占用已过期未释放"), holds.expired_units, holds.expired, None, None),
        (t("占用已付款"), holds.paid_units, holds.paid, None, None),
    ]
    unrated = exposure.short_unrated + exposure.oversold_unrated
    note = t("金额里另有 {units}没有汇率，未计入。", units=said.pieces(unrated)) if unrated else ""
    columns = [Column(t("项目")), Column(t("件数"), "count"), Column(t("笔数"), "count"), Column(t("处"), "count"), money]
    return Sheet(
        t("摘要"),
        columns,
        asked if found.part.channels else own + asked,
        headlines=(inventory.headline(found, view=view), chosen),
        note=note,
    )


def _levels(found: Inventory, wanted: LevelsWanted, *, chosen: str, view: View) -> Sheet:
    rows = list(
        _every(
            lambda after: reads.stock_levels(
                engine(), scope=view.scope, part=found.part, wanted=wanted, as_of=view.as_of, after=after, limit=AT_ONCE
            )
        )
    )
    columns = [Column(t(head)) for head in (msg("状态"), msg("编码"), msg("商品"), msg("类目"), msg("仓库"))]
    columns += [Column(t(head), "count") for head in (msg("可售"), msg("占用"), msg("现存"), msg("在途"), msg("安全线"))]
    columns += [Column(t("到线动作")), Column(t("变动于"), "moment", zone=view.zone)]
    lines: list[tuple[Cell, ...]] = [
        (
            t(said.LEVELS[row.state].word), row.sku_code, row.name, row.category, said.warehouse(row.warehouse_code, row.warehouse),
            row.available, row.held - row.expired, row.on_hand, row.inbound, row.safety,
            said.named("action", row.action) if row.action else None, row.changed_at,
        )
        for row in rows
    ]  # fmt: skip
    return Sheet(t("水位"), columns, lines, headlines=(t("按页面的筛选和排序"), chosen), note=_cut(rows))


def _conflicts(found: Inventory, *, chosen: str, view: View) -> Sheet:
    rows = list(
        _every(
            lambda after: reads.stock_conflicts(
                engine(), scope=view.scope, part=found.part, as_of=view.as_of, state=None, after=after, limit=AT_ONCE
            )
        )
    )
    heads = (msg("编码"), msg("商品"), msg("店铺"), msg("渠道"), msg("订单"), msg("应发仓"))
    columns = [Column(t("获知"), "moment", zone=view.zone), *(Column(t(head)) for head in heads)]
    columns += [Column(t(head), "count") for head in (msg("要"), msg("缺"), msg("超卖"))]
    columns += [Column(t("金额"), "money", currency=view.currency, decimals=decimals_of(view.currency)), Column(t("状态"))]
    lines: list[tuple[Cell, ...]] = [
        (
            row.known_at, row.sku_code, row.name, row.shop or row.shop_id, words.channel(row.channel), row.order_no,
            said.warehouse(row.warehouse_code, row.warehouse), row.wanted_units, row.short_units, row.oversold_units,
            inventory_conflicts.short_minor(row), t("待决定") if row.accepted_at is None else t("已接受等货"),
        )
        for row in rows
    ]  # fmt: skip
    return Sheet(t("缺货"), columns, lines, headlines=(inventory_conflicts.headline(found), chosen), note=_cut(rows))


def _holds(found: Inventory, *, chosen: str, view: View) -> Sheet:
    rows = [row for which in ("expired", "running", "paid") for row in _every(_page_of_holds(found, which, view=view))]
    columns = [Column(t(head)) for head in (msg("状态"), msg("编码"), msg("商品"), msg("店铺"), msg("渠道"), msg("订单"), msg("仓库"))]
    columns += [
        Column(t("件数"), "count"),
        Column(t("占用于"), "moment", zone=view.zone),
        Column(t("到期"), "moment", zone=view.zone),
        Column(t("延长")),
    ]
    lines: list[tuple[Cell, ...]] = [
        (
            said.named("hold", row.state), row.sku_code, row.name, row.shop_id, words.channel(row.channel), row.order_no,
            said.warehouse(row.warehouse_code, row.warehouse), row.units, row.placed_at, row.expires_at, row.extended_by,
        )
        for row in rows
    ]  # fmt: skip
    return Sheet(t("占用"), columns, lines, headlines=(t("未结束的占用"), chosen), note=_cut(rows))


def _page_of_holds(found: Inventory, which: str, *, view: View) -> Callable[[Any], Sequence[Any]]:
    wanted = HoldsWanted(list=which)
    return lambda after: reads.stock_holds(
        engine(), scope=view.scope, part=found.part, wanted=wanted, as_of=view.as_of, after=after, limit=AT_ONCE
    )


def _channels(found: Inventory, *, chosen: str, view: View) -> Sheet:
    rows = list(
        _every(
            lambda after: reads.stock_channel_gaps(
                engine(), scope=view.scope, part=found.part, as_of=view.as_of, after=after, limit=AT_ONCE
            )
        )
    )
    columns = [Column(t(head)) for head in (msg("对照"), msg("编码"), msg("商品"), msg("店铺"), msg("渠道"))]
    columns += [Column(t(head), "count") for head in (msg("中台可售"), msg("已发布"), msg("实际显示"), msg("多显示"))]
    columns += [Column(t("动作")), Column(t("发布于"), "moment", zone=view.zone), Column(t("显示截至"), "moment", zone=view.zone)]
    lines: list[tuple[Cell, ...]] = [
        (
            inventory_channels.gap_words(row), row.sku_code, row.name, row.shop or row.shop_id, words.channel(row.channel),
            row.hub_available, row.told_quantity, row.shown_quantity, row.gap,
            said.named("action", row.told_action) if row.told_action else None, row.told_at, row.shown_as_of,
        )
        for row in rows
    ]  # fmt: skip
    headline = inventory_channels.headline(cached_reads.stock_channel_sums(view.scope, found.part))
    return Sheet(t("渠道展示"), columns, lines, headlines=(headline, chosen), note=_cut(rows))


def _metrics(*, chosen: str, view: View) -> Sheet:
    names = {metric.key: metric for metric in METRICS}
    columns = [Column(t("日期"), "day"), Column(t("指标")), Column(t("对象")), Column(t("数值")), Column(t("目标"))]
    columns += [Column(t(head), "count") for head in (msg("分子"), msg("分母"))]
    lines: list[tuple[Cell, ...]] = [
        (
            row.day, inventory_figures.name_of(names[row.kpi]), _member(row.dimension, row.member, view=view),
            inventory_figures.value_said(names[row.kpi], row.value), inventory_figures.target_said(names[row.kpi]), row.numerator,
            row.denominator,
        )
        for row in inventory_figures.rows_of(view) if row.kpi in names
    ]  # fmt: skip
    return Sheet(t("三项指标"), columns, lines, headlines=(t("最近 {days} 天", days=inventory_figures.TREND_DAYS), chosen))


def _member(dimension: str, member: str, *, view: View) -> str:
    if dimension == "channel":
        return words.channel(member)
    return said.warehouse_called(member, view=view) if dimension == "warehouse" else t("全部")


def _rules(*, chosen: str, view: View) -> Sheet:
    rows = cached_reads.stock_rules(view.scope, "")
    columns = [Column("SKU"), Column(t("渠道")), Column(t("安全线"), "count"), Column(t("动作")), Column(t("重新上架高于"), "count")]
    lines: list[tuple[Cell, ...]] = [
        (_any_sku(row.sku_code), said.any_channel(row.channel), row.threshold, said.named("action", row.action), row.relist_above)
        for row in rows
    ]
    return Sheet(t("安全线"), columns, lines, headlines=(chosen,))


def _quotas(*, chosen: str, view: View) -> Sheet:
    rows = cached_reads.stock_quotas(view.scope, "")
    lines: list[tuple[Cell, ...]] = [
        (said.any_channel(row.channel), _any_sku(row.sku_code), quota_said(row.share, row.units)) for row in rows
    ]
    return Sheet(t("发布配额"), [Column(t("渠道")), Column("SKU"), Column(t("配额"))], lines, headlines=(chosen,))


def _terms(*, chosen: str) -> Sheet:
    return Sheet(
        t("库存口径"), [Column(t("名词")), Column(t("含义"))], [(t(term), t(meaning)) for term, meaning in TERMS], headlines=(chosen,)
    )


def _definitions(*, chosen: str) -> Sheet:
    """Return what the three metrics mean, with target and department."""
    columns = [Column(t(head)) for head in (msg("指标名"), msg("代码"), msg("公式"), msg("目标"), msg("负责"))]
    lines: list[tuple[Cell, ...]] = [
        (
            inventory_figures.name_of(metric), metric.key, words.in_language(metric.formula_zh, metric.formula_en),
            inventory_figures.target_said(metric), inventory_figures.department_said(metric),
        )
        for metric in METRICS
    ]  # fmt: skip
    return Sheet(t("三项指标口径"), columns, lines, headlines=(chosen,))


def _any_sku(code: str) -> str:
    return t("全部 SKU") if code == "*" else code


def _every(page: Callable[[Any], Sequence[Any]]) -> Iterator[Any]:
    """Yield the rows page by page, as far as a file goes."""
    after, count = None, 0
    while count < MOST_ROWS:
        rows = page(after)
        yield from rows[: MOST_ROWS - count]
        count += len(rows)
        if len(rows) < AT_ONCE:
            return
        after = rows[-1].cursor


def _cut(rows: Sequence[Any]) -> str:
    return t("只含前 {count} 行", count=fmt.full_count(MOST_ROWS)) if len(rows) >= MOST_ROWS else ""
