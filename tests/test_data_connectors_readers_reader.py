"""What a platform wrote comes back, cell by cell and with the row number a spreadsheet shows."""

import csv
import hashlib
import io
import tracemalloc
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import BinaryIO, Literal, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.connectors.batch import CHUNK_ROWS, Chunk
from data.connectors.readers import (
    Entry,
    Reading,
    UnreadableFile,
    clean_cell,
    is_nothing,
    open_entries,
    preview,
    read,
    read_records,
    reader,
    records,
)
from data.connectors.readers.columns import block_columns
from data.connectors.readers.footers import is_footer

HEADER = ["订单编号", "买家留言", "金额（元） "]
# A lone carriage return is left out: Python's csv writer does not quote it, so no reader can know it from a line end.
TEXT = st.text(st.characters(codec="utf-8", exclude_categories=["Cs", "Cn"], exclude_characters="\0\r\ufeff"), max_size=12)
CELL = TEXT | st.sampled_from(["", "--", "无", "'", "`1", '="12"', '=""', "#1001", 'a"b', ",", "\n", "\r\n", "\t9", " ", "\u3000"])
FIRST = CELL.filter(lambda cell: not is_footer([cell], width=3))
ROWS = st.lists(st.tuples(FIRST, CELL, CELL), max_size=30)


def entry_of(data: bytes | str, *, name: str = "a.csv") -> Entry:
    """A file that was never on a disk."""
    content = data.encode() if isinstance(data, str) else data
    return Entry(name, len(content), hashlib.sha256(content).hexdigest(), lambda: cast(BinaryIO, io.BytesIO(content)))


def reading_of(data: bytes | str, *, header_row: int = 1, split: str | None = None, columns: Sequence[str] | None = None) -> Reading:
    entry = entry_of(data)
    return read(entry, preview(entry), header_row=header_row, split=split, columns=columns)


def table_of(chunks: Iterator[Chunk]) -> dict[int, list[str | None]]:
    """The rows that were taken, by number, missing as None."""
    rows: dict[int, list[str | None]] = {}
    for chunk in chunks:
        assert chunk.frame is not None
        cells = [[None if cell != cell else str(cell) for cell in chunk.frame[name]] for name in chunk.frame]
        rows |= {int(number): list(row) for number, row in zip(chunk.row_number, zip(*cells, strict=True), strict=True)}
    return rows


def refused_of(chunks: Iterator[Chunk]) -> list[tuple[int, str]]:
    return [(finding.row, finding.code) for chunk in chunks for finding in chunk.refused]


def said(cell: str) -> str | None:
    bare = clean_cell(cell)
    return None if is_nothing(bare) else bare


def written(rows: Sequence[Sequence[str]], *, delimiter: str = ",", quoting: Literal[0, 1] = csv.QUOTE_MINIMAL, end: str = "\r\n") -> str:
    text = io.StringIO()
    csv.writer(text, delimiter=delimiter, quoting=quoting, lineterminator=end).writerows(rows)
    return text.getvalue()


@pytest.mark.parametrize("block_bytes", [48, 1 << 20])
@given(
    rows=ROWS,
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "gb18030", "utf-16"]),
    delimiter=st.sampled_from([",", "\t", ";"]),
    quoting=st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
    end=st.sampled_from(["\r\n", "\n"]),
)
def test_what_a_csv_writer_wrote_comes_back(
    block_bytes: int, rows: list[tuple[str, str, str]], encoding: str, delimiter: str, quoting: Literal[0, 1], end: str
) -> None:
    # A header in Chinese keeps short files apart: ASCII and GBK bytes may by chance be UTF-8 too.
    text = written([["订单编号", "买家留言说明文字", "实付金额"], *rows], delimiter=delimiter, quoting=quoting, end=end)
    expected = {number: [*map(said, row)] for number, row in enumerate(rows, start=2) if any(map(clean_cell, row))}

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(records, "BLOCK_BYTES", block_bytes)
        taken = table_of(reading_of(text.encode(encoding)).chunks())

    assert taken == expected


