"""A promotion is replayed on what we really sell, says what it was measured on, and is kept for the page."""

from datetime import UTC, datetime, timedelta

from sqlalchemy import Engine

from data.promotion import EXAMPLE_SALES, replay_promotion
from data.queries.promotion_demand import DAYS
from models.stock.replay import BY_KEY, POLICIES, Promotion, accepted
from tests.given_money import rows, shops
from tests.given_stock import opened, ordered, settled

AS_OF = datetime(2026, 11, 20, 4, tzinfo=UTC)


def sold(engine: Engine, channel: str, shop: str, number: int, *, pieces: int, at: datetime) -> None:
    with engine.begin() as connection:
        ordered(connection, str(number), {"BW-1": pieces}, at=at, shop=shop, channel=channel)


def test_without_orders_an_example_is_replayed_and_says_so(engine: Engine) -> None:
    figures = replay_promotion(engine, as_of=AS_OF, runs=2)

    assert figures["given"]["measured_on"] == "example sales"
    assert figures["given"]["channels"] == EXAMPLE_SALES
    assert [policy["key"] for policy in figures["policies"]] == [policy.key for policy in POLICIES]
    assert rows(engine, "SELECT result -> 'recommended' ->> 'policy' FROM stock_replays") == [(figures["recommended"]["policy"],)]


def test_the_replay_goes_by_the_busiest_hour_of_four_weeks(engine: Engine) -> None:
    with engine.begin() as connection:
        shops(connection)
    evening = AS_OF.replace(hour=12) - timedelta(days=2)
    sold(engine, "taobao", "tb", 1, pieces=84, at=evening)
    sold(engine, "jd", "jd", 2, pieces=42, at=evening + timedelta(minutes=30))
    sold(engine, "jd", "jd", 3, pieces=50, at=evening - timedelta(hours=5))
    sold(engine, "pdd", "pdd", 4, pieces=900, at=evening - timedelta(days=DAYS + 1))

    given = replay_promotion(engine, as_of=AS_OF, runs=2)["given"]

    assert given["channels"] == {"taobao": round(84 / DAYS / 60, 4), "jd": round(42 / DAYS / 60, 4)}
    assert given["measured_on"] == "sales of the last 28 days"


def test_what_the_replay_calls_oversold_is_what_the_ledger_finds_short(engine: Engine) -> None:
    rush = Promotion({"taobao": 1, "jd": 1}, units=12)
    wishes = [(float(second), "taobao" if second % 2 else "jd") for second in range(40)]
    oversold = accepted(rush, BY_KEY["shared"], wishes, lag_seconds=6) - rush.units
    with engine.begin() as connection:
        shops(connection)
        opened(connection, {("BW-1", "WH-1"): rush.units})
        for number in range(rush.units + oversold):
            shop = "tb" if number % 2 else "jd"
            ordered(connection, f"P{number}", {"BW-1": 1}, at=AS_OF + timedelta(seconds=number), shop=shop)

    settled(engine, at=AS_OF + timedelta(minutes=1))

    assert oversold > 0
    assert rows(engine, "SELECT sum(oversold_units)::bigint, sum(short_units)::bigint FROM order_holding_skus") == [(oversold, oversold)]
    assert rows(engine, "SELECT on_hand - held FROM stock") == [(0,)]
