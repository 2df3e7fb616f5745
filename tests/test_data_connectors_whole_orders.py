"""What does an order of several rows say as a whole?"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from data.connectors.batch import Chunk
from data.connectors.statements import CODE_OF, joined, stated
from data.connectors.times import NEVER
from data.connectors.whole_orders import keep_orders_whole, order_codes, order_statements
from models.events import HUB_STATUSES


@dataclass(frozen=True)
class Row:
    """One row of an order: its number, its part, and what it states."""

    order: int
    part: str
    said: dict[str, tuple[int, int]]


def _whole(*rows: Row) -> set[tuple[int, str, str, int, int]]:
    """(order, type, part, from, to) of what the rows say together."""
    said = joined(
        [
            stated(np.array([at]), event, np.array([start]), np.array([end]))
            for at, row in enumerate(rows)
            for event, (start, end) in row.said.items()
        ]
    )
    order = np.array([row.order for row in rows])
    whole = order_statements(said, order=order, part=np.array([row.part for row in rows], dtype=object))
    columns = (order[whole.row].tolist(), whole.type, whole.part, whole.occurred_from.tolist(), whole.occurred_to.tolist())
    return set(zip(*columns, strict=True))


def test_an_order_is_shipped_with_its_last_line() -> None:
    assert _whole(Row(1, "a", {"shipped": (10, 10)}), Row(1, "b", {"shipped": (12, 12)})) == {(1, "shipped", "", 12, 12)}


def test_while_lines_are_missing_each_shipped_one_is_a_part_shipment() -> None:
    assert _whole(Row(1, "a", {"shipped": (10, 10)}), Row(1, "b", {})) == {(1, "part_shipped", "a", 10, 10)}


def test_a_refunded_line_does_not_keep_its_order_from_being_shipped() -> None:
    rows = (Row(1, "a", {"shipped": (10, 10)}), Row(1, "b", {"refunded": (5, NEVER)}))

    assert _whole(*rows) == {(1, "shipped", "", 10, 10), (1, "refunded", "b", 5, NEVER)}


def test_an_order_is_refunded_when_nothing_of_it_is_left() -> None:
    assert _whole(Row(1, "a", {"cancelled": (5, NEVER)}), Row(1, "b", {"refunded": (6, NEVER)})) == {(1, "refunded", "", 6, NEVER)}


def test_an_order_is_cancelled_only_as_a_whole() -> None:
    assert _whole(Row(1, "a", {"cancelled": (5, NEVER)}), Row(1, "b", {})) == set()
    assert _whole(Row(1, "a", {"cancelled": (5, 5)}), Row(1, "b", {"cancelled": (6, 6)})) == {(1, "cancelled", "", 6, 6)}


def test_what_belongs_to_the_order_is_said_once_and_exactly_where_any_row_knows() -> None:
    rows = (Row(1, "a", {"created": (1, 1), "paid": (1, NEVER)}), Row(1, "b", {"created": (1, 1), "paid": (2, 2)}))

    assert _whole(*rows) == {(1, "created", "", 1, 1), (1, "paid", "", 2, 2)}


def test_a_row_alone_is_its_order() -> None:
    assert _whole(Row(1, "a", {"shipped": (10, 10)}), Row(2, "b", {"refunded": (5, NEVER)})) == {
        (1, "shipped", "", 10, 10),
        (2, "refunded", "", 5, NEVER),
    }


@given(
    st.permutations(
        [Row(1, "a", {"shipped": (10, 10)}), Row(1, "b", {"shipped": (9, NEVER)}), Row(2, "c", {"shipped": (3, 3)}), Row(2, "d", {})]
    )
)
def test_rows_in_any_order_say_the_same(rows: list[Row]) -> None:
    assert _whole(*rows) == {(1, "shipped", "", 10, NEVER), (2, "part_shipped", "c", 3, 3)}


def _standing(*words: str) -> str | None:
    codes = np.array([CODE_OF[word] for word in words], dtype=np.int8)
    found = [code for code in order_codes(codes, order=np.zeros(len(words), dtype=np.int64)).tolist() if code >= 0]
    assert len(found) <= 1
    return HUB_STATUSES[found[0]] if found else None


def test_an_order_stands_where_its_last_line_stands() -> None:
    assert _standing("reviewed", "waybilled") == "reviewed"
    assert _standing("shipped", "refunded") == "shipped"
    assert _standing("to_ship", "shipped") == "part_shipped"
    assert _standing("refunded", "cancelled") is None


@given(st.lists(st.integers(0, 6), min_size=1, max_size=40).map(sorted), st.lists(st.integers(1, 8), min_size=1, max_size=8))
def test_chunks_are_cut_where_orders_end_and_lose_no_row(orders: list[int], sizes: Sequence[int]) -> None:
    chunks = list(_cut(orders, sizes))

    whole = list(keep_orders_whole(chunks, column="no"))

    assert np.concatenate([chunk.row_number for chunk in whole]).tolist() == list(range(2, len(orders) + 2))
    seen: set[str] = set()
    for chunk in whole:
        assert chunk.frame is not None
        mine = set(chunk.frame["no"])
        assert not mine & seen
        seen |= mine


def _cut(orders: list[int], sizes: Sequence[int]) -> list[Chunk]:
    chunks, start = [], 0
    for size in [*sizes, len(orders)]:
        part = [str(number) for number in orders[start : start + size]]
        if part:
            row_number = np.arange(start + 2, start + 2 + len(part))
            chunks.append(Chunk(row_number, frame=pd.DataFrame({"no": part}, dtype="str")))
        start += size
    return chunks
