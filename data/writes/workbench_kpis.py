"""How fast were alerts answered, and how many touches did orders take, on each of the last days?"""

from datetime import date, datetime

from sqlalchemy import Connection, text

from data.writes.case_owners import OVERDUE

# An alert may be answered late: so many days are computed again.
KPI_DAYS = 3
_BY = (("all", "''"), ("channel", "coalesce({}.channel, '')"), ("warehouse", "coalesce({}.warehouse_code, '')"))


def compute_kpis(connection: Connection, *, today: date, zone: str, as_of: datetime) -> int:
    """Compute the workbench's figures of the last business days anew; return how many were written."""
    given = {"today": today, "days": KPI_DAYS, "zone": zone, "as_of": as_of}
    done = 0
    for dimension, member in _BY:
        for statement in (_ANSWERED, _TOUCHES):
            alias = "a" if statement is _ANSWERED else "c"
            done += connection.execute(text(statement.format(member=member.format(alias), dimension=dimension)), given).rowcount
    return done


_SINCE = "(CAST(:today AS date) - CAST(:days AS integer) + 1)::timestamp AT TIME ZONE :zone"
_KEPT = """
    ON CONFLICT (day, kpi, dimension, member) DO UPDATE SET value = EXCLUDED.value, numerator = EXCLUDED.numerator,
        denominator = EXCLUDED.denominator, p50 = EXCLUDED.p50, p95 = EXCLUDED.p95, computed_at = EXCLUDED.computed_at"""
_MINUTES = "extract(epoch FROM answered.at - a.opened_at) / 60"
# numerator = answered, denominator = opened
_ANSWERED = f"""
    INSERT INTO workbench_kpis (day, kpi, dimension, member, value, numerator, denominator, p50, p95, computed_at)
    SELECT CAST(a.opened_at AT TIME ZONE :zone AS date), 'alert_to_action', '{{dimension}}', {{member}},
        percentile_cont(0.5) WITHIN GROUP (ORDER BY {_MINUTES}), count(answered.at), count(*),
        percentile_cont(0.5) WITHIN GROUP (ORDER BY {_MINUTES}), percentile_cont(0.95) WITHIN GROUP (ORDER BY {_MINUTES}), :as_of
    FROM alerts AS a LEFT JOIN LATERAL (
        SELECT min(d.at) AS at FROM case_actions AS d WHERE (d.shop_id, d.order_no) = (a.shop_id, a.order_no) AND d.takes_hands
            AND d.at >= a.opened_at
            AND NOT EXISTS (SELECT FROM case_actions AS u WHERE u.undoes = d.deed AND (u.shop_id, u.order_no) = (d.shop_id, d.order_no))
    ) AS answered ON true
    WHERE a.rule = '{OVERDUE}' AND a.opened_at >= {_SINCE} AND a.opened_at <= :as_of GROUP BY 1, 4 {_KEPT}"""
# from the cells, so that the page's figure and the index's are one
_TOUCHES = f"""
    INSERT INTO workbench_kpis (day, kpi, dimension, member, value, numerator, denominator, computed_at)
    SELECT c.day, 'manual_touches', '{{dimension}}', {{member}}, 1000.0 * sum(c.manual_touches) / nullif(sum(c.orders), 0),
        sum(c.manual_touches), sum(c.orders), :as_of
    FROM dispatch_day AS c WHERE c.day > CAST(:today AS date) - CAST(:days AS integer) AND c.day <= :today GROUP BY 1, 4
    HAVING sum(c.orders) > 0 OR sum(c.manual_touches) > 0 {_KEPT}"""
