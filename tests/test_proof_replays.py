"""Does a mended manifest take what was refused, and nothing else, for as long as the file is kept?"""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, text

from data.connectors import registry
from data.ingest import ingest_path, replay, replay_waiting
from data.refused import RetentionOver, raw_cells
from data.report import Report
from data.settings import Settings
from jobs import housekeeping
from jobs.job import JobContext
from tests.final_state import empty, final_state
from tests.hostile_files import FORMS, Form
from tests.own_files import (
    SHIPPED,
    SHOPS,
    TAOBAO_ORDERS,
    stock_out,
    taobao_line,
    taobao_order,
    write_lines,
    write_orders,
    write_rows,
    write_stock_out,
)

NOW = datetime(2026, 11, 22, 8, tzinfo=UTC)
LATER = NOW + timedelta(hours=1)
NEW_WORD = "卖家已揽收"
ROWS = [taobao_order(1), taobao_order(2, status=NEW_WORD), taobao_order(3, status=SHIPPED), taobao_order(4, status=NEW_WORD, 总金额="?")]


def _all(engine: Engine, query: str) -> list[tuple[Any, ...]]:
    with engine.connect() as connection:
        return [tuple(row) for row in connection.execute(text(query))]


def _take(engine: Engine, path: Path, *, settings: Settings, **given: Any) -> Report:
    [report] = ingest_path(engine, path, settings=settings, as_of=NOW, **given)
    return report


def _again(engine: Engine, *, settings: Settings, file_id: int = 1) -> Report:
    [report] = replay(engine, file_id, settings=settings, as_of=LATER)
    return report


def _mend(home: Path, change: Callable[[str], str], *, version: int = 2) -> None:
    """Put a changed Taobao manifest where it replaces the shipped one."""
    shipped = (registry.SHIPPED / "taobao.toml").read_text(encoding="utf-8")
    mended = change(re.sub(r"^version = \d+$", f"version = {version}", shipped, count=1, flags=re.MULTILINE))
    assert mended != shipped
    (home / "manifests").mkdir(exist_ok=True)
    (home / "manifests" / "taobao.toml").write_text(mended, encoding="utf-8")


def _know_the_word(manifest: str) -> str:
    return manifest.replace('"交易成功" = "completed"', f'"交易成功" = "completed"\n"{NEW_WORD}" = "shipped"')


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.name)
def test_a_mended_manifest_takes_the_refused_rows_and_touches_no_other(engine: Engine, tmp_path: Path, form: Form) -> None:
    settings = Settings(home=tmp_path)
    first = _take(engine, form.write(tmp_path, TAOBAO_ORDERS, ROWS), settings=settings)
    assert [(found.row, found.code) for found in first.refused] == [(3, "unknown_status"), (5, "not_an_amount"), (5, "unknown_status")]
    untouched = "SELECT order_no, xmin::text FROM orders WHERE order_no IN ('1', '3') ORDER BY 1"
    before, kept = _all(engine, untouched), _all(engine, "SELECT * FROM order_events WHERE order_no IN ('1', '3') ORDER BY order_no, type")

    _mend(tmp_path, _know_the_word)
    mended = _again(engine, settings=settings)

    assert (mended.status, mended.rows, mended.accepted) == ("ingested", 4, 3)
    assert [(found.row, found.code) for found in mended.refused] == [(5, "not_an_amount")]
    assert _all(engine, "SELECT order_no, stage FROM orders ORDER BY 1") == [("1", "paid"), ("2", "shipped"), ("3", "shipped")]
    assert _all(engine, untouched) == before
    assert _all(engine, "SELECT * FROM order_events WHERE order_no IN ('1', '3') ORDER BY order_no, type") == kept
    # one file, one standing run, its one refused cell: no count of the source is doubled
    assert _all(engine, "SELECT manifest_version, rows, accepted FROM file_runs") == [(2, 4, 3)]
    assert _all(engine, "SELECT row_number, field FROM rejected_rows") == [(5, "总金额")]
    assert _again(engine, settings=settings).status == "unchanged"


def test_a_replay_ends_as_if_the_mended_manifest_had_always_been_there(engine: Engine, tmp_path: Path) -> None:
    settings = Settings(home=tmp_path)
    paths = [
        write_orders(tmp_path / "o.csv", ROWS),
        write_orders(tmp_path / "p.csv", [taobao_order(2, status=SHIPPED, 订单付款时间="2026-11-03 10:00:00")]),
        write_lines(tmp_path / "l.csv", [taobao_line(number) for number in (1, 2, 3)]),
    ]
    for path in paths:
        _take(engine, path, settings=settings, shop="shop")
    _mend(tmp_path, _know_the_word)
    for file_id in (1, 2, 3):
        _again(engine, settings=settings, file_id=file_id)
    replayed = final_state(engine)

    empty(engine)
    for path in paths:
        _take(engine, path, settings=settings, shop="shop")

    assert final_state(engine) == replayed


