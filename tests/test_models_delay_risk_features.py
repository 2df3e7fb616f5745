"""Is every feature what was known at its minute, and nothing later?"""

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

from models.delay_risk.build import features
from models.delay_risk.clocks import DAY
from models.delay_risk.examples import open_examples, training_examples
from models.delay_risk.features import FEATURES, FEATURES_BY_NAME, delivery, features_of, history, load
from models.delay_risk.landmarks import LANDMARKS
from models.delay_risk.scene import outcomes
from models.delay_risk.targets import TARGETS, deadlines
from models.promise import WorkingDays
from tests.given_risk import CLOCKS, HOUR, MONDAY, facts_of, some_facts

INF = float("inf")


@pytest.fixture(scope="module")
def facts() -> pd.DataFrame:
    return some_facts()


@pytest.fixture(scope="module")
def deadline(facts: pd.DataFrame) -> "np.ndarray[tuple[int], np.dtype[np.float64]]":
    return deadlines(facts, CLOCKS, target="working_days")


def _looked_at(facts: pd.DataFrame, *, every: int = 9) -> tuple[np.ndarray, np.ndarray]:
    rows = np.arange(3, len(facts), every, dtype=np.int64)
    ages = np.resize(np.array(LANDMARKS) * 60.0, len(rows))
    return rows, np.fmax(facts["start_at"].to_numpy()[rows] + ages, facts["start_known_at"].to_numpy()[rows])


def test_each_feature_is_a_column_and_no_code_is_missing(facts: pd.DataFrame, deadline: np.ndarray) -> None:
    rows, at = _looked_at(facts)

    frame = features(facts, CLOCKS, rows=rows, at=at, deadline=deadline)

    assert list(frame.columns) == [feature.name for feature in FEATURES]
    assert len(set(frame.columns)) == len(frame.columns)
    for feature in FEATURES:
        assert (frame[feature.name].dtype == float) == (feature.kind == "number"), feature.name
        if feature.kind == "code":
            assert frame[feature.name].notna().all()


def test_no_later_event_changes_an_earlier_feature(facts: pd.DataFrame, deadline: np.ndarray) -> None:
    rows, at = _looked_at(facts)
    before = features(facts, CLOCKS, rows=rows, at=at, deadline=deadline)

    for place in range(0, len(rows), 7):
        now = at[place]
        changed = _other_future(facts, after=now)
        kept = np.flatnonzero(changed["start_known_at"].to_numpy() <= now)
        known = changed.iloc[kept].reset_index(drop=True)
        row = np.array([int(np.flatnonzero(kept == rows[place])[0])])
        found = features(known, CLOCKS, rows=row, at=np.array([now]), deadline=deadlines(known, CLOCKS, target="working_days"))
        for name in before:
            one, other = before[name].iloc[place], found[name].iloc[0]
            assert one == other or (pd.isna(one) and pd.isna(other)) or one == pytest.approx(other, abs=1e-9), (name, one, other)


def _other_future(facts: pd.DataFrame, *, after: float) -> pd.DataFrame:
    """Return the same orders with everything that was not known by an instant undone, or made otherwise."""
    changed = facts.copy()
    for name in ("shipped", "ended", "delivered", "reviewed", "allocated", "waybilled"):
        later = ~(facts[f"{name}_known_at"] <= after)
        odd = later & (np.arange(len(facts)) % 2 == 0) & (name in ("shipped", "delivered"))
        for end in ("at", "known_at", "from"):
            if f"{name}_{end}" in changed:
                changed.loc[later, f"{name}_{end}"] = np.nan
                changed.loc[odd, f"{name}_{end}"] = after + 5 * HOUR
    # where it goes from, and by whom, is not known before the step that says so
    unnamed = ~(_named_at(facts, "waybilled", "shipped") <= after)
    changed["carrier_code"] = np.where(unnamed, "", changed["carrier_code"])
    unplaced = ~facts["warehouse_stated"] & ~(_named_at(facts, "allocated", "waybilled", "shipped") <= after)
    for name in ("warehouse_code", "warehouse_region", "warehouse_city"):
        changed[name] = np.where(unplaced, "", changed[name])
    return changed


def _named_at(facts: pd.DataFrame, *steps: str) -> pd.Series:
    return facts[[f"{step}_known_at" for step in steps]].min(axis=1)


