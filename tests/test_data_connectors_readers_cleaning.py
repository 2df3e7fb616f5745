"""A column cleaned at once says what its cells say one by one."""

import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from data.connectors.readers.cells import PADDING, clean_cell, is_nothing
from data.connectors.readers.cleaning import bare_column, clean_column

CELL = st.lists(
    st.sampled_from(
        [*PADDING, "'", "`", "=", '="', '"', "-", "--", "/", "无", "0", "货", "a\nb", "1970-01-01 00:00:00", "0001-01-01 00:00:00"]
    ),
    max_size=5,
).map("".join)


@given(st.lists(CELL | st.text(st.characters(exclude_categories=["Cs"])), max_size=20), st.integers(0, 3))
def test_a_column_is_cleaned_as_its_cells_are(cells: list[str], offset: int) -> None:
    column = pa.array(cells, pa.large_string()).slice(offset)
    bare = [clean_cell(cell) for cell in cells[offset:]]

    assert bare_column(column).to_pylist() == bare
    assert clean_column(column).to_pylist() == [None if is_nothing(cell) else cell for cell in bare]