LINES = ["x,y,z\n", "x,y,z,\n", "'1,2,3\n", "\n1,2,3\n", "\r\n"]
WORDS = ["总计", "#合", "#1", "总交易单数,", '="1"', "a", "--", '""', ",", ","]
MESS = st.lists(st.sampled_from([*'",\n\r\t \0', *LINES, *WORDS]), max_size=60).map("".join)


@pytest.mark.parametrize("block_bytes", [24, 1 << 20])
@given(text=MESS)
def test_columns_at_once_and_rows_one_by_one_give_the_same(block_bytes: int, text: str) -> None:
    """However broken the file, the fast way neither takes nor refuses what the slow one does not."""
    found = []
    for columns in (block_columns, lambda *_, **__: None):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(records, "BLOCK_BYTES", block_bytes)
            patch.setattr(reader, "block_columns", columns)
            reading = reading_of(f"名,b,c\n{text}")
            chunks = list(reading)
        found.append((table_of(iter(chunks)), sorted(refused_of(iter(chunks))), reading.footers))

    assert found[0] == found[1]


@given(MESS)
def test_every_record_is_taken_refused_blank_or_a_footer(text: str) -> None:
    reading = reading_of(f"名,b,c\n{text}")
    chunks = list(reading)
    taken, refused = table_of(iter(chunks)), refused_of(iter(chunks))
    footers = [footer.row for footer in reading.footers]

    numbers = [*taken, *(row for row, _ in refused), *footers]
    assert len(set(numbers)) == len(numbers)
    assert all(1 < number <= text.count("\n") + text.count("\r") + 2 for number in numbers)


def test_taobao_guards_trailing_spaces_and_the_comma_too_many() -> None:
    rows = [
        "订单编号,收货地址 ,联系手机,退款金额（元）",
        '="3515313147329357900",广东省 深圳市  ,\'13900000000,0.00,',
        '="3515313147329357901",,--,5,',
    ]

    frame = next(reading_of("\n".join(rows).encode("gb18030")).chunks()).frame

    assert frame is not None
    assert [*frame] == ["订单编号", "收货地址", "联系手机", "退款金额(元)"]
    assert frame.to_dict("list") | {"收货地址": ..., "联系手机": ...} == {
        "订单编号": ["3515313147329357900", "3515313147329357901"],
        "收货地址": ...,
        "联系手机": ...,
        "退款金额(元)": ["0.00", "5"],
    }
    assert frame["收货地址"].tolist()[0] == "广东省 深圳市"
    assert frame[["收货地址", "联系手机"]].isna().to_numpy().tolist() == [[False, False], [True, True]]
    assert set(map(str, frame.dtypes)) == {"str"}


def test_douyin_tabs_within_and_without_quotes() -> None:
    text = '\ufeff主订单编号,子订单编号,售后状态\r\n"\t6917298383","\t6917298383\t",-\r\n\'6917298384,6917298384\t,退款成功\r\n'

    assert table_of(reading_of(text).chunks()) == {2: ["6917298383", "6917298383", None], 3: ["6917298384", "6917298384", "退款成功"]}


ALIPAY = """#支付宝业务明细查询
#账号：[2088000000000156]
#起始日期：[2026年06月05日 00:00:00]   终止日期：[2026年06月06日 00:00:00]
#-----------------------------------------业务明细列表----------------------------------------
支付宝交易号,商户订单号,商家实收（元）
2026060522001\t,T200P1,9.93
2026060522002\t,T200P2,-35.80
#-----------------------------------------业务明细列表结束------------------------------------
#交易合计：3笔，商家实收共9.93元，商家优惠共0.00元
#退款合计：1笔，商家实收退款共35.80元
#导出时间：[2026年06月07日 10:11:12]
"""


def test_alipay_preamble_and_footers_are_no_rows_but_control_sums() -> None:
    reading = reading_of(ALIPAY.encode("gb18030"), header_row=5)

    assert table_of(reading.chunks()) == {6: ["2026060522001", "T200P1", "9.93"], 7: ["2026060522002", "T200P2", "-35.80"]}
    assert [footer.row for footer in reading.footers] == [8, 9, 10, 11]
    assert reading.totals() == {
        "交易合计笔数": "3",
        "商家实收": "9.93",
        "商家优惠": "0.00",
        "退款合计笔数": "1",
        "商家实收退款": "35.80",
        "导出时间": "2026年06月07日 10:11:12",
    }


