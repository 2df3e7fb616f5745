"""A file's encoding is chosen strictly, and one bad row never stops a file."""

import codecs
import io
from typing import BinaryIO, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.connectors.readers import Entry, UnreadableFile, encoding
from data.connectors.readers.encoding import UNDECODABLE, Encoding, choose_encoding, text_blocks, utf8_blocks

LINE = "广东省 深圳市 南山区,买家已付款，等待卖家发货\n"


def entry_of(data: bytes) -> Entry:
    return Entry("a.csv", len(data), "", lambda: cast(BinaryIO, io.BytesIO(data)))


@pytest.mark.parametrize("name", ["utf-8", "utf-8-sig", "gb18030", "utf-16", "utf-16-le", "utf-16-be"])
def test_each_encoding_of_the_platforms_is_told_from_the_others(name: str) -> None:
    entry = entry_of((LINE * 5).encode(name))

    chosen = choose_encoding(entry)

    assert chosen == Encoding(name)
    assert b"".join(utf8_blocks(entry, chosen)).decode() == LINE * 5


def test_big_endian_utf16_is_read_by_its_mark() -> None:
    entry = entry_of(codecs.BOM_UTF16_BE + LINE.encode("utf-16-be"))

    assert b"".join(utf8_blocks(entry, choose_encoding(entry))).decode() == LINE


@given(st.text(st.characters(codec="utf-8", exclude_categories=["Cs"], exclude_characters="\ufeff\0"), max_size=200), st.integers(1, 9))
def test_any_text_survives_blocks_that_cut_characters(text: str, block_bytes: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(encoding, "BLOCK_BYTES", block_bytes)
        for name in ("utf-8-sig", "gb18030", "utf-16"):
            assert b"".join(utf8_blocks(entry_of(text.encode(name)), Encoding(name))).decode() == text


@pytest.mark.parametrize("name", ["utf-8", "gb18030"])
def test_the_encoding_with_fewer_bad_rows_is_taken_and_they_are_marked(name: str) -> None:
    bad = LINE.encode(name)[:-1] + b"\xff\xff\n"
    entry = entry_of(LINE.encode(name) * 60 + bad + LINE.encode(name) * 60)

    chosen = choose_encoding(entry)
    lines = "".join(text_blocks(entry, chosen)).splitlines()

    assert chosen == Encoding(name, clean=False)
    assert [number for number, line in enumerate(lines) if UNDECODABLE in line] == [60]


def test_one_bad_row_does_not_stop_even_a_short_file() -> None:
    assert choose_encoding(entry_of(b"a,b\n1,\xff\n2,c\n")).clean is False


def test_a_file_of_noise_is_refused_whole() -> None:
    with pytest.raises(UnreadableFile) as problem:
        choose_encoding(entry_of(b"\xff\xfe\xfd\x81\n"[1:] * 50 + bytes(range(128, 255)) * 3 + b"\xff\n" * 50))

    assert problem.value.code == "undecodable"


def test_a_detector_is_asked_only_when_both_fail() -> None:
    german = "Straße;Größe;Übergabe an Käufer für 12 Stück, bezahlt in Köln am 3. März\n" * 20

    assert choose_encoding(entry_of(german.encode("cp1252"))).clean
