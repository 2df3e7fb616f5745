"""Which entry would put a difference right in the books? Balanced, on accounts that the merchant may change (S22).

Codes are those of the Chinese accounting standards for enterprises (企业会计准则应用指南). What an entry books is a *role*; which account
plays it is a row of ``ledger_accounts``.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

Side = Literal["debit", "credit"]


@dataclass(frozen=True)
class Account:
    """An account as it is shipped; ``role`` is what entries use it for, None where they do not."""

    code: str
    name_zh: str
    name_en: str
    role: str | None = None


@dataclass(frozen=True)
class Role:
    """What an entry books on an account."""

    key: str
    name_zh: str
    name_en: str


ROLES: tuple[Role, ...] = (
    Role("bank", "银行到账", "money at the bank"),
    Role("wallet", "平台账户余额", "balance with the platform"),
    Role("receivable", "应收平台货款", "receivable from the platform"),
    Role("claim", "应收赔付与退回", "claims on platform and carriers"),
    Role("payable", "应付退款", "refunds payable"),
    Role("sales", "销售收入", "sales"),
    Role("commission", "平台佣金与推广", "commissions and promotion"),
    Role("freight", "运费", "freight"),
    Role("bank_fee", "手续费", "payment and bank fees"),
    Role("exchange", "汇兑差额", "exchange differences"),
    Role("compensation", "赔付收入", "compensation received"),
    Role("loss", "赔付支出", "compensation paid"),
    Role("fine", "违约金与罚款", "penalties and fines"),
    Role("suspense", "待查差异", "differences under investigation"),
)

ACCOUNTS: tuple[Account, ...] = (
    Account("1002", "银行存款", "Bank deposits", "bank"),
    Account("1012", "其他货币资金", "Other monetary funds", "wallet"),
    Account("1122", "应收账款", "Accounts receivable", "receivable"),
    Account("1221", "其他应收款", "Other receivables", "claim"),
    Account("1901", "待处理财产损溢", "Property gains and losses to be disposed of", "suspense"),
    Account("2202", "应付账款", "Accounts payable"),
    Account("2221", "应交税费", "Taxes payable"),
    Account("2241", "其他应付款", "Other payables", "payable"),
    Account("6001", "主营业务收入", "Revenue from main operations", "sales"),
    Account("6051", "其他业务收入", "Revenue from other operations"),
    Account("6061", "汇兑损益", "Exchange gains and losses", "exchange"),
    Account("6301", "营业外收入", "Non-operating income", "compensation"),
    Account("6601", "销售费用", "Selling expenses", "commission"),
    Account("660101", "销售费用—运费", "Selling expenses: freight", "freight"),
    Account("6602", "管理费用", "General and administrative expenses"),
    Account("6603", "财务费用", "Financial expenses", "bank_fee"),
    Account("6711", "营业外支出", "Non-operating expenses", "loss"),
    Account("671101", "营业外支出—违约金", "Non-operating expenses: penalties", "fine"),
)

# Label -> (role that the money missing from the statement is charged to, role it is missing from); a surplus goes the other way round.
BOOKED: Mapping[str, tuple[str, str]] = {
    "refund_not_synced": ("sales", "receivable"),
    "discount_not_booked": ("sales", "receivable"),
    "compensation_late": ("compensation", "wallet"),
    "commission_rate": ("commission", "receivable"),
    "freight_subsidy": ("freight", "receivable"),
    # what was given twice is owed back, what was taken twice is claimed
    "booked_twice": ("payable", "wallet"),
    "cut_off": ("receivable", "wallet"),
    "exchange": ("exchange", "receivable"),
    "fee_not_booked": ("bank_fee", "receivable"),
    "": ("suspense", "receivable"),
}


# What a platform takes for a promise that was not kept is no price of its services.
FINES: tuple[str, ...] = ("penalty",)


@dataclass(frozen=True)
class Part:
    """A part of a difference, internal - stated, under its label; of fines alone where ``fine`` says so."""

    label: str
    amount_minor: int
    fine: bool = False


@dataclass(frozen=True)
class JournalLine:
    """A line of an entry; amounts are positive, the side says which way."""

    side: Side
    role: str
    amount_minor: int
    currency: str
    label: str


# (label, what is matched) -> role, where it is not the label's own.
_BY_TYPE: Mapping[tuple[str, str], str] = {("fee_not_booked", "promotion"): "commission", ("fee_not_booked", "commission"): "commission"}


def parts_of(label: str, amount_minor: int, lines: Iterable[Mapping[str, Any]]) -> list[Part]:
    """Return a cause as it is booked; ``lines`` are the statement's, with ``type`` and ``amount``, that say so.

    Fines and penalties for breach (late shipping, fake goods) are 营业外支出 (6711): they arise from no service that was bought, so they
    are neither selling expenses (6601) nor, as bank charges are, financial expenses (6603), which are what raising and moving money costs.

    >>> lines = [{"type": "penalty", "amount": -300}, {"type": "service_fee", "amount": -20}]
    >>> [(part.amount_minor, part.fine) for part in parts_of("fee_not_booked", 320, lines)]
    [(300, True), (20, False)]
    """
    fined = 0 if label != "fee_not_booked" else -sum(line["amount"] for line in lines if line.get("type") in FINES)
    if not fined:
        return [Part(label, amount_minor)]
    rest = amount_minor - fined
    return [Part(label, fined, fine=True), *([Part(label, rest)] if rest else [])]


def entry_for(parts: Iterable[Part], *, currency: str, match_type: str = "") -> tuple[JournalLine, ...]:
    """Return the entry that books the parts of a difference; debits equal credits.

    ``match_type`` is what is matched: a share of sales is no bank fee, and what is short on a payout is missing from the bank's money on
    its way. Nothing is booked where nothing differs.

    >>> [(line.side, line.role, line.amount_minor) for line in entry_for([Part("commission_rate", 120)], currency="CNY")]
    [('debit', 'commission', 120), ('credit', 'receivable', 120)]
    >>> [(line.side, line.role, line.amount_minor) for line in entry_for([Part("booked_twice", -500)], currency="CNY")]
    [('debit', 'wallet', 500), ('credit', 'payable', 500)]
    >>> [(line.side, line.role, line.amount_minor) for line in entry_for([Part("booked_twice", 500)], currency="CNY", match_type="refund")]
    [('debit', 'claim', 500), ('credit', 'wallet', 500)]
    >>> [(line.side, line.role) for line in entry_for([Part("fee_not_booked", 50)], currency="CNY", match_type="promotion")]
    [('debit', 'commission'), ('credit', 'receivable')]
    """
    lines: list[JournalLine] = []
    for part in parts:
        label, amount = part.label, part.amount_minor
        if not amount:
            continue
        charged, missing = BOOKED[label]
        charged = "fine" if part.fine else _BY_TYPE.get((label, match_type), charged)
        if label == "booked_twice" and amount > 0:
            charged = "claim"
        if label == "compensation_late" and amount > 0:
            charged = "loss"
        if match_type == "payout":
            missing = "wallet"
            charged = "bank" if label in ("cut_off", "") and amount < 0 else charged
        debit, credit = (charged, missing) if amount > 0 else (missing, charged)
        lines.append(JournalLine("debit", debit, abs(amount), currency, label))
        lines.append(JournalLine("credit", credit, abs(amount), currency, label))
    return tuple(lines)
