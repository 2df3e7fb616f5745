"""What does a cell say once the guards, paddings and empty markers of the platforms are gone?"""

import re
import unicodedata
from collections.abc import Sequence

# What stands around a value: tabs of Douyin and Alipay, padding of ICBC, no-break and ideographic spaces, a stray BOM.
PADDING = " \t\r\n\u00a0\u3000\ufeff"
# formats section 1: what the platforms write for "nothing".
EMPTY_MARKERS = frozenset({"", "/", "无", "0001-01-01 00:00:00", "1970-01-01 00:00:00"})
_DASHES = re.compile(r"-+")


def clean_cell(text: str) -> str:
    r"""Take paddings and one text guard (``="…"``, ``'`` or a backtick) off a cell.

    >>> clean_cell('="35153131473293579"'), clean_cell("'\t13900000000"), clean_cell("`4200000925")
    ('35153131473293579', '13900000000', '4200000925')
    """
    text = text.strip(PADDING)
    if text.startswith('="') and text.endswith('"') and len(text) > 2:
        return text[2:-1].strip(PADDING)
    if text.startswith(("'", "`")):
        return text[1:].strip(PADDING)
    return text


def is_nothing(cell: str) -> bool:
    """Say whether a cleaned cell is empty or one of the platforms' markers for empty.

    >>> is_nothing("--"), is_nothing("无"), is_nothing("-5"), is_nothing("无花果")
    (True, True, False, False)
    """
    return cell in EMPTY_MARKERS or (cell.startswith("-") and _DASHES.fullmatch(cell) is not None)


def clean_name(text: str) -> str:
    r"""Clean a header name for comparing: ``（元）`` equals ``(元)``, line breaks and outer spaces do not count.

    >>> clean_name("订单金额（元） "), clean_name("\t订单付款时间")
    ('订单金额(元)', '订单付款时间')
    """
    return unicodedata.normalize("NFKC", re.sub(r"[\t\r\n]", "", clean_cell(text))).strip(PADDING)


def clean_names(cells: Sequence[str]) -> tuple[str, ...]:
    """Clean a header row; a name met again gets the suffix .2, .3, …

    >>> clean_names(["金额 ", "备注", "金额"])
    ('金额', '备注', '金额.2')
    """
    seen: dict[str, int] = {}
    names = []
    for name in map(clean_name, cells):
        seen[name] = seen.get(name, 0) + 1
        names.append(f"{name}.{seen[name]}" if name and seen[name] > 1 else name)
    return tuple(names)
