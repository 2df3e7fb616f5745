"""Do the merchant's last weeks hold a story: a late carrier, an overloaded warehouse, a stale channel, each where the seed says?"""

import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from jobs.simulate import history, rhythm, write_history, write_live
from jobs.simulate.dice import COD, NEVER
from jobs.simulate.geography import CARRIERS, DHL, SPX, WAREHOUSES
from jobs.simulate.handling import warehouse_shares
from jobs.simulate.life import EVENTS, as_seen, pass_warehouses, remembered, settle
from jobs.simulate.merchant import Played, joined, play
from jobs.simulate.platforms import WRITERS
from jobs.simulate.queues import SLACK
from jobs.simulate.state import load
from jobs.simulate.story import QUIET, Breakdown, Story, story_of

HOUR = 3600
SHOPS = [writer.shop for writer in WRITERS]
SHOP_IDS = tuple(shop.shop_id for shop in SHOPS)
# Ordinary weeks: no great sale hides what the story does.
ANCHOR = rhythm.day_number(date(2026, 9, 25))
UNTIL = datetime(2026, 9, 25, 6, tzinfo=UTC)
A_DAY = 700.0
DAYS, ORDERS = 21, 3_000


def told_by(seed: int) -> Story:
    return story_of(seed, anchor_day=ANCHOR, shops=SHOP_IDS)


def lived(seed: int, story: Story) -> Played:
    """Play the three weeks up to the anchor and one beyond it, told with a story."""
    days = range(ANCHOR - 21, ANCHOR + 7)
    played = joined([play(shop, days, seed=seed, orders_a_day=A_DAY * shop.share) for shop in SHOPS])
    capacity = sum((warehouse_shares(s.market) * A_DAY * s.share for s in SHOPS), np.zeros(len(WAREHOUSES))) * SLACK
    pass_warehouses(played, until=rhythm.midnight(ANCHOR + 7), capacity=capacity.tolist(), free_from=[0.0] * len(WAREHOUSES), story=story)
    return settle(played)


@pytest.fixture(scope="module", params=[2, 7, 20261111])
def twice(request: pytest.FixtureRequest) -> tuple[Story, Played, Played]:
    """The same weeks with their story and without."""
    return told_by(request.param), lived(request.param, told_by(request.param)), lived(request.param, QUIET)


def parcels_with_region(life: Played) -> pd.DataFrame:
    return life.parcels.merge(life.orders[["key", "region"]], on="key", validate="many_to_one")


def on_time_share(life: Played, *, first_day: int, last_day: int) -> float:
    """Return the share handed over within 48 h of payment, of the orders due on some days (the last excluded)."""
    orders = life.orders[(life.orders["paid"] < NEVER) & (life.orders["shipped"] < NEVER) & (life.orders["kind"] != COD)]
    due = orders["paid"] + 48 * HOUR
    counted = due.between(rhythm.midnight(first_day), rhythm.midnight(last_day), inclusive="left")
    return float((orders["shipped"] <= due)[counted].mean())


# ---------------------------------------------------------------- what the seed tells


def test_the_same_seed_tells_the_same_story() -> None:
    assert told_by(7) == told_by(7)


def test_another_seed_strikes_others() -> None:
    stories = [told_by(seed) for seed in range(40)]

    assert {s.breakdowns[0].carrier for s in stories} == set(range(len(CARRIERS))) - {DHL, SPX}
    assert len({s.breakdowns[0].regions for s in stories}) > 5
    assert {s.overloads[0].warehouse for s in stories} == set(range(len(WAREHOUSES)))
    assert {s.stale[0].shop_id for s in stories} == set(SHOP_IDS)


def test_a_later_anchor_moves_the_dates_and_strikes_the_same() -> None:
    story, later = told_by(7), story_of(7, anchor_day=ANCHOR + 5, shops=SHOP_IDS)

    assert later.breakdowns[0].regions == story.breakdowns[0].regions
    assert later.breakdowns[0].since_day == story.breakdowns[0].since_day + 5
    assert later.overloads[0].until_day == story.overloads[0].until_day + 5
    assert later.stale[0].since == story.stale[0].since + 5 * 24 * HOUR


