"""Whose cells stand in a row that continues the order above it?"""

import numpy as np
import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from data.connectors.batch import Chunk
from data.connectors.columns import Columns


def _columns(name: list[str | None], number: list[str | None], **more: list[str | None]) -> Columns:
    cells = {"Name": name, "Id": number, **more}
    frame = pd.DataFrame({key: pd.Series(values, dtype="str") for key, values in cells.items()})
    return Columns.of(Chunk(np.arange(2, len(name) + 2), frame=frame))


def _continued(columns: Columns, *, leaving: tuple[str, ...] = ()) -> Columns:
    return columns.continued("Name", number=["Id"], leaving=leaving)


def test_a_row_that_repeats_the_name_has_the_cells_of_the_orders_first_row() -> None:
    columns = _columns(["#1", "#1", "#1"], ["7", None, None], Total=["5", None, None], Note=[None, "own", None])

    whole = _continued(columns)

    assert whole.text("Id").to_pylist() == ["7", "7", "7"]
    assert whole.text("Total").to_pylist() == ["5", "5", "5"]
    # blank in the first row: what stands below it is nobody else's
    assert whole.text("Note").to_pylist() == [None, "own", None]


def test_the_cells_of_its_line_are_a_rows_own() -> None:
    columns = _columns(["#1", "#1"], ["7", None], Sku=["A", None])

    assert _continued(columns, leaving=("Sku",)).text("Sku").to_pylist() == ["A", None]


def test_a_row_with_a_number_of_its_own_is_another_order_whatever_its_name() -> None:
    columns = _columns(["#1", "#1", "#1"], ["7", "8", None], Total=["5", None, None])

    whole = _continued(columns)

    assert whole.text("Id").to_pylist() == ["7", "8", "8"]
    assert whole.text("Total").to_pylist() == ["5", None, None]


def test_rows_without_a_name_or_away_from_their_order_continue_nothing() -> None:
    columns = _columns(["#1", None, None, "#2", "#1"], ["7", None, None, "9", None])

    assert _continued(columns).text("Id").to_pylist() == ["7", None, None, "9", None]


def test_no_rows_are_no_rows() -> None:
    assert _continued(_columns([], [])).text("Id").to_pylist() == []


@given(st.lists(st.tuples(st.sampled_from(["#1", "#2", None]), st.sampled_from(["7", "8", None]))))
def test_no_cell_that_says_something_is_ever_changed(rows: list[tuple[str | None, str | None]]) -> None:
    names, numbers = [name for name, _ in rows], [number for _, number in rows]

    whole = _continued(_columns(names, numbers))

    assert whole.text("Name").to_pylist() == names
    assert all(own is None or own == given_ for own, given_ in zip(numbers, whole.text("Id").to_pylist(), strict=True))
