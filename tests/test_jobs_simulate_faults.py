"""Do the faults that can be played do what their names say, and is the truth about them kept apart?"""

import csv
import io
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine

from data.ingest import ingest_path
from data.settings import Settings
from jobs.simulate import write_history, write_live
from jobs.simulate.faults import FAULTS, Fault, fault_of
from jobs.simulate.platforms import WRITERS
from tests.simulated_files import documents, table, text_lines, told

UNTIL = datetime(2026, 11, 22, 6, 0, tzinfo=UTC)
LATER = UNTIL + timedelta(hours=2)
WINDOW = (UNTIL - timedelta(days=3), UNTIL - timedelta(days=2))
# History files are dated by their week, the last by ``until``.
LAST_WEEK = (UNTIL - timedelta(hours=1), UNTIL + timedelta(hours=1))


def history(home: Path, *faults: Fault) -> Path:
    write_history(home / "inbox", until=UNTIL, days=10, orders=1_500, state=home / "state", faults=faults)
    return home / "inbox"


def truth(home: Path) -> list[dict[str, Any]]:
    told: list[dict[str, Any]] = json.loads((home / "state" / "truth" / "faults.json").read_text())
    return told


def created(inbox: Path) -> dict[str, str]:
    """Return Douyin's order times by order number."""
    return {
        row["主订单编号"]: row["订单提交时间"]
        for path in sorted(inbox.glob("douyin_live/history/*.csv"))
        for row in csv.DictReader(io.StringIO(path.read_bytes().decode("utf-8-sig"), newline=""))
    }


@pytest.fixture(scope="module")
def healthy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return history(tmp_path_factory.mktemp("healthy"))


def test_a_healthy_history_has_no_fault_to_tell(healthy: Path) -> None:
    assert truth(healthy.parent) == []


def test_wrong_zone_moves_the_windows_orders_eight_hours_back(healthy: Path, tmp_path: Path) -> None:
    wrong = created(history(tmp_path, Fault("wrong_zone", "douyin_live", *WINDOW)))
    right = created(healthy)
    moved = {number for number in right if wrong[number] != right[number]}
    gaps = {datetime.fromisoformat(right[number]) - datetime.fromisoformat(wrong[number]) for number in moved}

    assert set(wrong) == set(right)
    assert gaps == {timedelta(hours=8)}
    assert moved == {number for number, at in right.items() if "2026-11-19 14:00:00" <= at < "2026-11-20 14:00:00"}
    assert truth(tmp_path)[0]["orders"] == len(moved) > 5


@pytest.mark.parametrize(("shop", "column"), [("jd_flagship", "下单时间"), ("pdd_select", "订单成交时间"), ("shopee_my", "create_time")])
def test_wrong_zone_strikes_every_platforms_times_and_no_number(healthy: Path, tmp_path: Path, shop: str, column: str) -> None:
    wrong, right = (times(folder, shop, column) for folder in (history(tmp_path, Fault("wrong_zone", shop, *WINDOW)), healthy))
    gaps = {right[number] - wrong[number] for number in right if wrong[number] != right[number]}

    assert set(wrong) == set(right)
    assert gaps == {timedelta(hours=8)}
    assert truth(tmp_path)[0]["orders"] > 5


def times(inbox: Path, shop: str, column: str) -> dict[str, datetime]:
    """Return a time of each of a shop's orders that has it."""
    found = {}
    for path in sorted(inbox.glob(f"{shop}/history/*")):
        rows = documents(path) if path.suffix == ".json" else table(path)
        for (number, _), row in zip(told(path), rows, strict=True):
            said = row[column]
            if isinstance(said, int) or said.strip():
                found[number] = datetime.fromtimestamp(said, UTC) if isinstance(said, int) else datetime.fromisoformat(said.strip())
    return found


