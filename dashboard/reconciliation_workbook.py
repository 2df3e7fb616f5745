"""What goes into the standard report of a reconciliation (S22)? The page's own sums, its differences, the entries to book, and the proof.

The same sheets become the workbook and the PDF, so that neither can say another figure.
"""

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from dashboard import cached_reads, fmt, reconciliation, reconciliation_figures, reconciliation_proof, reconciliation_queue, words
from dashboard import reconciliation_words as said
from dashboard.deciding import who
from dashboard.definition_sheet import definition_sheet
from dashboard.i18n import language, msg, t
from dashboard.reconciliation import Reconciled
from dashboard.reconciliation_figures import KPI
from dashboard.view import View
from dashboard.workbook import Cell, Column, Sheet, workbook
from data import reads
from data.api import decimals_of, engine
from data.reads import DifferenceRow, ReconJournalRow, ReconWanted
from models.health.kpis import DEFINED

# A sheet of more rows is no list any more; it says that it was cut.
MOST_ROWS, AT_ONCE = 50_000, 2_000
TERMS: tuple[tuple[str, str], ...] = (
    (msg("匹配率（笔数）"), msg("完全一致的笔数 ÷（完全一致 + 部分差异 + 缺失）的笔数；待到期不在内")),
    (msg("匹配率（金额）"), msg("完全一致的金额 ÷（完全一致 + 部分差异 + 缺失）的金额；每笔取应收与结算中较大的绝对值")),
    (msg("一笔"), msg("每笔 = 一个订单号 + 一种交易类型。")),
    (msg("完全一致"), msg("两边在规则的容差内相等")),
    (msg("部分差异"), msg("两边都有，但金额、币种、时间不符，或有一边重复")),
    (msg("缺失"), msg("到期后仍有一边没有")),
    (msg("待到期"), msg("还没到 T+N 的应收，不是差异")),
    (msg("未解释"), msg("没有任何规则或人给出标签的差额之和，有正有负")),
    (msg("守恒"), msg("Σ 应有 − Σ 实有 = 已解释 + 未解释，每个币种、渠道、日期分别成立到最小单位")),
    (msg("守恒证明"), msg("各批次存档的数字，逐日与报告里的合计核对；行数或金额不符，或差额没有分清，就是不成立")),
    (msg("其后改标"), msg("存档之后人工改标签使已解释增加的金额")),
    (msg("订单完成日"), msg("按订单完成的那一天归属；未完成的按付款日")),
    (msg("平台结算日"), msg("按平台结算的那一天归属；未结算的按应到期日")),
)


def made(found: Reconciled, wanted: ReconWanted, *, view: View, spoken: str) -> bytes:
    """Return the workbook."""
    return workbook(sheets(found, wanted, view=view), made_at=datetime.now(UTC), language=spoken)


def sheets(found: Reconciled, wanted: ReconWanted, *, view: View) -> list[Sheet]:
    """Return the sheets, each under what is asked, the run and the checksum."""
    chosen = reconciliation.passport(found, view=view)
    return [
        _classes(found, chosen=chosen, view=view),
        _steps(found, chosen=chosen),
        _labels(found, chosen=chosen, view=view),
        _differences(found, wanted, chosen=chosen, view=view),
        _entries(found, chosen=chosen, view=view),
        _proof(found, chosen=chosen, view=view),
        _statements(found, chosen=chosen, view=view),
        _terms(found, chosen=chosen),
        *_definitions(chosen=chosen, view=view),
    ]


def major(minor: int | None, currency: str) -> Decimal | None:
    """Return an amount in the currency itself, to its last unit.

    >>> major(123456, "CNY"), major(1500, "JPY"), major(None, "CNY")
    (Decimal('1234.56'), Decimal('1500'), None)
    """
    return None if minor is None else Decimal(minor).scaleb(-decimals_of(currency))


def _classes(found: Reconciled, *, chosen: str, view: View) -> Sheet:
    names = reconciliation.class_names()
    sums = [found.now.classes[key] for key in names]
    count, amount = sum(each.count for each in sums), sum(each.amount_minor for each in sums)
    money = Column(t("金额"), "money", currency=found.currency, decimals=found.decimals)
    columns = [Column(t("结果")), Column(t("笔数"), "count"), Column(t("占比"), "share"), money, Column(t("金额占比"), "share")]
    rows = [
        (name, each.count, _part(each.count, count), each.amount_minor, _part(each.amount_minor, amount))
        for name, each in zip(names.values(), sums, strict=True)
    ]
    aim = fmt.exact_share(reconciliation_figures.target(view))
    rates = t(
        "匹配率（笔数）{count} · 匹配率（金额）{amount} · 目标 {target} · 上期 {before}",
        count=reconciliation.share(found.rate(by="count")),
        amount=reconciliation.share(found.rate(by="amount")),
        target=aim,
        before=reconciliation.share(found.rate(by="count", before=True)),
    )
    total = (t("合计"), count, 1.0 if count else None, amount, 1.0 if amount else None)
    return Sheet(t("摘要"), columns, rows, headlines=(reconciliation.headline(found), rates, chosen), total=total)


