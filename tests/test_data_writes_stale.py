"""Do orders that a bulk import put off come out as if they had been computed with their files?"""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import Engine, text

from data.ingest import ingest_path
from data.settings import Settings
from data.writes import stale
from tests.final_state import final_state
from tests.own_files import DONE, taobao_line, taobao_order, write_lines, write_orders, write_skus

AS_OF = datetime(2026, 11, 22, 8, tzinfo=UTC)
SHOP = "taobao_home"
ORDERS = range(1_000, 1_020)


@pytest.fixture
def files(tmp_path: Path) -> list[Path]:
    """A SKU master, an order list and its item list."""
    return [
        write_skus(tmp_path / "skus.csv", [("SKU1", "家居", "2026-01-01"), ("SKU2", "食品", "2026-01-01")]),
        write_lines(tmp_path / "lines.csv", [taobao_line(number, f"SKU{1 + number % 2}") for number in ORDERS]),
        write_orders(tmp_path / "orders.csv", [taobao_order(number, **({"status": DONE} if number % 3 else {})) for number in ORDERS]),
    ]


def test_lots_side_by_side_give_what_computing_with_each_file_gives(
    make_engine: Callable[[], Engine], make_settings: Callable[[], Settings], files: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    at_once, put_off, settings = make_engine(), make_engine(), make_settings()
    monkeypatch.setattr(stale, "_AT_ONCE", 3)

    for path in files:
        ingest_path(at_once, path, settings=settings, shop=SHOP, as_of=AS_OF)
        ingest_path(put_off, path, settings=settings, shop=SHOP, as_of=AS_OF, later=True)
    computed = stale.recompute_stale(put_off, as_of=AS_OF)

    assert computed == len(ORDERS)
    assert final_state(put_off) == final_state(at_once)


def test_what_has_been_computed_is_not_waiting_any_more(engine: Engine, make_settings: Callable[[], Settings], files: list[Path]) -> None:
    for path in files:
        ingest_path(engine, path, settings=make_settings(), shop=SHOP, as_of=AS_OF, later=True)
    with engine.connect() as connection:
        before = connection.execute(text("SELECT (SELECT count(*) FROM stale_orders), (SELECT count(*) FROM orders)")).one()

    stale.recompute_stale(engine, as_of=AS_OF)

    assert tuple(before) == (len(ORDERS), 0)
    assert stale.recompute_stale(engine, as_of=AS_OF) == 0