def test_the_preview_numbers_the_preamble_as_a_spreadsheet_does() -> None:
    text = """拼多多店铺账务明细查询

起始时间：2026-06-01 00:00:00  终止时间：2026-06-30 23:59:59
-----交易记录明细列表-----
商户订单号,发生时间,收入金额（+元）
260620-1,2026-06-30 23:30:43,61.80
总计,-,61.80
"""
    entry = entry_of(text.encode("gb18030"))
    seen = preview(entry)

    reading = read(entry, seen, header_row=5)

    assert seen.rows[1] == []
    assert seen.rows[4] == ["商户订单号", "发生时间", "收入金额（+元）"]
    assert table_of(reading.chunks()) == {6: ["260620-1", "2026-06-30 23:30:43", "61.80"]}
    assert reading.totals() == {"收入金额(+元)": "61.80"}


def test_wechat_bill_is_split_on_comma_and_backtick_and_its_summary_is_read() -> None:
    text = """交易时间,商品名称,手续费
`2021-01-28 17:07:11,`洗衣订单, 含加急,`0.00000
`2021-01-28 15:35:18,`,`0.1
总交易单数,手续费总金额
`2,`0.10000
"""

    reading = reading_of(text, split=",`")

    assert table_of(reading.chunks()) == {
        2: ["2021-01-28 17:07:11", "洗衣订单, 含加急", "0.00000"],
        3: ["2021-01-28 15:35:18", None, "0.1"],
    }
    assert reading.totals() == {"总交易单数": "2", "手续费总金额": "0.10000"}


def test_a_shopify_order_name_is_no_footer() -> None:
    text = "Name,Email,Total\n#1001,a@example.com,10.00\n#1001,a@example.com,\n#D12,,5\n"

    reading = reading_of(text)

    assert list(table_of(reading.chunks())) == [2, 3, 4]
    assert reading.footers == []


@pytest.mark.parametrize(
    ("row", "code"),
    [
        (b"2,b,c,d", "too_many_cells"),
        (b"2,b", "too_few_cells"),
        (b"2", "too_few_cells"),
        (b"2,b\0,c", "control_character"),
        (b"2,\xff,c", "undecodable"),
        (b"2," + b"x" * ((1 << 20) + 1) + b",c", "cell_too_large"),
    ],
)
def test_a_row_that_cannot_be_taken_is_refused_alone(row: bytes, code: str) -> None:
    reading = reading_of("订单编号,备注,金额\n1,甲,乙\n".encode() + row + b"\n3,b,c\n")
    chunks = list(reading)

    assert table_of(iter(chunks)) == {2: ["1", "甲", "乙"], 4: ["3", "b", "c"]}
    assert refused_of(iter(chunks)) == [(3, code)]


def test_extra_empty_cells_of_most_rows_and_a_missing_nameless_one_are_no_fault() -> None:
    assert table_of(reading_of("a,b,\n1,2\n1,2,\n1,2, \n").chunks()) == {2: ["1", "2"], 3: ["1", "2"], 4: ["1", "2"]}
    assert table_of(reading_of("a,b\n1,2,,\n1,2,, \n1,2\n").chunks()) == {2: ["1", "2"], 3: ["1", "2"], 4: ["1", "2"]}


@pytest.mark.parametrize("header", ["a,b,c", "a,b,c,"])
@pytest.mark.parametrize("usual", ["1,2,3", "1,2,3,"])
@pytest.mark.parametrize("rows", [3, 50_000], ids=["rows one by one", "rows by the block"])
def test_a_row_that_an_unquoted_comma_shifts_is_refused_though_its_last_cell_is_empty(header: str, usual: str, rows: int) -> None:
    shifted = usual.replace("2,3", "2,x,")
    text = "\n".join([header, *[usual] * rows, shifted, *[usual] * rows, ""])

    chunks = list(reading_of(text))

    assert refused_of(iter(chunks)) == [(rows + 2, "too_many_cells")]
    assert all(cells == ["1", "2", "3"] for cells in table_of(iter(chunks)).values())
    assert sum(len(chunk.row_number) for chunk in chunks) == 2 * rows


