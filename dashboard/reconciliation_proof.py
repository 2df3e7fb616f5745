"""Is not a cent lost? The conservation of every currency and channel, the statements read, and the runs."""

from collections.abc import Sequence

import streamlit as st

from dashboard import cached_reads, fmt, tables, words
from dashboard import reconciliation_words as said
from dashboard.freshness import GOOD, UNKNOWN, WATCH, Light
from dashboard.i18n import msg, t
from dashboard.reconciliation import Reconciled, days
from dashboard.tables import Figures, Words, listing, moments, plain, unbroken
from dashboard.view import View
from data.reads import ProofRow, ReconRun, StatementRow

RUNS = 12
LEVELS = {"statement": msg("订单对结算"), "bank": msg("结算对银行")}
HOLDS, BROKEN = Light("●", msg("成立"), "green"), Light("■", msg("不成立"), "red")
RUN_LIGHTS = {
    "succeeded": Light("●", msg("成功"), "green"),
    "failed": Light("■", msg("失败"), "red"),
    "running": Light("▶", msg("运行中"), "blue"),
}


def panel(found: Reconciled, *, view: View) -> None:
    """Draw the proof, the statements, and the runs."""
    _conservation(cached_reads.recon_proof(view.scope, found.asked), found)
    _statements(cached_reads.recon_statements(view.scope, found.asked, view.zone), view=view)
    _runs(cached_reads.recon_runs(view.scope, RUNS), view=view)


def holds(row: ProofRow) -> bool:
    """Say whether what differs is what is explained and what is not, to the minor unit."""
    return row.internal_minor - row.stated_minor == row.explained_minor + row.unexplained_minor


def headline(rows: Sequence[ProofRow]) -> str:
    """Say whether the proof holds."""
    broken = [row for row in rows if not holds(row)]
    if broken:
        return t("{count} 处守恒不成立", count=fmt.full_count(len(broken)))
    return t("守恒成立：{count} 组，分毫不差", count=fmt.full_count(len(rows)))


def standing(row: StatementRow) -> tuple[Light, str]:
    """Say whether the balances of a statement close; both figures where they do not."""
    if row.balance_proven is None:
        return UNKNOWN, t("未载余额")
    if row.balance_proven:
        return GOOD, t("余额已证明")
    stated, computed = (said.money(minor, row.currency) for minor in (row.closing_minor, row.computed_closing_minor))
    return WATCH, t("余额未证明：载明 {stated}，推算 {computed}", stated=stated, computed=computed)


def _conservation(rows: Sequence[ProofRow], found: Reconciled) -> None:
    st.markdown(f"### {headline(rows)}")
    st.caption(
        t(
            "Σ 应有 − Σ 实有 = 已解释 + 未解释，按币种与渠道，各以本币计，{days}；结算对银行时，应有 = 离开平台的，实有 = 到银行的。",
            days=days(found.asked),
        )
    )
    if not rows:
        tables.none_yet(t("所选日期没有对账结果"))
        return
    listing(
        [
            Words(t("守恒"), [tables.badge(HOLDS if holds(row) else BROKEN) for row in rows]),
            Words(t("环节"), [unbroken(t(LEVELS[row.level])) for row in rows]),
            Words(t("币种"), [row.currency for row in rows]),
            Words(t("渠道"), [unbroken(words.channel(row.channel)) for row in rows]),
            said.money_column(t("Σ 应有"), [(row.internal_minor, row.currency) for row in rows]),
            said.money_column(t("Σ 实有"), [(row.stated_minor, row.currency) for row in rows]),
            said.money_column(t("差额"), [(row.internal_minor - row.stated_minor, row.currency) for row in rows]),
            said.money_column(t("已解释"), [(row.explained_minor, row.currency) for row in rows]),
            said.money_column(t("未解释"), [(row.unexplained_minor, row.currency) for row in rows]),
            Figures(t("源行数"), [row.entries + row.lines + row.bank_lines for row in rows], fmt.full_count),
        ],
        alt=t("守恒证明"),
    )


def _statements(rows: Sequence[StatementRow], *, view: View) -> None:
    unproven = sum(row.balance_proven is False for row in rows)
    title = t("{count} 份对账单", count=fmt.full_count(len(rows)))
    st.markdown(f"### {t('{title}，{bad} 份余额未证明', title=title, bad=fmt.full_count(unproven)) if unproven else title}")
    if not rows:
        tables.none_yet(t("所选日期没有收到对账单"))
        return
    titles = cached_reads.source_titles()
    standings = [standing(row) for row in rows]
    listing(
        [
            Words(t("余额"), [f":{light.color}-badge[{light.shape} {text}]" for light, text in standings]),
            Words(t("来源"), [plain(words.in_language(*titles.get(row.source, (row.source, row.source)))) for row in rows]),
            Words(t("账户"), [unbroken(plain(row.account or fmt.MISSING)) for row in rows]),
            Words(t("币种"), [row.currency for row in rows]),
            moments(t("起"), [row.period_from for row in rows], zone=view.zone, as_of=view.as_of),
            moments(t("止"), [row.period_to for row in rows], zone=view.zone, as_of=view.as_of),
            Figures(t("行数"), [row.lines for row in rows], fmt.full_count),
            Words(t("控制合计"), [control(row) for row in rows]),
            Words(t("文件"), [plain(row.file_name) for row in rows]),
        ],
        alt=t("对账单"),
    )
    if unproven:
        st.caption(t("余额未证明的对账单照常入库对账，但不作为证明；不同币种的余额不相比较。"))


def control(row: StatementRow) -> str:
    """Say the totals that a statement states and that its rows confirm."""
    if not row.control_stated:
        return fmt.MISSING
    return plain(t("；").join(f"{name} {value}" for name, value in row.control_stated.items()))


def _runs(rows: Sequence[ReconRun], *, view: View) -> None:
    st.markdown(f"### {t('对账批次')}")
    if not rows:
        tables.none_yet(t("还没有运行过"))
        return
    listing(
        [
            Words(t("状态"), [tables.badge(RUN_LIGHTS.get(row.status, UNKNOWN)) for row in rows]),
            Figures(t("批次"), [row.run_id for row in rows], lambda value: f"#{value:.0f}" if value is not None else fmt.MISSING),
            moments(t("开始"), [row.started_at for row in rows], zone=view.zone, as_of=view.as_of),
            Figures(t("用时"), [_seconds(row) for row in rows], _took),
            Figures(t("变动笔数"), [row.moved for row in rows], fmt.full_count),
            Figures(t("新增差异"), [row.opened for row in rows], fmt.full_count),
            Figures(t("自动关闭"), [row.cleared for row in rows], fmt.full_count),
            Words(t("方式"), [unbroken(t("全部重对") if row.anew else t("新增与未结")) for row in rows]),
            Words(t("结果"), [plain(words.half(row.error) or fmt.MISSING) for row in rows]),
        ],
        alt=t("对账批次"),
    )


def _seconds(row: ReconRun) -> float | None:
    return None if row.finished_at is None else (row.finished_at - row.started_at).total_seconds()


def _took(seconds: float | None) -> str:
    return fmt.MISSING if seconds is None else t("{seconds} 秒", seconds=f"{seconds:.1f}")
