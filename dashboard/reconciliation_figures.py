"""How are the rates, the classes and the way of the money drawn?"""

from collections.abc import Sequence

import streamlit as st

from dashboard import cached_reads, fmt, reconciliation, reconciliation_charts, words
from dashboard.health_messages import passport_link
from dashboard.i18n import language, msg, t
from dashboard.reconciliation import Reconciled, class_names, share
from dashboard.reconciliation_charts import MoneyBar, Role
from dashboard.view import View
from models.health.components import DEFINITION
from models.health.kpis import DEFINED
from models.health.targets import target_for

_NO_BAR = {"displayModeBar": False}
SHAPES = {"matched": "●", "partial": "▲", "missing": "■", "pending": "◌"}
COLORS = {"matched": "green", "partial": "blue", "missing": "red", "pending": "orange"}
# The figure of the index that counts the same: what fell due and agrees.
KPI = "reconciliation"
# The way of the money, in order: key, name, what a hover says of it. Sums that are reached stand in TOTALS.
STEPS: tuple[tuple[str, str, str], ...] = (
    ("gross", msg("订单总额"), msg("订单的商品金额和平台承担的优惠")),
    ("discount", msg("优惠"), msg("商家承担的优惠券和促销")),
    ("freight", msg("运费"), msg("买家付的运费、补贴与运费险")),
    ("commission", msg("佣金"), msg("应付平台和推广者的佣金")),
    ("fee", msg("手续费"), msg("支付手续费、技术服务费与违约金")),
    ("refund", msg("退款"), msg("退货退款与拒付")),
    ("compensation", msg("赔付"), msg("物流赔付、售后赔付与调账")),
    ("promotion", msg("推广"), msg("广告与推广费")),
    ("movement", msg("资金往来"), msg("保证金、贷款与账户间划转")),
    ("unclassified", msg("未分类"), msg("账单里名称未知的费用")),
    ("pending", msg("待到期"), msg("还没到 T+N 的应收，不是差异")),
    ("fx", msg("汇率差"), msg("两边币种不同，按当日汇率折算后的差")),
    ("explained", msg("已解释差异"), msg("有标签、有依据的差额，和容差内的零头")),
    ("unexplained_statement", msg("结算未解释"), msg("订单与结算单之间没有标签的差额")),
    ("settled", msg("平台结算"), msg("结算单上的合计")),
    ("retained", msg("未提现"), msg("留在平台账户的余额变动")),
    ("in_transit", msg("在途"), msg("已提现，银行还在到账期内")),
    ("bank_explained", msg("到账差异（已解释）"), msg("提现与到账之间有标签的差额")),
    ("unexplained_bank", msg("到账未解释"), msg("提现与到账之间没有标签的差额")),
    ("bank", msg("银行到账"), msg("银行流水里的平台打款")),
    ("unexplained", msg("未解释"), msg("所有没有标签的差额之和，正负相抵")),
)
TOTALS = ("gross", "settled", "bank")


def rates(found: Reconciled, *, view: View) -> None:
    """Draw what agrees by count and by amount, each with its target and against the days before."""
    aim = target(view)
    with st.grid(2, min_column_width=150, gap="small", key="recon_rates"):
        for by, label in (("count", t("匹配率（笔数）")), ("amount", t("匹配率（金额）"))):
            now, before = found.rate(by=by), found.rate(by=by, before=True)
            moved = None if now is None or before is None else now - before
            st.metric(
                label,
                share(now),
                delta=0
                if moved is not None and abs(moved) < 0.00005
                else (None if moved is None else fmt.fine_points(moved, language=language())),
                delta_description=t("目标 {target}", target=fmt.exact_share(aim)),
                help="\n\n".join(_explained(found, by=by)),
            )
    if found.before is None or found.rate(by="count", before=True) is None:
        st.caption(t("上期没有到期的结算，因此没有对比。"))
    else:
        st.caption(t("对比上期 {days}", days=reconciliation.days(found.before_asked)))


def target(view: View) -> float:
    """Return the target in force for the chosen channel in the month of the last day (A23), else that of the index."""
    usual = next(component.target for component in DEFINITION.components if component.key == KPI)
    channels = view.filters.channels
    last = view.filters.period.until
    channel = channels[0] if len(channels) == 1 else ""
    found = target_for(cached_reads.targets(view.scope), kpi=KPI, channel=channel, month=last.replace(day=1), default=usual)
    return usual if found is None else found


