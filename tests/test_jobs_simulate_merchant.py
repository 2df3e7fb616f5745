"""Is the simulated merchant's life plausible, and does it keep its own laws?"""

from datetime import date

import numpy as np
import pandas as pd
import pytest

from jobs.simulate import rhythm
from jobs.simulate.dice import COD, NEVER, PRESALE, VIRTUAL
from jobs.simulate.geography import PROVINCES, SHUNFENG, WAREHOUSES, YUANTONG, YUNDA, ZHONGTONG
from jobs.simulate.handling import warehouse_shares
from jobs.simulate.life import as_seen, pass_warehouses, settle
from jobs.simulate.markets import MALAYSIA
from jobs.simulate.merchant import Played, joined, play
from jobs.simulate.platforms import WRITERS
from jobs.simulate.queues import SLACK
from jobs.simulate.rhythm import SOUTHEAST_ASIA

FIRST, LAST = rhythm.day_number(date(2026, 10, 12)), rhythm.day_number(date(2026, 11, 22))
SHOPS = [writer.shop for writer in WRITERS]
AT_HOME = [shop.number for shop in SHOPS if not shop.market.abroad]
A_DAY = 1500.0


@pytest.fixture(scope="module")
def life() -> Played:
    played = joined([play(shop, range(FIRST, LAST + 1), seed=7, orders_a_day=A_DAY * shop.share) for shop in SHOPS])
    capacity = sum((warehouse_shares(s.market) * A_DAY * s.share for s in SHOPS), np.zeros(len(WAREHOUSES))) * SLACK
    pass_warehouses(played, until=rhythm.midnight(LAST + 1), capacity=capacity.tolist(), free_from=[0.0] * len(WAREHOUSES))
    return settle(played)


def test_nothing_is_shipped_before_it_is_paid(life: Played) -> None:
    orders = life.orders[(life.orders["shipped"] < NEVER) & (life.orders["kind"] != COD)]

    assert (orders["shipped"] > orders["paid"]).all()
    assert len(orders) > 30_000


def test_cash_on_delivery_is_paid_on_delivery(life: Played) -> None:
    orders = life.orders[(life.orders["kind"] == COD) & (life.orders["delivered"] < NEVER)]

    assert len(orders) > 20
    assert (orders["paid"] == orders["delivered"]).all()


def test_every_paid_order_is_shipped_or_open_or_refunded(life: Played) -> None:
    seen = as_seen(life, at=rhythm.midnight(LAST)).orders
    paid = seen[(seen["paid"] > 0) & (seen["kind"] != COD)]
    shipped, before_shipping = paid["shipped"] > 0, (paid["refunded"] > 0) & (paid["shipped"] == 0)
    still_open = (paid["shipped"] == 0) & (paid["refunded"] == 0)

    assert len(paid) == shipped.sum() + before_shipping.sum() + still_open.sum()
    assert before_shipping.sum() > 200
    assert 0 < still_open.sum() < 3_000
    assert (seen["closed"] > 0).sum() + (seen["stage"] == "unpaid").sum() == len(seen) - len(paid) - (seen["kind"] == COD).sum()


def test_parcels_leave_each_warehouse_first_in_first_out(life: Played) -> None:
    gone = life.parcels[life.parcels["left"] < NEVER].sort_values(["warehouse", "entered", "stockout"])

    assert (gone.groupby("warehouse")["left"].diff().dropna() >= 0).all()


def test_steps_follow_each_other(life: Played) -> None:
    seen = as_seen(life, at=rhythm.midnight(LAST)).orders
    for before, after in (("created", "reviewed"), ("reviewed", "allocated"), ("allocated", "waybilled"), ("waybilled", "shipped"),
                          ("shipped", "posted"), ("shipped", "delivered"), ("delivered", "completed"), ("held", "released")):  # fmt: skip
        both = seen[(seen[before] > 0) & (seen[after] > 0) & (seen["kind"] != VIRTUAL)]

        assert len(both), (before, after)
        assert (both[before] <= both[after]).all(), (before, after)


