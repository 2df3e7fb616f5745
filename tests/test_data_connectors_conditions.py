"""Which rows meet a condition, and what is all that stands in their lists?"""

from typing import Any

import numpy as np
import pandas as pd
import pytest

from data.connectors.columns import Columns


def _records(*records: dict[str, Any]) -> Columns:
    return Columns(np.arange(1, len(records) + 1), records=records)


@pytest.mark.parametrize(
    ("words", "met"),
    [
        (["7"], [True, False, False, False]),
        (["*"], [True, True, False, False]),
        ([""], [False, False, True, True]),
        (["!0"], [True, False, False, False]),
        (["!0", ""], [True, False, True, True]),
        (["!0", "!7"], [False, False, False, False]),
        (["!0", "0"], [True, True, False, False]),
    ],
)
def test_any_text_but_one_is_not_the_same_as_any_text(words: list[str], met: list[bool]) -> None:
    columns = _records({"paid": 7}, {"paid": 0}, {"paid": None}, {})

    assert columns.meets({"paid": words}).tolist() == met


def test_a_table_of_rows_knows_any_text_but_one_too() -> None:
    columns = Columns(np.arange(2, 5), frame=pd.DataFrame({"付款时间": pd.Series(["0001-01-01", "2026-11-01", None], dtype="str")}))

    assert columns.meets({"付款时间": ["!0001-01-01"]}).tolist() == [False, True, False]


def test_a_path_through_a_list_must_agree_with_every_element() -> None:
    back, kept, silent = {"refund": {"status": 3}}, {"refund": {"status": 0}}, {"title": "茶"}
    columns = _records({"lines": [back, back]}, {"lines": [back, kept]}, {"lines": [back, silent]}, {"lines": []}, {}, {"lines": back})

    assert columns.meets({"lines[].refund.status": ["3"]}).tolist() == [True, False, False, False, False, True]


def test_every_column_of_a_condition_must_agree() -> None:
    columns = _records({"status": 4, "lines": [{"back": 3}]}, {"status": 5, "lines": [{"back": 3}]}, {"status": 4, "lines": [{"back": 1}]})

    assert columns.meets({"status": ["4"], "lines[].back": ["3"]}).tolist() == [True, False, False]


def test_all_that_stands_in_a_list_is_joined_in_its_order() -> None:
    columns = _records({"spec": [{"value": "绿"}, {"name": "规格"}, {"value": "一斤"}]}, {"spec": [{"value": ""}]}, {"spec": None})

    assert columns.all_of(["spec[].value"]).to_pylist() == ["绿;一斤", None, None]
