"""Do the lines of a change add up to it, at every roll-up?"""

from collections.abc import Mapping
from dataclasses import replace
from io import StringIO
from itertools import combinations
from typing import Any

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.health.attribution import CELL, LINE, attribute, level_losses, roll_up, shown_tenths
from models.health.components import COMPONENTS, DEFINITION
from models.health.index import index_of, sums_of

ALL = frozenset(component.code for component in COMPONENTS)
ONLY_C1 = frozenset({"C1"})
# points of the index per unit of rate when C1 alone counts
FACTOR = 100 / 0.38


def table(text: str) -> pd.DataFrame:
    frame = pd.read_csv(StringIO(text), sep=r"\s+", dtype=dict.fromkeys(CELL, str))
    return frame.replace(dict.fromkeys(CELL, "-"), "")


def points(lines: pd.DataFrame, **where: object) -> float:
    for name, value in where.items():
        lines = lines[lines[name] == value]
    return float(lines["points"].sum())


LAST_WEEK = table("""
    channel region category due on_time
    京东     华东    家电       50  45
    抖音     华东    家电       50  40
""")


def test_a_worse_rate_at_the_same_share_is_all_rate() -> None:
    this_week = table("""
        channel region category due on_time
        京东     华东    家电       50  45
        抖音     华东    家电       50  35
    """)

    lines = attribute(this_week, LAST_WEEK, definition=DEFINITION, configured=ONLY_C1)

    assert lines[["component", *CELL, "effect", "n", "good"]].to_numpy().tolist() == [["C1", "抖音", "华东", "家电", "rate", 50, 35]]
    assert lines["points"].tolist() == pytest.approx([-0.05 * FACTOR])
    assert lines["delta_rate"].tolist() == pytest.approx([-0.1])


def test_the_same_rates_at_other_shares_are_all_mix() -> None:
    this_week = table("""
        channel region category due on_time
        京东     华东    家电       25  22.5
        抖音     华东    家电       75  60
    """)

    lines = attribute(this_week, LAST_WEEK, definition=DEFINITION, configured=ONLY_C1)

    # each cell's rate beside the mean rate of both weeks, 83.75 %, times the change of its share
    assert points(lines, channel="京东", effect="mix") == pytest.approx((0.90 - 0.8375) * -0.25 * FACTOR)
    assert points(lines, channel="抖音", effect="mix") == pytest.approx((0.80 - 0.8375) * 0.25 * FACTOR)
    assert points(lines) == pytest.approx(-0.025 * FACTOR)


def test_a_channel_that_is_new_is_all_mix_and_has_no_change_of_rate() -> None:
    this_week = table("""
        channel region category due on_time
        京东     华东    家电       50  45
        抖音     华东    家电       50  40
        拼多多    华东    -        100  60
    """)

    lines = attribute(this_week, LAST_WEEK, definition=DEFINITION, configured=ONLY_C1)

    new = lines[lines["channel"] == "拼多多"]
    assert new[["category", "effect"]].to_numpy().tolist() == [["", "mix"]]
    assert new["delta_rate"].isna().all()
    assert points(lines) == pytest.approx((0.725 - 0.85) * FACTOR)


def test_what_lies_beyond_the_target_is_taken_back_as_clip() -> None:
    this_week = table("""
        channel region category due on_time
        京东     华东    家电       50  50
        抖音     华东    家电       50  50
    """)

    lines = attribute(this_week, LAST_WEEK, definition=DEFINITION, configured=ONLY_C1)

    assert points(lines, effect="clip") == pytest.approx(-0.02 * FACTOR)
    assert points(lines) == pytest.approx(100 - 0.25 * FACTOR)


def test_a_component_that_had_no_units_is_one_carried_line() -> None:
    quiet = LAST_WEEK.assign(due=0, on_time=0)

    lines = attribute(quiet, LAST_WEEK, definition=DEFINITION, configured=ONLY_C1, carried_now={"C1": 0.79})

    assert lines["effect"].tolist() == ["carried"]
    assert lines[list(CELL)].isna().all(axis=None)
    assert points(lines, component="C1") == pytest.approx(50 - 0.25 * FACTOR)


def test_a_source_that_stays_silent_falls_to_its_floor() -> None:
    quiet = LAST_WEEK.iloc[:0]

    lines = attribute(quiet, LAST_WEEK, definition=DEFINITION, configured=ONLY_C1, carried_now={"C1": 0.85}, overdue_now={"C1": 4})

    assert points(lines, effect="carried") == points(lines) == pytest.approx(-0.25 * FACTOR)


def test_a_cap_a_restatement_and_a_new_version_have_lines_of_their_own() -> None:
    lines = attribute(
        LAST_WEEK,
        LAST_WEEK,
        definition=DEFINITION,
        configured=ONLY_C1,
        cap_now=5,
        cap_before=2,
        published_before=60,
        before_as_published_definition=61,
    )

    assert lines["effect"].tolist() == ["cap", "definition", "restated"]
    assert lines["points"].tolist() == pytest.approx([-3, 0.25 * FACTOR - 2 - 61, 1])