def _steps(found: Reconciled, *, chosen: str) -> Sheet:
    columns = [Column(t("项目")), Column(t("金额"), "money", currency=found.currency, decimals=found.decimals)]
    rows = list(reconciliation_figures.step_rows(found))
    return Sheet(t("资金去向"), columns, rows, headlines=(reconciliation_figures.message(found), chosen))


def _labels(found: Reconciled, *, chosen: str, view: View) -> Sheet:
    groups = cached_reads.recon_groups(view.scope, found.asked, view.as_of)
    money = Column(t("差额（不计正负）"), "money", currency=found.currency, decimals=found.decimals)
    columns = [Column(t("标签")), Column(t("渠道")), Column(t("状态")), Column(t("笔数"), "count"), Column(t("逾期工单"), "count"), money]
    ordered = sorted(groups, key=lambda group: (group.state, -group.count))
    rows = [
        (said.label(each.label), words.channel(each.channel), said.state_name(each.state), each.count, each.overdue, each.amount_minor)
        for each in ordered
    ]
    total = (t("合计"), None, None, sum(g.count for g in groups), sum(g.overdue for g in groups), sum(g.amount_minor for g in groups))
    return Sheet(t("标签"), columns, rows, headlines=(reconciliation_queue.headline(groups), chosen), total=total)


def _differences(found: Reconciled, wanted: ReconWanted, *, chosen: str, view: View) -> Sheet:
    rows = list(_every(lambda after: _difference_page(found, wanted, after, view=view)))
    columns = [
        Column(t(head)) for head in (msg("订单号"), msg("店铺"), msg("渠道"), msg("交易类型"), msg("结果"), msg("差异"), msg("标签"))
    ]
    columns += [Column(t("币种"))]
    amounts: list[tuple[str, Callable[[DifferenceRow], int | None]]] = [
        (msg("应有"), lambda row: reconciliation_queue.sides(row)[0]),
        (msg("实有"), lambda row: reconciliation_queue.sides(row)[1]),
        (msg("差额"), lambda row: row.difference_minor),
    ]
    columns += [Column(t(head), "amount") for head, _ in amounts]
    columns += [Column(t("账龄（天）"), "count"), Column(t("状态")), Column(t("负责人"))]
    columns += [Column(t("工单到期"), "moment", zone=view.zone), Column(t("发生"), "moment", zone=view.zone)]
    lines: list[tuple[Cell, ...]] = [
        (
            row.order_no,
            row.shop_id,
            words.channel(row.channel),
            said.money_type(row.type),
            said.class_name(row.class_),
            said.verdict(row),
            said.label_of(row),
            row.currency,
            *(major(get(row), row.currency) for _, get in amounts),
            reconciliation_queue.age_days(row, view=view),
            said.state(row),
            (row.owner_name or who(row.owner)) if row.owner else "",
            row.work_order_due_at,
            row.occurred_at,
        )
        for row in rows
    ]
    note = t("只含前 {count} 笔", count=fmt.full_count(MOST_ROWS)) if len(rows) >= MOST_ROWS else ""
    narrowed = t("按页面的筛选：{filters}", filters=reconciliation_queue.narrowed(wanted, found))
    return Sheet(t("差异清单"), columns, lines, headlines=(narrowed, chosen), note=note)


