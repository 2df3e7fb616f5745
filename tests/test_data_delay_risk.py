"""From orders to scores and back: a model is fitted, judged, used, drifts, is refused, put back, and never fails an order."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from threading import Thread
from typing import Any

import numpy as np
import pytest
from sqlalchemy import Engine, Row, delete, select, text, update

from data import delay_risk
from data.delay_risk import put_in_use, train
from data.model_store import Unusable
from data.queries.risk_due import due_orders
from data.queries.risk_facts import risk_clocks, risk_facts
from data.queries.risk_order import order_risk
from data.queries.risk_registry import champion_versions, model_version
from data.risk_drift import check
from data.risk_scoring import Scored, score_due
from data.tables import audit_log, model_drift, model_versions, orders, risk_now, risk_scores
from data.writes.risk_registry import version_before
from models.delay_risk.estimator import FittedModel, fit
from models.delay_risk.examples import Examples, training_examples
from models.delay_risk.targets import PRIMARY
from models.delay_risk.versions import Decision, Status
from tests import given_delay_model, given_orders
from tests.given_pages import MakeEngine

AS_OF = datetime(2026, 11, 25, 4, tzinfo=UTC)
WAITING = 40


@pytest.fixture(scope="module")
def merchant(make_engine: MakeEngine) -> Engine:
    """A merchant with sixty days behind it, orders to ship, and a model in use for the primary target."""
    engine = make_engine()
    with engine.begin() as connection:
        given_orders.masters(connection, as_of=AS_OF)
        given_delay_model.history(connection, as_of=AS_OF)
        given_delay_model.waiting(connection, as_of=AS_OF, count=WAITING)
    (trained,) = train(engine, as_of=AS_OF, tasks=(PRIMARY,))
    assert trained.status == "champion", trained
    return engine


@pytest.fixture
def shop(merchant: Engine) -> Iterator[Engine]:
    yield merchant
    with merchant.begin() as connection:
        for each in (risk_now, risk_scores, model_drift):
            connection.execute(delete(each))
        connection.execute(delete(model_versions).where(model_versions.c.version > 1))
        connection.execute(update(model_versions).values(status="champion", retired_at=None))


def score(engine: Engine, *, as_of: datetime = AS_OF) -> Scored:
    return score_due(engine, as_of=as_of, memory={})


def now_rows(engine: Engine) -> dict[str, dict[str, object]]:
    with engine.connect() as connection:
        return {row.order_no: dict(row._mapping) for row in connection.execute(text("SELECT * FROM risk_now"))}


def copied_version(engine: Engine, *, status: str = "retired", **changed: object) -> int:
    """Store the model in use a second time; return its version."""
    with engine.begin() as connection:
        row = dict(connection.execute(text("SELECT * FROM model_versions WHERE version = 1")).one()._mapping) | {"status": status} | changed
        del row["version"]
        given_orders.insert_rows(connection, model_versions, [row])
        return int(connection.execute(text("SELECT max(version) FROM model_versions")).scalar_one())


def put(engine: Engine, version: int, *, at: datetime, going_back: bool = False) -> None:
    """Put a stored version in use by hand."""
    with engine.connect() as connection:
        wanted = model_version(connection, version)
    assert wanted is not None
    put_in_use(engine, wanted, by="lin", at=at, going_back=going_back)


def go_back(engine: Engine, *, at: datetime) -> int | None:
    """Put the version before in use; return which it was."""
    with engine.connect() as connection:
        version = version_before(connection, task=PRIMARY)
    if version is not None:
        put(engine, version, at=at, going_back=True)
    return version


def test_every_open_order_gets_a_score_by_the_model_in_use_and_nothing_is_scored_twice(shop: Engine) -> None:
    first, again = score(shop), score(shop)

    rows = now_rows(shop)
    open_orders = _open(shop)
    assert first.scored == len(rows) == open_orders >= WAITING and again.scored == 0
    assert {row["model_version"] for row in rows.values()} == {1}
    assert all(0 < float(str(row["probability"])) <= 1 for row in rows.values())
    with shop.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM risk_scores")).scalar_one() == open_orders


def test_an_order_is_scored_again_when_it_crosses_a_landmark_or_changes_and_not_in_between(shop: Engine) -> None:
    score(shop)
    ages = {row.order_no: row.age for row in _ages(shop)}

    later = score(shop, as_of=AS_OF + timedelta(minutes=5))

    crossed = {number for number, age in ages.items() if any(age < bound <= age + 5 for bound in (30, 60, 120, 240, 480, 1440))}
    rescored = {number for number, row in now_rows(shop).items() if row["scored_at"] == AS_OF + timedelta(minutes=5)}
    assert later.scored == len(rescored)
    assert crossed <= rescored
    # beyond the last landmark a day passes every day
    assert all(ages[number] > 1400 for number in rescored - crossed)


def test_a_change_of_an_order_is_scored_at_the_next_run(shop: Engine) -> None:
    score(shop)
    with shop.begin() as connection:
        connection.execute(update(orders).where(orders.c.order_no == "waits-3").values(changed_at=AS_OF + timedelta(minutes=1)))

    assert score(shop, as_of=AS_OF + timedelta(minutes=2)).scored >= 1
    assert now_rows(shop)["waits-3"]["scored_at"] == AS_OF + timedelta(minutes=2)


def test_a_change_that_is_committed_after_a_run_but_bears_an_earlier_time_is_scored(shop: Engine) -> None:
    score(shop)
    with shop.begin() as connection:
        connection.execute(update(orders).where(orders.c.order_no == "waits-3").values(changed_at=AS_OF - timedelta(seconds=1)))

    score(shop, as_of=AS_OF + timedelta(minutes=1))

    assert now_rows(shop)["waits-3"]["scored_at"] == AS_OF + timedelta(minutes=1)


def test_an_order_is_late_within_the_run_after_its_time_is_over(shop: Engine) -> None:
    score(shop)
    ahead: dict[Any, str] = {row["due_at"]: number for number, row in now_rows(shop).items() if row["fallback"] != "overdue"}
    due_at = min(ahead)
    minute = timedelta(minutes=1)
    score(shop, as_of=due_at - minute)

    score(shop, as_of=due_at + minute)

    row = now_rows(shop)[ahead[due_at]]
    assert (row["fallback"], row["probability"], row["scored_at"]) == ("overdue", 1.0, due_at + minute)
    assert ahead[due_at] not in {key[1] for key in _due(shop, as_of=due_at + 2 * minute, versions=(1, -1))}


def test_an_order_without_a_promise_is_not_due_for_want_of_one(shop: Engine) -> None:
    score(shop)
    mine = orders.c.order_no == "waits-3"
    with shop.begin() as connection:
        deadline = connection.execute(select(orders.c.deadline_at).where(mine)).scalar_one()
        connection.execute(update(orders).where(mine).values(deadline_at=None))
        connection.execute(update(risk_now).where(risk_now.c.order_no != "waits-3").values(promise_version=7))
    try:
        by_the_same, by_another = (_due(shop, as_of=AS_OF, versions=(1, version)) for version in (7, 8))
    finally:
        with shop.begin() as connection:
            connection.execute(update(orders).where(mine).values(deadline_at=deadline))

    assert by_the_same == []
    assert {key[1] for key in by_another} == set(now_rows(shop)) - {"waits-3"}


def _due(engine: Engine, *, as_of: datetime, versions: tuple[int, int]) -> list[Any]:
    with engine.connect() as connection:
        return list(due_orders(connection, as_of=as_of, versions=versions, ruled_at=None))


def test_the_risk_of_an_order_that_does_not_move_rises_and_ends_at_certainty(shop: Engine) -> None:
    for hours in (0, 24, 96):
        score(shop, as_of=AS_OF + timedelta(hours=hours))

    with shop.connect() as connection:
        found = order_risk(connection, shop_id="tb-home", order_no="waits-0")
    assert found is not None and found.now is not None
    risks = [point.probability for point in found.scores]
    assert len(risks) == 3 and risks[0] < risks[1] < risks[2] == 1.0
    assert (found.now.fallback, found.now.low) == ("overdue", 1.0)


def test_an_order_that_has_left_is_no_longer_scored_and_keeps_its_history(shop: Engine) -> None:
    score(shop)
    left = {"stage": "shipped", "shipped_from": AS_OF, "shipped_to": AS_OF}
    with shop.begin() as connection:
        connection.execute(update(orders).where(orders.c.order_no == "waits-5").values(**left))
    try:
        done = score(shop, as_of=AS_OF + timedelta(minutes=1))
        with shop.connect() as connection:
            found = order_risk(connection, shop_id="tm-flag", order_no="waits-5")
    finally:
        with shop.begin() as connection:
            back = {"stage": "waybilled", "shipped_from": None, "shipped_to": None}
            connection.execute(update(orders).where(orders.c.order_no == "waits-5").values(**back))

    assert done.closed == 1
    assert found is not None and found.now is None and len(found.scores) == 1


def test_a_clock_that_went_back_scores_again_instead_of_waiting_for_the_old_time(shop: Engine) -> None:
    score(shop, as_of=AS_OF + timedelta(hours=8))

    done = score(shop, as_of=AS_OF)

    assert done.scored == _open(shop)
    assert {row["scored_at"] for row in now_rows(shop).values()} == {AS_OF}


def test_reasons_stand_beside_the_riskiest_orders_in_both_languages(shop: Engine) -> None:
    score_due(shop, as_of=AS_OF, memory={}, most_reasons=7)

    rows = sorted(now_rows(shop).values(), key=lambda row: -float(str(row["probability"])))
    rows = [row for row in rows if row["fallback"] != "overdue"]
    said = [row["reasons"] for row in rows]
    assert all(said[:7]) and not any(said[7:])
    assert isinstance(said[0], list) and {"feature", "log_odds", "zh", "en"} == set(said[0][0])


def test_a_new_carrier_is_scored_with_a_wider_band_and_says_so(shop: Engine) -> None:
    score(shop)
    before = now_rows(shop)["waits-2"]
    with shop.begin() as connection:
        connection.execute(
            update(orders).where(orders.c.order_no == "waits-2").values(carrier_code="NEW", changed_at=AS_OF + timedelta(minutes=1))
        )

    score(shop, as_of=AS_OF + timedelta(minutes=2))

    after = now_rows(shop)["waits-2"]
    assert (after["fallback"], after["model_version"]) == ("unseen", 1)
    assert _width(after) > _width(before)


def test_a_tampered_model_is_not_used_and_every_order_is_scored_by_the_baseline_with_a_wider_band(shop: Engine) -> None:
    score(shop)
    narrow = now_rows(shop)
    with shop.begin() as connection:
        true = connection.execute(text("SELECT prediction_fingerprint FROM model_versions")).scalar_one()
        connection.execute(update(model_versions).values(prediction_fingerprint="0" * 32))
    done = score(shop, as_of=AS_OF + timedelta(minutes=1))
    wide = now_rows(shop)
    with shop.begin() as connection:
        connection.execute(update(model_versions).values(prediction_fingerprint=true))

    assert (done.version, done.fallback) == (None, "tampered")
    waiting = [number for number, row in wide.items() if row["fallback"] != "overdue"]
    assert {wide[number]["fallback"] for number in waiting} == {"tampered"}
    assert all(0 < float(str(wide[number]["probability"])) < 1 for number in waiting)
    sure = [number for number in waiting if narrow[number]["fallback"] == ""]
    assert sure and sum(_width(wide[number]) for number in sure) > 1.2 * sum(_width(narrow[number]) for number in sure)


def test_a_foreign_file_is_not_used_and_cannot_be_put_in_use(shop: Engine) -> None:
    foreign = copied_version(shop, blob=b"not ours")
    with shop.connect() as connection:
        wanted = model_version(connection, foreign)
    assert wanted is not None

    with pytest.raises(Unusable):
        put_in_use(shop, wanted, by="lin", at=AS_OF)

    with shop.connect() as connection:
        assert champion_versions(connection) == {PRIMARY: 1}


def test_without_any_history_every_order_has_a_chance_that_is_neither_nought_nor_certain(engine: Engine) -> None:
    with engine.begin() as connection:
        given_orders.masters(connection, as_of=AS_OF)
        given_delay_model.waiting(connection, as_of=AS_OF, count=8)

    done = score(engine)

    rows = now_rows(engine)
    assert (done.scored, done.version, done.fallback) == (8, None, "no_model")
    assert all(0.02 < float(str(row["probability"])) < 0.9 and _width(row) > 0.2 for row in rows.values())
    assert [trained.status for trained in train(engine, as_of=AS_OF)] == ["none", "none", "none"]


def test_a_model_is_measured_once_an_order_and_what_is_enough_is_counted_in_orders(shop: Engine) -> None:
    with shop.connect() as connection:
        row = connection.execute(text("SELECT metrics FROM model_versions WHERE version = 1")).one()
        facts, clocks = risk_facts(connection, since=AS_OF - timedelta(days=180), as_of=AS_OF), risk_clocks(connection)
    figures = row.metrics["model"]
    examples = training_examples(facts, clocks, target=PRIMARY, as_of=AS_OF, seed=1)
    numbers = examples.keys["order_no"].to_numpy()
    few = examples.take(np.isin(numbers, np.unique(numbers)[:390]))

    assert figures["by_landmark"]["0"]["n"] == figures["n"] < sum(part["n"] for part in figures["by_landmark"].values())
    assert row.metrics["trailing_rate"]["n"] == figures["n"]
    assert len(few) > 400 and not delay_risk._enough(few) and delay_risk._enough(examples)


def test_of_a_merchant_who_sold_before_the_window_the_first_sixty_days_are_history_alone(shop: Engine) -> None:
    with shop.connect() as connection:
        facts, clocks = risk_facts(connection, since=AS_OF - timedelta(days=180), as_of=AS_OF), risk_clocks(connection)
    first = datetime.fromtimestamp(facts["start_at"].min(), UTC)

    # read from the first order on, and from long before it
    sold_before, young = (delay_risk._with_a_past(facts, since=first - timedelta(days=days)) for days in (1, 30))

    assert (sold_before, young) == (first + timedelta(days=59), None)
    since = first + timedelta(days=20)
    every, later = (training_examples(facts, clocks, target=PRIMARY, as_of=AS_OF, seed=1, since=each) for each in (None, since))
    kept = every.take(every.start_at >= since.timestamp())
    assert 0 < len(later) < len(every)
    assert later.frame.equals(kept.frame) and later.keys.equals(kept.keys)


def test_a_merchant_with_few_orders_learns_from_all_of_them_though_the_past_of_some_is_cut_off(
    shop: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(delay_risk, "_with_a_past", lambda *_, **__: AS_OF - timedelta(days=20))
    asked: list[Any] = []

    def noted(*given: Any, **how: Any) -> Examples:
        asked.append(how["since"])
        return training_examples(*given, **how)

    monkeypatch.setattr(delay_risk, "training_examples", noted)

    (trained,) = train(shop, as_of=AS_OF, tasks=(PRIMARY,))

    # twenty days are too few of this merchant's orders
    assert asked == [AS_OF - timedelta(days=20), None] and trained.version is not None


def test_one_class_alone_fits_no_model_and_leaves_no_row(shop: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    def punctual(*given: Any, **asked: Any) -> Examples:
        examples = training_examples(*given, **asked)
        return replace(examples, label=np.zeros(len(examples)))

    monkeypatch.setattr(delay_risk, "training_examples", punctual)

    (trained,) = train(shop, as_of=AS_OF, tasks=(PRIMARY,))

    assert (trained.status, trained.version) == ("none", None) and "0 单超时" in trained.why
    with shop.connect() as connection:
        assert connection.execute(text("SELECT max(version) FROM model_versions")).scalar_one() == 1


def test_training_again_on_the_same_orders_gives_the_same_predictions_and_no_new_champion(shop: Engine) -> None:
    (again,) = train(shop, as_of=AS_OF, tasks=(PRIMARY,))

    with shop.connect() as connection:
        first, second = (model_version(connection, number) for number in (1, again.version or 0))
    assert first is not None and second is not None
    assert second.prediction_fingerprint == first.prediction_fingerprint
    assert second.data_fingerprint == first.data_fingerprint
    assert (first.status, second.status) == ("champion", "challenger")
    assert first.trained_to <= second.trained_to < second.measured_to


def test_a_model_that_does_not_beat_both_baselines_is_kept_as_rejected_and_not_used(shop: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(delay_risk, "beats", lambda *_: False)

    (trained,) = train(shop, as_of=AS_OF, tasks=(PRIMARY,))

    # the champion is measured on the same orders, and goes as well
    assert trained.status == "rejected"
    with shop.connect() as connection:
        assert champion_versions(connection) == {}
    assert score(shop).fallback == "no_model"


@pytest.mark.parametrize(("status", "becomes"), [("champion", "challenger"), ("rejected", "rejected")])
def test_a_version_that_somebody_puts_in_use_during_a_training_stays_in_use(
    shop: Engine, status: Status, becomes: Status, monkeypatch: pytest.MonkeyPatch
) -> None:
    by_hand = copied_version(shop)

    def meanwhile(*given: Any, **asked: Any) -> FittedModel:
        with shop.connect() as connection:
            wanted = model_version(connection, by_hand)
        assert wanted is not None
        put_in_use(shop, wanted, by="lin", at=AS_OF)
        return fit(*given, **asked)

    monkeypatch.setattr(delay_risk, "fit", meanwhile)
    monkeypatch.setattr(delay_risk, "judge", lambda *_, **__: Decision(status, "好", "good", champion_stays=False))

    (trained,) = train(shop, as_of=AS_OF, tasks=(PRIMARY,))

    with shop.connect() as connection:
        stored = model_version(connection, trained.version or 0)
        assert champion_versions(connection) == {PRIMARY: by_hand}
    assert stored is not None and (stored.status, stored.reason) == (trained.status, trained.why)
    assert stored.status == becomes
    assert (f"换用了版本 {by_hand}" in stored.reason) == (status == "champion")


def test_going_back_puts_the_version_before_in_use_with_an_audit_row(shop: Engine) -> None:
    second = copied_version(shop)
    with shop.connect() as connection:
        wanted = model_version(connection, second)
    assert wanted is not None and put_in_use(shop, wanted, by="lin", at=AS_OF) == 1

    with shop.connect() as connection:
        back = version_before(connection, task=PRIMARY)
        wanted = model_version(connection, back or 0)
    assert wanted is not None and put_in_use(shop, wanted, by="lin", at=AS_OF + timedelta(minutes=1)) == second

    with shop.connect() as connection:
        assert champion_versions(connection) == {PRIMARY: 1}
        said = list(connection.scalars(audit_log.select().with_only_columns(audit_log.c.subject).order_by(audit_log.c.audit_id)))
    assert said[-2:] == [f"model:{second}", "model:1"]


def test_going_back_twice_passes_by_the_version_that_was_gone_back_from(shop: Engine) -> None:
    second, third = copied_version(shop), copied_version(shop)
    for minute, version in enumerate((second, third)):
        put(shop, version, at=AS_OF + timedelta(minutes=minute))

    passed = [go_back(shop, at=AS_OF + timedelta(minutes=minute)) for minute in (2, 3, 4)]

    assert passed == [second, 1, None]
    # what is put in use again may be gone back to again
    for minute, version in ((5, third), (6, second)):
        put(shop, version, at=AS_OF + timedelta(minutes=minute))
    assert go_back(shop, at=AS_OF + timedelta(minutes=7)) == third


def test_two_people_who_put_versions_in_use_at_once_leave_one_champion(shop: Engine) -> None:
    numbers = [copied_version(shop), copied_version(shop)]
    with shop.connect() as connection:
        wanted = [model_version(connection, number) for number in numbers]

    threads = [Thread(target=put_in_use, args=(shop, each), kwargs={"by": "lin", "at": AS_OF}) for each in wanted]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    with shop.connect() as connection:
        assert champion_versions(connection)[PRIMARY] in numbers


def test_a_new_version_in_use_scores_every_open_order_again(shop: Engine) -> None:
    score(shop)
    second = copied_version(shop)
    with shop.connect() as connection:
        wanted = model_version(connection, second)
    assert wanted is not None
    put_in_use(shop, wanted, by="lin", at=AS_OF)

    assert score(shop, as_of=AS_OF + timedelta(seconds=1)).scored == _open(shop)
    assert {row["model_version"] for row in now_rows(shop).values()} == {second}


def test_a_check_writes_what_it_found_and_orders_of_another_kind_are_drift(shop: Engine) -> None:
    (same,) = check(shop, as_of=AS_OF)
    with shop.begin() as connection:
        connection.execute(
            update(orders).where(orders.c.clock_start_at > AS_OF - timedelta(days=9)).values(region_code="CN-65", carrier_code="NEW")
        )
    try:
        (other,) = check(shop, as_of=AS_OF + timedelta(minutes=1))
    finally:
        with shop.begin() as connection:
            connection.execute(update(orders).where(orders.c.carrier_code == "NEW").values(region_code="CN-51", carrier_code="SF"))

    assert same.rows > 0 and "carrier_code" not in same.drifted
    assert {"carrier_code", "region_code"} <= set(other.drifted)
    with shop.connect() as connection:
        kinds = set(connection.scalars(text("SELECT kind FROM model_drift")))
    assert kinds == {"feature", "calibration"}


def _open(engine: Engine) -> int:
    asked = "SELECT count(*) FROM orders WHERE stage IN ('paid', 'reviewed', 'allocated', 'waybilled') AND clock_start_at <= :as_of"
    with engine.connect() as connection:
        return int(connection.execute(text(asked), {"as_of": AS_OF}).scalar_one())


def _ages(engine: Engine) -> list[Row[Any]]:
    asked = """
        SELECT order_no, extract(epoch FROM CAST(:as_of AS timestamptz) - clock_start_at) / 60 AS age FROM orders
        WHERE stage IN ('paid', 'reviewed', 'allocated', 'waybilled')"""
    with engine.connect() as connection:
        return list(connection.execute(text(asked), {"as_of": AS_OF}))


def _width(row: dict[str, object]) -> float:
    return float(str(row["high"])) - float(str(row["low"]))
