"""Do the parts of a drill add up to the whole, whichever way down, and from orders as from cells?"""

from datetime import UTC, datetime, timedelta
from typing import Any

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from sqlalchemy import Connection, Engine, text

from data.measures import MEASURE_NAMES
from data.queries import drill
from data.queries.drill import DRILL, by_day, split
from data.queries.health import COLUMNS, NoSuchGrain, Part, chosen_cells, cube_for
from models.scope import EVERYTHING, Scope
from tests import given_orders
from tests.given_orders import CATEGORIES, REGIONS, SHOPS, WAREHOUSES
from tests.given_pages import MakeEngine
from tests.laws import tries

AS_OF = datetime(2026, 11, 20, 4, tzinfo=UTC)
ZONE = "Asia/Shanghai"
DAYS: Any = {"first": AS_OF.date() - timedelta(days=20), "last": AS_OF.date(), "zone": ZONE}
NAMES = {column: name for name, column in COLUMNS.items()}
CODES = {
    "channels": [shop[1] for shop in SHOPS],
    "regions": [region[0] for region in REGIONS],
    "categories": [category or "" for category in CATEGORIES],
    "warehouses": [*(code for code, _ in WAREHOUSES), ""],
}
parts = st.builds(Part, **{name: st.lists(st.sampled_from(codes), unique=True, max_size=2).map(tuple) for name, codes in CODES.items()})
scopes = st.sampled_from([EVERYTHING, Scope(channels=("taobao", "douyin")), Scope(warehouses=("CN-HZ",)), Scope(shops=("dy-live",))])


@pytest.fixture(scope="module")
def merchant(make_engine: MakeEngine) -> Engine:
    engine = make_engine()
    with engine.begin() as connection:
        given_orders.merchant(connection, as_of=AS_OF, count=500)
    given_orders.rolled_up(engine, as_of=AS_OF)
    return engine


def totals(frame: pd.DataFrame) -> list[int]:
    return [int(frame[name].sum()) for name in MEASURE_NAMES]


@hypothesis_settings(max_examples=tries(60), deadline=None)
@given(part=parts, scope=scopes, by=st.sampled_from(DRILL))
def test_the_parts_of_a_dimension_add_up_to_what_its_days_add_up_to(part: Part, scope: Scope, by: str, merchant: Engine) -> None:
    with merchant.connect() as connection:
        try:
            children = split(connection, scope=scope, part=part, by=by, **DAYS)
            parent = by_day(connection, scope=scope, part=part, **DAYS)
        except NoSuchGrain:
            return

    assert totals(children) == totals(parent)
    chosen = getattr(part, NAMES[by])
    assert not chosen or set(children["value"]) <= set(chosen)


def test_each_part_is_what_choosing_it_gives_down_to_the_carrier(merchant: Engine) -> None:
    part, seen = Part(), 0
    with merchant.connect() as connection:
        for by in DRILL:
            children = split(connection, scope=EVERYTHING, part=part, by=by, **DAYS)
            best = children.sort_values("orders").iloc[-1]
            part = Part(**{**vars(part), NAMES[by]: (best["value"],)})
            alone = by_day(connection, scope=EVERYTHING, part=part, **DAYS)
            assert totals(alone) == [int(best[name]) for name in MEASURE_NAMES]
            seen += int(best["orders"]) > 0

    assert seen == len(DRILL)


@pytest.mark.parametrize("by", ["channel", "region_code", "category", "day"])
def test_orders_themselves_say_what_the_cells_say(by: str, merchant: Engine) -> None:
    part = Part(channels=("douyin",), regions=("CN-51",), categories=("家居",))
    with merchant.connect() as connection:
        chosen = chosen_cells(connection, EVERYTHING, part)
        given_ = chosen.given | {"first": DAYS["first"], "last": DAYS["last"], "zone": ZONE}
        cube = cube_for("channel", "region_code", "category").name
        from_cells, from_orders = (
            connection.execute(text(asked), given_).all()
            for asked in (drill._from_cells(cube, by, chosen.condition), drill._from_orders(by, chosen.condition))
        )

    assert [tuple(row) for row in from_orders] == [tuple(row) for row in from_cells if any(row[1:])]
    assert from_cells


def test_a_warehouse_beside_a_region_is_no_cell_and_is_said_so(merchant: Engine) -> None:
    with merchant.connect() as connection, pytest.raises(NoSuchGrain):
        split(connection, scope=EVERYTHING, part=Part(regions=("CN-51",)), by="warehouse_code", **DAYS)


def test_a_cell_without_orders_is_an_empty_split(connection: Connection) -> None:
    assert split(connection, scope=EVERYTHING, part=Part(), by="channel", **DAYS).empty
