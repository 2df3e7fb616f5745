"""What lies in the simulated warehouses, what the platforms offer of it, and does the product find what nobody tells?"""

import json
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import Engine

from data.ingest import ingest_path
from data.settings import Settings
from data.stock import settle_waiting
from data.stock_sweep import close_days
from data.writes.stale import recompute_stale
from jobs.simulate import counters, rhythm, write_history, write_live
from jobs.simulate.catalogue import catalogue
from jobs.simulate.counters import ENDLESS, PUBLISH_LAG_S, Counters
from jobs.simulate.faults import Fault
from jobs.simulate.geography import WAREHOUSES
from jobs.simulate.life import settle
from jobs.simulate.merchant import Played, play
from jobs.simulate.platforms import WRITERS
from jobs.simulate.state import load
from jobs.simulate.stock_play import Stock
from jobs.simulate.stockroom import COUNTED, LOST, Stockroom, advance, opened, places, troubles_of
from tests.statement_files import rows

UNTIL = datetime(2026, 11, 20, 6, 0, tzinfo=UTC)
SEED, DAYS, ORDERS = 7, 8, 900
SHOPS = tuple(writer for writer in WRITERS if writer.shop.platform in ("淘宝", "Shopify"))
TAOBAO = WRITERS[0].shop


@dataclass(frozen=True)
class Home:
    """Where a simulated merchant's files and memory lie."""

    inbox: Path
    state: Path


@pytest.fixture(scope="module")
def merchant(tmp_path_factory: pytest.TempPathFactory) -> Home:
    home = tmp_path_factory.mktemp("stock")
    state = home / "state"
    write_history(home / "inbox", until=UNTIL, days=DAYS, orders=ORDERS, seed=SEED, state=state, writers=SHOPS, stock=Stock(days=5))
    return Home(home / "inbox", home / "state")


@pytest.fixture(scope="module")
def life() -> Played:
    last = rhythm.day_number_at(UNTIL)
    played = play(TAOBAO, range(last - 10, last + 1), seed=SEED, orders_a_day=120)
    played.parcels["left"] = played.parcels["entered"] + 3_600
    return settle(played)


def a_room(life: Played, *, days: int = 6) -> Stockroom:
    at = rhythm.midnight(rhythm.day_number_at(UNTIL) - days)
    return opened(life, at=at, days=days, seed=SEED)


# ---------------------------------------------------------------- the warehouses


def test_what_is_there_is_what_was_there_and_all_that_moved(life: Played) -> None:
    first = a_room(life)
    troubles = troubles_of(SEED, anchor_day=rhythm.day_number_at(UNTIL))

    room, moves = advance(first, life, until=rhythm.seconds_of(UNTIL), seed=SEED, troubles=troubles)

    physical = moves[moves["what"] != COUNTED]
    moved = np.bincount(physical["place"], weights=physical["units"], minlength=places(SEED))
    assert (room.on_hand == first.on_hand + moved).all()
    assert set(moves["what"]) >= {0, 1, 2, LOST}
    assert moves["at"].is_monotonic_increasing
    assert room.untold.sum() == -moves[moves["what"] == LOST]["units"].sum() - moves[moves["what"] == COUNTED]["units"].abs().sum()


def test_the_same_moves_whether_asked_often_or_once(life: Played) -> None:
    end = rhythm.seconds_of(UNTIL)
    once, whole = advance(a_room(life), life, until=end, seed=SEED)

    often, parts = a_room(life), 0
    for at in [*range(often.known_until + 5_000, end, 47_111), end]:
        often, moves = advance(often, life, until=at, seed=SEED)
        parts += len(moves)

    assert parts == len(whole)
    assert (often.on_hand == once.on_hand).all()
    assert (often.untold == once.untold).all()
    assert (often.ordered == once.ordered).all()


# ---------------------------------------------------------------- the lists


def test_the_truth_about_what_is_missing_stands_apart_from_the_files(merchant: Home) -> None:
    truth = json.loads((merchant.state / "truth" / "stock.json").read_text())

    assert set(truth["lost"]) == {warehouse.code for warehouse in WAREHOUSES}
    assert not any("lost" in path.read_text(errors="ignore") for path in merchant.inbox.rglob("stock_*"))


