"""Does a read show anything outside a person's scope, and do the parts of every figure add up to the whole?"""

from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, delete

from data import reads
from data.reads import READS, Cut
from data.settings import Settings
from data.tables import orders, source_files
from models.overview import days_of
from models.scope import EVERYTHING, Scope
from tests import given_orders
from tests.given_pages import MakeEngine

AS_OF = datetime(2026, 11, 22, 4, 30, tzinfo=UTC)
ZONE = "Asia/Shanghai"
WHOLE = Cut(since=AS_OF - timedelta(days=40), until=AS_OF + timedelta(days=1), zone=ZONE)
NOWHERE = (Scope(shops=()), Scope(channels=()))
OURS = Scope(shops=("dy-live",))


@pytest.fixture(scope="module")
def merchant(make_engine: MakeEngine) -> Engine:
    engine = make_engine()
    with engine.begin() as connection:
        given_orders.merchant(connection, as_of=AS_OF, count=400)
    given_orders.rolled_up(engine, as_of=AS_OF)
    return engine


@pytest.fixture(scope="module")
def only_ours(make_engine: MakeEngine) -> Engine:
    """The same merchant, of which only what the shop of ``OURS`` may see was ever there."""
    engine = make_engine()
    with engine.begin() as connection:
        given_orders.merchant(connection, as_of=AS_OF, count=400)
        connection.execute(delete(orders).where(orders.c.shop_id != "dy-live"))
        connection.execute(delete(source_files).where(source_files.c.shop_id != "dy-live"))
    given_orders.rolled_up(engine, as_of=AS_OF)
    return engine


def arguments(home: Path) -> Mapping[str, Mapping[str, Any]]:
    """Return what each read is asked with, by its name."""
    daily = {"cut": WHOLE}
    part = {"part": reads.Part(categories=("家居", "厨具"))}
    days = reads.Span(AS_OF.date() - timedelta(days=9), AS_OF.date() - timedelta(days=1))
    behind = {"component": "C1", "since": WHOLE.since, "until": WHOLE.until, "bad_only": True}
    return {
        "orders_by_day": daily,
        "paid_by_day": {**daily, "currency": "CNY", "known_until": AS_OF},
        "ship_hours_by_day": daily,
        "orders_by_minute": daily,
        "health": {**part, "zone": ZONE, "span": days},
        "open_promises": {**part, "as_of": AS_OF},
        "due_lately": {**part, "as_of": AS_OF},
        "orders_behind": {**part, **behind},
        "sources": {"since": AS_OF - timedelta(days=9)},
        "raw_rows": {"settings": Settings(home=home), "run_id": 2, "numbers": [7]},
        "requests": {"person_id": "somebody"},
    }


# Nobody's secret: these say the same to everybody who is signed in.
OPEN_TO_ALL = {"heartbeat_at", "requests"}


@pytest.mark.parametrize("read", READS, ids=lambda read: read.__name__)
def test_a_person_of_one_shop_sees_what_they_would_if_nothing_else_existed(
    read: Callable[..., Any], merchant: Engine, only_ours: Engine, tmp_path: Path
) -> None:
    asked = arguments(tmp_path).get(read.__name__, {})

    assert _plain(read(merchant, scope=OURS, **asked)) == _plain(read(only_ours, scope=OURS, **asked))


@pytest.mark.parametrize("scope", NOWHERE, ids=str)
@pytest.mark.parametrize("read", [read for read in READS if read.__name__ not in OPEN_TO_ALL], ids=lambda read: read.__name__)
def test_a_person_of_no_shop_sees_no_order_no_file_and_no_shop(
    read: Callable[..., Any], scope: Scope, merchant: Engine, tmp_path: Path
) -> None:
    seen = _plain(read(merchant, scope=scope, **arguments(tmp_path).get(read.__name__, {})))

    assert not any(word in str(seen) for word in ("dy-live", "tb-home", "青禾", "douyin", "disk full"))
    if read.__name__ not in ("choices", "jobs"):
        assert not seen


