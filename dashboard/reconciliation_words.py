"""What do we call what a reconciliation finds: classes, kinds, labels, what people did, and the evidence of a label?"""

from collections.abc import Mapping, Sequence
from typing import Any

from dashboard import fmt, words
from dashboard.i18n import msg, t
from dashboard.tables import Figures, unbroken
from data.api import decimals_of
from data.reads import DifferenceRow
from models.reconciliation.classes import CLASSES as _CLASSES
from models.reconciliation.classes import CLEARED, ENTRY_TYPES, KINDS, MATCH_TYPES, RESOLVE_REASONS, SIDES, STATES, Named, by_key
from models.reconciliation.labels import EVIDENCE, LABELS
from models.reconciliation.types import TYPES_BY_KEY

DEEDS: dict[str, str] = {
    "opened": msg("对账发现差异，建了工单"),
    "changed": msg("新账单改变了金额"),
    "cleared": msg("对账后两边一致，自动关闭"),
    "reopened": msg("重新打开了差异"),
    "confirmed_label": msg("确认了标签"),
    "changed_label": msg("把标签改为：{label}"),
    "assigned": msg("指派给 {owner}"),
    "noted": msg("备注"),
    "resolved": msg("处理完毕：{reason}"),
}


def of(names: tuple[Named, ...], key: str) -> str:
    """Return what people call a key; one without a name by itself, none as nothing."""
    found = by_key(names).get(key)
    return key if found is None else words.in_language(found.name_zh, _upper(found.name_en))


def label(key: str) -> str:
    """Name a label; a difference without one is 未识别."""
    found = next((each for each in LABELS if each.key == key), None)
    if found is None:
        return key or t("未识别")
    return words.in_language(found.name_zh, _upper(found.name_en))


def label_of(row: DifferenceRow) -> str:
    """Name the label of a difference and say that it is ambiguous, or whose it is."""
    said = label(row.label)
    return t("{label}（有歧义）", label=said) if row.ambiguous else said


def number(order_no: str) -> str:
    """Say what a match is of: an order by its number, or a payout, a line without an order, a line of the bank.

    >>> number("2026-1"), number("payout:W2"), number("flow:77")
    ('2026-1', '打款 W2', '流水 77')
    """
    kind, _, rest = order_no.partition(":")
    names = {"payout": t("打款"), "flow": t("流水"), "bank": t("银行")}
    return f"{names[kind]} {rest}" if rest and kind in names else order_no


def verdict(row: DifferenceRow) -> str:
    """Say what is wrong: where it is missing, or what differs."""
    if row.class_ == "missing":
        return t("{side}缺失", side=of(SIDES, row.side))
    return of(KINDS, row.kind) if row.kind else of(_CLASSES, row.class_)


def money_type(key: str) -> str:
    """Name what money is of: of a match, of our entries or of a statement."""
    if key in TYPES_BY_KEY:
        found = TYPES_BY_KEY[key]
        return words.in_language(found.name_zh, _upper(found.name_en))
    return of(MATCH_TYPES, key)


def entry_type(key: str) -> str:
    """Name what money of a statement or of an order is of."""
    return money_type(key) if key in TYPES_BY_KEY else of(ENTRY_TYPES, key)


def state(row: DifferenceRow) -> str:
    """Say whether a difference is open, else why it is done with."""
    return reason(row.reason) if row.state == "resolved" else of(STATES, row.state)


def state_name(key: str) -> str:
    """Name a state, or all of them."""
    return t("全部") if key == "all" else of(STATES, key)


def class_name(key: str) -> str:
    """Name what a match comes to."""
    return of(_CLASSES, key)


def reason(key: str | None) -> str:
    """Say why a difference is done with."""
    return t("两边已一致") if key == CLEARED else of(RESOLVE_REASONS, key or "")


def money(minor: int | None, currency: str) -> str:
    """Say an amount in full, in its own money, not to be broken."""
    return unbroken(plain_money(minor, currency))


def plain_money(minor: int | None, currency: str) -> str:
    """Say an amount in full, in its own money."""
    return fmt.full_money(minor, currency=currency, decimals=decimals_of(currency))


def money_column(head: str, values: Sequence[tuple[int | None, str]]) -> Figures:
    """Return a column of amounts, each in its own currency; it stands to the right."""
    texts = [money(minor, currency) for minor, currency in values]
    # a column of figures says each by its value, which does not know its currency: so it is given the place
    return Figures(head, list(range(len(texts))), lambda place: fmt.MISSING if place is None else texts[int(place)])


def evidence(code: str, values: Mapping[str, Any], *, currency: str) -> str:
    """Say one piece of evidence in words, its figures as figures are said; money is of ``currency`` unless it names another."""
    if code not in EVIDENCE:
        return code
    chinese, english = EVIDENCE[code]
    return words.in_language(chinese, english).format_map(_Said(values, code=code, currency=currency))


def _upper(name: str) -> str:
    """Begin a name that stands alone with a capital.

    >>> _upper("refund not synced"), _upper("")
    ('Refund not synced', '')
    """
    return name[:1].upper() + name[1:]


class _Said(dict[str, str]):
    """The values of an evidence as they read; one that is not there is missing."""

    def __init__(self, values: Mapping[str, Any], *, code: str, currency: str) -> None:
        other = str(values.get("other_currency") or currency)
        super().__init__(
            {key: _value(key, value, code=code, currency=other if key.startswith("other_") else currency) for key, value in values.items()}
        )

    def __missing__(self, key: str) -> str:
        return fmt.MISSING


_MONEY = frozenset({"amount", "fee", "stated", "expected", "base", "left", "arrived"})


def _value(key: str, value: Any, *, code: str, currency: str) -> str:
    if value is None:
        return fmt.MISSING
    if key in _MONEY or key == "other_amount":
        # in the evidence of a rate of exchange the currency stands beside the amount
        said = plain_money(int(value), currency)
        return said.removeprefix(f"{currency} ") if code == "exchange" else said
    if key in ("rate", "agreed"):
        return f"{value:.6g}" if code == "exchange" else fmt.exact_share(float(value))
    if key == "type":
        return entry_type(str(value))
    return fmt.full_count(value) if isinstance(value, int) else str(value)


def deed(action: str, detail: Mapping[str, Any], *, names: Mapping[str, str]) -> str:
    """Say what was done; what we have no words for, by its code."""
    if action not in DEEDS:
        return action
    owner = str(detail.get("owner") or "")
    if action == "assigned" and not owner:
        return t("取消了负责人")
    return t(DEEDS[action], label=label(str(detail.get("label") or "")), owner=names.get(owner, owner), reason=reason(detail.get("reason")))