def test_a_component_counted_for_the_first_time_is_a_change_of_definition() -> None:
    this_week = LAST_WEEK.assign(lines_arrived=100, lines_filled=90)

    lines = attribute(this_week, LAST_WEEK, definition=DEFINITION, configured=frozenset({"C1", "C2"}))

    assert lines["effect"].tolist() == ["definition"]
    assert points(lines) == pytest.approx(0.25 * FACTOR * (35 / 60 - 1))


def test_a_period_that_is_gone_still_adds_up_to_what_was_published() -> None:
    lines = attribute(LAST_WEEK, LAST_WEEK.iloc[:0], definition=DEFINITION, configured=ONLY_C1, cap_before=9, published_before=60)

    assert points(lines) == pytest.approx(0.25 * FACTOR - 60)


def test_two_periods_without_an_index_have_no_lines() -> None:
    lines = attribute(LAST_WEEK, LAST_WEEK, definition=DEFINITION, configured=frozenset())

    assert lines.columns.tolist() == list(LINE) and lines.empty
    assert roll_up(lines, by=["channel"]).empty


MEASURES = [name for component in COMPONENTS for name in (component.units, component.good)]
RATES = st.floats(0, 1)


@st.composite
def periods(draw: st.DrawFn) -> pd.DataFrame:
    """A period with some of the cells, in any order, some components silent, some perfect and some hopeless."""
    places = [(channel, region, category) for channel in ("京东", "抖音", "") for region in ("华东", "") for category in ("家电", "")]
    chosen = draw(st.lists(st.sampled_from(places), unique=True, max_size=7))
    silent = draw(st.sets(st.sampled_from(sorted(ALL)), max_size=3))
    most = draw(st.sampled_from([0.0, 0.3, 1.0]))
    rows: list[dict[str, object]] = []
    for place in chosen:
        row: dict[str, object] = dict(zip(CELL, place, strict=True))
        for component in COMPONENTS:
            units = 0 if component.code in silent else draw(st.integers(0, 5000))
            bad = round(units * most * draw(RATES)) if units else 0
            row |= {component.units: units, component.good: units - bad}
        rows.append(row)
    return pd.DataFrame(rows, columns=[*CELL, *MEASURES])


CHANGES = st.fixed_dictionaries(
    {
        "configured": st.frozensets(st.sampled_from(sorted(ALL)), min_size=1) | st.just(ALL),
        "carried_now": st.dictionaries(st.sampled_from(sorted(ALL)), RATES),
        "carried_before": st.dictionaries(st.sampled_from(sorted(ALL)), RATES),
        "overdue_now": st.dictionaries(st.sampled_from(sorted(ALL)), st.integers(0, 6)),
        "overdue_before": st.dictionaries(st.sampled_from(sorted(ALL)), st.integers(0, 6)),
        "cap_now": st.just(0.0) | st.floats(0, 41),
        "cap_before": st.just(0.0) | st.floats(0, 41),
        "published_before": st.none() | st.floats(0, 100),
        "before_as_published_definition": st.none() | st.floats(0, 100),
    }
)


def published_change(now: pd.DataFrame, before: pd.DataFrame, change: Mapping[str, Any]) -> float | None:
    values: list[float | None] = []
    for cells, period in ((now, "now"), (before, "before")):
        index = index_of(
            sums_of(cells, definition=DEFINITION),
            definition=DEFINITION,
            configured=change["configured"],
            carried=change[f"carried_{period}"],
            overdue_days=change[f"overdue_{period}"],
            cap_penalty=change[f"cap_{period}"],
        )
        values.append(index.value)
    published = change["published_before"] if change["published_before"] is not None else values[1]
    return None if values[0] is None or published is None else values[0] - published


@given(now=periods(), before=periods(), change=CHANGES)
def test_the_lines_add_up_to_the_change_at_every_roll_up(now: pd.DataFrame, before: pd.DataFrame, change: dict[str, Any]) -> None:
    lines = attribute(now, before, definition=DEFINITION, **change)

    expected = published_change(now, before, change) or 0.0
    dimensions = ("component", *CELL, "effect")
    for size in range(4):
        for by in combinations(dimensions, size):
            assert roll_up(lines, by=by)["points"].sum() == pytest.approx(expected, abs=1e-9, rel=0)


@given(now=periods(), before=periods(), change=CHANGES)
def test_a_finer_roll_up_adds_up_to_the_coarser_one(now: pd.DataFrame, before: pd.DataFrame, change: dict[str, Any]) -> None:
    lines = attribute(now, before, definition=DEFINITION, **change)

    coarser = roll_up(lines, by=["channel"])
    again = roll_up(roll_up(lines, by=["channel", "component"]), by=["channel"])
    pd.testing.assert_frame_equal(again, coarser, rtol=0, atol=1e-9)


