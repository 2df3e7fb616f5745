"""Do the faults that can be played do what their names say, and is the truth about them kept apart?"""

import csv
import io
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from jobs.simulate import write_history, write_live
from jobs.simulate.faults import FAULTS, Fault, fault_of

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
        ("wms", "stockout_20261122.csv", "utf-8-sig", "原始单号"),
    ],
)
def test_column_gone_takes_the_cells_with_it(healthy: Path, tmp_path: Path, shop: str, name: str, encoding: str, gone: str) -> None:
    inbox = history(tmp_path, Fault("column_gone", shop, *LAST_WEEK))
    left, whole = (
        list(csv.reader(io.StringIO((folder / shop / "history" / name).read_bytes().decode(encoding), newline="")))
        for folder in (inbox, healthy)
    )
    place = whole[0].index(gone)

    assert left == [row[:place] + row[place + 1 :] for row in whole]
    assert gone in {entry["column"] for entry in truth(tmp_path)}


def test_bad_rows_are_told_by_the_numbers_a_spreadsheet_shows(healthy: Path, tmp_path: Path) -> None:
    inbox = history(tmp_path, Fault("bad_rows", "taobao_home", *LAST_WEEK))
    name = "taobao_home/history/ExportOrderList20261122.csv"
    bad, good = ((folder / name).read_bytes().decode("gbk").split("\r\n") for folder in (inbox, healthy))
    differing = [number for number, (b, g) in enumerate(zip(bad, good, strict=True), start=1) if b != g]

    assert differing == next(entry["rows"] for entry in truth(tmp_path) if entry["file"] == name)
    assert len(differing) > 3
    assert all(bad[number - 1].startswith("2.026E+27,") for number in differing)


def test_shopify_pages_can_lose_a_field_or_hold_bad_records(tmp_path: Path) -> None:
    gone = history(tmp_path / "gone", Fault("column_gone", "shopify_global", *LAST_WEEK))
    bad = history(tmp_path / "bad", Fault("bad_rows", "shopify_global", *LAST_WEEK))
    name = "shopify_global/history/orders_20261122_1.json"

    assert all("created_at" not in order for order in json.loads((gone / name).read_bytes())["orders"])
    struck = [i for i, o in enumerate(json.loads((bad / name).read_bytes())["orders"], start=1) if o["created_at"] == "yesterday"]
    assert struck == truth(tmp_path / "bad")[0]["rows"]


@pytest.mark.parametrize("name", FAULTS)
def test_every_fault_tells_its_truth(name: str, tmp_path: Path) -> None:
    history(tmp_path, Fault(name, "douyin_live", UNTIL - timedelta(days=2), UNTIL + timedelta(hours=1)))

    told = truth(tmp_path)
    assert told
    assert {(entry["fault"], entry["shop_id"]) for entry in told} == {(name, "douyin_live")}


def test_an_unknown_fault_is_refused_by_name() -> None:
    with pytest.raises(ValueError, match="no fault is called lost_cat"):
        Fault("lost_cat", "wms", *WINDOW)
    with pytest.raises(ValueError, match="NAME,SHOP,SINCE,UNTIL"):
        fault_of("dead_interface")