def test_every_story_lies_where_a_manager_looks() -> None:
    weeks_before = []
    for seed in range(200):
        story = told_by(seed)
        [breakdown], [overload], [stale] = story.breakdowns, story.overloads, story.stale

        assert ANCHOR - 7 <= breakdown.since_day < breakdown.until_day <= ANCHOR
        assert 5 <= breakdown.until_day - breakdown.since_day <= 6
        assert ANCHOR - 14 <= overload.since_day < overload.until_day <= ANCHOR
        assert 2 <= overload.until_day - overload.since_day <= 4
        assert rhythm.midnight(ANCHOR + 1) < stale.since < stale.until < rhythm.midnight(ANCHOR + 2)
        weeks_before.append(overload.since_day < ANCHOR - 7)
    assert 0.3 < np.mean(weeks_before) < 0.7


def test_a_memory_without_an_anchor_has_no_story() -> None:
    assert story_of(7, anchor_day=None, shops=SHOP_IDS) == QUIET


# ---------------------------------------------------------------- the carrier that broke down


def test_the_struck_carrier_hands_over_days_late_in_its_window_to_its_provinces_alone(twice: tuple[Story, Played, Played]) -> None:
    story, struck, quiet = twice
    [breakdown] = story.breakdowns
    # The overloaded warehouse apart, nothing else may have changed.
    both = parcels_with_region(struck).merge(quiet.parcels[["key", "part", "left"]], on=["key", "part"], suffixes=("", "_quiet"))
    both = both[(both["warehouse"] != story.overloads[0].warehouse) & (both["left"] < NEVER) & (both["left_quiet"] < NEVER)]
    inside = both["left_quiet"].between(rhythm.midnight(breakdown.since_day), rhythm.midnight(breakdown.until_day), inclusive="left")
    theirs = (both["carrier"] == breakdown.carrier) & both["region"].isin(breakdown.regions)
    late_hours = (both["left"] - both["left_quiet"]) / HOUR

    assert (inside & theirs).sum() > 20
    assert late_hours[inside & theirs].between(24, 72 + 12).all()
    assert (late_hours[~(inside & theirs)] == 0).all()


def test_the_struck_orders_are_on_time_less_than_outside_the_window_and_than_other_carriers(twice: tuple[Story, Played, Played]) -> None:
    story, struck, _ = twice
    [breakdown] = story.breakdowns
    orders = struck.orders[(struck.orders["shipped"] < NEVER) & (struck.orders["paid"] < NEVER) & (struck.orders["kind"] != COD)]
    hours = (orders["shipped"] - orders["paid"]) / HOUR
    inside = orders["paid"].between(rhythm.midnight(breakdown.since_day), rhythm.midnight(breakdown.until_day))
    there, theirs = orders["region"].isin(breakdown.regions), orders["carrier"] == breakdown.carrier

    assert hours[inside & there & theirs].median() > hours[~inside & there & theirs].median() + 24
    assert hours[inside & there & theirs].median() > hours[inside & there & ~theirs].median() + 20
    assert (hours[inside & there & theirs] > 48).mean() > 0.4


def test_the_platform_learns_of_a_late_parcel_later_too(twice: tuple[Story, Played, Played]) -> None:
    _, struck, _ = twice
    told = struck.orders[struck.orders["shipped"] < NEVER]

    assert (told["posted"] - told["shipped"]).between(20, 300).all()


