"""What do orders, statement and bank each say of one difference, what explains it, and how would one book it?"""

from datetime import datetime

import streamlit as st

from dashboard import fmt, states, tables, words
from dashboard import reconciliation_words as said
from dashboard.i18n import t
from dashboard.options import DIFFERENCE
from dashboard.order_links import order_link
from dashboard.reconciliation_deeds import Chosen, bar, name_of
from dashboard.reconciliation_queue import age_days
from dashboard.tables import Words, listing, plain, unbroken, wide
from dashboard.view import View
from data import reads
from data.api import engine
from data.reads import BankLine, DifferenceDetail, DifferenceRow, JournalRow, SettlementLine
from models.reconciliation.classes import ENTRY_TYPES

# A key that stands for something that is no order.
_NO_ORDER = ("flow:", "payout:", "bank:")
LISTED = 30


def panel(view: View) -> None:
    """Draw the difference that the address asks for; nothing where it asks for none."""
    wanted = st.query_params.get(DIFFERENCE, "")
    if not wanted:
        return
    # as it is this moment: what a person just did must show
    detail = reads.recon_difference(engine(), scope=view.scope, difference_id=int(wanted)) if wanted.isdecimal() else None
    with st.container(border=True, key="recon_detail"):
        if detail is None:
            states.empty(t("没有这笔差异"), body=t("链接可能有误，或它不在您的范围内。"), icon=":material/search_off:")
            _close_button()
            return
        _head(detail, view=view)
        bar(Chosen((detail.row,), tuple(detail.colleagues), dict(detail.names)), view=view, key="one")
        _sides(detail, view=view)
        left, right = st.columns(2, gap="large")
        with left:
            _explanation(detail)
            _journal(detail)
        with right:
            _history(detail, view=view)


def headline(row: DifferenceRow) -> str:
    """Say which difference, by how much, and what explains it."""
    return t(
        "{number} · {type} · 差额 {money} · {label}",
        number=plain(said.number(row.order_no)),
        type=said.money_type(row.type),
        money=said.money(row.difference_minor, row.currency),
        label=said.label_of(row),
    )


def _head(detail: DifferenceDetail, *, view: View) -> None:
    row = detail.row
    left, right = st.columns([6, 1], vertical_alignment="center")
    with left:
        st.markdown(f"### {headline(row)}")
    with right:
        _close_button()
    owner = t("{name} 负责", name=name_of(row.owner, detail.names, detail.colleagues)) if row.owner else t("无人负责")
    facts = [said.verdict(row), words.channel(row.channel), said.state(row), owner, t("账龄 {days} 天", days=age_days(row, view=view))]
    if row.state == "open" and row.work_order_due_at is not None:
        late = row.work_order_due_at < view.as_of
        due = t("工单 {when} 到期", when=fmt.moment(row.work_order_due_at, zone=view.zone, as_of=view.as_of))
        facts.append(f":red[■ {due}]" if late else due)
    if row.label_by:
        facts.append(t("标签由 {name} 确认", name=name_of(row.label_by, detail.names, detail.colleagues)))
    st.caption(" · ".join(facts))
    if not row.order_no.startswith(_NO_ORDER):
        st.markdown(f":small[[{t('看订单')}]({order_link(row.shop_id, row.order_no)})]")


def _close_button() -> None:
    st.button(t("关闭"), icon=":material/close:", on_click=_close, key="recon_close")


def _close() -> None:
    if DIFFERENCE in st.query_params:
        del st.query_params[DIFFERENCE]


def _sides(detail: DifferenceDetail, *, view: View) -> None:
    """Draw the three sides beside each other; what differs from the side before is marked."""
    row = detail.row
    with st.container(horizontal=False):
        ours, theirs, bank = st.columns(3, border=True)
    is_payout = row.type == "payout"
    with ours:
        _side(t("订单"), row.internal_minor, len(detail.entries), row, differs=False, missing=row.side == "internal")
        _entries(detail, view=view)
    with theirs:
        differs = not is_payout and row.side == "" and row.internal_minor != row.stated_minor
        _side(t("结算"), row.stated_minor, len(detail.lines), row, differs=differs, missing=row.side == "statement")
        _lines(detail, view=view)
    with bank:
        differs = is_payout and row.side == "" and row.stated_minor != row.bank_minor
        _side(t("银行"), row.bank_minor, len(detail.bank), row, differs=differs, missing=row.side == "bank")
        _bank(detail, view=view)


def _side(name: str, minor: int, count: int, row: DifferenceRow, *, differs: bool, missing: bool) -> None:
    st.markdown(f"#### {name}")
    if missing:
        st.markdown(f":red-badge[■ {t('这一边缺失')}]")
    elif not count:
        st.caption(t("这笔交易没有这一边"))
    else:
        amount = said.money(minor, row.currency)
        marks = f" :red-badge[≠ {t('差 {money}', money=said.money(row.difference_minor, row.currency))}]" if differs else ""
        st.markdown(f"**{amount}**{marks}　:small[:gray[{t('{count} 行', count=fmt.full_count(count))}]]")


