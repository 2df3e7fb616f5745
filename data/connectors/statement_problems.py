"""Why is a statement refused whole, though its rows could be read?"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

# code -> (Chinese, English); {said} is what the file says of it. Each says what to do.
_REASONS: Mapping[str, tuple[str, str]] = {
    "control_sum": (
        "控制合计不符，整份拒收（文件可能被截断，请重新导出）：{said}",
        "the control sum differs, the file was refused whole (it may be cut off, export it again): {said}",
    ),
    "footer_missing": (
        "文件末尾没有汇总行，可能被截断，请重新导出",
        "the summary that ends such a file is missing; it may be cut off, export it again",
    ),
    "no_shop": (
        "不知道这份账单属于哪家店铺{said}，请指定店铺，或在店铺主数据中把账号登记为别名",
        "whose shop's statement this is is not known{said}; name the shop, or add the account to its aliases in the shop master",
    ),
    "no_rate": (
        "没有该币种的汇率：{said}，请先导入汇率表",
        "there is no rate for this currency: {said}; bring the exchange rates first",
    ),
    "no_as_of": (
        "库存文件没有写明截至时间，无法判断新旧：请加一列更新时间，或在文件名中写明（如 stock_20261122235000）",
        "the stock list does not say as of when, so nobody can tell whether it is newer: add a column with its time, or name it"
        " in the file's name (stock_20261122235000)",
    ),
    "other_unit": (
        "数量与账面普遍相差约 {said} 倍，可能一方按件、一方按箱计数，整份拒收：请以基本单位（件）导出后重新导入",
        "nearly every quantity differs from the book by a factor of about {said}: one of them probably counts cases, the other pieces;"
        " refused whole, export it in the base unit (pieces) and bring it again",
    ),
    "no_account": (
        "银行流水没有写明账号，请从银行重新导出完整文件",
        "the bank's file does not say which account it is of; export the whole file again",
    ),
}


class StatementRefused(Exception):
    """Nothing of a statement is taken; ``text`` says why and what to do."""

    def __init__(self, code: str, *, said_zh: str = "", said_en: str = "") -> None:
        super().__init__(code)
        self.code = code
        self._said = {"zh": said_zh, "en": said_en or said_zh}

    def text(self, *, language: str = "zh") -> str:
        """Say the reason in Chinese or English."""
        chinese, english = _REASONS[self.code]
        return (chinese if language == "zh" else english).replace("{said}", self._said[language])


def unconverted_note(codes: Sequence[str]) -> dict[str, str]:
    """Say in both languages that money of a bank is taken, but cannot be added to the other."""
    named = "、".join(codes)
    return {
        "zh": f"没有该币种的汇率：{named}；已入库，导入汇率表之前不计入折算合计",
        "en": f"there is no rate for {', '.join(codes)}: taken in, but in no converted total until the exchange rates come",
    }


@dataclass(frozen=True)
class ControlSum:
    """One total: as the file states it and as its rows give it, both as plain figures."""

    name: str
    stated: str
    computed: str
    holds: bool


def told(sums: Sequence[ControlSum], *, side: Literal["stated", "computed"]) -> str | None:
    """Write one side of a file's totals: the figure alone where there is one, several by their names.

    >>> told([ControlSum("收入合计", "5.00", "5.00", True), ControlSum("支出合计", "-1.00", "1.00", True)], side="stated")
    '收入合计 5.00; 支出合计 -1.00'
    """
    figures = [(each.name, each.stated if side == "stated" else each.computed) for each in sums]
    if len(figures) == 1:
        return figures[0][1]
    return "; ".join(f"{name} {figure}" for name, figure in figures) or None


def control_sum_differs(sums: Sequence[ControlSum]) -> StatementRefused:
    """Refuse a file for totals that its rows do not have, naming both figures of each."""
    wrong = [each for each in sums if not each.holds]
    chinese = "；".join(f"{each.name}：文件写明 {each.stated}，逐行合计 {each.computed}" for each in wrong)
    english = "; ".join(f"{each.name}: the file states {each.stated}, its rows come to {each.computed}" for each in wrong)
    return StatementRefused("control_sum", said_zh=chinese, said_en=english)


def no_shop(names: Sequence[str]) -> StatementRefused:
    """Refuse a file that may be of several shops, or of none we know; ``names`` are the shop or the accounts that were said."""
    named = "、".join(name for name in names if name)
    return StatementRefused("no_shop", said_zh=f"（{named}）" if named else "", said_en=f" ({named})" if named else "")


def no_rate(since: Mapping[str, date]) -> StatementRefused:
    """Refuse a file whose amounts cannot be added to the others; ``since`` says of each currency from which day on it needs a rate."""
    chinese = "、".join(f"{code}（{day} 及之前没有汇率）" for code, day in sorted(since.items()))
    english = ", ".join(f"{code} (no rate on or before {day})" for code, day in sorted(since.items()))
    return StatementRefused("no_rate", said_zh=chinese, said_en=english)