def test_the_eleventh_of_november_is_the_peak_and_backs_up_the_warehouses(life: Played) -> None:
    home = life.orders[life.orders["shop"].isin(AT_HOME)]
    placed = home.groupby((home["created"] + rhythm.SHANGHAI_OFFSET) // 86_400).size()
    eleventh = rhythm.day_number(date(2026, 11, 11))
    waited = ((home["shipped"] - home["paid"]) / 3600)[home["shipped"] < NEVER].groupby(placed_day(home)).median()

    assert placed.idxmax() == eleventh
    assert placed[eleventh] > 3.5 * placed.median()
    assert waited[eleventh] > 2.5 * waited.median()
    assert waited.median() < 12


def placed_day(orders: pd.DataFrame) -> pd.Series:
    return (orders["created"] + rhythm.SHANGHAI_OFFSET) // 86_400


def test_weekends_bring_more_and_nights_fewer_orders(life: Played) -> None:
    home = life.orders[life.orders["shop"].isin(AT_HOME)]
    october = home[home["created"] < rhythm.midnight(rhythm.day_number(date(2026, 11, 1)))]
    weekend = placed_day(october).map(lambda day: rhythm.day_of(day).weekday() >= 5)
    hour = (october["created"] + rhythm.SHANGHAI_OFFSET) % 86_400 // 3600

    assert weekend.sum() / 1 > (~weekend).sum() / 5
    assert ((hour >= 20) & (hour < 23)).mean() > 8 * ((hour >= 2) & (hour < 5)).mean()


def test_every_province_buys_by_its_weight(life: Played) -> None:
    home = life.orders[life.orders["shop"].isin(AT_HOME)]
    share = home["region"].value_counts(normalize=True).sort_index()
    names = [PROVINCES[number].name for number in share.index]

    assert len(share) == 31
    assert names[int(share.argmax())] == "广东省"
    assert share.max() < 0.2
    assert share.min() < 0.005


def test_a_parcel_goes_abroad_with_the_carrier_of_its_market_and_no_other_does(life: Played) -> None:
    for shop in SHOPS:
        carriers = set(life.parcels["carrier"][life.parcels["shop"] == shop.number])

        assert carriers == ({shop.market.carrier} if shop.market.abroad else {SHUNFENG, ZHONGTONG, YUANTONG, YUNDA})


def test_an_order_of_a_shop_without_a_basket_has_one_line(life: Played) -> None:
    lines = life.lines.groupby("key").size()
    of_shop = lines.index // 10**11

    for shop in SHOPS:
        assert (lines[of_shop == shop.number].max() == 1) == shop.one_sku, shop.shop_id
    assert sum(shop.one_sku for shop in SHOPS) == 1


def test_malaysia_buys_on_double_days_and_not_on_chinas_other_sales(life: Played) -> None:
    malaysia = life.orders[life.orders["shop"].isin([shop.number for shop in SHOPS if shop.market is MALAYSIA])]
    placed = malaysia.groupby(placed_day(malaysia)).size()
    eleventh = rhythm.day_number(date(2026, 11, 11))

    assert placed.idxmax() == eleventh
    assert placed[eleventh] > 2.5 * placed.median()
    assert placed[eleventh + 1] < 1.7 * placed.median()
    assert SOUTHEAST_ASIA.promotion(date(2026, 9, 9)) > 2
    assert SOUTHEAST_ASIA.promotion(date(2026, 6, 18)) == SOUTHEAST_ASIA.promotion(date(2026, 10, 15)) == 1.0


def test_each_habit_is_played(life: Played) -> None:
    orders = life.orders

    assert abs((orders["closed"] < NEVER).mean() - 0.06) < 0.02
    assert 0.02 < (orders["cancel_wish"] < NEVER).mean() < 0.06
    assert 0.005 < (orders["held"] < NEVER).mean() < 0.02
    assert (life.parcels["part"] == 2).sum() > 300
    assert life.parcels["stockout"].duplicated().sum() > 300
    assert set(orders["kind"]) == {0, 1, 2, 3, 4}


def test_a_pre_sale_waits_for_its_final_payment(life: Played) -> None:
    presale = life.orders[(life.orders["kind"] == PRESALE) & (life.orders["paid"] < NEVER)]

    first, last = (rhythm.midnight(rhythm.day_number(date(2026, month, day))) for month, day in ((10, 28), (11, 10)))
    before_the_sale = presale[presale["created"].between(first, last)]
    assert (before_the_sale["paid"] >= before_the_sale["created"]).all()
    assert (before_the_sale["reviewed"] > before_the_sale["paid"]).all()
    assert (before_the_sale["paid"] >= rhythm.midnight(rhythm.day_number(date(2026, 11, 11)))).mean() > 0.9


def test_amounts_add_up_to_the_last_fen(life: Played) -> None:
    orders = life.orders.set_index("key").sort_index()
    lines = life.lines.assign(amount=life.lines["unit_minor"] * life.lines["quantity"]).groupby("key")[["amount", "discount_minor"]].sum()
    discount = orders["shop_discount_minor"] + orders["platform_discount_minor"]

    assert (lines["amount"] == orders["goods_minor"]).all()
    assert (lines["discount_minor"] == discount).all()
    assert (orders["paid_minor"] == orders["goods_minor"] - discount + orders["freight_minor"]).all()
    assert (orders["paid_minor"] >= 0).all()


def test_a_shop_that_joins_changes_no_other_shops_orders() -> None:
    alone = play(SHOPS[0], [FIRST, FIRST + 1], seed=7, orders_a_day=100)
    again = play(SHOPS[0], [FIRST + 1], seed=7, orders_a_day=100)
    other = play(SHOPS[1], [FIRST + 1], seed=7, orders_a_day=100)

    second_day = alone.orders[alone.orders["key"] // 10**6 % 10**5 == FIRST + 1].reset_index(drop=True)
    pd.testing.assert_frame_equal(second_day, again.orders)
    assert set(again.orders["key"]).isdisjoint(other.orders["key"])
