"""JSON records come out whole, wherever they lie in the file, and no number loses a digit."""

import io
import json
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any, BinaryIO, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.connectors.batch import CHUNK_ROWS, Chunk
from data.connectors.readers import Entry, UnreadableFile, encoding, preview, raw_rows, read_records

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**30), 10**30)
    | st.text(st.characters(codec="utf-8", exclude_categories=["Cs", "Cn"], exclude_characters="\0")),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text("abc总", min_size=1), inner, max_size=4),
    max_leaves=10,
)
RECORD = st.dictionaries(st.text("abc总", min_size=1), JSON, max_size=4)


def entry_of(data: bytes | str) -> Entry:
    content = data.encode() if isinstance(data, str) else data
    return Entry("a.json", len(content), "", lambda: cast(BinaryIO, io.BytesIO(content)))


def chunks_of(data: bytes | str, *, path: str = "") -> Iterator[Chunk]:
    entry = entry_of(data)
    return read_records(entry, preview(entry), records_path=path).chunks()


def records_of(data: bytes | str, *, path: str = "") -> tuple[dict[int, Mapping[str, Any]], list[tuple[int, str]]]:
    found: dict[int, Mapping[str, Any]] = {}
    refused = []
    for chunk in chunks_of(data, path=path):
        found |= dict(zip(chunk.row_number.tolist(), chunk.records or (), strict=True))
        refused += [(finding.row, finding.code) for finding in chunk.refused]
    return found, refused


def as_read(value: Any) -> Any:
    """Integers stand as their digits."""
    if isinstance(value, dict):
        return {key: as_read(item) for key, item in value.items()}
    if isinstance(value, list):
        return [as_read(item) for item in value]
    return value if isinstance(value, bool | str | None) else str(value)


@given(
    st.lists(RECORD, min_size=1, max_size=8),
    st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "gb18030"]),
    st.sampled_from(["", "orders", "response.order_list"]),
    st.integers(1, 50),
)
def test_records_come_back_from_every_path_and_encoding(records: list[dict[str, Any]], name: str, path: str, block_bytes: int) -> None:
    document: Any = records
    for key in reversed(path.split(".") if path else []):
        document = {"error": "", "说明文字": "成功", key: document}
    text = json.dumps(document, ensure_ascii=False)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(encoding, "BLOCK_BYTES", block_bytes)
        patch.setattr("data.connectors.readers.json_records.HEAD_BLOCKS", 1 << 20)
        found, refused = records_of(text.encode(name), path=path)

    assert refused == []
    assert found == {number: as_read(record) for number, record in enumerate(records, start=1)}


def test_ids_keep_their_digits_and_amounts_are_decimals() -> None:
    found, _ = records_of(
        '{"orders": [{"id": 35153131473293579001, "price": 12.30, "ok": true, "none": null, "big": 1E+2}]}', path="orders"
    )

    assert found == {1: {"id": "35153131473293579001", "price": Decimal("12.30"), "ok": True, "none": None, "big": Decimal("1E+2")}}
    assert str(found[1]["price"]) == "12.30"


def test_the_preview_shows_each_path_with_its_first_record() -> None:
    text = '{"error": "", "response": {"more": false, "order_list": [{"order_sn": "A1"}, {"order_sn": "A2"}], "none": []}}'

    seen = preview(entry_of(text))

    assert seen.format == "json"
    assert seen.first_records["response.order_list"] == {"order_sn": "A1"}
    assert seen.first_records["response.none"] == {}
    assert set(seen.first_records) == {"", "response", "response.order_list", "response.none"}


def test_a_single_object_is_one_record_at_its_key() -> None:
    assert records_of('{"order": {"id": 450789469}}', path="order") == ({1: {"id": "450789469"}}, [])


def test_json_lines_refuse_a_broken_line_alone() -> None:
    text = '{"id": 1}\n\n{"id": 2\n[3]\n{"id": 4} {"id": 5}\n{"id": 6}\n'

    assert records_of(text) == ({1: {"id": "1"}, 5: {"id": "6"}}, [(2, "not_json"), (3, "not_a_record"), (4, "not_json")])