def _entries(detail: DifferenceDetail, *, view: View) -> None:
    if not detail.entries:
        return
    rows = detail.entries
    names = {each.key: words.in_language(each.name_zh, each.name_en) for each in ENTRY_TYPES}
    listing(
        [
            Words(t("项目"), [unbroken(names.get(each.type, each.type)) for each in rows]),
            said.money_column(t("金额"), [(each.amount_minor, each.currency) for each in rows]),
            Words(t("时间"), [_at(each.occurred_at, view=view) for each in rows]),
            Words(t("到期"), [_at(each.due_at, view=view) for each in rows]),
        ],
        alt=t("订单一边"),
    )


def _lines(detail: DifferenceDetail, *, view: View) -> None:
    if not detail.lines:
        return
    rows = detail.lines
    listing(
        [
            Words(t("项目"), [plain(_line_name(each)) for each in rows]),
            Words(t("金额"), [_amount(each, detail.row) for each in rows]),
            Words(t("时间"), [_at(each.settled_at or each.occurred_at, view=view) for each in rows]),
            *([Words(t("流水号"), [plain(each.flow_no or fmt.MISSING) for each in rows])] if any(each.flow_no for each in rows) else []),
            Words(t("来源"), [_source(each) for each in rows]),
        ],
        alt=t("结算一边"),
    )


def _bank(detail: DifferenceDetail, *, view: View) -> None:
    if not detail.bank:
        return
    rows = detail.bank
    listing(
        [
            Words(t("入账日"), [unbroken(each.booked_on.isoformat()) for each in rows]),
            Words(t("金额"), [_amount(each, detail.row) for each in rows]),
            Words(t("对方"), [plain(each.counterparty or fmt.MISSING) for each in rows]),
            Words(t("附言"), [plain(each.reference or each.remark or fmt.MISSING) for each in rows]),
            Words(t("来源"), [_source(each) for each in rows]),
        ],
        alt=t("银行一边"),
    )


def _line_name(each: SettlementLine) -> str:
    """Name a line by its type, and by the source's own word where that is another."""
    name = said.money_type(each.type)
    return name if each.type_text in ("", name, each.type) else f"{name} · {each.type_text}"


def _source(each: SettlementLine | BankLine) -> str:
    return wide(plain(t("{file} 第 {row} 行", file=each.file_name, row=each.row_number)))


def _amount(each: SettlementLine | BankLine, row: DifferenceRow) -> str:
    """Say an amount, marked where its currency is another than the difference's."""
    text = said.money(each.amount_minor, each.currency)
    return f":red-badge[≠ {text}]" if each.currency != row.currency else text


def _at(moment: datetime | None, *, view: View) -> str:
    return unbroken(fmt.moment(moment, zone=view.zone, as_of=view.as_of))


def _explanation(detail: DifferenceDetail) -> None:
    """Say the label with its evidence, part by part, then what explains the difference as well."""
    st.markdown(f"#### {t('为什么')}")
    chosen = [each for each in detail.explanations if each.alternative == 0]
    if not chosen:
        st.caption(t("没有规则能解释这笔差额：未识别。请人工查明后改标签。"))
    for each in chosen:
        st.markdown(f"**{said.label(each.label)}**　{said.money(each.amount_minor, detail.row.currency)}")
        for code, values in each.evidence:
            st.markdown(f"- {plain(said.evidence(code, values, currency=detail.row.currency))}")
    others = sorted({each.label for each in detail.explanations if each.alternative})
    if others:
        names = t("、").join(said.label(label) for label in others)
        st.caption(f":orange[▲] {t('有歧义：{names} 也能解释，请人工选择。', names=names)}")


def _journal(detail: DifferenceDetail) -> None:
    """Draw the suggested entry; debits and credits are the same sum."""
    st.markdown(f"#### {t('建议分录')}")
    if not detail.journal:
        st.caption(t("这笔差异不需要分录。"))
        return
    rows = detail.journal
    currency = detail.row.currency
    debit, credit = (sum(each.amount_minor for each in rows if each.side == side) for side in ("debit", "credit"))
    listing(
        [
            Words(t("科目"), [*(account(each) for each in rows), t("合计")]),
            said.money_column(t("借"), [*((_of_side(each, "debit"), currency) for each in rows), (debit, currency)]),
            said.money_column(t("贷"), [*((_of_side(each, "credit"), currency) for each in rows), (credit, currency)]),
            Words(t("摘要"), [*(said.label(each.label) for each in rows), t("借贷平衡") if debit == credit else t("借贷不平")]),
        ],
        alt=t("建议分录"),
        total=True,
    )
    st.caption(t("科目可在“会计科目”里改；入账仍在您的账务系统。"))


def account(row: JournalRow) -> str:
    """Name an account by code and name."""
    return plain(f"{row.account_code} {words.in_language(row.account_zh, row.account_en)}")


def _of_side(row: JournalRow, side: str) -> int | None:
    return row.amount_minor if row.side == side else None


def _history(detail: DifferenceDetail, *, view: View) -> None:
    st.markdown(f"#### {t('经过')}")
    if not detail.history:
        tables.none_yet(t("还没有记录"))
    for each in detail.history[:LISTED]:
        who = t("对账") if each.person_id is None else name_of(each.person_id, detail.names, detail.colleagues)
        at = fmt.moment(each.at, zone=view.zone, as_of=view.as_of)
        st.markdown(f"**{who}**　:small[:gray[{at}　{plain(said.deed(each.action, each.detail, names=detail.names))}]]")
        text = each.detail.get("words")
        if text:
            st.text(str(text))
    if len(detail.history) > LISTED:
        st.caption(t("只列最近 {count} 条。", count=LISTED))
