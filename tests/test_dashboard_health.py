"""Does the manager's page say of the index what its cells say, and explain every change to the last tenth?"""

from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace
from typing import Any, cast

import pandas as pd
import pytest
from sqlalchemy import Engine

from dashboard import health, overview
from dashboard import health_messages as messages
from dashboard.filters import Filters
from dashboard.health import Health
from dashboard.periods import Period, period_of
from data import reads
from data.reads import Choices, Part, Span
from models.health.attribution import shown_tenths
from models.health.components import COMPONENTS
from models.scope import EVERYTHING
from tests import given_orders
from tests.given_pages import MakeEngine

AS_OF = datetime(2026, 11, 22, 4, 30, tzinfo=UTC)
TODAY = date(2026, 11, 22)
ZONE = "Asia/Shanghai"
CHOICES = Choices(channels=(), regions=(("CN-51", "四川", "Sichuan"),), categories=(), warehouses=(), carriers=(), shops=())


@pytest.fixture(scope="module")
def merchant(make_engine: MakeEngine) -> Engine:
    engine = make_engine()
    with engine.begin() as connection:
        given_orders.merchant(connection, as_of=AS_OF, days=60, count=3000)
    given_orders.rolled_up(engine, as_of=AS_OF)
    return engine


def filters(preset: str = "7d", **chosen: Any) -> Filters:
    return Filters(preset=preset, period=period_of(preset, today=TODAY), zone=ZONE, as_of=AS_OF, **chosen)


def found_by(engine: Engine, chosen: Filters) -> Health:
    span = health.closed_span(chosen, closed=TODAY)
    facts = reads.health(engine, scope=EVERYTHING, part=health.part_of(chosen), zone=ZONE, span=span)
    assert facts is not None
    return Health(facts)


@pytest.mark.parametrize(
    ("preset", "first", "last"),
    [
        ("7d", date(2026, 11, 15), date(2026, 11, 21)),
        ("30d", date(2026, 10, 23), date(2026, 11, 21)),
        ("yesterday", date(2026, 11, 21), date(2026, 11, 21)),
        ("today", date(2026, 11, 21), date(2026, 11, 21)),
        ("month", date(2026, 11, 1), date(2026, 11, 21)),
        ("promotion", date(2026, 11, 1), date(2026, 11, 11)),
    ],
)
def test_only_closed_days_are_spoken_of(preset: str, first: date, last: date) -> None:
    assert health.closed_span(filters(preset), closed=TODAY) == Span(first, last)


CHOSEN: tuple[dict[str, Any], ...] = (
    {},
    {"channels": ("douyin",)},
    {"regions": ("CN-51", "")},
    {"categories": ("家居",)},
    {"warehouses": ("CN-HZ",)},
)


@pytest.mark.parametrize("preset", ["7d", "30d", "yesterday", "month"])
@pytest.mark.parametrize("chosen", CHOSEN, ids=str)
def test_the_lines_add_up_to_the_change_and_the_bars_to_the_shown_change(preset: str, chosen: dict[str, Any], merchant: Engine) -> None:
    found = found_by(merchant, filters(preset, **chosen))

    assert found.change is not None
    assert abs(found.lines["points"].sum() - found.change) < 1e-9
    bars = [points for _, _, points in overview.waterfall_parts(found, choices=CHOICES)]
    assert abs(sum(bars) - found.change) < 1e-9
    assert round(sum(shown_tenths(bars, found.change)), 1) == round(found.change, 1)


def test_the_lines_explain_the_published_number_after_a_restatement(make_engine: MakeEngine) -> None:
    engine = make_engine()
    with engine.begin() as connection:
        given_orders.merchant(connection, as_of=AS_OF, days=40, count=1500)
    given_orders.rolled_up(engine, as_of=AS_OF)
    published = found_by(engine, filters()).before
    with engine.begin() as connection:
        connection.exec_driver_sql(
            "UPDATE orders SET shipped_from = deadline_at, shipped_to = deadline_at WHERE shipped_to > deadline_at"
            " AND deadline_at BETWEEN '2026-11-08' AND '2026-11-12'"
        )

    given_orders.rolled_up(engine, as_of=AS_OF + timedelta(hours=1))
    found = found_by(engine, filters())

    lines = found.lines.set_index("effect")["points"]
    assert found.before == published
    assert found.before_now.value is not None and published is not None
    assert lines["restated"] == pytest.approx(found.before_now.value - published)
    assert found.lines["points"].sum() == pytest.approx(found.change, abs=1e-9)


