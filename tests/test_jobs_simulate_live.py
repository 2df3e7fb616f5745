"""Does the simulated merchant go on living after its history, losing and doubling nothing?"""

import csv
import io
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from jobs.simulate import rhythm, write_history, write_live
from jobs.simulate.lettering import platform_numbers
from jobs.simulate.life import as_seen, pass_warehouses, settle
from jobs.simulate.merchant import Played, joined, play
from jobs.simulate.platforms import WRITERS
from jobs.simulate.platforms.douyin import STATUS as DOUYIN_STATUS
from jobs.simulate.platforms.shopify import order_ids
from jobs.simulate.platforms.taobao import STATUS as TAOBAO_STATUS
from jobs.simulate.state import load

UNTIL = datetime(2026, 11, 12, 6, 0, tzinfo=UTC)
DAYS, ORDERS = 12, 2_500


def table(path: Path, encoding: str) -> Iterator[dict[str, str]]:
    yield from csv.DictReader(io.StringIO(path.read_bytes().decode(encoding), newline=""))


def in_order(inbox: Path, pattern: str) -> list[Path]:
    """Return history first, then live files by the time in their names."""
    return sorted(inbox.glob(f"*/history/{pattern}")) + sorted(inbox.glob(f"*/{pattern}"), key=lambda path: path.name)


def last_words(inbox: Path) -> dict[str, str]:
    """Return each order's status as the last file that names it tells it."""
    told: dict[str, str] = {}
    for path in in_order(inbox, "ExportOrderList*.csv"):
        told.update((row["订单编号"].strip('="'), row["订单状态"]) for row in table(path, "gbk"))
    for path in in_order(inbox, "douyin_orders*.csv"):
        told.update((row["主订单编号"].strip(), row["订单状态"]) for row in table(path, "utf-8-sig"))
    for path in in_order(inbox, "orders_*.json"):
        for order in json.loads(path.read_bytes())["orders"]:
            told[str(order["id"])] = f"{order['financial_status']}/{order['fulfillment_status']}"
    return told


def last_parcels(inbox: Path) -> dict[str, tuple[str, ...]]:
    """Return each stock-out's last row."""
    told: dict[str, tuple[str, ...]] = {}
    for path in in_order(inbox, "stockout_*.csv"):
        told.update((row["出库单号"], tuple(row.values())) for row in table(path, "utf-8-sig"))
    return told


def truth(at: datetime, state: Path) -> Played:
    """Play the whole life in one go, as the files never do."""
    memory, first = load(state), rhythm.day_number_at(UNTIL) - DAYS
    days = range(first, rhythm.day_number_at(at) + 1)
    played = joined([play(w.shop, days, seed=memory.seed, orders_a_day=memory.orders_a_day[w.shop.shop_id]) for w in WRITERS])
    pass_warehouses(
        played,
        until=rhythm.midnight(days[-1] + 1),
        capacity=memory.capacity,
        free_from=[0.0] * len(memory.capacity),
        story=memory.story(),
    )
    return as_seen(settle(played), at=rhythm.seconds_of(at))


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path, datetime]:
    """A history, then two days of live files at uneven intervals with a night's pause."""
    home = tmp_path_factory.mktemp("live")
    write_history(home / "inbox", until=UNTIL, days=DAYS, orders=ORDERS, state=home / "state")
    steps = [*range(1, 120, 12), *range(120, 700, 60), 1300, 1301, *range(1320, 2880, 240), 2880]
    for minutes in steps:
        write_live(home / "inbox", state=home / "state", now=UNTIL + timedelta(minutes=minutes))
    return home / "inbox", home / "state", UNTIL + timedelta(minutes=2880)


def test_every_order_is_told_once_lives_on_and_ends_as_the_merchant_knows(lived: tuple[Path, Path, datetime]) -> None:
    inbox, state, at = lived
    orders = truth(at, state).orders
    told = last_words(inbox)

    expected = {}
    shopify = {w.shop.number for w in WRITERS if w.shop.abroad}
    words = {w.shop.number: DOUYIN_STATUS if w.shop.platform == "抖音" else TAOBAO_STATUS for w in WRITERS}
    for row in orders[~orders["shop"].isin(shopify)].to_dict("records"):
        expected[row["key"]] = words[row["shop"]][row["stage"]]
    home = orders[~orders["shop"].isin(shopify)]
    numbers = dict(zip(home["key"], platform_numbers(home["key"].to_numpy()).astype(str), strict=True))
    abroad = set(order_ids(orders[orders["shop"].isin(shopify)]["key"].to_numpy()).astype(str))

    assert {numbers[key]: status for key, status in expected.items()} == {n: s for n, s in told.items() if "/" not in s}
    assert abroad == {number for number, status in told.items() if "/" in status}
    assert len(told) == len(orders) > ORDERS


