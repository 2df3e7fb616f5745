"""Which target holds for a KPI, a channel and a month?"""

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.health.targets import Target, target_for

NOVEMBER = date(2026, 11, 1)


def row(value: float | None, *, channel: str = "", month: date | None = None, version: int = 1, kpi: str = "on_time") -> Target:
    return Target(
        kpi=kpi, channel=channel, month=month, value=value, version=version, set_by="lin", set_at=datetime(2026, 10, 1, 1, tzinfo=UTC)
    )


ALL = row(0.98)
MONTH = row(0.95, month=NOVEMBER)
CHANNEL = row(0.97, channel="jd")
BOTH = row(0.90, channel="jd", month=NOVEMBER)


def target(*rows: Target, channel: str = "jd", month: date | None = date(2026, 11, 11)) -> float | None:
    return target_for(rows, kpi="on_time", channel=channel, month=month, default=0.5)


def test_the_most_specific_target_holds() -> None:
    assert target(ALL, MONTH, CHANNEL, BOTH) == 0.90
    assert target(ALL, MONTH, CHANNEL) == 0.97
    assert target(ALL, MONTH) == 0.95
    assert target(ALL) == 0.98
    assert target() == 0.5


def test_another_channel_month_or_kpi_is_none_of_its_business() -> None:
    assert target(ALL, CHANNEL, BOTH, channel="pdd") == 0.98
    assert target(ALL, MONTH, BOTH, month=date(2026, 12, 1)) == 0.98
    assert target(row(0.1, kpi="cancelled")) == 0.5


def test_all_channels_together_and_all_months_together_have_the_wider_targets() -> None:
    assert target(ALL, MONTH, CHANNEL, BOTH, channel="") == 0.95
    assert target(ALL, MONTH, CHANNEL, BOTH, month=None) == 0.97


def test_a_later_version_replaces_an_earlier_one() -> None:
    assert target(row(0.99, version=2), ALL) == 0.99


def test_a_withdrawn_target_gives_way_to_the_next_wider_one_not_to_its_earlier_version() -> None:
    assert target(ALL, BOTH, row(None, channel="jd", month=NOVEMBER, version=2)) == 0.98
    assert target(ALL, row(None, version=2)) == 0.5


def test_a_withdrawn_target_can_be_set_again() -> None:
    assert target(ALL, row(None, version=2), row(0.96, version=3)) == 0.96


def test_a_target_of_0_is_a_target() -> None:
    assert target(ALL, row(0.0, channel="jd")) == 0.0


def test_a_month_is_written_as_its_first_day() -> None:
    with pytest.raises(ValueError, match="first day"):
        row(0.9, month=date(2026, 11, 11))


@given(rows=st.permutations([ALL, MONTH, CHANNEL, BOTH, row(0.8, version=2), row(None, channel="jd", month=NOVEMBER, version=2)]))
def test_the_order_of_the_rows_does_not_matter(rows: list[Target]) -> None:
    assert target(*rows) == 0.97
    assert target(*rows, channel="pdd", month=None) == 0.8