def test_points_lost_by_cell_add_up_at_every_roll_up(merchant: Engine) -> None:
    found = found_by(merchant, filters())

    whole = found.losses["points"].sum()

    for keys in (["channel"], ["region"], ["channel", "region"], ["component", "category"]):
        assert health.pooled(found.losses, keys)["points"].sum() == pytest.approx(whole)


def test_an_index_that_moved_is_explained_and_one_that_did_not_is_not(merchant: Engine) -> None:
    found = found_by(merchant, filters("30d"))

    said = messages.headline(found, choices=CHOICES)

    assert said.startswith(f"健康指数 {messages.index_points(found.now.value)}")
    assert ("拖累最多" in said) == (messages.signed_points(found.change).startswith("−"))
    assert ("贡献最多" in said) == (messages.signed_points(found.change).startswith("+"))


def moved_by(rows: list[tuple[str | None, str | None, str | None, str, float]]) -> Health:
    """Return what a change of the index consists of: component, channel, region, effect and points of each line."""
    lines = pd.DataFrame(rows, columns=["component", "channel", "region", "effect", "points"]).assign(category=None)
    facts = SimpleNamespace(definition=SimpleNamespace(components=COMPONENTS), published_before=SimpleNamespace(value=80.0))
    found = Health(cast(Any, facts))
    vars(found).update(lines=lines, now=SimpleNamespace(value=80.0 + lines["points"].sum()))
    return found


def test_a_component_spread_over_regions_outweighs_a_larger_single_line() -> None:
    spread = [("C1", "douyin", region, "rate", -1.2) for region in ("CN-51", "CN-44", "CN-31")]
    found = moved_by([*spread, ("C1", "jd", "CN-51", "rate", -0.5), (None, None, None, "cap", -3.3), ("C2", "jd", "CN-51", "rate", 2.0)])

    said = messages.cause(found, choices=CHOICES)

    assert said == f"{named('C1')}拖累最多（−4.1 分，其中抖音 −3.6 分）"


def test_a_line_beside_the_components_is_named_where_it_weighs_most() -> None:
    found = moved_by([("C1", "douyin", "CN-51", "rate", -1.2), (None, None, None, "cap", -3.3)])

    assert messages.cause(found, choices=CHOICES) == "主要因红线（−3.3 分）"


def test_of_one_channel_alone_the_region_is_named_and_of_one_region_too_nothing() -> None:
    in_two = moved_by([("C1", "douyin", "CN-51", "rate", -1.2), ("C1", "douyin", "CN-44", "rate", -2.0)])
    in_one = moved_by([("C1", "douyin", "CN-51", "rate", -1.2)])

    assert messages.cause(in_two, choices=CHOICES).endswith("拖累最多（−3.2 分，其中CN-44 −2.0 分）")
    assert messages.cause(in_one, choices=CHOICES).endswith("拖累最多（−1.2 分）")


def test_what_moved_against_the_index_is_no_cause_of_it() -> None:
    found = moved_by([("C1", "douyin", "CN-51", "rate", 1.0), ("C2", "jd", "CN-44", "rate", -2.5), ("C3", "jd", None, "rate", 4.0)])

    assert messages.cause(found, choices=CHOICES).startswith(f"{named('C3')}贡献最多（+4.0 分")


def named(code: str) -> str:
    return next(component.name_zh for component in COMPONENTS if component.code == code)


def test_a_change_within_the_band_is_called_normal(merchant: Engine) -> None:
    found = found_by(merchant, filters())

    assert ("正常波动" in messages.headline(found, choices=CHOICES)) == found.is_noise
    assert found.band is not None and found.band >= 0


def test_a_component_without_data_is_left_out_and_the_index_says_what_it_covers(merchant: Engine) -> None:
    found = found_by(merchant, filters())

    assert found.scored("C2") is None
    assert messages.grade(found) == "覆盖 40/100"


def test_channels_that_chance_cannot_tell_apart_share_a_rank() -> None:
    far = {"a": {"C1": (990.0, 1000.0)}, "b": {"C1": (800.0, 1000.0)}, "c": {"C1": (798.0, 1000.0)}}

    assert overview.chance_tied([["a"], ["b"], ["c"]], far) == [["a"], ["b", "c"]]


def test_a_period_as_filters_choose_it_has_the_days_of_its_span() -> None:
    assert health.as_period(Span(date(2026, 11, 1), date(2026, 11, 7))) == Period(date(2026, 11, 1), date(2026, 11, 8))
    assert health.part_of(filters(regions=("CN-51",))) == Part(regions=("CN-51",))