def test_a_file_refused_whole_is_taken_once_its_renamed_column_is_known(engine: Engine, tmp_path: Path) -> None:
    settings = Settings(home=tmp_path)
    header = [name.replace("订单付款时间", "订单实付时间") for name in TAOBAO_ORDERS]
    rows = [{name.replace("订单付款时间", "订单实付时间"): cell for name, cell in row.items()} for row in ROWS[:1]]
    refused = _take(engine, write_rows(tmp_path / "a.csv", header, rows), settings=settings)
    assert (refused.status, refused.detail["fits"]) == ("refused", {"订单付款时间": "订单实付时间"})

    _mend(tmp_path, lambda manifest: manifest.replace("订单付款时间", "订单实付时间"))
    mended = _again(engine, settings=settings)

    assert (mended.status, mended.accepted) == ("ingested", 1)
    assert _all(engine, "SELECT stage FROM orders") == [("paid",)]
    assert _all(engine, "SELECT status FROM file_runs") == [("ingested",)]


def test_a_manifest_mended_for_the_worse_takes_nothing_back(engine: Engine, tmp_path: Path) -> None:
    settings = Settings(home=tmp_path)
    _take(engine, write_orders(tmp_path / "a.csv", ROWS[:1]), settings=settings)
    before = final_state(engine)

    _mend(tmp_path, lambda manifest: manifest.replace('"订单付款时间"', '"无此列"'))
    worse = _again(engine, settings=settings)

    assert (worse.status, final_state(engine)) == ("refused", before)
    assert _all(engine, "SELECT manifest_version, status FROM file_runs ORDER BY 1") == [(1, "ingested"), (2, "refused")]


def test_rows_that_waited_for_their_shop_are_taken_once_under_any_version(engine: Engine, tmp_path: Path) -> None:
    settings = Settings(home=tmp_path)
    _take(engine, write_stock_out(tmp_path / "w.csv", [stock_out(1, shipped="2026-11-01 15:00:00")]), settings=settings)
    with engine.begin() as connection:
        # refused under a version that has been replaced since
        connection.execute(text("UPDATE file_runs SET manifest_version = 0"))
    shop = {"店铺编号": "shop", "店铺名称": "测试家居店", "平台": "淘宝", "时区": "Asia/Shanghai", "币种": "CNY"}

    _take(engine, write_rows(tmp_path / "s.csv", SHOPS, [shop], encoding="utf-8-sig"), settings=settings)

    assert _all(engine, "SELECT order_no, warehouse_code, stub FROM orders") == [("1", "成都仓", True)]
    assert _all(engine, "SELECT count(*) FROM rejected_rows") == [(0,)]
    assert replay_waiting(engine, settings=settings, as_of=LATER) == 0


def test_past_its_retention_a_file_says_so_and_its_orders_stay(engine: Engine, tmp_path: Path) -> None:
    settings = Settings(home=tmp_path, retention_days=30)
    path = write_orders(tmp_path / "a.csv", ROWS)
    _take(engine, path, settings=settings)
    [[sha256]] = _all(engine, "SELECT sha256 FROM source_files")
    asked: dict[str, Any] = {"sha256": sha256, "name": "a.csv", "source": "taobao.orders", "numbers": {3}}
    assert raw_cells(settings, **asked)[3].cells
    before = final_state(engine)

    housekeeping.run(JobContext(engine=engine, settings=settings), as_of=NOW + timedelta(days=31))

    assert not (tmp_path / "files" / sha256).exists()
    with pytest.raises(RetentionOver, match="原文已过保留期"):
        raw_cells(settings, **asked)
    with pytest.raises(LookupError, match="not kept any more"):
        replay(engine, 1, settings=settings, as_of=LATER)
    assert replay_waiting(engine, settings=settings, as_of=LATER) == 0
    after = final_state(engine)
    assert after["contacts"] == []
    assert {**after, "contacts": None} == {**before, "contacts": None}

    # the platform gives it once more: that work is done, and no buyer comes back by it
    assert _take(engine, path, settings=settings).status == "unchanged"
    assert final_state(engine) == after
