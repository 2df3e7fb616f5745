"""Is anything lost, doubled or stuck when processes race each other, are killed, or find the disk full?"""

import errno
import os
import random
import signal
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, text

from data import embedded, files
from data.engine import open_engine
from data.ingest import ingest_path, replay_waiting
from data.settings import Settings
from data.writes.stale import recompute_stale
from tests.final_state import empty, final_state
from tests.nursery import Nursery, nursery
from tests.own_files import (
    DONE,
    SHIPPED,
    SHOPS,
    TO_SHIP,
    stock_out,
    taobao_line,
    taobao_order,
    write_lines,
    write_orders,
    write_rows,
    write_skus,
    write_stock_out,
)

NOW = datetime(2026, 11, 22, 8, tzinfo=UTC)
ORDERS = 400
KILLS = 10

Work = tuple[Path, str | None]


@pytest.fixture(scope="module")
def forks() -> Iterator[Nursery]:
    with nursery() as running:
        yield running


def _all(engine: Engine, query: str) -> list[tuple[Any, ...]]:
    with engine.connect() as connection:
        return [tuple(row) for row in connection.execute(text(query))]


def _export(path: Path, numbers: Sequence[int], *, status: str, day: int, **cells: str) -> Path:
    newest = taobao_order(9_000, paid=f"2026-11-{day:02d} 09:00:00", 订单创建时间="2026-11-01 09:00:00")
    return write_orders(path, [*(taobao_order(number, status=status, **cells) for number in numbers), newest])


@pytest.fixture
def works(tmp_path: Path) -> list[Work]:
    """Files of one shop's orders that speak of one another: exports that overlap, lines, parcels, masters."""
    shop = {"店铺编号": "shop", "店铺名称": "测试家居店", "平台": "淘宝", "时区": "Asia/Shanghai", "币种": "CNY"}
    numbers = list(range(1, ORDERS + 1))
    parcels = [stock_out(number, shipped="2026-11-01 15:00:00") for number in numbers[::2]]
    return [
        (_export(tmp_path / "1.csv", numbers, status=TO_SHIP, day=2, 总金额="90.00"), "shop"),
        (_export(tmp_path / "2.csv", numbers[100:], status=SHIPPED, day=3), "shop"),
        (_export(tmp_path / "3.csv", numbers[:300], status=DONE, day=4), "shop"),
        (write_lines(tmp_path / "l.csv", [taobao_line(number, f"SKU{number % 7}") for number in numbers for _ in range(2)]), "shop"),
        (write_stock_out(tmp_path / "w.csv", parcels), None),
        (write_skus(tmp_path / "k.csv", [(f"SKU{number}", f"类目{number % 3}", "2026-01-01 00:00:00") for number in range(7)]), None),
        (write_rows(tmp_path / "s.csv", SHOPS, [shop], encoding="utf-8-sig"), None),
    ]


def _one_after_another(engine: Engine, works: Sequence[Work], *, home: Path) -> dict[str, list[tuple[Any, ...]]]:
    for path, shop in works:
        ingest_path(engine, path, settings=Settings(home=home), as_of=NOW, shop=shop)
    _settle(engine, home=home)
    return final_state(engine)


def _settle(engine: Engine, *, home: Path) -> None:
    replay_waiting(engine, settings=Settings(home=home), as_of=NOW)
    recompute_stale(engine, as_of=NOW)


def test_one_file_taken_by_three_processes_at_once_is_taken_once(forks: Nursery, engine: Engine, tmp_path: Path, works: list[Work]) -> None:
    expected = _one_after_another(engine, works[:1], home=tmp_path / "alone")

    for _ in range(3):
        empty(engine)
        said = forks.together(engine, [works[:1]] * 3, home=tmp_path / "home", as_of=NOW.isoformat())
        assert sorted(status for [status] in said) == ["ingested", "unchanged", "unchanged"]
        assert final_state(engine) == expected
        assert _all(engine, "SELECT count(*) FROM file_runs") == [(1,)]


@pytest.mark.parametrize("later", [False, True], ids=["one by one", "all at once"])
def test_files_of_the_same_orders_taken_in_parallel_end_as_in_a_row(
    forks: Nursery, engine: Engine, tmp_path: Path, works: list[Work], later: bool
) -> None:
    """Orders, lines, parcels and masters at the same moment: nobody waits forever, nothing is missed between two of them."""
    expected = _one_after_another(engine, works, home=tmp_path / "alone")
    assert {row[0] for row in _all(engine, "SELECT DISTINCT category FROM orders")} >= {"类目0", "类目1", "类目2"}
    dice = random.Random(4)

    for _ in range(2):
        empty(engine)
        shuffled = dice.sample(works, len(works))
        said = forks.together(
            engine, [[work] for work in shuffled], home=tmp_path / "home", as_of=NOW.isoformat(), later=later, settle=later
        )
        assert said == [["ingested"]] * len(works)
        _settle(engine, home=tmp_path / "home")
        assert final_state(engine) == expected


