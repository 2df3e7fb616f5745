"""Does a SKU that cannot be sold say why, and one that can say nothing?"""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from dashboard.inventory_words import REASONS
from models.stock.sellable import SHOWN_ENOUGH, Shown, Standing, reasons_against

FINE = Standing(on_hand=50, held=10, available=40, inbound=20, orders_holding=3, safety=5)
TOLD = Shown("douyin", SHOWN_ENOUGH, 40, "sell", 40, 60.0)
pieces = st.integers(-20, 200)
standings = st.builds(
    lambda on_hand, held, expired, inbound, short, safety, opened: Standing(
        on_hand, held, on_hand - held + min(expired, held), inbound, min(expired, held), short, int(held > 0), safety, opened
    ),
    pieces, st.integers(0, 60), st.integers(0, 60), st.integers(0, 60), st.integers(0, 9), st.none() | st.integers(0, 60), st.booleans(),
)  # fmt: skip
shown = st.builds(
    Shown,
    st.sampled_from(["douyin", "jd"]),
    st.none() | st.integers(0, 9),
    st.none() | st.integers(0, 99),
    st.sampled_from(["sell", "show_left", "delist"]),
    st.none() | st.integers(0, 99),
    st.none() | st.floats(0, 9_999),
)


def codes(standing: Standing, *channels: Shown) -> list[str]:
    return [each.code for each in reasons_against(standing, channels=channels)]


def test_nothing_stands_against_what_can_be_sold_everywhere() -> None:
    assert codes(FINE, TOLD) == []


def test_goods_that_left_before_they_were_booked_in_stop_all_sales_and_what_is_on_its_way_helps() -> None:
    assert codes(replace(FINE, on_hand=-3, held=0, available=-3, short=4)) == ["below_zero", "short", "inbound"]


def test_a_book_that_was_never_opened_says_nothing_else_of_the_warehouse() -> None:
    assert codes(Standing(0, 0, 0, 0, opened=False)) == ["never_opened"]


def test_at_the_safety_line_sales_are_limited_and_above_it_they_are_not() -> None:
    assert codes(replace(FINE, available=5)) == ["at_safety", "inbound"]
    assert codes(replace(FINE, available=6)) == []


def test_a_hold_past_its_end_that_nobody_swept_holds_nothing() -> None:
    found = codes(replace(FINE, on_hand=4, held=4, available=4, expired=4, safety=5))

    assert found == ["at_safety", "inbound", "expired_not_swept"]


def test_a_channel_is_named_with_its_quota_its_line_and_what_it_really_shows() -> None:
    assert codes(FINE, replace(TOLD, quota=0)) == ["no_quota", "inbound"]
    assert codes(FINE, replace(TOLD, action="delist")) == ["delisted", "inbound"]
    assert codes(FINE, replace(TOLD, published=None, really=None)) == ["never_published", "inbound"]
    [found, _] = reasons_against(FINE, channels=[replace(TOLD, really=90)])
    assert (found.code, dict(found.values)) == ("shows_another", {"channel": "douyin", "published": 40, "really": 90, "age_seconds": 60.0})


@given(standing=standings, channels=st.lists(shown, max_size=3))
def test_a_stop_is_said_exactly_where_nothing_is_available_and_every_reason_has_its_words(
    standing: Standing, channels: list[Shown]
) -> None:
    found = reasons_against(standing, channels=channels)

    stopped = any(each.weight == "stops" for each in found)
    assert stopped == (standing.available <= 0 or standing.on_hand < 0 or not standing.opened)
    assert all(each.code in REASONS for each in found)
    weights = [each.weight for each in found]
    assert "helps" not in weights or weights[0] != "helps"
    for each in found:
        REASONS[each.code].format(**{"age": "1 分钟", **each.values})
