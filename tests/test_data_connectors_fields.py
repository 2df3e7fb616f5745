"""What does a field say that takes a part of a cell, or knows only the day?"""

from datetime import UTC, datetime
from typing import Any

import numpy as np
import pandas as pd
import pytest

from data.connectors.batch import Chunk
from data.connectors.columns import Columns
from data.connectors.faults import Faults
from data.connectors.fields import Fields, Terms
from data.connectors.manifest_parts import FieldSpec
from data.connectors.texts import as_texts
from data.connectors.times import NEVER

LATEST = int(datetime(2026, 11, 22, tzinfo=UTC).timestamp()) * 1_000_000
BY_NUMBER = FieldSpec.model_validate({"from": "number", "pattern": r"^(\d{6})-\d+$", "prefix": "20"})


def _fields(*, zone: str = "Asia/Shanghai", zones: list[str] | None = None, **cells: list[str | None]) -> Fields:
    frame = pd.DataFrame({name: pd.Series(values, dtype="str") for name, values in cells.items()})
    columns = Columns.of(Chunk(np.arange(2, len(frame) + 2), frame=frame))
    faults = Faults(columns.row_number, frozenset())
    return Fields(columns, faults, Terms(zone, as_texts(zones) if zones else None))


def _findings(fields: Fields) -> list[tuple[int, str, str]]:
    return [(found.row, found.field, found.code) for found in fields.faults.findings]


def _days(fields: Fields, *, where: list[bool] | None = None, spec: FieldSpec = BY_NUMBER) -> list[tuple[str, str] | None]:
    """First and last second of each row's day in UTC."""
    mask = np.array(where if where is not None else [True] * fields.columns.rows)
    first, last = fields.day(spec, where=mask, latest_allowed=LATEST)
    return [None if start == NEVER else (_utc(start), _utc(end)) for start, end in zip(first, last, strict=True)]


def _utc(micros: np.int64) -> str:
    return datetime.fromtimestamp(int(micros) / 1_000_000, tz=UTC).strftime("%m-%d %H:%M:%S")


def test_a_pattern_takes_its_group_and_a_cell_that_does_not_match_says_nothing() -> None:
    spec = FieldSpec.model_validate({"from": "method", "pattern": r"^(?:\d+-)?(.+)$"})
    assert _fields(method=["4-在线支付", "在线支付", None]).read("payment_method", spec).to_pylist() == ["在线支付", "在线支付", None]

    assert _fields(number=["260903-1", "P1", None]).read("close_reason", BY_NUMBER).to_pylist() == ["20260903", None, None]


@pytest.mark.parametrize(("pattern", "complaint"), [(r"^\d+$", "needs a group"), ("(", "is no pattern")])
def test_a_pattern_that_takes_nothing_is_refused(pattern: str, complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        FieldSpec.model_validate({"from": "a", "pattern": pattern})


def test_a_day_is_bounded_by_its_first_and_last_second_in_the_shops_zone() -> None:
    assert _days(_fields(number=["260903-1", "P1"])) == [("09-02 16:00:00", "09-03 15:59:59"), None]


def test_the_day_the_clock_goes_back_has_twenty_five_hours() -> None:
    assert _days(_fields(zone="America/New_York", number=["251102-1"])) == [("11-02 04:00:00", "11-03 04:59:59")]


def test_rows_of_several_zones_have_each_its_own_day() -> None:
    fields = _fields(zones=["Asia/Shanghai", "UTC"], number=["260903-1", "260903-2"])

    assert _days(fields) == [("09-02 16:00:00", "09-03 15:59:59"), ("09-03 00:00:00", "09-03 23:59:59")]


def test_where_the_time_is_known_nobody_asks_for_the_day() -> None:
    fields = _fields(number=["269931-1", "260903-2"])

    assert _days(fields, where=[False, True]) == [None, ("09-02 16:00:00", "09-03 15:59:59")]
    assert _findings(fields) == []


def test_a_day_that_no_calendar_has_or_that_lies_ahead_is_a_fault_of_its_column() -> None:
    fields = _fields(number=["260230-1", "271231-1"])

    _days(fields)

    assert _findings(fields) == [(2, "number", "not_a_time"), (3, "number", "time_in_future")]


@pytest.mark.parametrize(
    ("cells", "missing"),
    [
        ({"at": ["2026-09-03 10:00:00"], "number": ["P1"]}, []),
        ({"at": [None], "number": ["260903-1"]}, []),
        ({"at": [None], "number": ["P1"]}, [(2, "at", "missing")]),
    ],
)
def test_a_required_time_is_missing_only_where_its_day_is_missing_too(cells: Any, missing: list[tuple[int, str, str]]) -> None:
    fields = _fields(**cells)
    spec = FieldSpec.model_validate({"from": "at", "required": True, "day": BY_NUMBER.model_dump(by_alias=True)})

    fields.micros(spec, latest_allowed=LATEST)

    assert _findings(fields) == missing