def test_files_that_name_new_shops_in_opposite_order_do_not_wait_for_each_other(forks: Nursery, engine: Engine, tmp_path: Path) -> None:
    def rows(numbers: Sequence[int]) -> list[dict[str, str]]:
        return [taobao_order(number, 店铺Id=f"shop{number % 20:02d}", 店铺名称=f"店{number % 20}") for number in numbers]

    up = write_orders(tmp_path / "up.csv", rows(range(1, 200)))
    down = write_orders(tmp_path / "down.csv", rows(range(200, 1, -1)))
    cells = [
        {"店铺编号": f"shop{n:02d}", "店铺名称": f"店{n}", "平台": "天猫", "时区": "Asia/Shanghai", "币种": "CNY"} for n in (7, 3, 19, 0)
    ]
    shops = write_rows(tmp_path / "shops.csv", SHOPS, cells, encoding="utf-8-sig")

    for _ in range(3):
        empty(engine)
        said = forks.together(engine, [[(up, None)], [(down, None)], [(shops, None)]], home=tmp_path, as_of=NOW.isoformat())
        assert said == [["ingested"]] * 3
        assert _all(engine, "SELECT count(*), count(DISTINCT shop_id) FROM orders") == [(200, 20)]
        assert _all(engine, "SELECT count(*) FROM shops WHERE complete AND channel = 'tmall'") == [(4,)]


# ---------------------------------------------------------------- kills


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "killed"
    folder.mkdir()
    yield folder
    embedded.remove(folder)


@pytest.mark.parametrize("later", [False, True], ids=["one by one", "all at once"])
def test_killed_at_any_moment_and_run_again_it_ends_undisturbed(
    forks: Nursery, engine: Engine, home: Path, tmp_path: Path, works: list[Work], later: bool
) -> None:
    expected = _one_after_another(engine, works, home=tmp_path / "alone")
    given: dict[str, Any] = {"home": home, "as_of": NOW.isoformat(), "later": later, "settle": True}
    killed = open_engine(Settings(home=home, inbox=tmp_path))
    began = time.monotonic()
    forks.finished(forks.start(killed, works, **given))
    longest = time.monotonic() - began
    assert final_state(killed) == expected
    empty(killed)
    dice = random.Random(9)

    died = 0
    for _ in range(KILLS // 2):
        pid = forks.start(killed, works, **given)
        time.sleep(dice.uniform(0.02, longest * 0.8))
        died += _kill(pid)
        _nothing_is_half(killed, home=home)
    said = forks.finished(forks.start(killed, works, **given))

    assert died > 0
    assert set(said) <= {"ingested", "unchanged"}
    assert final_state(killed) == expected
    assert _all(killed, "SELECT count(*) FROM file_runs") == [(len(works),)]
    assert _all(killed, "SELECT count(*) FROM rejected_rows") == [(0,)]
    killed.dispose()


def _kill(pid: int) -> bool:
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return False
    return True


def _nothing_is_half(engine: Engine, *, home: Path) -> None:
    """Whatever the database says of a file it says whole, and the file is kept."""
    for table in ("orders", "order_claims", "order_lines", "order_events"):
        column = "first_file_id" if table == "orders" else "file_id"
        unknown = f"SELECT count(*) FROM {table} WHERE {column} NOT IN (SELECT file_id FROM file_runs) AND {column} <> 0"
        assert _all(engine, unknown) == [(0,)], table
    for (sha256,) in _all(engine, "SELECT sha256 FROM source_files"):
        assert (home / "files" / sha256).exists()


# ---------------------------------------------------------------- a full disk


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EDQUOT])
def test_a_full_disk_is_said_and_leaves_nothing_behind(
    engine: Engine, tmp_path: Path, works: list[Work], monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    path, shop = works[0]

    def full(_: int) -> None:
        raise OSError(code, os.strerror(code))

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        with pytest.raises(files.NoRoom, match=r"磁盘已满.*disk is full.*files"):
            ingest_path(engine, path, settings=Settings(home=tmp_path), as_of=NOW, shop=shop)

    assert not [path for path in (tmp_path / "files").rglob("*") if path.is_file()]
    assert _all(engine, "SELECT count(*) FROM source_files") == [(0,)]
    [report] = ingest_path(engine, path, settings=Settings(home=tmp_path), as_of=NOW, shop=shop)
    assert (report.status, report.orders) == ("ingested", ORDERS + 1)