def _entries(found: Reconciled, *, chosen: str, view: View) -> Sheet:
    rows = list(_every(lambda after: _journal_page(found, after, view=view)))
    note = ""
    if len(rows) >= MOST_ROWS:
        # half an entry would not balance
        rows = [row for row in rows if row.difference_id != rows[-1].difference_id]
        note = t("只含前 {count} 行，按差异编号；其余请缩小日期后另行导出", count=fmt.full_count(len(rows)))
    columns = [
        Column(t(head)) for head in (msg("凭证"), msg("订单号"), msg("渠道"), msg("科目编号"), msg("科目"), msg("摘要"), msg("币种"))
    ]
    columns += [Column(t(head), "amount") for head in (msg("借"), msg("贷"))]
    lines: list[tuple[Cell, ...]] = [
        (
            f"{row.difference_id}",
            row.order_no,
            words.channel(row.channel),
            row.account_code,
            words.in_language(row.account_zh, row.account_en),
            said.label(row.label),
            row.currency,
            major(row.amount_minor if row.side == "debit" else None, row.currency),
            major(row.amount_minor if row.side == "credit" else None, row.currency),
        )
        for row in rows
    ]
    currencies = sorted({row.currency for row in rows})
    sums = {currency: (_sum_of(rows, "debit", currency), _sum_of(rows, "credit", currency)) for currency in currencies}
    headline = t("借贷平衡") if all(debit == credit for debit, credit in sums.values()) else t("借贷不平")
    # several currencies have no sum
    total = (t("合计"), *[None] * 6, *(major(minor, currencies[0]) for minor in sums[currencies[0]])) if len(currencies) == 1 else None
    return Sheet(t("建议分录"), columns, lines, headlines=(headline, t("未关闭的与待记账的差异"), chosen), total=total, note=note)


def _proof(found: Reconciled, *, chosen: str, view: View) -> Sheet:
    """Return the proofs as the runs stored them, day by day."""
    rows = cached_reads.recon_proof(view.scope, found.asked)
    columns = [Column(t("环节")), Column(t("币种")), Column(t("渠道")), Column(t("日期"), "day")]
    columns += [Column(t(head), "amount") for head, _ in reconciliation_proof.AMOUNTS]
    columns += [Column(t("源行数"), "count"), Column(t("守恒")), Column(t("批次")), Column(t("批次时间"), "moment", zone=view.zone)]
    lines: list[tuple[Cell, ...]] = [
        (
            t(reconciliation_proof.LEVELS[row.level]),
            row.currency,
            words.channel(row.channel),
            row.day,
            *(major(amount(row), row.currency) for _, amount in reconciliation_proof.AMOUNTS),
            reconciliation_proof.source_rows(row),
            t("成立") if row.holds else t("不成立"),
            reconciliation_proof.run_name(row.run_id),
            row.run_at,
        )
        for row in rows
    ]
    return Sheet(t("守恒证明"), columns, lines, headlines=(reconciliation_proof.headline(rows), chosen))


def _statements(found: Reconciled, *, chosen: str, view: View) -> Sheet:
    rows = cached_reads.recon_statements(view.scope, found.asked, view.zone)
    titles = cached_reads.source_titles()
    columns = [Column(t(head)) for head in (msg("来源"), msg("账户"), msg("币种"))]
    columns += [Column(t(head), "moment", zone=view.zone) for head in (msg("起"), msg("止"))]
    columns += [Column(t("行数"), "count"), Column(t("余额")), Column(t("文件"))]
    lines: list[tuple[Cell, ...]] = [
        (
            words.in_language(*titles.get(row.source, (row.source, row.source))),
            row.account,
            row.currency,
            row.period_from,
            row.period_to,
            row.lines,
            reconciliation_proof.standing(row)[1],
            row.file_name,
        )
        for row in rows
    ]
    return Sheet(t("对账单"), columns, lines, headlines=(chosen,))


def _terms(found: Reconciled, *, chosen: str) -> Sheet:
    return Sheet(
        t("对账口径"), [Column(t("名词")), Column(t("含义"))], [(t(term), t(meaning)) for term, meaning in TERMS], headlines=(chosen,)
    )


def _definitions(*, chosen: str, view: View) -> list[Sheet]:
    kpis = [kpi for kpi in DEFINED if kpi.key == KPI]
    snapshot = cached_reads.snapshot(view.scope)
    return [definition_sheet(kpis, language=language(), snapshot=snapshot, zone=view.zone, filters=chosen)] if kpis else []


def _part(part: int, whole: int) -> float | None:
    return part / whole if whole else None


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


def _difference_page(found: Reconciled, wanted: ReconWanted, after: Any, *, view: View) -> Sequence[DifferenceRow]:
    return reads.recon_differences(engine(), scope=view.scope, asked=found.asked, wanted=wanted, after=after, limit=AT_ONCE)


def _journal_page(found: Reconciled, after: Any, *, view: View) -> Sequence[ReconJournalRow]:
    return reads.recon_journal(engine(), scope=view.scope, asked=found.asked, after=after, limit=AT_ONCE)


def _sum_of(rows: Sequence[ReconJournalRow], side: str, currency: str) -> int:
    return sum(row.amount_minor for row in rows if row.side == side and row.currency == currency)