def test_a_warehouse_person_sees_no_order_of_another_warehouse_and_no_raw_row(merchant: Engine, tmp_path: Path) -> None:
    scope = Scope(warehouses=("CN-HZ",))

    own = reads.orders_by_day(merchant, scope=scope, cut=WHOLE)["orders"].sum()
    chosen = reads.orders_by_day(merchant, scope=EVERYTHING, cut=_cut(warehouses=("CN-HZ",)))["orders"].sum()
    assert own == chosen > 0
    assert reads.refused_rows(merchant, scope=scope) == []
    assert reads.raw_rows(merchant, scope=scope, settings=Settings(home=tmp_path), run_id=2, numbers=[7]) == {}


def test_the_raw_text_of_a_file_that_is_gone_is_past_its_retention(merchant: Engine, tmp_path: Path) -> None:
    with pytest.raises(reads.RetentionOver):
        reads.raw_rows(merchant, scope=EVERYTHING, settings=Settings(home=tmp_path), run_id=2, numbers=[7])


def some(*codes: str) -> st.SearchStrategy[tuple[str, ...]]:
    """Return any choice of codes."""
    return st.lists(st.sampled_from(codes), unique=True).map(tuple)


@given(
    days=st.tuples(st.integers(0, 39), st.integers(1, 12)),
    regions=some("CN-51", "CN-33", "CN-44", ""),
    categories=some("家居", "厨具", "数码", "服饰", ""),
    warehouses=some("CN-HZ", "CN-GZ", "CN-CD", ""),
)
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_channels_add_up_to_the_whole_for_any_filter(
    days: tuple[int, int], regions: tuple[str, ...], categories: tuple[str, ...], warehouses: tuple[str, ...], merchant: Engine
) -> None:
    since = AS_OF.replace(hour=16, minute=0) - timedelta(days=days[0])
    chosen = {"regions": regions, "categories": categories, "warehouses": warehouses}
    whole = _figures(merchant, _cut(since=since, until=since + timedelta(days=days[1]), **chosen))
    parts = [
        _figures(merchant, _cut(since=since, until=since + timedelta(days=days[1]), channels=(channel,), **chosen))
        for channel in ("taobao", "tmall", "douyin", "shopify")
    ]
    halves = [
        _figures(merchant, _cut(since=since + first, until=since + last, **chosen))
        for first, last in ((timedelta(), timedelta(hours=7)), (timedelta(hours=7), timedelta(days=days[1])))
    ]

    assert [sum(column) for column in zip(*parts, strict=True)] == whole
    assert [sum(column) for column in zip(*halves, strict=True)] == whole


def test_choosing_every_cell_with_the_unsorted_one_is_choosing_nothing(merchant: Engine) -> None:
    every = _cut(categories=("家居", "厨具", "数码", "服饰", ""), warehouses=("CN-HZ", "CN-GZ", "CN-CD", ""))

    assert _figures(merchant, every) == _figures(merchant, WHOLE)


def _cut(**changed: Any) -> Cut:
    return Cut(**{**vars(WHOLE), **changed})


def _figures(engine: Engine, cut: Cut) -> list[int]:
    frames = (
        reads.orders_by_day(engine, scope=EVERYTHING, cut=cut),
        reads.paid_by_day(engine, scope=EVERYTHING, cut=cut, currency="CNY", known_until=AS_OF),
        reads.ship_hours_by_day(engine, scope=EVERYTHING, cut=cut),
    )
    return [int(value) for value in vars(days_of(*frames).totals()).values()]


def _plain(seen: object) -> object:
    if isinstance(seen, pd.DataFrame):
        return seen.to_dict("records")
    if is_dataclass(seen) and not isinstance(seen, type):
        return {field.name: _plain(getattr(seen, field.name)) for field in fields(seen)}
    return seen