def test_every_history_and_load_feature_is_what_a_plain_loop_counts(facts: pd.DataFrame, deadline: np.ndarray) -> None:
    rows, at = _looked_at(facts, every=41)
    frame = features(facts, CLOCKS, rows=rows, at=at, deadline=deadline)
    told = outcomes(facts, deadline)
    people = [_Told(order, told.late[n], told.known_at[n], deadline[n]) for n, order in enumerate(facts.itertuples())]

    for place, (row, now) in enumerate(zip(rows.tolist(), at.tolist(), strict=True)):
        for level in history.LEVELS:
            mine = _same(
                level, people, row, warehouse=str(frame["warehouse_code"].iloc[place]), carrier=str(frame["carrier_code"].iloc[place])
            )
            for name, expected in _counted(level, mine, now).items():
                found = frame[name].iloc[place]
                assert (np.isnan(expected) and np.isnan(found)) or found == pytest.approx(expected, rel=1e-9, abs=1e-9), (name, place)


class _Told:
    """One order as a plain loop sees it."""

    def __init__(self, order: object, late: float, known_at: float, deadline: float) -> None:
        self.order, self.late, self.known_at, self.deadline = order, late, known_at, deadline

    def __getattr__(self, name: str) -> Any:
        return getattr(self.order, name)


def _same(level: str, people: list[_Told], row: int, *, warehouse: str, carrier: str) -> list[_Told]:
    me = people[row]
    region = {"W1": "CN-33", "W2": "CN-44", "W3": "CN-51"}.get(warehouse, "")
    tests: dict[str, Callable[[_Told], bool]] = {
        "shop": lambda other: True,
        "origin": lambda other: region != "" and other.warehouse_region == region,
        "place": lambda other: warehouse != "" and other.warehouse_code == warehouse,
        "lane": lambda other: "" not in (warehouse, carrier) and (other.warehouse_code, other.carrier_code) == (warehouse, carrier),
        "sku": lambda other: other.sku_code == me.sku_code,
    }
    return [other for other in people if other.shop_id == me.shop_id and tests[level](other)]


def _counted(level: str, mine: list[_Told], now: float) -> dict[str, float]:
    """Count in loops what the columns say, those that do not draw towards a wider level."""
    since = {id(other): _keyed_since(level, other) for other in mine}
    told = [other for other in mine if not np.isnan(other.late)]
    known = [other for other in told if now - history.LONG < max(other.known_at, since[id(other)]) <= now]
    left = sorted((other for other in mine if other.shipped_known_at <= now), key=lambda other: other.shipped_known_at)
    found = {f"{level}_known_long": float(len(known)) if mine or level in ("shop", "sku") else np.nan}
    lasting = [_worked(other.start_at, other.shipped_at) for other in left if other.shipped_known_at > now - history.LONG]
    found[f"{level}_hours_long"] = float(np.expm1(np.mean(np.log1p(np.clip(lasting, 0, 300))))) if lasting else np.nan
    last = [_worked(other.start_at, other.shipped_at) for other in left if other.shipped_known_at > now - history.FARTHEST][-8:]
    found[f"{level}_hours_last"] = float(np.expm1(np.mean(np.log1p(np.clip(last, 0, 300))))) if last else np.nan
    if not mine:
        del found[f"{level}_known_long"]
    if level in load.LEVELS and mine:
        gone = [min(x for x in (o.shipped_known_at, o.ended_known_at, o.start_known_at + 30 * DAY) if not np.isnan(x)) for o in mine]
        came = [max(o.start_known_at, since[id(o)]) for o in mine]
        found[f"{level}_open"] = float(sum(c <= now < max(g, c) for c, g in zip(came, gone, strict=True)))
        found[f"{level}_new_day"] = float(sum(now - DAY < c <= now for c in came))
    return found


def _keyed_since(level: str, order: _Told) -> float:
    """Return when it was first known that an order goes from this place, by this carrier; never where no step ever said so."""
    sent = [order.waybilled_known_at, order.shipped_known_at]
    placed = -INF if order.warehouse_stated else min((x for x in (order.allocated_known_at, *sent) if not np.isnan(x)), default=INF)
    carried = min((x for x in sent if not np.isnan(x)), default=INF)
    return {"shop": -INF, "sku": -INF, "lane": max(placed, carried)}.get(level, placed)


