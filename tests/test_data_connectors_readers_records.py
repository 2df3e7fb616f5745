"""Records end where a csv reader says, whatever the quotes, the blocks and the size."""

import csv
import io
import tracemalloc
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.connectors.readers import records
from data.connectors.readers.records import Block, Fault, Records, lines_of

# Every character that can confuse the cutting, some twice so that they meet.
TRICKY = st.lists(st.sampled_from(['"', '"', '""', ",", ",", "\n", "\r\n", "\r", "=", '="1"', "a", "总", " ", "\t"]), max_size=60).map(
    "".join
)


def pieces(text: str, size: int) -> Iterator[bytes]:
    data = text.encode()
    return iter([data[at : at + size] for at in range(0, len(data), size)])


def rows_of(text: str, *, size: int, delimiter: str = ",") -> list[list[str] | str]:
    found: list[list[str] | str] = []
    for block in Records(pieces(text, size), delimiter=delimiter):
        if isinstance(block, Fault):
            found.append(block.code)
        else:
            rows = list(block.rows(delimiter=delimiter))
            assert len(rows) == block.records
            found.extend(rows)
    return found


def expected_rows(text: str, *, delimiter: str = ",") -> list[list[str] | str]:
    """What Python's csv reader gives for the text as a whole, the record of an unclosed quote named."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    found: list[list[str] | str] = list(reader)
    if found and ends_quoted(text, delimiter=delimiter):
        found[-1] = "unclosed_quote"
    return found


def ends_quoted(text: str, *, delimiter: str) -> bool:
    """Whether one more line would still belong to the last record."""
    longer = list(csv.reader(io.StringIO(text + "\n\n\n", newline=""), delimiter=delimiter))
    return bool(longer) and bool(longer[-1]) and longer[-1][-1].endswith("\n\n\n")


@pytest.mark.parametrize("block_bytes", [1, 7, 16, 64, 1 << 20])
@given(text=TRICKY, size=st.integers(1, 40), delimiter=st.sampled_from([",", "\t"]))
def test_records_end_where_a_csv_reader_says_they_do(block_bytes: int, text: str, size: int, delimiter: str) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(records, "BLOCK_BYTES", block_bytes)

        assert rows_of(text, size=size, delimiter=delimiter) == expected_rows(text, delimiter=delimiter)


def test_a_quote_never_closed_costs_its_own_line_where_the_next_lines_fit_the_table() -> None:
    cut = Records(pieces('1,a\n2,"b\n3,c\n4,d\n', 5), delimiter=",", width=2)

    blocks = list(cut)

    assert [block.code for block in blocks if isinstance(block, Fault)] == ["unclosed_quote"]
    assert [row for block in blocks if isinstance(block, Block) for row in block.rows(delimiter=",")] == [
        ["1", "a"],
        ["3", "c"],
        ["4", "d"],
    ]


def test_a_file_cut_within_a_memo_of_many_lines_refuses_that_record_alone() -> None:
    cut = Records(pieces('1,a\n2,"dear shop\nplease wrap\nand se', 5), delimiter=",", width=2)

    assert [block.records if isinstance(block, Block) else block.code for block in cut] == [1, "unclosed_quote"]


@pytest.mark.parametrize("cell", ["x" * (10 << 20), '"' + "xxxxx\n,y" * (5 << 18) + '"', '"' + '""' * (3 << 20) + '"'])
def test_a_ten_megabyte_cell_is_refused_alone_in_bounded_memory(cell: str) -> None:
    def stream() -> Iterator[bytes]:
        yield b"1,a\n2,"
        for at in range(0, len(cell), 1 << 16):
            yield cell[at : at + (1 << 16)].encode()
        yield b",z\n3,c\n"

    tracemalloc.start()
    blocks = list(Records(stream(), delimiter=","))
    _, peak_bytes = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert [block.records if isinstance(block, Block) else block.code for block in blocks] == [1, "cell_too_large", 1]
    assert peak_bytes < 24 << 20


def test_lines_keep_their_text_and_a_long_one_is_a_fault_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(records, "MAX_RECORD_BYTES", 10)

    found = list(lines_of(pieces("one\r\n\n" + "x" * 50 + "\nthree", 4)))

    assert found == [b"one", b"", Fault("cell_too_large"), b"three"]