@given(now=periods(), before=periods())
def test_the_lines_of_a_component_are_its_share_of_the_change_of_its_score(now: pd.DataFrame, before: pd.DataFrame) -> None:
    lines = attribute(now, before, definition=DEFINITION, configured=ALL)

    parts_now, parts_before = (
        {part.code: part.score for part in index_of(sums_of(cells, definition=DEFINITION), definition=DEFINITION, configured=ALL).parts}
        for cells in (now, before)
    )
    shared = [component for component in COMPONENTS if component.code in parts_now and component.code in parts_before]
    for component in shared:
        share = component.weight / sum(each.weight for each in shared)
        change = parts_now[component.code] - parts_before[component.code]
        assert points(lines, component=component.code) == pytest.approx(share * change, abs=1e-9, rel=0)


def test_an_unsorted_cell_is_not_a_line_without_a_cell() -> None:
    this_week = table("""
        channel region category due on_time
        -        -      -        10  7
    """)

    lines = attribute(this_week, this_week.assign(on_time=8), definition=DEFINITION, configured=ONLY_C1, cap_now=1)

    sums = roll_up(lines, by=["channel"])
    assert sums["channel"].isna().tolist() == [False, True]
    assert sums["points"].tolist() == pytest.approx([-0.1 * FACTOR, -1])


@given(now=periods(), before=periods())
def test_swapping_the_periods_turns_every_sum_around(now: pd.DataFrame, before: pd.DataFrame) -> None:
    there = attribute(now, before, definition=DEFINITION, configured=ALL)
    back = attribute(before, now, definition=DEFINITION, configured=ALL)

    both = pd.concat([roll_up(lines, by=["component", *CELL, "effect"]) for lines in (there, back)])
    assert (roll_up(both, by=["component", *CELL, "effect"])["points"].abs() <= 1e-9).all()


@given(now=periods())
def test_the_same_period_twice_has_no_lines(now: pd.DataFrame) -> None:
    shuffled = now.iloc[::-1]

    assert attribute(now, shuffled, definition=DEFINITION, configured=ALL).empty


STEP = {0: 1.0, 1: 0.1, 2: 0.01}


@given(values=st.lists(st.floats(-100, 100), min_size=1, max_size=40), decimals=st.sampled_from([0, 1, 2]))
def test_shown_parts_add_up_to_the_shown_total_and_none_is_off_by_a_step(values: list[float], decimals: int) -> None:
    shown = shown_tenths(values, sum(values), decimals=decimals)

    assert round(sum(shown), decimals) == round(sum(values), decimals)
    assert all(abs(part - value) < STEP[decimals] for part, value in zip(shown, values, strict=True))
    assert shown == shown_tenths(values, sum(values), decimals=decimals)


def test_the_five_components_of_a_bad_week_add_up_as_shown() -> None:
    shown = shown_tenths([-1.33, -10.83, -5.42, -3.16, -2.96], 41.5 - 65.2)

    assert shown == [-1.3, -10.8, -5.4, -3.2, -3.0]


def test_a_total_shown_apart_from_its_parts_is_still_met() -> None:
    assert shown_tenths([0.1, 0.1], 0.5) == [0.3, 0.2]
    assert shown_tenths([0.1, 0.1], -0.1) == [0.0, -0.1]
    assert shown_tenths([], 0) == []


def test_the_costliest_cell_is_the_one_with_most_bad_units() -> None:
    losses = level_losses(LAST_WEEK, definition=DEFINITION, configured=ALL)

    assert losses[["component", "channel", "units", "bad"]].to_numpy().tolist() == [["C1", "京东", 50, 5], ["C1", "抖音", 50, 10]]
    assert losses["points"].tolist() == pytest.approx([0.05 * 35 / 0.38, 0.10 * 35 / 0.38])


@given(cells=periods())
def test_cell_losses_of_a_component_within_its_posts_are_what_it_lacks_beside_its_allowance(cells: pd.DataFrame) -> None:
    losses = level_losses(cells, definition=DEFINITION, configured=ALL).groupby("component")["points"].sum()

    index = index_of(sums_of(cells, definition=DEFINITION), definition=DEFINITION, configured=ALL)
    for part in index.parts:
        component = next(each for each in COMPONENTS if each.code == part.code)
        allowance = 100 * (1 - component.target) / (component.target - component.floor)
        if component.floor <= part.rate <= component.target:
            assert losses[part.code] == pytest.approx(component.weight / 100 * (100 - part.score + allowance))


def test_losses_without_anything_configured_are_an_empty_frame() -> None:
    assert level_losses(LAST_WEEK, definition=DEFINITION, configured=frozenset()).empty


def test_other_weights_change_what_a_unit_costs() -> None:
    heavier = replace(DEFINITION, version=2, components=(replace(COMPONENTS[0], weight=70), *COMPONENTS[1:]))

    losses = level_losses(LAST_WEEK, definition=heavier, configured=ALL)

    assert losses["points"].sum() == pytest.approx(0.15 * 100 * 70 / 135 / 0.38)