def test_the_product_finds_exactly_the_pieces_that_nobody_told_it_of(engine: Engine, merchant: Home, tmp_path: Path) -> None:
    settings, now = Settings(home=tmp_path), UNTIL + timedelta(minutes=5)
    files = sorted(path for path in merchant.inbox.rglob("*") if path.is_file())
    for path in sorted(files, key=lambda path: (path.parts[-3] != "masters", path.name.startswith("stock_"))):
        shop = path.parts[-3] if path.parts[-3] not in ("masters", "wms") else None
        [report] = ingest_path(engine, path, settings=settings, as_of=now, shop=shop, nature="backfill", later=True)
        assert (report.status, report.refused) == ("ingested", ()), report
    recompute_stale(engine, as_of=now)
    settle_waiting(engine, now=lambda: now)
    close_days(engine, settings=settings, as_of=now)

    truth = json.loads((merchant.state / "truth" / "stock.json").read_text())
    missing = "SELECT day::text, warehouse_code, sum(book - counted)::bigint FROM stock_drift GROUP BY 1, 2"
    expected = {(day, code): count for day, by_code in truth["evenings"].items() for code, count in by_code.items()}
    expected |= {("2026-11-20", code): count for code, count in truth["untold"].items()}
    assert {(day, code): count for day, code, count in rows(engine, missing)} == {
        place: count for place, count in expected.items() if count
    }
    assert rows(engine, "SELECT count(*) > 50 FROM stock_moves WHERE type = 'sale_out'") == [(True,)]
    assert rows(engine, "SELECT DISTINCT sku_label FROM parked_stock_rows WHERE resolved_at IS NULL ORDER BY 1") == [
        ("NZ1007-旧",),
        ("ZP-购物袋",),
    ]
    assert rows(engine, "SELECT count(DISTINCT shop_id) FROM channel_stock WHERE shown_quantity IS NOT NULL") == [(len(SHOPS),)]


# ---------------------------------------------------------------- the platforms' own counters


def published(outbox: Path, offered: dict[int, int], *, at: datetime) -> None:
    """Publish numbers of some SKUs for the Taobao shop, as the hub does."""
    codes = catalogue(SEED).codes
    folder = outbox / TAOBAO.shop_id
    folder.mkdir(parents=True, exist_ok=True)
    lines = [f"{codes[sku]},{pieces},sell,{at.isoformat()}" for sku, pieces in offered.items()]
    (folder / f"stock_{at:%Y%m%d%H%M%S}.csv").write_text("\n".join(["商家编码,可售数量,动作,截至时间", *lines, ""]), encoding="utf-8-sig")


@pytest.fixture
def day() -> tuple[int, int]:
    start = rhythm.midnight(rhythm.day_number_at(UNTIL) - 1)
    return start, start + rhythm.DAY_SECONDS


def sold_in(played: Played, sku: int, *, since: int, until: int) -> int:
    orders = played.orders
    keys = orders["key"][(orders["created"] > since) & (orders["created"] <= until)]
    lines = played.lines
    return int(lines["quantity"][lines["key"].isin(keys) & (lines["sku"] == sku)].sum())


def sell(
    life: Played, state: Counters, outbox: Path, *, since: int, until: int, faults: tuple[Fault, ...] = ()
) -> tuple[Counters, Played, int]:
    return counters.sell(state, life, [WRITERS[0]], outbox=outbox, since=since, until=until, seed=SEED, faults=faults)


def best_seller(life: Played, *, since: int, until: int) -> int:
    return max(range(catalogue(SEED).physical), key=lambda sku: sold_in(life, sku, since=since, until=until))


