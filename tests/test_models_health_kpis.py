"""Does every KPI say what it counts, and count it?"""

import re
from collections.abc import Mapping
from dataclasses import fields

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.health.components import COMPONENTS
from models.health.kpis import DEFINED, KPIS, Kpi, entry_of, kpi_named, on_time_range, value_of
from models.scope import ROLES

CHINESE = re.compile(r"[\u3000-\u303f\u4e00-\u9fff\uff00-\uffef]")
every_entry = pytest.mark.parametrize("kpi", DEFINED, ids=lambda kpi: kpi.key)
every_kpi = pytest.mark.parametrize("kpi", KPIS, ids=lambda kpi: kpi.key)


def measures(kpi: Kpi, *, numerator: int, denominator: int) -> dict[str, int]:
    return dict.fromkeys(kpi.denominator, denominator) | dict.fromkeys(kpi.numerator, numerator)


def test_every_component_has_an_entry_of_the_same_measures_or_is_explained_by_the_index() -> None:
    for component in COMPONENTS:
        entry = kpi_named(entry_of(component.key))
        same = ((component.good,), (component.units,)) == (entry.numerator, entry.denominator)
        assert same or entry.key == "index"
    assert {each.code for each in COMPONENTS if entry_of(each.key) == each.key} >= {"C1", "C4"}


def test_no_two_kpis_share_a_key_or_a_name() -> None:
    for names in ([kpi.key for kpi in DEFINED], [kpi.name_zh for kpi in DEFINED], [kpi.name_en for kpi in DEFINED]):
        assert len(set(names)) == len(names)


@every_entry
def test_a_kpi_of_nothing_is_missing(kpi: Kpi) -> None:
    assert value_of(kpi, {}) is None


@every_kpi
def test_a_kpi_with_nothing_to_divide_by_is_missing_and_a_plain_sum_of_0_is_0(kpi: Kpi) -> None:
    assert value_of(kpi, measures(kpi, numerator=0, denominator=0)) == (None if kpi.denominator else 0)


@every_kpi
def test_a_kpi_is_missing_when_any_of_its_measures_is(kpi: Kpi) -> None:
    sums = measures(kpi, numerator=1, denominator=2)

    for name in sums:
        assert value_of(kpi, {**sums, name: None}) is None
        assert value_of(kpi, {**sums, name: float("nan")}) is None


@every_kpi
@given(parts=st.tuples(st.integers(0, 10**9), st.integers(0, 10**9)), units=st.integers(1, 10**6))
def test_more_of_what_a_kpi_counts_never_makes_it_less(kpi: Kpi, parts: tuple[int, int], units: int) -> None:
    less, more = (value_of(kpi, measures(kpi, numerator=part, denominator=units)) for part in sorted(parts))

    assert less is not None and more is not None and 0 <= less <= more


@every_entry
def test_a_kpi_speaks_both_languages(kpi: Kpi) -> None:
    texts = {field.name: getattr(kpi, field.name) for field in fields(kpi) if field.name.endswith(("_zh", "_en"))}

    assert all(text.strip() for text in texts.values())
    assert all(bool(CHINESE.search(text)) == name.endswith("_zh") for name, text in texts.items())
    assert all(CHINESE.search(change.zh) and change.en and not CHINESE.search(change.en) for change in kpi.changes)


@every_kpi
def test_a_kpi_has_an_owner_a_channel_and_one_entry_for_every_change(kpi: Kpi) -> None:
    assert kpi.owner in ROLES
    assert "channel" in kpi.dimensions and len(set(kpi.dimensions)) == len(kpi.dimensions)
    assert kpi.version == 1 + len(kpi.changes)
    assert [change.date for change in kpi.changes] == sorted(change.date for change in kpi.changes)


@every_kpi
def test_only_a_share_or_a_mean_is_divided(kpi: Kpi) -> None:
    assert bool(kpi.denominator) == (kpi.unit in ("share", "hours", "per_thousand"))
    assert kpi.unit != "share" or kpi.target is None or 0 <= kpi.target <= 1


def test_a_kpi_that_is_a_component_counts_the_same_and_has_the_same_target() -> None:
    components = {(component.good, component.units): component.target for component in COMPONENTS}

    for key in ("on_time", "known_in_time"):
        kpi = kpi_named(key)
        assert components[kpi.numerator[0], kpi.denominator[0]] == kpi.target


def test_seconds_become_hours() -> None:
    assert value_of(kpi_named("ship_hours"), {"shipped_exact_seconds": 3 * 6480, "shipped_exact": 3}) == pytest.approx(1.8)


def test_a_share_of_two_days_comes_from_their_sums_not_from_their_shares() -> None:
    assert value_of(kpi_named("cancelled"), {"cancelled_orders": 1 + 0, "orders": 2 + 98}) == pytest.approx(0.01)


@pytest.mark.parametrize(("paid_orders", "unrated", "paid_minor", "paid"), [(0, 0, 0, 0), (3, 3, 0, None), (3, 1, 1999, 1999)])
def test_money_without_any_rate_is_missing_and_with_some_is_what_is_known(
    paid_orders: int, unrated: int, paid_minor: int, paid: int | None
) -> None:
    sums = {"paid_orders": paid_orders, "unrated": unrated, "paid_minor": paid_minor}

    assert value_of(kpi_named("paid"), sums) == paid


def test_an_unknown_kpi_is_refused() -> None:
    with pytest.raises(KeyError, match="happiness"):
        kpi_named("happiness")


def test_shipments_that_may_have_been_in_time_give_the_on_time_share_a_range() -> None:
    assert on_time_range({"on_time": 90, "maybe_on_time": 5, "due": 100}) == (0.9, 0.95)


@pytest.mark.parametrize(
    "sums",
    [{}, {"on_time": 0, "maybe_on_time": 0, "due": 0}, {"on_time": 9, "maybe_on_time": 0, "due": 10}, {"on_time": 9, "due": 10}],
    ids=["nothing", "none due", "all exact", "bounds unknown"],
)
def test_without_bounded_shipments_there_is_no_range(sums: Mapping[str, int]) -> None:
    assert on_time_range(sums) is None


@given(on_time=st.integers(0, 1000), maybe=st.integers(1, 1000), late=st.integers(0, 1000))
def test_the_range_begins_at_the_share_shown_and_stays_within_1(on_time: int, maybe: int, late: int) -> None:
    sums = {"on_time": on_time, "maybe_on_time": maybe, "due": on_time + maybe + late}

    found = on_time_range(sums)

    assert found is not None
    assert found[0] == value_of(kpi_named("on_time"), sums)
    assert found[0] < found[1] <= 1
