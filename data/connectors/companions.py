"""Which files come beside a statement and tell nothing that it does not tell itself?

They are recognised and kept, so that an export can be brought as it was downloaded; nothing of them is stored.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Companion:
    """A kind of file told by its name and its first lines; ``of`` is the manifest of the statement it sums up."""

    key: str
    of: str
    name: str
    begins: str
    zh: str
    en: str


# Alipay puts 业务明细(汇总) beside 业务明细 into one zip. What it sums up stands below the rows of the detail too, and is held against
# them there.
COMPANIONS: tuple[Companion, ...] = (
    Companion(
        key="alipay_summary",
        of="alipay",
        name=r"(?:业务|账务)明细\s*[(（]\s*汇总\s*[)）]",
        begins=r"\s*#支付宝",
        zh="汇总表：明细末尾的合计已逐行核对，本文件不再入账",
        en="a summary: the totals below the detail are held against its rows, nothing of this file is stored",
    ),
)
_FIRST_LINES = 3


def companion_of(name: str, rows: Sequence[Sequence[str]]) -> Companion | None:
    """Return what a file that fits no table is beside a statement, None where it is nothing we know.

    >>> found = companion_of("a.zip!2088_20261101_业务明细(汇总).csv", [["#支付宝业务汇总查询"], ["#账号：[2088]"]])
    >>> found is not None and found.key, companion_of("a.zip!2088_20261101_业务明细(汇总).csv", [["门店编号", "门店名称"]])
    ('alipay_summary', None)
    """
    first = "\n".join(",".join(cells) for cells in rows[:_FIRST_LINES])
    return next((each for each in COMPANIONS if re.search(each.name, name) and re.match(each.begins, first)), None)