def test_a_dead_interface_leaves_out_the_windows_orders_and_no_other_shops(healthy: Path, tmp_path: Path) -> None:
    inbox = history(tmp_path, Fault("dead_interface", "douyin_live", *WINDOW))
    lost = set(created(healthy)) - set(created(inbox))

    assert len(lost) == truth(tmp_path)[0]["orders"] > 5
    for path in healthy.glob("taobao_home/history/*"):
        assert path.read_bytes() == (inbox / "taobao_home" / "history" / path.name).read_bytes()


def test_a_dead_interface_is_silent_in_live_too(tmp_path: Path) -> None:
    inbox = history(tmp_path)

    write_live(inbox, state=tmp_path / "state", now=LATER, faults=[Fault("dead_interface", "taobao_home", UNTIL, LATER + timedelta(1))])

    assert list(inbox.glob("taobao_home/*.csv")) == []
    assert list(inbox.glob("tmall_flagship/*.csv")) != []
    assert {entry["fault"] for entry in truth(tmp_path)} == {"dead_interface"}


def test_a_late_file_comes_when_the_window_is_over(tmp_path: Path) -> None:
    inbox, fault = history(tmp_path), Fault("late_file", "wms", UNTIL, UNTIL + timedelta(hours=4))

    on_time = write_live(inbox, state=tmp_path / "state", now=LATER, faults=[fault])
    still_late = write_live(inbox, state=tmp_path / "state", now=UNTIL + timedelta(hours=3), faults=[fault])
    at_last = write_live(inbox, state=tmp_path / "state", now=UNTIL + timedelta(hours=4), faults=[fault])

    assert not [path for path in on_time + still_late if path.parent.name == "wms"]
    assert [path.name for path in at_last if path.parent.name == "wms"] == [
        "stockout_20261122160000.csv", "stockout_20261122170000.csv", "stockout_20261122180000.csv"
    ]  # fmt: skip
    assert len(truth(tmp_path)) == 2


def test_a_duplicate_file_has_the_same_bytes_under_another_name(tmp_path: Path) -> None:
    inbox = history(tmp_path, Fault("duplicate_file", "douyin_live", *LAST_WEEK))

    twin = inbox / "douyin_live/history/douyin_orders_20261122(1).csv"
    assert twin.read_bytes() == (inbox / "douyin_live/history/douyin_orders_20261122.csv").read_bytes()


def test_a_truncated_file_ends_inside_a_row(healthy: Path, tmp_path: Path) -> None:
    inbox = history(tmp_path, Fault("truncated_file", "tmall_flagship", *LAST_WEEK))
    name = "tmall_flagship/history/ExportOrderList20261122.csv"
    cut, whole = (inbox / name).read_bytes(), (healthy / name).read_bytes()

    assert whole.startswith(cut)
    assert 0.5 < len(cut) / len(whole) < 0.9
    assert not cut.endswith(b"\n")


@pytest.mark.parametrize(
    ("shop", "name", "encoding", "gone"),
    [
        ("taobao_home", "ExportOrderList20261122.csv", "gbk", "订单创建时间"),
        ("douyin_live", "douyin_orders_20261122.csv", "utf-8-sig", "订单提交时间"),
        ("jd_flagship", "jd_orders_20261122.csv", "gbk", "下单时间"),
        ("pdd_select", "pdd_orders_20261122.csv", "utf-8-sig", "订单成交时间"),
        ("wms", "stockout_20261122.csv", "utf-8-sig", "原始单号"),
    ],
)
def test_column_gone_takes_the_cells_with_it(healthy: Path, tmp_path: Path, shop: str, name: str, encoding: str, gone: str) -> None:
    inbox = history(tmp_path, Fault("column_gone", shop, *LAST_WEEK))
    left, whole = (
        list(csv.reader(io.StringIO((folder / shop / "history" / name).read_bytes().decode(encoding), newline="")))
        for folder in (inbox, healthy)
    )
    header = next(number for number, row in enumerate(whole) if gone in row)
    place = whole[header].index(gone)

    assert left == whole[:header] + [row[:place] + row[place + 1 :] for row in whole[header:]]
    assert gone in {entry["column"] for entry in truth(tmp_path)}


