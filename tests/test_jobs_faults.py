"""Does a fault say what helps to repair it, and nothing of a buyer?"""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from jobs.faults import UserMistake, keep_traceback, one_line

CELL = "张三 13800000000"


@pytest.mark.parametrize(
    "error", [KeyError(CELL), IndexError(CELL), ValueError(CELL), UnicodeDecodeError("gbk", CELL.encode(), 0, 1, CELL)]
)
def test_a_message_that_may_quote_a_cell_is_left_out(error: Exception) -> None:
    assert one_line(error) == type(error).__name__


@pytest.mark.parametrize(
    "error", [LookupError("file 9 is not kept any more"), FileNotFoundError("no such file"), UserMistake("no such job")]
)
def test_a_message_of_ours_or_of_the_system_is_said(error: Exception) -> None:
    assert one_line(error) == f"{type(error).__name__}: {error}"


def test_a_kept_traceback_quotes_no_cell_of_any_link(tmp_path: Path) -> None:
    try:
        try:
            dict[str, str]()[CELL]
        except KeyError as missing:
            raise RuntimeError(CELL) from missing
    except RuntimeError as error:
        kept = keep_traceback(error, folder=tmp_path, at=datetime(2026, 11, 22, tzinfo=UTC))

    said = kept.read_text(encoding="utf-8")
    assert CELL not in said
    assert "KeyError: test_jobs_faults.py:" in said