def test_a_parcel_held_up_leaves_in_the_hours_in_which_carriers_come_and_in_its_turn() -> None:
    breakdown = Breakdown(1, (0,), ANCHOR - 6, ANCHOR - 2)
    ready = np.arange(rhythm.midnight(ANCHOR - 6), rhythm.midnight(ANCHOR - 2), 600)

    taken = breakdown.handed_over(ready, np.zeros(len(ready), dtype=np.int64))

    assert (np.diff(taken) >= 0).all()
    assert (((taken + rhythm.SHANGHAI_OFFSET) % 86_400 // HOUR >= 8) & ((taken + rhythm.SHANGHAI_OFFSET) % 86_400 // HOUR < 22)).all()


# ---------------------------------------------------------------- the overloaded warehouse


def test_the_overloaded_warehouse_takes_three_times_as_long_and_then_drains(twice: tuple[Story, Played, Played]) -> None:
    story, struck, quiet = twice
    [overload] = story.overloads
    hours = {}
    for name, life in (("struck", struck), ("quiet", quiet)):
        gone = life.parcels[(life.parcels["left"] < NEVER) & (life.parcels["warehouse"] == overload.warehouse)]
        day = (gone["allocated"] + rhythm.SHANGHAI_OFFSET) // 86_400
        hours[name] = ((gone["left"] - gone["allocated"]) / HOUR).groupby(day).median()
    window = slice(overload.since_day, overload.until_day - 1)

    assert hours["struck"].loc[window].median() >= 3 * hours["quiet"].loc[window].median()
    assert hours["struck"].loc[window].max() > 24
    assert hours["struck"].loc[overload.until_day + 5] < 12


def test_a_fair_share_of_its_orders_breaks_the_48_hours(twice: tuple[Story, Played, Played]) -> None:
    story, struck, _ = twice
    [overload] = story.overloads
    here = struck.orders[(struck.orders["warehouse"] == overload.warehouse) & (struck.orders["shipped"] < NEVER)]
    inside = here["allocated"].between(rhythm.midnight(overload.since_day), rhythm.midnight(overload.until_day))

    assert 0.1 < ((here["shipped"] - here["paid"])[inside] > 48 * HOUR).mean() < 0.9


def test_other_warehouses_work_as_ever(twice: tuple[Story, Played, Played]) -> None:
    story, struck, quiet = twice
    elsewhere, without_story = (
        life.parcels[(life.parcels["warehouse"] != story.overloads[0].warehouse) & (life.parcels["carrier"] != story.breakdowns[0].carrier)]
        for life in (struck, quiet)
    )

    pd.testing.assert_frame_equal(elsewhere, without_story)


def test_the_last_seven_days_are_less_on_time_than_the_seven_before(twice: tuple[Story, Played, Played]) -> None:
    _, struck, quiet = twice
    this_week = on_time_share(struck, first_day=ANCHOR - 7, last_day=ANCHOR)

    assert this_week < on_time_share(struck, first_day=ANCHOR - 14, last_day=ANCHOR - 7) - 0.003
    assert this_week < on_time_share(quiet, first_day=ANCHOR - 7, last_day=ANCHOR) - 0.01


def test_after_a_great_sale_the_week_before_is_left_to_its_own_queues() -> None:
    anchor = rhythm.day_number(date(2026, 11, 26))
    stories = [story_of(seed, anchor_day=anchor, shops=SHOP_IDS) for seed in range(40)]

    assert all(story.overloads[0].since_day >= anchor - 7 for story in stories)


# ---------------------------------------------------------------- the stale channel, and going on live


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A history, then live files every two hours until two days later."""
    home = tmp_path_factory.mktemp("story")
    write_history(home / "inbox", until=UNTIL, days=DAYS, orders=ORDERS, state=home / "state")
    for hours in range(2, 50, 2):
        write_live(home / "inbox", state=home / "state", now=UNTIL + timedelta(hours=hours))
    return home


def test_the_truth_of_the_story_is_kept_apart(written: Path) -> None:
    truth = json.loads((written / "state" / "truth" / "story.json").read_text())
    [breakdown], [overload], [stale] = truth["breakdowns"], truth["overloads"], truth["stale"]
    story = load(written / "state").story()

    assert truth["anchor"] == "2026-09-25"
    assert story == told_by(truth["seed"])
    assert breakdown["carrier"] == CARRIERS[story.breakdowns[0].carrier].name
    assert overload["warehouse"] == WAREHOUSES[story.overloads[0].warehouse].code
    assert rhythm.seconds_of(datetime.fromisoformat(overload["until"])) == rhythm.midnight(story.overloads[0].until_day)
    assert rhythm.seconds_of(datetime.fromisoformat(stale["since"])) == story.stale[0].since


def test_the_stale_channels_files_come_once_its_window_is_over(tmp_path: Path) -> None:
    write_history(tmp_path / "inbox", until=UNTIL, days=DAYS, orders=ORDERS, state=tmp_path / "state")
    [stale] = load(tmp_path / "state").story().stale
    came: dict[int, list[tuple[str, str]]] = {}
    for at in (stale.since - HOUR, stale.since + 60, stale.until - 60, stale.until):
        paths = write_live(tmp_path / "inbox", state=tmp_path / "state", now=rhythm.instant_of(at))
        came[at - stale.since] = [(path.parent.name, path.name) for path in paths]
    before, at_first, at_last, after = came.values()

    assert any(folder == stale.shop_id for folder, _ in before)
    assert not any(folder == stale.shop_id for folder, _ in at_first + at_last)
    assert {folder for folder, _ in at_first} >= set(SHOP_IDS) - {stale.shop_id}
    held_back = f"{rhythm.instant_of(stale.since + 60 + rhythm.SHANGHAI_OFFSET):%Y%m%d%H%M%S}"
    assert any(folder == stale.shop_id and held_back in name for folder, name in after)
    faults = json.loads((tmp_path / "state" / "truth" / "faults.json").read_text())
    assert {(fault["fault"], fault["shop_id"]) for fault in faults} == {("late_file", stale.shop_id)}


def test_a_history_is_never_late(tmp_path: Path) -> None:
    write_history(tmp_path / "inbox", until=UNTIL, days=3, orders=300, state=tmp_path / "state")

    assert json.loads((tmp_path / "state" / "truth" / "faults.json").read_text()) == []
    assert not (tmp_path / "state" / "withheld").exists()


def test_a_history_gone_on_live_is_the_one_played_in_one_go(written: Path) -> None:
    memory = load(written / "state")
    days = range(ANCHOR - DAYS, ANCHOR + 3)
    whole = joined([play(shop, days, seed=memory.seed, orders_a_day=memory.orders_a_day[shop.shop_id]) for shop in SHOPS])
    pass_warehouses(
        whole, until=rhythm.midnight(days[-1] + 1), capacity=memory.capacity, free_from=[0.0] * len(memory.capacity), story=memory.story()
    )
    still_open = settle(remembered(whole, settle(whole), at=memory.written_until)).orders.set_index("key").sort_index()
    known = settle(memory.open).orders.set_index("key").sort_index()

    assert len(known) > 500
    pd.testing.assert_frame_equal(known[list(EVENTS)], still_open.loc[known.index, list(EVENTS)])
    assert set(known.index) == set(still_open.index)


def test_a_history_gone_on_live_is_the_history_written_later(written: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    live = load(written / "state")
    # A later history would plan other daily orders and a later story: what they have in common is told with the same.
    monkeypatch.setattr(history, "daily_orders", lambda writer, *_, **__: live.orders_a_day[writer.shop.shop_id])
    monkeypatch.setattr(history, "story_of", lambda *_, **__: live.story())

    until = rhythm.instant_of(live.written_until)
    write_history(tmp_path / "inbox", until=until, days=DAYS + 2, orders=ORDERS, state=tmp_path / "state")

    later = load(tmp_path / "state")
    now, then = (as_seen(settle(memory.open), at=live.written_until) for memory in (live, later))
    for frame, key in (("orders", ["key"]), ("parcels", ["key", "part"])):
        pd.testing.assert_frame_equal(getattr(now, frame).set_index(key).sort_index(), getattr(then, frame).set_index(key).sort_index())
    assert len(now.orders) > 500