def classes(found: Reconciled) -> None:
    """Draw the four classes, which add up to the total; by count as one bar, with the amounts beside."""
    names = class_names()
    counts = [found.count(key) for key in names]
    tenths = fmt.shares_of(counts)
    whole = sum(counts)
    st.markdown(f"### {t('{count} 笔结算，四类相加等于总数', count=fmt.full_count(whole))}")
    if not whole:
        st.caption(t("所选日期没有应对账的结算。"))
        return
    parts = [(name, found.count(key), f"{name}　{fmt.full_count(found.count(key))}") for key, name in names.items()]
    st.plotly_chart(
        reconciliation_charts.class_bar(parts), alt=t("完全一致、部分差异、缺失、待到期各有多少"), config=_NO_BAR, key="recon_classes"
    )
    with st.grid(4, min_column_width=96, gap="small"):
        for (key, name), tenth in zip(names.items(), tenths, strict=True):
            with st.container(gap="xsmall"):
                st.markdown(f":{COLORS[key]}-badge[{SHAPES[key]} {name}]")
                st.markdown(f"**{tenth}**　{t('{count} 笔', count=fmt.full_count(found.count(key)))}")
                st.caption(found.full_money(found.now.classes[key].amount_minor))
    total = sum(found.now.classes[key].amount_minor for key in names)
    st.caption(t("合计 {count} 笔，{money}；待到期未到 T+N，不算差异。", count=fmt.full_count(whole), money=found.full_money(total)))


def way_of_the_money(found: Reconciled) -> None:
    """Draw the way from the orders' gross to the bank, what nobody explains last; the message stands above."""
    said = message(found)
    st.markdown(f"### {said}")
    bars = money_bars(found)
    if not bars:
        st.caption(t("所选日期没有金额。"))
        return
    st.plotly_chart(reconciliation_charts.waterfall(bars), alt=said, config=_NO_BAR, key="recon_waterfall")


def message(found: Reconciled) -> str:
    """Say what became of the money."""
    steps = dict(found.now.steps)
    given = {name: found.money(steps.get(name, 0)) for name in ("gross", "settled", "bank")}
    unexplained = steps.get("unexplained", 0)
    if not unexplained:
        return t("订单 {gross}，结算 {settled}，到银行 {bank}，未解释净额为零", **given)
    return t("订单 {gross}，结算 {settled}，到银行 {bank}，未解释净额 {money}", money=found.money(unexplained), **given)


def money_bars(found: Reconciled) -> list[MoneyBar]:
    """Return the bars in order, steps of nothing left out; ValueError where they do not lead to the sums they should."""
    names = {key: (t(name), t(why)) for key, name, why in STEPS}
    scale, level, bars = 10**found.decimals, 0, list[MoneyBar]()
    for key, minor in found.now.steps:
        name, why = names[key]
        last = key == "unexplained"
        if not minor and key not in (*TOTALS, "unexplained"):
            continue
        base = 0 if key in TOTALS or last else level
        if key in TOTALS and bars and minor != level:
            raise ValueError(f"the steps lead to {level}, not to {key} {minor}")
        level = minor if key in TOTALS else level if last else level + minor
        shown = found.money(minor) if key in TOTALS or minor <= 0 else f"+{found.money(minor)}"
        detail = f"{found.full_money(minor)}　{why}"
        bars.append(MoneyBar(name, base / scale, minor / scale, shown, detail, _role(key, minor)))
    return bars if any(bar.length for bar in bars) else []


def step_rows(found: Reconciled) -> Sequence[tuple[str, int]]:
    """Return the steps by name, as the page draws them, for a report."""
    names = {key: t(name) for key, name, _ in STEPS}
    return [(names[key], minor) for key, minor in found.now.steps]


def _role(key: str, minor: int) -> Role:
    if key in TOTALS:
        return "total"
    if key.startswith("unexplained"):
        return "unexplained"
    if key in ("pending", "in_transit", "retained"):
        return "waits"
    if key in ("explained", "fx", "bank_explained", "unclassified"):
        return "other"
    return "less" if minor < 0 else "more"


def _explained(found: Reconciled, *, by: str) -> list[str]:
    formula = {
        "count": t("完全一致的笔数 ÷（完全一致 + 部分差异 + 缺失）的笔数；待到期不在内"),
        "amount": t("完全一致的金额 ÷（完全一致 + 部分差异 + 缺失）的金额；每笔取应收与结算中较大的绝对值"),
    }[by]
    said = [formula, t("每笔 = 一个订单号 + 一种交易类型。")]
    component = next(each for each in DEFINITION.components if each.key == KPI)
    if KPI in {kpi.key for kpi in DEFINED}:
        name = words.in_language(component.name_zh, component.name_en)
        said.append(t("健康指数的“{name}”另按 T+N 到期之日计，更正并经复核的也算。", name=name) + f" {passport_link(KPI)}")
    return said
