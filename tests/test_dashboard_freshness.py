"""Are colours roles, and are sources and jobs judged by the minutes they are late?"""

from datetime import UTC, datetime, timedelta

import plotly.io as pio
import pytest
from streamlit.elements.lib.streamlit_plotly_theme import configure_streamlit_plotly_theme

from dashboard import charts
from dashboard.freshness import GOOD, ONLY_BACKFILL, SEVERE, WATCH, jobs_light, source_light

AS_OF = datetime(2026, 11, 18, 4, tzinfo=UTC)


def test_the_colour_roles_are_placeholders_of_streamlits_own_template() -> None:
    configure_streamlit_plotly_theme()

    assert list(pio.templates["streamlit"].layout.colorway[:7]) == [
        charts.ACTUAL, charts.PREVIOUS, charts.ACCENT, charts.GOOD, charts.WATCH, charts.SEVERE, charts.GREY,
    ]  # fmt: skip


@pytest.mark.parametrize(("minutes", "light"), [(0, GOOD), (6, GOOD), (6.1, WATCH), (10, WATCH), (10.1, SEVERE), (None, ONLY_BACKFILL)])
def test_a_source_is_judged_by_five_and_ten_minutes(minutes: float | None, light: object) -> None:
    at = None if minutes is None else AS_OF - timedelta(minutes=minutes)

    assert source_light(at, as_of=AS_OF) == light


def test_jobs_are_judged_by_their_heartbeat() -> None:
    assert jobs_light(AS_OF - timedelta(seconds=30), as_of=AS_OF) == GOOD
    assert jobs_light(AS_OF - timedelta(minutes=5), as_of=AS_OF) == SEVERE
    assert jobs_light(None, as_of=AS_OF).shape == "◌"
