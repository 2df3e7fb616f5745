"""A web page that calls itself .xls is read as the table it holds."""

import io
from typing import BinaryIO, cast

import pytest

from data.connectors.readers import Entry, UnreadableFile, preview, read

PAGE = """<html><head><meta charset="gb2312"><style>td { color: red }</style></head><body>
<table border=1><tr><th>订单编号</th><th>金额<br>（元）</th><th>备注</th></tr>
<tr><td style='x'>35153131473293579001</td><td>&yen;1,234.50</td><td>a &amp; b</td></tr>
<tr><td colspan="2">合计</td><td>9
<tr><td>2</td><td>--</td><td>&nbsp;</td></tr></table></body></html>
"""


def entry_of(content: bytes) -> Entry:
    return Entry("a.xls", len(content), "", lambda: cast(BinaryIO, io.BytesIO(content)))


@pytest.mark.parametrize("encoding", ["gb18030", "utf-8-sig"])
def test_a_page_is_read_as_rows_in_its_encoding(encoding: str) -> None:
    entry = entry_of(PAGE.encode(encoding))
    seen = preview(entry)

    reading = read(entry, seen, header_row=1)
    (chunk,) = reading

    assert seen.rows[0] == ["订单编号", "金额（元）", "备注"]
    assert chunk.frame is not None
    assert chunk.row_number.tolist() == [2, 4]
    assert [*chunk.frame] == ["订单编号", "金额(元)", "备注"]
    assert chunk.frame["订单编号"].tolist() == ["35153131473293579001", "2"]
    assert chunk.frame["金额(元)"].isna().tolist() == [False, True]
    assert reading.footers[0].row == 3


def test_a_page_without_a_table_is_refused_whole() -> None:
    with pytest.raises(UnreadableFile) as problem:
        preview(entry_of("<!DOCTYPE html><html><body>请登录</body></html>".encode()))

    assert problem.value.code == "html_table"


def test_an_xml_statement_is_no_page() -> None:
    with pytest.raises(UnreadableFile) as problem:
        preview(entry_of(b'<?xml version="1.0"?><Document><Ntry/></Document>'))

    assert problem.value.code == "not_a_table"
