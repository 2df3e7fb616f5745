"""Which figures were measured last, on which machine and day?"""

import os
import platform
from collections.abc import Sequence
from datetime import date
from pathlib import Path

import psutil

from tests.bench.figure import Figure

TABLE = Path(__file__).resolve().parents[2] / "docs" / "benchmarks.md"
_BEGIN, _END = "<!-- figures -->", "<!-- end of figures -->"
_HEAD = ["| name | ours | yardstick | unit | ratio | goal | holds | day | measured on |", "|---|---:|---:|---|---:|---|---|---|---|"]


def write_table(figures: Sequence[Figure], *, on: date, file: Path = TABLE) -> None:
    """Put the figures into the document, between its two marks; what is written around them stays, and so do figures not measured now."""
    before, _, rest = file.read_text(encoding="utf-8").partition(_BEGIN)
    table, _, after = rest.partition(_END)
    rows = _rows(table) | {figure.name: _row(figure, on=on) for figure in figures}
    written = "\n".join([f"Last run on {_machine()}.", "", *_HEAD, *rows.values()])
    file.write_text(f"{before}{_BEGIN}\n{written}\n{_END}{after}", encoding="utf-8")


def _rows(table: str) -> dict[str, str]:
    """Return the rows of a table that was written before, by the names of their figures."""
    rows = [line for line in table.splitlines() if line.startswith("| ") and line not in _HEAD]
    return {row.split("|")[1].strip(): row for row in rows}


def _row(figure: Figure, *, on: date) -> str:
    holds = "yes" if figure.holds else "**no**"
    measured = f"{_shown(figure.ours)} | {_shown(figure.yardstick)} | {figure.unit} | {figure.ratio:.{2 if figure.ratio >= 0.01 else 4}f}"
    return f"| {figure.name} | {measured} | {figure.goal} | {holds} | {on} | {figure.measured_on} |"


def _shown(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def _machine() -> str:
    memory = psutil.virtual_memory().total / 1024**3
    return f"{os.cpu_count()} cores ({_processor()}), {memory:.0f} GB of memory, {platform.system()}, Python {platform.python_version()}"


def _processor() -> str:
    """Return the processor's name where the system tells it."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.machine()
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), platform.machine())
