"""Summary rows are told from data, and their figures are read."""

import pytest

from data.connectors.readers.footers import is_footer, row_figures


@pytest.mark.parametrize(
    "cells",
    [
        ["#交易合计：3笔，商家实收共9.93元"],
        ["#-----业务明细列表结束-----", "", ""],
        ["#支出合计", "12笔", "-34.50"],
        ["#"],
        ["总计", "-", "-"],
        ["合计：", "1", "2"],
        ["人民币合计\t", " ", "8.00"],
        ["合计金额", "1", "2"],
        ["`总交易单数", "1", "2"],
        ["资金流水总笔数", "1", "2"],
    ],
)
def test_every_summary_that_platforms_write_is_a_footer(cells: list[str]) -> None:
    assert is_footer(cells, width=3)


@pytest.mark.parametrize(
    "cells",
    [["#1001", "a@b.c", "5"], ["#D1", "", ""], ["#1001"], ["#店铺优惠", "a@b.c", "5"], ["合计重量计算器", "1", "2"], ["", "合计", "2"], []],
)
def test_data_that_looks_a_little_like_a_summary_is_none(cells: list[str]) -> None:
    assert not is_footer(cells, width=3)


@pytest.mark.parametrize(
    ("text", "figures"),
    [
        ("#交易合计：3笔，商家实收共9.93元，商家优惠共0.00元", {"交易合计笔数": "3", "商家实收": "9.93", "商家优惠": "0.00"}),
        ("#收入合计：12笔，1,234.50元", {"收入合计笔数": "12", "收入合计": "1,234.50"}),
        ("#支出合计：2笔，共-34.50元", {"支出合计笔数": "2", "支出合计": "-34.50"}),
        ("#总计：￥8.00", {"总计": "8.00"}),
        ("#导出时间：[2026年06月07日 10:11:12]", {"导出时间": "2026年06月07日 10:11:12"}),
        ("#导出时间：2026-06-07 10:11:12", {"导出时间": "2026-06-07 10:11:12"}),
        ("#-----业务明细列表结束-----", {}),
    ],
)
def test_the_figures_of_a_sentence_are_read_by_its_words(text: str, figures: dict[str, str]) -> None:
    assert row_figures([text], names=["账务流水号"]) == figures


def test_a_sentence_cut_by_commas_is_read_as_one() -> None:
    assert row_figures(["#支出合计：2笔", "共-34.50元"], names=["a", "b", "c"]) == {"支出合计笔数": "2", "支出合计": "-34.50"}
