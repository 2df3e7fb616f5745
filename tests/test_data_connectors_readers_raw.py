"""A refused row is shown again as it stands in the kept file, also deep in a large one."""

import io
from typing import BinaryIO, cast

import pytest

from data.connectors.readers import Entry, preview, raw_row, raw_rows, records


def entry_of(content: bytes) -> Entry:
    return Entry("a.csv", len(content), "", lambda: cast(BinaryIO, io.BytesIO(content)))


@pytest.mark.parametrize("block_bytes", [32, 1 << 20])
def test_rows_are_found_by_the_number_a_spreadsheet_shows(block_bytes: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(records, "BLOCK_BYTES", block_bytes)
    lines = ["标题", "", "a,b", *(f'{number},"x\ny, {number}"' for number in range(4, 100))]
    entry = entry_of("\r\n".join(lines).encode("gb18030"))

    assert raw_rows(entry, preview(entry), [99, 4, 50, 2, 1000]) == {
        2: [],
        4: ["4", "x\ny, 4"],
        50: ["50", "x\ny, 50"],
        99: ["99", "x\ny, 99"],
    }


def test_guards_and_tabs_are_shown_as_they_stand() -> None:
    entry = entry_of(b'a,b\n="12",\'3\t\n')

    assert raw_row(entry, preview(entry), 2) == ['="12"', "'3\t"]


def test_bytes_that_could_not_be_decoded_are_shown_as_such() -> None:
    entry = entry_of(b"a,b\n1,x\xffy\n2,z\n")

    assert raw_row(entry, preview(entry), 2) == ["1", "x\N{REPLACEMENT CHARACTER}y"]


def test_an_open_quote_shows_the_line_that_holds_it() -> None:
    entry = entry_of(b'a,b\n1,2\n3,"4')

    assert raw_row(entry, preview(entry), 3) == ["3", "4"]


def test_a_bill_without_quotes_is_split_as_it_was_read() -> None:
    entry = entry_of("交易时间,商品\n`2021,`洗衣, 加急\n".encode())

    assert raw_row(entry, preview(entry), 2, split=",`") == ["`2021", "洗衣, 加急"]