def test_a_file_cut_within_its_last_record_keeps_the_rows_before() -> None:
    whole, half = list(reading_of('a,b\n1,2\n3,"4')), list(reading_of("a,b\n1,2\n3"))

    assert table_of(iter(whole)) == table_of(iter(half)) == {2: ["1", "2"]}
    assert (refused_of(iter(whole)), refused_of(iter(half))) == ([(3, "unclosed_quote")], [(3, "too_few_cells")])


def test_an_open_quote_in_the_middle_costs_its_own_row() -> None:
    chunks = list(reading_of('a,b\n1,2\n3,"4\n5,6\n7,8\n'))

    assert table_of(iter(chunks)) == {2: ["1", "2"], 4: ["5", "6"], 5: ["7", "8"]}
    assert refused_of(iter(chunks)) == [(3, "unclosed_quote")]


def test_blank_rows_are_counted_and_a_cell_of_many_lines_is_one_row() -> None:
    assert table_of(reading_of('a,b\n\n1,"x\ny\n"\n , \n\n,\n2,z\n').chunks()) == {3: ["1", "x\ny"], 7: ["2", "z"]}


def test_asked_columns_alone_are_given_and_names_met_twice_are_told_apart() -> None:
    text = "金额 ,备注,金额\n1,2,3\n"

    assert table_of(reading_of(text).chunks()) == {2: ["1", "2", "3"]}
    assert table_of(reading_of(text, columns=["金额.2", "没有"]).chunks()) == {2: ["3"]}


def test_a_file_without_a_header_takes_the_names_given() -> None:
    entry = entry_of("01/31/2026,shop,5.00\n02/01/2026,shop,6.00\n")

    reading = read(entry, preview(entry), header_row=0, header=("date", "description", "debit"))

    assert table_of(reading.chunks()) == {1: ["01/31/2026", "shop", "5.00"], 2: ["02/01/2026", "shop", "6.00"]}


def test_rows_shorter_than_the_header_pass_where_that_is_the_banks_habit() -> None:
    entry = entry_of("a,b,c\n1,2,3\n4\n")

    assert table_of(read(entry, preview(entry), header_row=1, short_rows=True).chunks()) == {2: ["1", "2", "3"], 3: ["4", None, None]}


def test_a_header_without_rows_gives_nothing_and_refuses_nothing() -> None:
    assert list(reading_of("a,b\n")) == []


@pytest.mark.parametrize("delimiter", [",", "\t", ";"])
def test_the_delimiter_is_found_below_a_preamble_and_beside_commas(delimiter: str) -> None:
    rows = [["名称：a,b;c"], [], ["订单号", "规格", "金额"], *[[str(number), "红;大,厚", "1,5"] for number in range(9)]]

    assert preview(entry_of(written(rows, delimiter=delimiter))).delimiter == delimiter


def test_chunks_are_full_but_the_last() -> None:
    text = written([["a", "b"], *[[str(number), "x"] for number in range(2 * CHUNK_ROWS + 5)]])

    chunks = list(reading_of(text))

    assert [len(chunk.row_number) for chunk in chunks] == [CHUNK_ROWS, CHUNK_ROWS, 5]
    assert chunks[2].frame is not None
    assert chunks[2].frame["a"].tolist() == [str(2 * CHUNK_ROWS + number) for number in range(5)]
    assert chunks[2].row_number.tolist() == [2 * CHUNK_ROWS + 2 + number for number in range(5)]


def test_many_refused_rows_do_not_gather_in_memory() -> None:
    chunks = list(reading_of("a,b,c\n" + "1,2\n" * 30 * CHUNK_ROWS))

    assert sum(len(chunk.refused) for chunk in chunks) == 30 * CHUNK_ROWS
    assert max(len(chunk.refused) for chunk in chunks) < 20 * CHUNK_ROWS