def _worked(start: float, end: float) -> float:
    """Return working hours between two instants, minute by minute where it must be."""
    seconds, moment = 0.0, start
    while moment < end:
        local = moment + 8 * HOUR
        midnight = moment + (DAY - local % DAY)
        step = min(midnight, end)
        seconds += (step - moment) if ((local // DAY) + 3) % 7 < 5 else 0.0
        moment = step
    return seconds / HOUR


def test_the_days_expected_until_delivery_are_what_a_plain_loop_adds_up() -> None:
    facts = some_facts(orders=260)
    rows, at = _looked_at(facts, every=23)
    frame = features(facts, CLOCKS, rows=rows, at=at, deadline=deadlines(facts, CLOCKS, target="working_days"))
    orders: list[Any] = list(facts.itertuples())
    before: dict[tuple[str, int], float] = {}

    for place, (row, now) in enumerate(zip(rows.tolist(), at.tolist(), strict=True)):
        warehouse, carrier = (str(frame[name].iloc[place]) for name in ("warehouse_code", "carrier_code"))
        me = orders[row]._replace(
            warehouse_code=warehouse, carrier_code=carrier, warehouse_region=str(frame["warehouse_region"].iloc[place])
        )
        parts = [_left_over(orders, me, now, depth=depth, before=before) for depth in range(1, len(_DELIVERY_KEYS) + 1)]
        expected = np.log(11.0) + sum(parts)
        promised = (deadlines(facts, CLOCKS, target="delivery")[row] - orders[row].start_at) / DAY
        found = frame.iloc[place]
        assert found["delivery_expected_days"] == pytest.approx(np.expm1(expected), rel=1e-9)
        assert found["delivery_room"] == pytest.approx(np.log1p(promised) - expected, abs=1e-9)
        assert found["delivery_shop_days"] == pytest.approx(np.expm1(np.log(11.0) + parts[0]), rel=1e-9)
        assert [found[f"delivery_{level}_slower"] for level in delivery.LEVELS] == pytest.approx(parts[1:], abs=1e-9)


# Shop, region, road, warehouse, lane: whose orders, since when they are known to be, and over how many days.
_DELIVERY_KEYS: list[tuple[tuple[str, ...], str, float]] = [
    (("shop_id",), "shop", 30 * DAY),
    (("shop_id", "region_code"), "shop", 180 * DAY),
    (("shop_id", "warehouse_region", "region_code"), "place", 180 * DAY),
    (("shop_id", "warehouse_code"), "place", 180 * DAY),
    (("shop_id", "warehouse_code", "carrier_code"), "lane", 180 * DAY),
]


def _left_over(orders: list[Any], me: Any, now: float, *, depth: int, before: dict[tuple[str, int], float]) -> float:
    """Return what the level of this depth adds, by what orders like this one had taken by an instant beyond what was expected of them.

    ``before`` keeps what each level added for an order when it began.
    """
    parts, level, span = _DELIVERY_KEYS[depth - 1]
    mine = tuple(getattr(me, part) for part in parts)
    if "" in mine:
        return 0.0
    total, count = 0.0, 0
    for other in orders:
        if tuple(getattr(other, part) for part in parts) != mine or np.isnan(other.delivered_at):
            continue
        if now - span < max(other.delivered_known_at, _keyed_since(level, other)) <= now:
            for wider in range(1, depth):
                if (other.order_no, wider) not in before:
                    before[other.order_no, wider] = _left_over(orders, other, other.start_known_at, depth=wider, before=before)
            expected = sum(before[other.order_no, wider] for wider in range(1, depth))
            total += np.log1p((other.delivered_at - other.start_at) / DAY) - np.log(11.0) - expected
            count += 1
    return float(total / (count + 5.0))


def test_a_slow_region_and_a_tight_promise_leave_less_room_and_without_a_promise_nothing_is_said() -> None:
    dice = np.random.default_rng(3)
    start = MONDAY + np.arange(400) * 4 * HOUR
    far = dice.uniform(size=400) < 0.4
    plain = pd.DataFrame(
        {"start_at": start, "region_code": np.where(far, "CN-65", "CN-33"), "warehouse_code": "W1", "shipped_at": start + DAY}
    )
    told = plain.assign(
        delivered_at=start + np.where(far, 8.0, 3.0) * DAY, promised_delivery_at=start + np.where(start % (3 * DAY), 5, 9) * DAY
    )
    asked = np.arange(300, 400)
    frames = []
    for rows in (told, told.assign(promised_delivery_at=np.nan)):
        facts = facts_of(rows.to_dict("records"))  # type: ignore[arg-type]
        deadline = deadlines(facts, CLOCKS, target="working_days")
        frames.append(features(facts, CLOCKS, rows=asked, at=facts["start_known_at"].to_numpy()[asked], deadline=deadline))

    with_promise, without = frames
    slow, tight = far[asked], start[asked] % (3 * DAY) > 0
    assert with_promise["delivery_expected_days"][slow].mean() == pytest.approx(8.0, abs=0.5)
    assert with_promise["delivery_expected_days"][~slow].mean() == pytest.approx(3.0, abs=0.5)
    assert (with_promise["delivery_room"][slow & tight] < 0).all() and (with_promise["delivery_room"][~slow] > 0.2).all()
    assert with_promise["delivery_room"][slow & tight].max() < with_promise["delivery_room"][slow & ~tight].min()
    assert without[[feature.name for feature in delivery.FEATURES]].isna().all(axis=None)


def test_a_delivery_before_its_clock_started_teaches_nothing_until_the_order_is_known() -> None:
    first = {"order_no": "1", "start_at": MONDAY, "promised_delivery_at": MONDAY + 9 * DAY}
    odd = {"order_no": "2", "start_at": MONDAY + 5 * DAY, "delivered_at": MONDAY - DAY, "promised_delivery_at": MONDAY + 9 * DAY}
    facts = facts_of([first, odd])
    deadline = deadlines(facts, CLOCKS, target="delivery")

    before, after = (
        features(facts, CLOCKS, rows=np.array([0]), at=np.array([MONDAY + days * DAY]), deadline=deadline)["delivery_expected_days"].iloc[0]
        for days in (1, 6)
    )

    assert before == pytest.approx(10.0) and after < before


def test_a_model_of_hand_over_learns_nothing_of_delivery_and_one_of_delivery_little_else() -> None:
    for target in TARGETS:
        names = {feature.name for feature in features_of(target.key)}
        assert names and names <= set(FEATURES_BY_NAME)
        about_delivery = names & {feature.name for feature in delivery.FEATURES}
        assert (about_delivery == {"delivery_room"} and len(names) < 5) if target.by == "delivery" else not about_delivery


def test_history_before_the_longest_window_may_as_well_be_unknown(facts: pd.DataFrame, deadline: np.ndarray) -> None:
    now = float(facts["start_at"].max())
    all_of_it = open_examples(facts, CLOCKS, target="working_days", as_of=now)
    old = facts.copy()
    shifted = {name: old[name] - 400 * DAY for name in map(str, old) if name.endswith(("_at", "_from"))}
    older = pd.concat([old.assign(**shifted, order_no=old["order_no"] + "x"), facts])
    older = older.sort_values(["start_at", "shop_id", "order_no"], ignore_index=True)

    with_older = open_examples(older, CLOCKS, target="working_days", as_of=now)

    with_older = with_older.take(~with_older.keys["order_no"].str.endswith("x").to_numpy())
    pd.testing.assert_frame_equal(all_of_it.frame, with_older.frame, check_categorical=False, rtol=1e-9)


def test_a_warehouse_nobody_has_named_yet_is_the_one_of_the_last_order_to_that_region() -> None:
    plain = {"region_code": "CN-33", "warehouse_stated": False}
    first = {**plain, "order_no": "1", "start_at": MONDAY, "warehouse_code": "W1", "allocated_at": MONDAY + HOUR}
    second = {**plain, "order_no": "2", "start_at": MONDAY + 2 * HOUR, "warehouse_code": "W2", "allocated_at": MONDAY + 5 * HOUR}
    facts = facts_of([first, second])
    deadline = deadlines(facts, CLOCKS, target="working_days")

    early, late = (
        features(facts, CLOCKS, rows=np.array([1]), at=np.array([MONDAY + hours * HOUR]), deadline=deadline)["warehouse_code"].iloc[0]
        for hours in (3, 6)
    )

    assert (early, late) == ("W1", "W2")


def test_risk_features_age_with_an_order_that_does_not_move(facts: pd.DataFrame) -> None:
    examples = training_examples(facts, CLOCKS, target="working_days", as_of=MONDAY + 90 * DAY, seed=1)

    one = examples.take(examples.keys["order_no"].to_numpy() == examples.keys["order_no"].iloc[0])

    assert one.landmark.tolist() == sorted(one.landmark.tolist())
    assert (np.diff(one.frame["age_hours"]) >= 0).all() and (np.diff(one.frame["hours_left"]) <= 0).all()


def test_every_group_of_features_has_its_words() -> None:
    assert all(feature.zh and feature.en and FEATURES_BY_NAME[feature.name] is feature for feature in FEATURES)
    assert WorkingDays().works(pd.Timestamp(MONDAY, unit="s", tz="UTC").tz_convert("Asia/Shanghai").date())
