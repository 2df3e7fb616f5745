"""Is every order in one share, and does it become stuck when its limit is over?"""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.events import ENDINGS, PROGRESS
from models.stages import OPEN_STAGES, SHARES, STAGES, TIMED_STAGES, fine_stage, share_of

NOON = datetime(2026, 11, 20, 4, tzinfo=UTC)
LIMITS = {("taobao", "paid"): timedelta(hours=10), ("jd", "paid"): timedelta(hours=2), ("jd", "shipped"): timedelta(hours=90)}


def share(stage: str, *, since_hours: float, channel: str = "taobao", done_days: float | None = None) -> str | None:
    done = None if done_days is None else NOON - timedelta(days=done_days)
    since = NOON - timedelta(hours=since_hours)
    return share_of(stage=stage, since=since, done_at=done, channel=channel, as_of=NOON, limits=LIMITS)


@pytest.mark.parametrize(
    ("stage", "since_hours", "channel", "done_days", "expected"),
    [
        ("created", 99, "taobao", None, None),
        ("paid", 9.9, "taobao", None, "to_process"),
        ("paid", 10, "taobao", None, "stuck"),
        ("paid", 3, "jd", None, "stuck"),
        ("allocated", 999, "taobao", None, "to_process"),
        ("part_shipped", 1, "taobao", None, "to_process"),
        ("shipped", 99, "taobao", None, "shipped"),
        ("shipped", 99, "jd", None, "stuck"),
        # nobody tells of deliveries, so nobody waits for them
        ("shipped", 24 * 30, "taobao", None, None),
        ("delivered", 99, "taobao", 29, "shipped"),
        ("completed", 999, "taobao", 30, None),
        ("cancelled", 1, "taobao", None, None),
        ("refunded", 1, "taobao", 1, None),
    ],
)
def test_where_an_order_counts(stage: str, since_hours: float, channel: str, done_days: float | None, expected: str | None) -> None:
    assert share(stage, since_hours=since_hours, channel=channel, done_days=done_days) == expected


@given(st.sampled_from(PROGRESS + ENDINGS), st.floats(0, 500), st.one_of(st.none(), st.floats(0, 60)))
def test_an_order_is_in_one_share_or_beside_them_and_ended_ones_are_beside(stage: str, hours: float, done: float | None) -> None:
    found = share(stage, since_hours=hours, done_days=done)

    assert found is None or found in SHARES
    assert stage not in ENDINGS or found is None


@given(st.sampled_from(OPEN_STAGES), st.floats(0, 500), st.floats(0, 500))
def test_waiting_longer_never_frees_an_order(stage: str, hours: float, more: float) -> None:
    if share(stage, since_hours=hours, channel="jd") == "stuck":
        assert share(stage, since_hours=hours + more, channel="jd") == "stuck"


def test_stages_are_steps_and_end_with_later_ones() -> None:
    assert [stage.key for stage in STAGES] == [step for step in PROGRESS if step != "completed"]
    for stage in STAGES:
        assert all(PROGRESS.index(step) > PROGRESS.index(stage.key) for step in stage.ends_with)
    assert set(TIMED_STAGES) <= {stage.key for stage in STAGES if stage.ends_with}
    assert {fine_stage(step) for step in PROGRESS} == {stage.key for stage in STAGES}
