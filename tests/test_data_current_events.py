"""The SQL that chooses the current event and the pure rule must say the same."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, insert, text

from data.current_events import current_events_sql
from data.tables import order_events
from models.events import RANK_OTHER, RANK_PLATFORM, RANK_WAREHOUSE, WAREHOUSE_OWNS, Statement, current_event
from tests.laws import tries

START = datetime(2026, 11, 1, tzinfo=UTC)


@st.composite
def _statements(draw: st.DrawFn) -> list[Statement]:
    made = []
    for _ in range(draw(st.integers(1, 6))):
        begin = draw(st.integers(0, 4))
        made.append(
            Statement(
                source=draw(st.sampled_from(["a", "b"])),
                rank=draw(st.sampled_from([RANK_PLATFORM, RANK_WAREHOUSE, RANK_OTHER])),
                occurred_from=START + timedelta(hours=begin),
                occurred_to=START + timedelta(hours=begin + draw(st.integers(0, 3))),
                observed_at=START + timedelta(hours=draw(st.integers(0, 5))),
            )
        )
    return list({(s.source, s.occurred_from, s.occurred_to): s for s in made}.values())


@settings(max_examples=tries(150), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(statements=_statements(), event=st.sampled_from([*WAREHOUSE_OWNS, "paid", "shipped", "cancelled"]))
def test_the_database_believes_the_statement_that_the_rule_believes(
    statements: list[Statement], event: str, connection: Connection
) -> None:
    connection.execute(text("DELETE FROM order_events"))
    connection.execute(
        insert(order_events),
        [
            {
                **vars(s),
                "shop_id": "s",
                "order_no": "1",
                "type": event,
                "part": "",
                "ingested_at": START,
                "nature": "live",
                "file_id": 1,
                "row_number": 1,
            }
            for s in statements
        ],
    )

    query = f"WITH keys AS (SELECT 's' AS shop_id, '1' AS order_no), {current_events_sql('keys')} SELECT * FROM current_events"
    found = connection.execute(text(query)).one()

    believed = current_event(event, statements)
    assert believed is not None
    assert (found.source, found.occurred_from, found.occurred_to, found.rank) == (
        believed.source,
        believed.occurred_from,
        believed.occurred_to,
        believed.rank,
    )


def test_no_statement_no_event() -> None:
    assert current_event("shipped", []) is None


@pytest.mark.parametrize(("event", "believed"), [*((event, "warehouse") for event in WAREHOUSE_OWNS), ("shipped", "platform")])
@pytest.mark.parametrize("hours", [0, 1], ids=["both exact", "both bounded"])
def test_inside_the_warehouse_its_own_word_counts(event: str, believed: str, hours: int) -> None:
    until = START + timedelta(hours=hours)
    platform = Statement("platform", RANK_PLATFORM, START, until, observed_at=START + timedelta(days=1))
    warehouse = Statement("warehouse", RANK_WAREHOUSE, START, until, observed_at=START)

    found = current_event(event, [platform, warehouse])

    assert found is not None and found.source == believed


def test_who_has_a_time_is_believed_over_the_warehouse_that_has_none() -> None:
    platform = Statement("platform", RANK_PLATFORM, START, START, observed_at=START)
    warehouse = Statement("warehouse", RANK_WAREHOUSE, START, START + timedelta(hours=1), observed_at=START)

    assert current_event("waybilled", [warehouse, platform]) == platform
