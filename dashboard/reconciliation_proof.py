"""Is not a cent lost? The conservation of every currency and channel, the statements read, and the runs."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

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
    _conservation(cached_reads.recon_proof(view.scope, found.asked), found, view=view)
    _statements(cached_reads.recon_statements(view.scope, found.asked, view.zone), view=view)
    _runs(cached_reads.recon_runs(view.scope, RUNS), view=view)


@dataclass(frozen=True)
class Proved:
    """The stored proofs of several days of a level, currency and channel, added up."""

    level: str
    currency: str
    channel: str
    rows: tuple[ProofRow, ...]

    @property
    def broken(self) -> tuple[ProofRow, ...]:
        """The days that do not hold."""
        return tuple(row for row in self.rows if not row.holds)

    @property
    def runs(self) -> str:
        """The runs that proved it."""
        numbers = sorted({row.run_id for row in self.rows if row.run_id is not None})
        return "–".join(run_name(number) for number in dict.fromkeys((numbers[0], numbers[-1]))) if numbers else fmt.MISSING

    def sum(self, amount: Callable[[ProofRow], int]) -> tuple[int, str]:
        """Return a sum over the days with its currency."""
        return sum(amount(row) for row in self.rows), self.currency


# What is said of a proof, of one day as of several, in order.
AMOUNTS: tuple[tuple[str, Callable[[ProofRow], int]], ...] = (
    (msg("Σ 应有"), lambda row: row.stored.internal_minor),
    (msg("Σ 实有"), lambda row: row.stored.stated_minor),
    (msg("差额"), lambda row: row.stored.internal_minor - row.stored.stated_minor),
    (msg("已解释"), lambda row: row.explained_minor),
    (msg("未解释"), lambda row: row.unexplained_minor),
    (msg("其后改标"), lambda row: row.relabelled_minor),
)


def run_name(run_id: int | None) -> str:
    """Name a run of the reconciliation."""
    return fmt.MISSING if run_id is None else f"#{run_id}"


def source_rows(row: ProofRow) -> int:
    """Return how many source rows a proof is of."""
    return row.stored.entries + row.stored.lines + row.stored.bank_lines


def together(rows: Sequence[ProofRow]) -> list[Proved]:
    """Add the days of every level, currency and channel up, those that do not hold first."""
    groups: dict[tuple[str, str, str], list[ProofRow]] = {}
    for row in rows:
        groups.setdefault((row.level, row.currency, row.channel), []).append(row)
    return [Proved(*key, tuple(days)) for key, days in groups.items()]


def headline(rows: Sequence[ProofRow]) -> str:
    """Say whether the proof holds."""
    broken = [row for row in rows if not row.holds]
    if broken:
        return t("{count} 处守恒不成立", count=fmt.full_count(len(broken)))
    return t("守恒成立：{count} 组，分毫不差", count=fmt.full_count(len(rows))) if rows else t("没有可列的守恒证明")


def standing(row: StatementRow) -> tuple[Light, str]:
    """Say whether the balances of a statement close; both figures where they do not."""
    if row.balance_proven is None:
        return UNKNOWN, t("未载余额")
    if row.balance_proven:
        return GOOD, t("余额已证明")
    stated, computed = (said.money(minor, row.currency) for minor in (row.closing_minor, row.computed_closing_minor))
    return WATCH, t("余额未证明：载明 {stated}，推算 {computed}", stated=stated, computed=computed)


def _conservation(rows: Sequence[ProofRow], found: Reconciled, *, view: View) -> None:
    st.markdown(f"### {headline(rows)}")
    st.caption(
        t(
            "Σ 应有 − Σ 实有 = 已解释 + 未解释，按币种、渠道与日期，各以本币计，{days}；结算对银行时，应有 = 离开平台的，实有 = 到银行的。",
            days=days(found.asked),
        )
    )
    st.caption(t("数字取自各批次存档的证明，并与本页显示的合计逐日核对；其后改标 = 存档之后人工改标签使已解释增加的金额。"))
    if view.scope.shops is not None:
        st.caption(t("证明按渠道存档，只列您能看到全部店铺的渠道。"))
    if not rows:
        limited = view.scope.shops is not None
        tables.none_yet(t("所选日期没有您能看到全部店铺的渠道") if limited else t("所选日期没有对账结果"))
        return
    groups = together(rows)
    listing(
        [
            Words(t("守恒"), [tables.badge(BROKEN if group.broken else HOLDS) for group in groups]),
            Words(t("环节"), [unbroken(t(LEVELS[group.level])) for group in groups]),
            Words(t("币种"), [group.currency for group in groups]),
            Words(t("渠道"), [unbroken(words.channel(group.channel)) for group in groups]),
            *(said.money_column(t(head), [group.sum(amount) for group in groups]) for head, amount in AMOUNTS),
            Figures(t("源行数"), [sum(source_rows(row) for row in group.rows) for group in groups], fmt.full_count),
            Words(t("批次"), [unbroken(group.runs) for group in groups]),
        ],
        alt=t("守恒证明"),
    )
    if broken := [row for group in groups for row in group.broken]:
        st.error(t("不成立的日期：{days}", days=t("、").join(sorted({row.day.isoformat() for row in broken}))), icon=":material/error:")


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
