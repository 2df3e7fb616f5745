"""Is this row a summary below the data, and what figures does it state?"""

import re
from collections.abc import Mapping, Sequence

from data.connectors.readers.cells import PADDING, clean_cell, clean_name, is_nothing

# First cells of WeChat's bill summary: a header of its own, the figures stand in the next row.
SUMMARY_HEADERS = frozenset({"总交易单数", "资金流水总笔数"})
_SUMMARY = re.compile(r"(?:总计|合计金额|.{0,4}合计)[:：]?")
_COMMENT = re.compile(r"#(?![0-9A-Za-z])")
# A whole row may begin with a product called #设计师款: only the word of a sum makes it a summary.
_TOTAL = re.compile(r"#.{0,6}[合总小]计(?:[:：].*)?$")
_CLAUSES = re.compile(r"[，；;。、]|,(?!\d{3})")
_FIGURE = re.compile(r"(.*?)[:：共为\s]*[￥¥]?([-+]?\d[\d,]*(?:\.\d+)?)\s*(笔|元|条)?")
_STATEMENT = re.compile(r"#\s*([^:：,\s]+)[:：,]\s*\[?([^\]]+?)\]?\s*")
# Every raw first cell of a footer matches this (so do some others): one quick look for a whole column.
MAYBE_FOOTER = f"^[{PADDING}'`=\"]*#(?:[^0-9A-Za-z]|$)|合计|总计|总交易单数|资金流水总笔数"


def is_footer(cells: Sequence[str], *, width: int) -> bool:
    """Say whether a row is a summary; ``#1001`` is a Shopify order, ``#设计师款`` a product, ``#交易合计`` neither.

    >>> is_footer(["#交易合计：3笔"], width=25), is_footer(["#1001", "a@b.c"], width=2), is_footer(["总计", "-"], width=2)
    (True, False, True)
    >>> is_footer(["#设计师款", "260903-1"], width=2)
    False
    """
    first = clean_cell(cells[0]) if cells else ""
    if _COMMENT.match(first):
        filled = sum(1 for cell in cells if clean_cell(cell))
        return filled == 1 or len(cells) != width or _TOTAL.match(first) is not None
    return first in SUMMARY_HEADERS or _SUMMARY.fullmatch(first) is not None


def opens_summary(cells: Sequence[str]) -> bool:
    """Say whether the next row holds this row's figures."""
    return clean_cell(cells[0]) in SUMMARY_HEADERS


def row_figures(cells: Sequence[str], *, names: Sequence[str]) -> Mapping[str, str]:
    """Give the figures a footer row states: by header name, or by the words of a sentence.

    >>> row_figures(["#交易合计：3笔，商家实收共9.93元"], names=["支付宝交易号"])
    {'交易合计笔数': '3', '商家实收': '9.93'}
    >>> row_figures(["总计", "-", "12.50"], names=["日期", "商品ID", "成交花费(元)"])
    {'成交花费(元)': '12.50'}
    """
    cleaned = [clean_cell(cell) for cell in cells]
    if cleaned[0].startswith("#"):
        return _sentence_figures("，".join(cell for cell in cleaned if cell))
    return {name: cell for name, cell in zip(names[1:], cleaned[1:], strict=False) if name and not is_nothing(cell)}


def summary_figures(header: Sequence[str], cells: Sequence[str]) -> Mapping[str, str]:
    """Pair a summary's own header with its figures.

    >>> summary_figures(["总交易单数", "手续费总金额"], ["`3", "`0.00000"])
    {'总交易单数': '3', '手续费总金额': '0.00000'}
    """
    return {clean_name(name): clean_cell(cell) for name, cell in zip(header, cells, strict=False)}


def _sentence_figures(text: str) -> Mapping[str, str]:
    statement = _STATEMENT.fullmatch(text)
    if statement and "时间" in statement[1]:
        return {statement[1]: statement[2]}
    figures: dict[str, str] = {}
    label = ""
    for clause in _CLAUSES.split(text.lstrip("#")):
        if found := _FIGURE.fullmatch(clause.strip()):
            label = found[1].strip() or label
            figures.setdefault(f"{label}笔数" if found[3] in ("笔", "条") else label, found[2])
    return figures
