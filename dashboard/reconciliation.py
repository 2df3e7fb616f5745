"""Which money is reconciled here, how much of it agrees, and as of which run?"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

import streamlit as st

from dashboard import cached_reads, fmt, options, states, words
from dashboard.i18n import SOURCE, language, t
from dashboard.options import ALL_CURRENCIES, BASIS, CATEGORY, CURRENCY, REGION, WAREHOUSE
from dashboard.tables import plain
from dashboard.view import View
from data.api import decimals_of
from data.reads import ReconAsked, ReconSummary
from models.reconciliation.classes import CLASSES

# A run is due every morning; from here on its figures are old.
STALE = timedelta(hours=30)


@dataclass(frozen=True)
class Reconciled:
    """Everything the head of the page says, from one look: what is asked, its sums, and those of the days before."""

    asked: ReconAsked
    now: ReconSummary
    before: ReconSummary | None
    currency: str

    @property
    def before_asked(self) -> ReconAsked:
        """The question of the days right before."""
        return self.asked.before

    @property
    def decimals(self) -> int:
        """How many decimals the currency of all amounts has."""
        return decimals_of(self.currency)

    @property
    def checksum(self) -> str:
        """A short digest of what is asked and of every sum: the same on the page, in the workbook and in the PDF (M2)."""
        sums = [(key, each.count, each.amount_minor) for key, each in sorted(self.now.classes.items())]
        told = repr((self.asked, self.currency, self.now.run_id, sums, tuple(self.now.steps)))
        return hashlib.blake2b(told.encode(), digest_size=4).hexdigest()

    def count(self, key: str) -> int:
        """Return how many results are of a class."""
        return self.now.classes[key].count

    def rate(self, *, by: str, before: bool = False) -> float | None:
        """Return the share that agrees of what is due, by ``count`` or ``amount``; None where nothing is due."""
        summary = self.before if before else self.now
        return None if summary is None else matched_share(summary, by=by)

    def money(self, minor: float | None) -> str:
        """Say an amount, short."""
        return fmt.money(minor, currency=self.currency, language=language(), decimals=self.decimals)

    def full_money(self, minor: float | None) -> str:
        """Say an amount in full."""
        return fmt.full_money(minor, currency=self.currency, decimals=self.decimals)


def matched_share(summary: ReconSummary, *, by: str) -> float | None:
    """Return 完全一致 ÷ (完全一致 + 部分差异 + 缺失); what is not due yet is a matter of time and not in it."""
    sums = {key: (each.count if by == "count" else each.amount_minor) for key, each in summary.classes.items()}
    due = sum(sums[key] for key in ("matched", "partial", "missing"))
    return sums["matched"] / due if due else None


def asked(view: View) -> ReconAsked | None:
    """Draw basis and currency, bound to the address; None, and said so, where a filter is chosen that statements do not have."""
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="recon_question"):
        basis = _switch(BASIS, t("日期口径"), options.basis_names(), usual="completed")
        currencies = options.currency_names(cached_reads.recon_currencies(view.scope), reporting=view.currency)
        currency = _switch(CURRENCY, t("币种"), currencies, usual=ALL_CURRENCIES)
    period = view.filters.period
    if view.filters.regions or view.filters.categories or view.filters.warehouses:
        _no_such_dimension()
        return None
    last = period.until - timedelta(days=1)
    return ReconAsked(period.since, last, basis, None if currency == ALL_CURRENCIES else currency, tuple(sorted(view.filters.channels)))


def read(question: ReconAsked, *, view: View) -> Reconciled | None:
    """Read the sums of a question and of the days right before; None before the first run."""
    now = cached_reads.recon_summary(view.scope, question)
    if now is None:
        return None
    before = cached_reads.recon_summary(view.scope, question.before)
    return Reconciled(question, now, before, question.currency or view.currency)


def never_run(view: View) -> None:
    """Say that nothing has been reconciled yet, or that this person sees nothing of it, and what makes it happen."""
    if view.scope.warehouses is not None:
        states.not_allowed(t("账单和银行流水不分仓库，您的范围限于部分仓库，因此不显示。"))
        return
    failed = next((run for run in cached_reads.recon_runs(view.scope, 1) if run.status == "failed"), None)
    if failed is not None:
        st.error(t("最近一次对账失败：{why}", why=plain(words.half(failed.error))), icon=":material/error:")
    body = t("上传平台账单和银行流水，或等接入任务取到它们；每天清晨自动对账，也可在“接入与任务”立即运行 reconcile。")
    states.empty(t("还没有对账结果"), body=body, icon=":material/balance:")


def headline(found: Reconciled) -> str:
    """Say how much agrees and how much nobody explains."""
    rate, unexplained = found.rate(by="count"), found.now.unexplained.amount_minor
    differing = found.count("partial") + found.count("missing")
    if rate is None:
        return t("所选日期没有到期的结算")
    if not differing:
        return t("到期的结算全部一致")
    given = {"rate": share(rate), "count": fmt.count(differing, language=language())}
    if not unexplained:
        return t("{rate} 一致，{count} 笔有差异，差额全部有解释", **given)
    open_ones = fmt.count(found.now.unexplained.count, language=language())
    return t("{rate} 一致，{count} 笔有差异，其中 {open} 笔未解释，共 {money}", open=open_ones, money=found.money(unexplained), **given)


def share(value: float | None) -> str:
    """Say a rate so that what is not all never reads as all: 99.96 % stays 99.96 %.

    >>> share(0.9996), share(1.0), share(0.9999999), share(None), share(0.5)
    ('99.96%', '100.00%', '99.99%', '—', '50.00%')
    """
    if value is None:
        return fmt.MISSING
    return f"{min(value * 100, 99.99) if value < 1 else 100:.2f}%"


def passport(found: Reconciled, *, view: View) -> str:
    """Say which days, by which basis, in which money, and of which run (M2)."""
    question = found.asked
    return t(
        "{days} · 按{basis} · {currency} · 对账批次 #{run} · 截至 {at} · 校验码 {sum}",
        days=days(question),
        basis=words.in_language(*options.basis_names()[question.basis]),
        currency=currency_said(found),
        run=found.now.run_id,
        at=fmt.clock(found.now.run_at, zone=view.zone, language=language()),
        sum=found.checksum,
    )


def days(question: ReconAsked) -> str:
    """Say the days of a question."""
    return f"{question.first.isoformat()} — {question.last.isoformat()}"


def currency_said(found: Reconciled) -> str:
    """Say the money: one currency in itself, or all of them converted."""
    if found.asked.currency is not None:
        return t("仅 {currency}", currency=found.currency)
    return t("全部币种折算为 {currency}", currency=found.currency)


def warnings(found: Reconciled, *, view: View) -> None:
    """Say what makes these figures less than they seem: a failed run, an old one, lines without a rate, unknown fee names."""
    last = next(iter(cached_reads.recon_runs(view.scope, 1)), None)
    if last is not None and last.status == "failed":
        at = fmt.moment(last.started_at, zone=view.zone, as_of=view.as_of)
        why = plain(words.half(last.error))
        st.error(t("{at} 的对账失败，下面是上一次成功的结果：{why}", at=at, why=why), icon=":material/error:")
    age = view.as_of - found.now.run_at
    if age > STALE:
        states.stale(t("对账停在 {age}前，之后到的账单还没有对。", age=fmt.ago(age.total_seconds(), language=language())))
    said = []
    if found.now.unrated:
        codes = t("、").join(found.now.unrated_currencies)
        said.append(t("{count} 行没有汇率（{codes}），未折算、未计入，请导入汇率表", count=fmt.full_count(found.now.unrated), codes=codes))
    if found.now.unclassified.count:
        count, money = fmt.full_count(found.now.unclassified.count), found.full_money(found.now.unclassified.amount_minor)
        said.append(t("{count} 行费用名称未分类，合计 {money}，已计入所有合计", count=count, money=money))
    if said:
        st.caption(f":orange[▲] {t('；').join(said)}")


def class_names() -> Mapping[str, str]:
    """Return the classes in order, each as this person reads it."""
    return {each.key: words.in_language(each.name_zh, each.name_en.capitalize()) for each in CLASSES}


def shares_of(counts: Sequence[int]) -> list[str]:
    """Say the parts of a whole so that what is shown adds up."""
    return fmt.shares_of(counts)


def _no_such_dimension() -> None:
    states.empty(
        t("不适用"),
        body=t("账单和银行流水没有地区、类目、仓库，对账只按渠道筛选；不会显示未筛选的数字。请清除这些筛选。"),
        icon=":material/filter_alt_off:",
    )
    st.button(t("清除这些筛选"), icon=":material/filter_alt_off:", on_click=_clear, key="recon_clear_filters")


def _clear() -> None:
    for key in (REGION, CATEGORY, WAREHOUSE):
        st.session_state[key] = []


def _switch(key: str, label: str, names: options.Names, *, usual: str) -> str:
    side = 0 if language() == SOURCE else 1
    st.caption(label, width="content")
    found = st.segmented_control(
        label,
        list(names),
        format_func=lambda code: names[code][side] if code in names else str(code),
        default=usual,
        required=True,
        key=key,
        bind="query-params",
        label_visibility="collapsed",
    )
    return found if found in names else usual