@pytest.mark.parametrize(
    ("shop", "name", "number"),
    [
        ("taobao_home", "ExportOrderList20261122.csv", "订单编号"),
        ("jd_flagship", "jd_orders_20261122.csv", "订单号"),
        ("pdd_select", "pdd_orders_20261122.csv", "订单号"),
    ],
)
def test_bad_rows_are_told_by_the_numbers_a_spreadsheet_shows(healthy: Path, tmp_path: Path, shop: str, name: str, number: str) -> None:
    path = Path(shop) / "history" / name
    inbox = history(tmp_path, Fault("bad_rows", shop, *LAST_WEEK))
    bad, good = (list(csv.reader(text_lines(folder / path)[:-1])) for folder in (inbox, healthy))
    differing = [row for row, (b, g) in enumerate(zip(bad, good, strict=True), start=1) if b != g]
    column = next(row.index(number) for row in good if number in row)

    assert differing == next(entry["rows"] for entry in truth(tmp_path) if entry["file"] == str(path))
    assert len(differing) > 1
    assert all(bad[row - 1][column] == "2.026E+27" for row in differing)


@pytest.mark.parametrize(
    ("shop", "name", "field"),
    [("shopify_global", "orders_20261122_1.json", "created_at"), ("shopee_my", "order_detail_20261122_1.json", "create_time")],
)
def test_pages_of_json_can_lose_a_field_or_hold_bad_records(tmp_path: Path, shop: str, name: str, field: str) -> None:
    gone = history(tmp_path / "gone", Fault("column_gone", shop, *LAST_WEEK))
    bad = history(tmp_path / "bad", Fault("bad_rows", shop, *LAST_WEEK))
    path = Path(shop) / "history" / name

    assert all(field not in order for order in documents(gone / path))
    struck = [number for number, order in enumerate(documents(bad / path), start=1) if order[field] == "yesterday"]
    assert struck == truth(tmp_path / "bad")[0]["rows"]


@pytest.mark.parametrize("shop", [writer.shop.shop_id for writer in WRITERS])
def test_the_product_refuses_the_bad_rows_and_no_other_and_a_file_without_its_column_whole(
    engine: Engine, tmp_path: Path, shop: str
) -> None:
    bad = history(tmp_path / "bad", Fault("bad_rows", shop, *LAST_WEEK))
    gone = history(tmp_path / "gone", Fault("column_gone", shop, *LAST_WEEK))
    struck = {entry["file"]: entry["rows"] for entry in truth(tmp_path / "bad")}
    settings = Settings(home=tmp_path)

    for name, expected in struck.items():
        [refused] = ingest_path(engine, bad / name, settings=settings, as_of=UNTIL, shop=shop)
        assert sorted({found.row for found in refused.refused}) == expected
        assert refused.accepted == refused.rows - len(expected) > 0
    for entry in truth(tmp_path / "gone"):
        [whole] = ingest_path(engine, gone / entry["file"], settings=settings, as_of=UNTIL, shop=shop)
        assert whole.status == "refused" and entry["column"].strip() in (whole.error or ""), entry


@pytest.mark.parametrize("shop", ["douyin_live", "jd_flagship", "pdd_select", "shopee_my"])
@pytest.mark.parametrize("name", FAULTS)
def test_every_fault_tells_its_truth(name: str, shop: str, tmp_path: Path) -> None:
    history(tmp_path, Fault(name, shop, UNTIL - timedelta(days=2), UNTIL + timedelta(hours=1)))

    said = truth(tmp_path)
    assert said
    assert {(entry["fault"], entry["shop_id"]) for entry in said} == {(name, shop)}


def test_an_unknown_fault_is_refused_by_name() -> None:
    with pytest.raises(ValueError, match="no fault is called lost_cat"):
        Fault("lost_cat", "wms", *WINDOW)
    with pytest.raises(ValueError, match="NAME,SHOP,SINCE,UNTIL"):
        fault_of("dead_interface")