def test_an_object_over_many_lines_is_no_json_lines() -> None:
    assert records_of(json.dumps({"a": {"b": 1}}, indent=2), path="a") == ({1: {"b": "1"}}, [])


def test_a_cut_file_gives_what_was_whole_and_says_where_it_broke_off() -> None:
    text = '{"orders": [{"id": 1}, {"id": 2}, {"id": 3'

    assert records_of(text, path="orders") == ({1: {"id": "1"}, 2: {"id": "2"}}, [(3, "cut_off")])


@pytest.mark.parametrize("text", ["{", "[", "{]", '{"orders": [{"id": ', "[nonsense"])
def test_a_file_broken_from_the_start_is_refused_whole(text: str) -> None:
    with pytest.raises(UnreadableFile):
        records_of(text)


def test_elements_that_are_no_records_are_refused_alone() -> None:
    text = json.dumps([{"id": "1"}, 2, "three", None, {"note": "a\0b"}, {"note": "x" * ((1 << 20) + 1)}, {"id": "7"}])

    assert records_of(text) == (
        {1: {"id": "1"}, 7: {"id": "7"}},
        [(2, "not_a_record"), (3, "not_a_record"), (4, "not_a_record"), (5, "control_character"), (6, "cell_too_large")],
    )


def test_a_record_nested_without_end_is_refused_alone() -> None:
    assert records_of('[{"a": ' + "[" * 300 + "]" * 300 + '}, {"a": 1}]') == ({2: {"a": "1"}}, [(1, "not_a_record")])


def test_bytes_that_cannot_be_decoded_cost_their_record_alone() -> None:
    text = b'[{"name": "' + "张三的订单".encode() + b'"}, {"name": "\xff\xfe"}, {"name": "b"}]'

    assert records_of(text) == ({1: {"name": "张三的订单"}, 3: {"name": "b"}}, [(2, "undecodable")])


def test_an_empty_list_is_a_file_without_rows() -> None:
    assert records_of('{"orders": []}', path="orders") == ({}, [])


def test_a_path_that_is_not_there_is_named() -> None:
    with pytest.raises(UnreadableFile) as problem:
        records_of('{"orders": []}', path="refunds")

    assert (problem.value.code, problem.value.detail) == ("no_records", "refunds")


def test_documented_samples_are_read_within_their_text_and_mended() -> None:
    broken = '{\n{\n  "error": "",\n  "response": {"order_list": [{"a": 18080\n "b": "x"\n, "c": true\n "d": [1]}]}}'
    text = json.dumps({"response_sample": [{"type": "JSON", "value": broken}]})

    found, refused = records_of(text, path="response_sample.item.value.response.order_list")

    assert (found, refused) == ({1: {"a": "18080", "b": "x", "c": True, "d": ["1"]}}, [])


def test_a_long_list_streams_in_full_chunks() -> None:
    count = 3 * CHUNK_ROWS + 7
    content = b'{"orders": [' + b",".join(b'{"id": %d}' % number for number in range(count)) + b"]}"
    entry = entry_of(content)
    seen = preview(entry)

    sizes = [len(chunk.row_number) for chunk in read_records(entry, seen, records_path="orders")]

    assert sizes == [CHUNK_ROWS, CHUNK_ROWS, CHUNK_ROWS, 7]


def test_an_endless_text_is_refused_whole_in_bounded_memory() -> None:
    with pytest.raises(UnreadableFile) as problem:
        records_of('[{"id": 1}, {"note": "' + "x" * (40 << 20) + '"}]')

    assert problem.value.code == "too_large"


def test_refused_records_can_be_shown_again() -> None:
    entry = entry_of('{"orders": [{"id": 1}, {"id": 2}, {"id": 3}]}')

    assert raw_rows(entry, preview(entry), [3, 1], records_path="orders") == {1: {"id": "1"}, 3: {"id": "3"}}
