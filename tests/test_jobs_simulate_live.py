"""Does the simulated merchant go on living after its history, losing and doubling nothing?"""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pandas as pd
import pytest

from jobs.simulate import rhythm, write_history, write_live
from jobs.simulate.life import as_seen, pass_warehouses, settle
from jobs.simulate.merchant import Played, joined, play
from jobs.simulate.platforms import WRITERS, jd, pdd, shopee
from jobs.simulate.platforms.douyin import STATUS as DOUYIN_STATUS
from jobs.simulate.platforms.taobao import STATUS as TAOBAO_STATUS
from jobs.simulate.state import load
from tests.simulated_files import documents, files_in_order, history_files, table, told

UNTIL = datetime(2026, 11, 12, 6, 0, tzinfo=UTC)
DAYS, ORDERS = 12, 2_500


def _mapped(words: Mapping[str, str]) -> Callable[[pd.DataFrame], list[str]]:
    return lambda orders: orders["stage"].map(words).tolist()


# How each platform words where its orders stand; None where it does not follow from the order alone.
WORDS: Mapping[str, Callable[[pd.DataFrame], Sequence[str | None]]] = {
    "淘宝": _mapped(TAOBAO_STATUS),
    "天猫": _mapped(TAOBAO_STATUS),
    "抖音": _mapped(DOUYIN_STATUS),
    "Shopify": lambda orders: [None] * len(orders),
    "京东": jd.statuses,
    "拼多多": pdd.statuses,
    "Shopee": shopee.statuses,
}


def stockouts_in_order(inbox: Path) -> list[Path]:
    """Return the stock-out lists of the history first, then the live ones by the time in their names."""
    return sorted(inbox.glob("wms/history/stockout_*.csv")) + sorted(inbox.glob("wms/stockout_*.csv"))


def last_words(inbox: Path) -> dict[tuple[str, str], str]:
    """Return the status of each order of a shop as the last file that names it tells it."""
    return {(path.relative_to(inbox).parts[0], number): status for path in files_in_order(inbox) for number, status in told(path)}


def last_parcels(inbox: Path) -> dict[str, tuple[str, ...]]:
    """Return each stock-out's last row."""
    return {row["出库单号"]: tuple(row.values()) for path in stockouts_in_order(inbox) for row in table(path)}


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
    said = last_words(inbox)

    known: dict[str, dict[str, str | None]] = {}
    for writer in WRITERS:
        theirs = orders[orders["shop"] == writer.shop.number]
        words = WORDS[writer.shop.platform](theirs)
        known[writer.shop.shop_id] = dict(zip(writer.order_numbers(theirs["key"].to_numpy()), words, strict=True))

    # Shopify's words depend on the parcels; which orders there are does not.
    expected = {(shop, number): word or said.get((shop, number)) for shop, theirs in known.items() for number, word in theirs.items()}
    assert said == expected
    assert len(said) == len(orders) > ORDERS
    assert all(len(theirs) > 0.03 * ORDERS for theirs in known.values())


def test_orders_open_at_the_end_of_the_history_live_on(lived: tuple[Path, Path, datetime]) -> None:
    inbox, _, _ = lived
    was = {(path.parts[-3], number): status for path in history_files(inbox) for number, status in told(path)}
    now = last_words(inbox)
    waiting = {"买家已付款，等待卖家发货", "待发货", "等待出库", "READY_TO_SHIP", "PROCESSED", "paid/None"}
    to_ship = [order for order, status in was.items() if status in waiting]

    shipped = [order for order in to_ship if now[order] not in waiting]
    assert len(to_ship) > 60
    assert {shop for shop, _ in to_ship} == {writer.shop.shop_id for writer in WRITERS}
    assert len(shipped) > 0.9 * len(to_ship)


# Columns of the times that a reader of these exports can know, which tell when a file was made.
DATED = {
    "ExportOrderList": ("订单创建时间", "订单付款时间 "),
    "douyin_orders": ("订单提交时间", "支付完成时间", "发货时间", "订单完成时间"),
    "jd_orders": ("下单时间", "付款确认时间", "订单完成时间"),
    "pdd_orders": ("订单成交时间", "发货时间", "确认收货时间"),
}


@pytest.mark.parametrize("name", DATED)
def test_no_export_looks_older_than_the_one_before_it(name: str, lived: tuple[Path, Path, datetime]) -> None:
    """They bear no time of their own: a refund told by a file that looks older than the last would seem undone by it."""
    inbox, _, _ = lived
    latest: dict[str, list[str]] = {}
    for path in files_in_order(inbox):
        if path.name.startswith(name):
            times = [row[column].strip() for row in table(path) for column in DATED[name]]
            latest.setdefault(path.relative_to(inbox).parts[0], []).append(max(time for time in times if time != "-"))

    for shop, times in latest.items():
        assert times == sorted(times), shop
        assert len(times) > 20


def test_each_live_page_of_shopee_holds_at_most_what_its_interface_gives(tmp_path: Path) -> None:
    write_history(tmp_path / "inbox", until=UNTIL, days=DAYS, orders=10 * ORDERS, state=tmp_path / "state")
    write_live(tmp_path / "inbox", state=tmp_path / "state", now=UNTIL + timedelta(days=1))
    pages = [len(documents(path)) for path in sorted((tmp_path / "inbox").glob("shopee_my/*.json"))]

    assert pages[:-1] == [50] * (len(pages) - 1)
    assert len(pages) > 2 and 0 < pages[-1] <= 50


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
    for path in stockouts_in_order(inbox):
        here: dict[str, int] = {}
        for row in table(path):
            for number in row["原始单号"].split(","):
                here[number] = here.get(number, 0) + 1
        assert all(count == parts.get(number, count) for number, count in here.items()), path
        parts.update(here)
    assert 2 in parts.values()


@pytest.mark.parametrize(
    ("shop", "number", "time"), [("tmall_flagship", "订单编号", "订单创建时间"), ("jd_flagship", "订单号", "下单时间")]
)
def test_new_order_numbers_follow_the_history_without_meeting_it(
    shop: str, number: str, time: str, lived: tuple[Path, Path, datetime]
) -> None:
    inbox, _, _ = lived
    names = ("ExportOrderList", "jd_orders")
    files = [path for path in files_in_order(inbox) if path.name.startswith(names) and path.is_relative_to(inbox / shop)]
    old = {row[number] for path in files if "history" in path.parts for row in table(path)}
    created = {row[number]: row[time] for path in files if "history" not in path.parts for row in table(path)}
    new = set(created) - old

    assert len(new) > 15
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
    known: dict[tuple[str, str], str] = {}
    for path in inbox.glob("masters/**/fx_rates*.csv"):
        for row in table(path):
            assert known.setdefault((row["币种"], row["日期"]), row["汇率"]) == row["汇率"]

    assert {(currency, f"2026-11-{day}") for currency in ("USD", "MYR") for day in (12, 13, 14)} <= set(known)
    assert all(
        (6.0 if currency == "USD" else 1.3) < float(rate) < (9.0 if currency == "USD" else 2.1) for (currency, _), rate in known.items()
    )


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
