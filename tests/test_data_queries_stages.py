"""Do the counts of stages equal judging every order, and do their parts add up?"""

from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, text

from data import tables
from data.queries import stages
from data.queries.drill import DRILL
from data.queries.health import NoSuchGrain, Part
from data.settings import Settings
from data.stage_history import refresh_stages
from models.scope import EVERYTHING, Scope
from models.stages import OPEN_STAGES, SHARES, share_of
from tests import given_orders
from tests.given_pages import MakeEngine

AS_OF = datetime(2026, 11, 20, 4, tzinfo=UTC)
TODAY = AS_OF.date()
DAYS: Any = {"first": TODAY - timedelta(days=20), "last": TODAY}
PARTS = (Part(), Part(channels=("douyin",)), Part(categories=("家居", "")), Part(regions=("CN-51",), warehouses=("CN-HZ", "")))
SCOPES = (EVERYTHING, Scope(channels=("taobao",)), Scope(shops=("dy-live",)), Scope(warehouses=("CN-HZ",)), Scope(shops=()))


@pytest.fixture(scope="module")
def merchant(make_engine: MakeEngine) -> Engine:
    engine = make_engine()
    with engine.begin() as connection:
        given_orders.merchant(connection, as_of=AS_OF, count=800)
        # some have waited far longer than others do
        for number, stage in enumerate(OPEN_STAGES):
            at = AS_OF - timedelta(days=30)
            row = given_orders.an_order("dy-live", f"old-{number}", created_at=at, stage=stage, stage_since=at, category="家居")
            given_orders.insert_rows(connection, tables.orders, [row])
    given_orders.rolled_up(engine, as_of=AS_OF)
    refresh_stages(engine, settings=Settings(), as_of=AS_OF)
    return engine


def test_every_open_order_is_counted_once_and_stuck_by_the_words_of_the_model(merchant: Engine) -> None:
    with merchant.connect() as connection:
        found = stages.open_stages(connection, scope=EVERYTHING, part=Part(), as_of=AS_OF)
        rows = connection.execute(text("SELECT channel, stage, seconds FROM stage_limits"))
        limits = {(row.channel, row.stage): timedelta(seconds=row.seconds) for row in rows}
        orders = connection.execute(text("SELECT channel, stage, stage_since FROM orders WHERE NOT stub")).all()

    judged = Counter(
        (o.stage, share_of(stage=o.stage, since=o.stage_since, done_at=None, channel=o.channel, as_of=AS_OF, limits=limits) == "stuck")
        for o in orders
        if o.stage in ("created", *OPEN_STAGES)
    )
    assert {(row.stage, row.stuck): row.orders for row in found.itertuples()} == dict(judged)
    assert judged["paid", True] and judged["part_shipped", True]


@pytest.mark.parametrize("scope", SCOPES, ids=str)
@pytest.mark.parametrize("part", PARTS, ids=str)
@pytest.mark.parametrize("by", DRILL)
def test_parts_of_the_stages_add_up(by: str, part: Part, scope: Scope, merchant: Engine) -> None:
    with merchant.connect() as connection:
        whole = stages.open_stages(connection, scope=scope, part=part, as_of=AS_OF)
        split = stages.open_stages(connection, scope=scope, part=part, as_of=AS_OF, by=by)
        assert split.groupby(["stage", "stuck"])["orders"].sum().to_dict() == whole.set_index(["stage", "stuck"])["orders"].to_dict()
        try:
            delivered = [stages.delivered_lately(connection, scope=scope, part=part, today=TODAY, by=each) for each in (None, by)]
        except NoSuchGrain:
            return
        assert delivered[0]["orders"].sum() == delivered[1]["orders"].sum()


@pytest.mark.parametrize("by", DRILL)
def test_lengths_of_stages_are_the_same_whichever_way_they_are_split(by: str, merchant: Engine) -> None:
    with merchant.connect() as connection:
        whole = stages.stays(connection, scope=EVERYTHING, part=Part(), **DAYS)
        split = stages.stays(connection, scope=EVERYTHING, part=Part(), **DAYS, by=by)

    keys = ["stage", "bucket"]
    assert split.groupby(keys)["orders"].sum().to_dict() == whole.set_index(keys)["orders"].to_dict()
    assert set(whole["stage"]) == {"created", "paid", "reviewed", "waybilled", "shipped"}


def test_lengths_of_two_dimensions_together_are_not_kept(merchant: Engine) -> None:
    with merchant.connect() as connection, pytest.raises(NoSuchGrain):
        stages.stays(connection, scope=EVERYTHING, part=Part(channels=("douyin",)), **DAYS, by="region_code")


def test_the_trend_and_the_variants_of_channels_add_up_to_all(merchant: Engine) -> None:
    channels = ("taobao", "tmall", "douyin", "shopify")
    with merchant.connect() as connection:
        moves = [stages.share_moves(connection, scope=EVERYTHING, part=part) for part in _alone_and_all(channels)]
        ways = [stages.variants(connection, scope=EVERYTHING, part=part, **DAYS) for part in _alone_and_all(channels)]

    for share in SHARES:
        assert sum(int(frame[share].sum()) for frame in moves[1:]) == int(moves[0][share].sum())
    assert sum(int(frame["orders"].sum()) for frame in ways[1:]) == int(ways[0]["orders"].sum()) > 0
    assert list(ways[0]["orders"]) == sorted(ways[0]["orders"], reverse=True)


def _alone_and_all(channels: tuple[str, ...]) -> list[Part]:
    return [Part(), *(Part(channels=(channel,)) for channel in channels)]