def test_a_platform_sells_what_it_was_told_and_not_a_piece_more(life: Played, day: tuple[int, int], tmp_path: Path) -> None:
    since, until = day
    sku = best_seller(life, since=since, until=until)
    published(tmp_path, {sku: 2}, at=rhythm.instant_of(since - PUBLISH_LAG_S))

    state, sold, turned_away = sell(life, Counters(), tmp_path, since=since, until=until)

    assert sold_in(life, sku, since=since, until=until) > 2 >= sold_in(sold, sku, since=since, until=until)
    assert turned_away == len(life.orders) - len(sold.orders) > 0
    assert state.offered[TAOBAO.shop_id][sku] == 2 - sold_in(sold, sku, since=since, until=until)
    assert (np.delete(state.offered[TAOBAO.shop_id], sku) == ENDLESS).all()


def test_who_was_never_told_anything_sells_without_end(life: Played, day: tuple[int, int], tmp_path: Path) -> None:
    state, sold, turned_away = sell(life, Counters(), tmp_path, since=day[0], until=day[1])

    assert (len(sold.orders), turned_away, state.offered) == (len(life.orders), 0, {})


def test_a_number_written_before_a_sale_brings_the_sold_piece_back(life: Played, day: tuple[int, int], tmp_path: Path) -> None:
    since, until = day
    sku = best_seller(life, since=since, until=until)
    enough = sold_in(life, sku, since=since, until=until)
    published(tmp_path, {sku: enough}, at=rhythm.instant_of(since - PUBLISH_LAG_S))
    published(tmp_path, {sku: enough}, at=rhythm.instant_of(until - PUBLISH_LAG_S))

    state, _, _ = sell(life, Counters(), tmp_path, since=since, until=until)

    assert state.offered[TAOBAO.shop_id][sku] == enough


def test_stale_counters_take_no_news(life: Played, day: tuple[int, int], tmp_path: Path) -> None:
    since, until = day
    published(tmp_path, {0: 5}, at=rhythm.instant_of(since + 60))
    stale = Fault("stale_counter", TAOBAO.shop_id, rhythm.instant_of(since), rhythm.instant_of(until))

    state, _, _ = sell(life, Counters(), tmp_path, since=since, until=until, faults=(stale,))

    assert state.offered == {}


def test_the_merchant_goes_on_by_his_counters_and_says_what_they_show(merchant: Home, tmp_path: Path) -> None:
    before = load(merchant.state)
    published(tmp_path, dict.fromkeys(range(catalogue(SEED).physical), 0), at=UNTIL)

    written = write_live(merchant.inbox, state=merchant.state, now=UNTIL + timedelta(hours=3), writers=SHOPS, outbox=tmp_path)

    after = load(merchant.state)
    assert (after.counters.offered[TAOBAO.shop_id] == 0).all()
    assert after.counters.applied[TAOBAO.shop_id] == f"stock_{UNTIL:%Y%m%d%H%M%S}.csv"
    assert {path.name.split("_")[0] for path in written} >= {"stock", "shown", "inventory", "stockout"}
    new = after.open.orders[(after.open.orders["created"] > before.written_until) & (after.open.orders["shop"] == TAOBAO.number)]
    told = new[(new["created"] > rhythm.seconds_of(UNTIL) + PUBLISH_LAG_S) & (new["created"] <= after.written_until)]
    assert not len(told[told["kind"] != 4])
    assert after.room is not None
    assert after.room.known_until == after.written_until


def test_a_drift_strikes_the_warehouse_it_names(life: Played) -> None:
    last = rhythm.day_number_at(UNTIL)
    quiet = advance(a_room(life), life, until=rhythm.seconds_of(UNTIL), seed=SEED)[0]
    struck = advance(
        a_room(life),
        life,
        until=rhythm.seconds_of(UNTIL),
        seed=SEED,
        troubles=replace(troubles_of(SEED, anchor_day=last), late_supplier=None),
    )[0]

    where = troubles_of(SEED, anchor_day=last).losses[0].warehouse
    more = [int(struck.untold[i :: len(WAREHOUSES)].sum()) - int(quiet.untold[i :: len(WAREHOUSES)].sum()) for i in range(len(WAREHOUSES))]
    assert [place for place, count in enumerate(more) if count > 50] == [where]
