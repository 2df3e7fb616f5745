"""Do the benchmarks say what they measured in the form that others read?"""

import json
from datetime import date
from pathlib import Path

from tests.bench.figure import Figure
from tests.bench.table import write_table


def test_a_figure_is_one_line_of_json_with_the_ratio_to_its_yardstick() -> None:
    figure = Figure("ingest", ours=6.0, yardstick=2.0, unit="s", goal="<= 4", measured_on="a file")

    assert json.loads(figure.as_json()) == {
        "name": "ingest", "ours": 6.0, "yardstick": 2.0, "unit": "s", "ratio": 3.0, "goal": "<= 4", "holds": True,
    }  # fmt: skip


def test_a_goal_for_a_rate_is_a_least_and_one_for_a_time_a_most() -> None:
    assert Figure("rate", ours=7.0, yardstick=10.0, unit="rows/s", goal=">= 0.8").holds is False
    assert Figure("rate", ours=9.0, yardstick=10.0, unit="rows/s", goal=">= 0.8").holds is True
    assert Figure("time", ours=9.0, yardstick=2.0, unit="s", goal="<= 4").holds is False


def test_a_figure_replaces_its_last_one_and_nothing_else(tmp_path: Path) -> None:
    file = tmp_path / "benchmarks.md"
    file.write_text("# before\n<!-- figures -->\nof last week\n<!-- end of figures -->\nafter\n")
    write_table(
        [Figure(name, ours=1.0, yardstick=2.0, unit="s", goal="<= 2") for name in ("ingest", "other")], on=date(2026, 11, 20), file=file
    )
    figure = Figure("ingest", ours=6.0, yardstick=2.0, unit="s", goal="<= 2", measured_on="a file")

    write_table([figure], on=date(2026, 11, 22), file=file)

    text = file.read_text()
    assert text.startswith("# before\n<!-- figures -->\n") and text.endswith("<!-- end of figures -->\nafter\n")
    assert "of last week" not in text
    rows = [line for line in text.splitlines() if line.startswith("| ")]
    assert rows[1:] == [
        "| ingest | 6 | 2 | s | 3.00 | <= 2 | **no** | 2026-11-22 | a file |",
        "| other | 1 | 2 | s | 0.50 | <= 2 | yes | 2026-11-20 |  |",
    ]
