"""What became of the orders that the list chose, week by week, and what do the workbench's own figures say?"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import Connection, text

from data.queries.workbench_rules import workbench_settings
from models.workbench.uplift import CohortDay, UpliftWeek, uplift_of


@dataclass(frozen=True)
class KpiDay:
    """A figure of the workbench on a day: minutes or a rate, over its parts; ``p50`` and ``p95`` where it is a length of time."""

    day: date
    kpi: str
    dimension: str
    member: str
    value: float | None
    numerator: int
    denominator: int
    p50: float | None
    p95: float | None
    computed_at: datetime


def cohort_days(connection: Connection, *, since: date) -> list[CohortDay]:
    """Sum the comparable orders of each business day from one on by cohort; an order never judged for certain is not judged."""
    rows = connection.execute(
        text("""
        SELECT day, cohort, count(*) AS chosen, count(late) AS judged, count(*) FILTER (WHERE late) AS late,
            coalesce(sum(value_minor) FILTER (WHERE late IS NOT NULL), 0)::bigint AS value_minor,
            count(*) FILTER (WHERE judged_at IS NOT NULL AND late IS NULL) AS never
        FROM case_outcomes WHERE compared AND day >= :since GROUP BY day, cohort ORDER BY day, cohort
        """),
        {"since": since},
    )
    return [CohortDay(row.day, row.cohort, row.chosen - row.never, row.judged, row.late, row.value_minor) for row in rows]


def uplift_weeks(connection: Connection, *, today: date, weeks: int) -> list[UpliftWeek]:
    """Return each week's answer to whether the list helped, the newest first, the running week among them."""
    monday = today - timedelta(days=today.weekday())
    first = monday - timedelta(weeks=weeks - 1)
    days, share = cohort_days(connection, since=first), workbench_settings(connection).late_cost_share
    return [uplift_of(days, week=monday - timedelta(weeks=back), late_cost_share=share) for back in range(weeks)]


def workbench_kpi_days(connection: Connection, *, since: date, until: date) -> list[KpiDay]:
    """Return the workbench's own figures on business days, both ends included."""
    names = ", ".join(KpiDay.__dataclass_fields__)
    asked = f"SELECT {names} FROM workbench_kpis WHERE day BETWEEN :since AND :until ORDER BY day, kpi, dimension, member"
    return [KpiDay(**row._mapping) for row in connection.execute(text(asked), {"since": since, "until": until})]