def test_orders_open_at_the_end_of_the_history_live_on(lived: tuple[Path, Path, datetime]) -> None:
    inbox, _, _ = lived
    was = {row["订单编号"]: row["订单状态"] for path in sorted(inbox.glob("*/history/ExportOrderList*.csv")) for row in table(path, "gbk")}
    now = last_words(inbox)
    to_ship = [number.strip('="') for number, status in was.items() if status == TAOBAO_STATUS["to_ship"]]

    shipped = [number for number in to_ship if now[number] != TAOBAO_STATUS["to_ship"]]
    assert len(to_ship) > 30
    assert len(shipped) > 0.9 * len(to_ship)


def test_once_after_two_days_ends_like_minute_by_minute(lived: tuple[Path, Path, datetime], tmp_path: Path) -> None:
    inbox, state, at = lived
    write_history(tmp_path / "inbox", until=UNTIL, days=DAYS, orders=ORDERS, state=tmp_path / "state")

    write_live(tmp_path / "inbox", state=tmp_path / "state", now=at)

    assert last_words(tmp_path / "inbox") == last_words(inbox)
    assert last_parcels(tmp_path / "inbox") == last_parcels(inbox)
    assert (tmp_path / "state" / "merchant.npz").read_bytes() == (state / "merchant.npz").read_bytes()


def test_the_stock_out_list_shows_an_order_with_all_its_parcels(lived: tuple[Path, Path, datetime]) -> None:
    inbox, _, _ = lived
    parts: dict[str, int] = {}
    for path in in_order(inbox, "stockout_*.csv"):
        here: dict[str, int] = {}
        for row in table(path, "utf-8-sig"):
            for number in row["原始单号"].split(","):
                here[number] = here.get(number, 0) + 1
        assert all(count == parts.get(number, count) for number, count in here.items()), path
        parts.update(here)
    assert 2 in parts.values()


def test_new_order_numbers_follow_the_history_without_meeting_it(lived: tuple[Path, Path, datetime]) -> None:
    inbox, _, _ = lived
    old = {row["订单编号"] for path in inbox.glob("tmall_flagship/history/ExportOrderList*.csv") for row in table(path, "gbk")}
    created = {
        row["订单编号"]: row["订单创建时间"] for path in inbox.glob("tmall_flagship/ExportOrderList*.csv") for row in table(path, "gbk")
    }
    new = set(created) - old

    assert len(new) > 30
    assert min(created[number] for number in new) > "2026-11-12 14:00:00"
    assert min(new) > max(old)


def test_a_call_for_a_time_already_written_does_nothing(lived: tuple[Path, Path, datetime]) -> None:
    inbox, state, at = lived
    before = (state / "merchant.npz").read_bytes()

    assert write_live(inbox, state=state, now=at) == []
    assert write_live(inbox, state=state, now=at - timedelta(hours=1)) == []
    assert (state / "merchant.npz").read_bytes() == before


def test_each_new_day_has_its_exchange_rate_and_agrees_with_the_history(lived: tuple[Path, Path, datetime]) -> None:
    inbox, _, _ = lived
    known = {row["日期"]: row["汇率"] for path in inbox.glob("masters/**/fx_rates*.csv") for row in table(path, "utf-8-sig")}

    assert {"2026-11-12", "2026-11-13", "2026-11-14"} <= set(known)
    assert all(6.0 < float(rate) < 9.0 for rate in known.values())


def test_without_a_history_there_is_nothing_to_go_on_from(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        write_live(tmp_path / "inbox", state=tmp_path / "state", now=UNTIL)


def test_a_crash_before_the_memory_is_kept_writes_the_same_news_again(tmp_path: Path) -> None:
    write_history(tmp_path / "inbox", until=UNTIL, days=3, orders=600, state=tmp_path / "state")
    before = (tmp_path / "state" / "merchant.npz").read_bytes()
    later = UNTIL + timedelta(minutes=30)
    first = {path: path.read_bytes() for path in write_live(tmp_path / "inbox", state=tmp_path / "state", now=later)}

    (tmp_path / "state" / "merchant.npz").write_bytes(before)
    again = {path: path.read_bytes() for path in write_live(tmp_path / "inbox", state=tmp_path / "state", now=later)}

    assert again == first
    assert first


def test_nobody_reads_half_a_file(lived: tuple[Path, Path, datetime]) -> None:
    inbox, _, _ = lived

    assert [path for path in inbox.rglob("*") if path.name.startswith(".") or path.suffix == ".tmp"] == []