class Endless(io.RawIOBase):
    """A head, then one character for ever, up to a size no memory should hold."""

    def __init__(self, head: bytes, *, size: int, tail: bytes = b"") -> None:
        self._parts = [head, *[b"x" * (1 << 20)] * (size >> 20), tail]

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        if not self._parts:
            return b""
        part, self._parts[0] = self._parts[0][:size], self._parts[0][size:]
        if not self._parts[0]:
            del self._parts[0]
        return part


def endless(head: bytes, *, tail: bytes = b"") -> Entry:
    return Entry("a.csv", 0, "", lambda: cast(BinaryIO, Endless(head, size=100 << 20, tail=tail)))


def test_a_cell_of_a_hundred_megabytes_is_refused_with_its_row_in_bounded_memory() -> None:
    entry = endless("订单,备注\n1,a\n2,".encode(), tail=b"\n3,c\n")

    tracemalloc.start()
    chunks = list(read(entry, preview(entry), header_row=1))
    _, peak_bytes = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert table_of(iter(chunks)) == {2: ["1", "a"], 4: ["3", "c"]}
    assert refused_of(iter(chunks)) == [(3, "cell_too_large")]
    assert peak_bytes < 40 << 20


def test_a_file_that_is_one_endless_line_is_refused_whole() -> None:
    with pytest.raises(UnreadableFile) as problem:
        preview(endless(b"a,b"))

    assert problem.value.code == "no_line_breaks"


@pytest.mark.parametrize("data", [b"", b" \n\n", b"\xef\xbb\xbf"])
def test_an_empty_file_is_refused_whole(data: bytes) -> None:
    with pytest.raises(UnreadableFile) as problem:
        preview(entry_of(data))

    assert problem.value.code == "empty"
    assert problem.value.text(language="en").startswith("the file is empty")


@pytest.mark.parametrize(("name", "rows", "figure"), [("tradebill_ALL", 3, "总交易单数"), ("fundflowbill_BASIC", 2, "资金流水总笔数")])
def test_the_public_wechat_bills_count_what_they_state(samples: Path, name: str, rows: int, figure: str) -> None:
    (entry,) = open_entries(samples / "samples" / "wechatpay_merchant" / f"{name}.csv")

    reading = read(entry, preview(entry), header_row=1, split=",`")

    assert len(table_of(reading.chunks())) == rows
    assert int(reading.totals()[figure]) >= rows


@pytest.mark.parametrize(
    ("name", "rows"),
    [
        ("olist_orders", 23_579),
        ("olist_order_items", 23_442),
        ("olist_order_payments", 24_988),
        ("olist_customers", 21_608),
        ("olist_sellers", 3_095),
        ("olist_products", 32_951),
        ("olist_zip_centroids", 19_015),
        ("product_category_name_translation", 71),
    ],
)
def test_olist_is_read_whole(samples: Path, name: str, rows: int) -> None:
    (entry,) = open_entries(samples / "realdata" / "olist" / f"{name}.csv.gz")

    chunks = list(read(entry, preview(entry), header_row=1))

    assert sum(len(chunk.row_number) for chunk in chunks) == rows
    assert refused_of(iter(chunks)) == []
    assert chunks[-1].row_number[-1] == rows + 1


@pytest.mark.parametrize(
    ("name", "path", "count"),
    [
        ("shopify/order", "order", 1),
        ("shopify/orders", "orders", 1),
        ("shopify/locations", "locations", 2),
        ("shopify/payouts_transactions", "transactions", 25),
        ("shopify/transactions", "", 1),
        ("shopee/v2.order.get_order_detail", "response_sample.item.value.response.order_list", 1),
        ("shopee/v2.payment.get_escrow_detail", "response_sample.item.value.response", 1),
    ],
)
def test_the_public_json_samples_hold_their_records(samples: Path, name: str, path: str, count: int) -> None:
    (entry,) = open_entries(samples / "samples" / f"{name}.json")
    seen = preview(entry)

    records = [record for chunk in read_records(entry, seen, records_path=path) for record in chunk.records or ()]

    assert len(records) == count
    assert records[0] == seen.first_records[path]
