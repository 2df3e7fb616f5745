"""Why was this row, this cell or this file refused, and what can be done about it?"""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Finding:
    """One bad field of one row. ``value`` is None where the field is personal, so that no reason ever quotes it."""

    row: int
    field: str
    code: str
    value: str | None = None


# code -> (Chinese, English); {value} is the offending cell, cut to 80 characters. Each says what to do.
REASONS: Mapping[str, tuple[str, str]] = {
    "missing": ("必填项为空，请在来源补齐后重新导出", "required but empty; fill it at the source and export again"),
    "not_a_time": ("无法识别的时间{value}，应为 2026-01-31 08:00:00 的形式", "not a time{value}; expected the form 2026-01-31 08:00:00"),
    "time_in_future": ("时间晚于当前{value}，请核对时区或年份", "a time in the future{value}; check the zone or the year"),
    "not_an_amount": ("无法识别的金额{value}，应为数字", "not an amount{value}; expected a number"),
    "too_many_decimals": (
        "金额小数位过多{value}，不舍入以免丢分",
        "more decimals than the currency has{value}; refused rather than rounded",
    ),
    "amount_too_large": ("金额超出上限{value}，请核对单位（元/分）", "amount beyond the limit{value}; check the unit (yuan or fen)"),
    "negative": ("不应为负数{value}", "must not be negative{value}"),
    "not_a_count": ("无法识别的数量{value}，应为整数", "not a whole number{value}"),
    "quantity_too_large": (
        "数量超出上限（1000 万件）{value}，请核对单位（件/箱）或列是否错位",
        "more pieces than the limit of 10 million{value}; check the unit (pieces or cases) or whether columns are shifted",
    ),
    "not_in_pieces": (
        "数量不是按件计{value}，请以基本单位（件）导出后重新导入",
        "not counted in pieces{value}; export it in the base unit and bring it again",
    ),
    "unknown_move_type": (
        "清单中没有的出入库类型{value}，请在 manifest 的 stock.moves.types 中补充后重放",
        "type of movement not in the manifest{value}; add it under stock.moves.types and replay",
    ),
    "damaged_id": (
        "编号已被 Excel 损坏{value}，请将该列设为文本后重新导出",
        "id damaged by a spreadsheet{value}; export again with the column as text",
    ),
    "bad_id": ("编号含有不可用字符或过长{value}", "id is too long or has characters that no id has{value}"),
    "unknown_status": (
        "清单中没有的状态{value}，请在 manifest 的 status 中补充后重放",
        "status not in the manifest{value}; add it under status and replay",
    ),
    "unknown_direction": (
        "无法识别的收支方向{value}，请在 manifest 的 amount.direction 中补充后重放",
        "says neither in nor out{value}; add the word under amount.direction in the manifest and replay",
    ),
    "does_not_add_up": (
        "各项合计与总额不符{value}，请核对来源",
        "its parts do not add up to the amount stated{value}; check it at the source",
    ),
    "unknown_shop": (
        "找不到店铺{value}，请在店铺主数据中补充别名后重放",
        "no such shop{value}; add the alias to the shop master and replay",
    ),
    "too_many_cells": ("本行单元格多于表头，可能有未加引号的逗号", "more cells than the header; probably an unquoted comma"),
    "too_few_cells": ("本行单元格少于表头，文件可能被截断", "fewer cells than the header; the file may be cut off"),
    "unclosed_quote": ("引号未闭合，文件可能被截断，请重新导出", "a quote is never closed; the file may be cut off, export it again"),
    "undecodable": ("含有无法解码的字节，请以 UTF-8 或 GB18030 重新导出", "bytes that cannot be decoded; export again as UTF-8 or GB18030"),
    "cell_too_large": ("单元格过大（上限 1 MB），整行未收", "a cell over the limit of 1 MB; the row was left out"),
    "control_character": ("含有空字符，无法入库", "holds a NUL character, which cannot be stored"),
    "not_a_record": ("不是一条记录（应为 JSON 对象）", "not a record (expected a JSON object)"),
    "not_json": ("不是合法的 JSON，请在来源重新导出", "not valid JSON; export it again at the source"),
    "cut_off": ("文件在此处中断，其后的记录缺失，请重新导出", "the file breaks off here and later records are lost; export it again"),
    "not_a_currency": ("无法识别的币种{value}，应为三位代码", "not a currency code{value}; expected three letters"),
    "not_a_zone": ("无法识别的时区{value}，应为 Asia/Shanghai 的形式", "not a time zone{value}; expected the form Asia/Shanghai"),
    "outside_statement": ("此行在对账单结束之后，不属于任何对账单", "a line after the statement's end, which belongs to no statement"),
    "duplicate_row": ("同一文件内编号重复且内容不同{value}", "the same key twice in one file with other content{value}"),
}


def reason_text(code: str, value: str | None = None, *, language: str = "zh") -> str:
    """Say a finding's reason in Chinese or English.

    >>> reason_text("not_a_time", "昨天", language="en")
    'not a time: “昨天”; expected the form 2026-01-31 08:00:00'
    """
    chinese, english = REASONS[code]
    if language == "en":
        return english.replace("{value}", f": “{value}”" if value else "")
    return chinese.replace("{value}", f"：“{value}”" if value else "")
