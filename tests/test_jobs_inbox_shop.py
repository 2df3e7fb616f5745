"""Is a file given for the shop of its folder only where the folder is one?"""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import Engine, insert

from data.settings import Settings
from data.tables import shops
from jobs.inbox_shop import shop_of
from jobs.job import JobContext
from tests.taobao_export import Sold, write_export


@pytest.fixture
def context(engine: Engine, make_settings: Callable[..., Settings]) -> JobContext:
    return JobContext(engine=engine, settings=make_settings())


def test_a_platform_file_in_a_new_folder_makes_it_a_shop(context: JobContext, tmp_path: Path) -> None:
    path = write_export(tmp_path / "a.csv", [Sold(1)])

    assert shop_of(context, path, folder="my_new_shop") == "my_new_shop"


def test_a_file_that_no_manifest_knows_makes_no_shop(context: JobContext, tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("a,b\n1,2\n")

    assert shop_of(context, path, folder="my_new_shop") is None


def test_a_warehouse_file_names_its_shops_itself_whatever_its_folder(context: JobContext, tmp_path: Path) -> None:
    from jobs.simulate.history import write_history

    write_history(tmp_path / "inbox", until=datetime(2026, 11, 22, tzinfo=UTC), days=2, orders=60, state=tmp_path / "state")
    (path, *_) = sorted((tmp_path / "inbox" / "wms" / "history").iterdir())

    assert shop_of(context, path, folder="wms") is None


def test_a_known_shop_is_the_shop_of_all_its_files(context: JobContext, tmp_path: Path) -> None:
    now = datetime(2026, 11, 22, tzinfo=UTC)
    row = {
        "shop_id": "tb1",
        "channel": "taobao",
        "name": "一店",
        "zone": "Asia/Shanghai",
        "currency": "CNY",
        "complete": True,
        "created_at": now,
    }
    with context.engine.begin() as connection:
        connection.execute(insert(shops).values(row))

    assert shop_of(context, tmp_path / "not-even-there.csv", folder="tb1") == "tb1"


@pytest.mark.parametrize("folder", ["", "masters"])
def test_loose_files_and_masters_are_given_for_no_shop(context: JobContext, tmp_path: Path, folder: str) -> None:
    assert shop_of(context, write_export(tmp_path / "a.csv", [Sold(1)]), folder=folder) is None
