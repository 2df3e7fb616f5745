"""Does the house stand as designed: who may import whom, and is every package's door labelled?"""

import os
import subprocess
import sys
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).resolve().parents[1]
ROOMS = ("models", "data", "jobs", "dashboard", "pages")
LINT = "from importlinter.cli import lint_imports_command; lint_imports_command()"


def _lint(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", LINT, "--config", str(CHECKOUT / "pyproject.toml"), "--no-cache", "--no-logo", *arguments]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


def test_every_import_keeps_the_contracts() -> None:
    done = _lint(CHECKOUT)

    assert done.returncode == 0, done.stdout + done.stderr


def test_what_make_starts_may_keep_what_python_compiled() -> None:
    asked = ["make", "--no-print-directory", "--eval", 'kept:; @echo "[$$PYTHONDONTWRITEBYTECODE]"', "kept"]
    unasked = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}

    done = subprocess.run(asked, cwd=CHECKOUT, env=unasked, capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize(
    ("room", "imports", "contract"),
    [
        ("models", "import data", "layers"),
        ("models", "import sqlalchemy", "pure"),
        ("models", "from pathlib import Path", "pure"),
        ("data", "import jobs", "layers"),
        ("data", "import streamlit", "web"),
        ("data", "from sklearn.tree import export_text", "learning"),
        ("jobs", "import dashboard", "layers"),
        ("jobs", "from sqlalchemy import text", "sql"),
        ("jobs", "import schedule", "clock"),
        ("dashboard", "import jobs", "layers"),
        ("dashboard", "import psycopg2", "sql"),
        ("dashboard", "import data.tables", "reads"),
        ("pages", "import data", "pages"),
        ("pages", "import jobs", "pages"),
        ("pages", "import sqlalchemy", "sql"),
    ],
)
def test_a_contract_is_broken_by_what_it_forbids(tmp_path: Path, room: str, imports: str, contract: str) -> None:
    for name in ROOMS:
        (tmp_path / name).mkdir()
        (tmp_path / name / "__init__.py").write_text("")
    (tmp_path / "data" / "tables.py").write_text("")
    (tmp_path / "data" / "reads.py").write_text("")
    (tmp_path / "dashboard" / "cached.py").write_text("from data import reads")
    assert _lint(tmp_path, "--contract", contract).returncode == 0

    (tmp_path / room / "intruder.py").write_text(imports)

    assert "BROKEN" in _lint(tmp_path, "--contract", contract).stdout


def test_every_module_opens_with_what_it_answers() -> None:
    modules = [file for room in (*ROOMS, "tests") for file in (CHECKOUT / room).rglob("*.py") if file.stat().st_size]

    assert [str(file) for file in modules if not file.read_text().startswith('"""')] == []
