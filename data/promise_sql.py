"""By when must each order have left, in SQL? ``models.promise`` is the law; a test holds the two together.

A ship-by time that a source stated is taken as it is, the first one stated after the clock had started; else the rule in force when
the clock started makes one, by the shop's zone and calendar. A deadline made by a rule stays as long as the clock's start does,
whatever becomes of rules and calendars.
"""

from models.order_kinds import ORDER_KIND_TABLE

STATED = "source"

_STARTS = {"paid": "o.paid_to", "created": "o.created_at", "paid_or_created": "coalesce(o.paid_to, o.created_at)", "none": "NULL"}
_OTHERS = " ".join(f"WHEN '{kind.key}' THEN {_STARTS[kind.clock]}" for kind in ORDER_KIND_TABLE if kind.clock != "paid")
CLOCK_START = f"CASE o.kind {_OTHERS} ELSE o.paid_to END"

# A promise of working days looks 30 of them ahead at most.
_DAYS_AHEAD = 75


def promised_sql(computed: str, *, touched: str) -> str:
    """Return CTEs that end in ``promised``: one row an order of ``computed``, whose columns it keeps.

    ``computed`` gives shop_id, order_no, kind, channel, created_at, paid_to, shipped_to; ``touched`` is the relation of the orders
    meant. Added are ``clock_start_at``, ``deadline_at`` and ``deadline_rule``.
    """
    local = "(clock_start_at AT TIME ZONE zone)"
    return f"""
    started AS MATERIALIZED (
        SELECT o.*, {CLOCK_START} AS clock_start_at, shops.zone, shops.calendar
        FROM {computed} AS o LEFT JOIN shops ON shops.shop_id = o.shop_id
    ),
    stated AS (
        SELECT DISTINCT ON (shop_id, order_no) shop_id, order_no, p.promised_ship_at AS stated_at
        FROM order_promises AS p JOIN {touched} USING (shop_id, order_no) JOIN started USING (shop_id, order_no)
        ORDER BY shop_id, order_no, rank DESC, (observed_at >= clock_start_at) DESC NULLS LAST,
            CASE WHEN observed_at >= clock_start_at THEN observed_at END, observed_at DESC, p.promised_ship_at
    ),
    calendar AS MATERIALIZED (
        SELECT calendar, day, working, count(*) FILTER (WHERE working) OVER (PARTITION BY calendar ORDER BY day) AS number
        FROM (
            SELECT of.calendar, moment::date AS day, coalesce(decided.working, extract(isodow FROM moment) < 6) AS working
            FROM (SELECT DISTINCT calendar FROM shops) AS of
            CROSS JOIN (SELECT min({local})::date AS first, max({local})::date + {_DAYS_AHEAD} AS last FROM started) AS span
            CROSS JOIN generate_series(span.first, span.last, interval '1 day') AS moment
            LEFT JOIN calendar_days AS decided ON decided.calendar = of.calendar AND decided.day = moment::date
        ) AS days
    ),
    ruled AS (
        SELECT s.shop_id, s.order_no, rule.*, {local}::date + (extract(hour FROM {local}) >= cut_off_hour)::int AS counted_from,
            extract(hour FROM {local}) >= cut_off_hour AS missed
        FROM started AS s JOIN LATERAL (
            SELECT r.channel || '/' || r.kind || '@' || to_char(r.valid_from AT TIME ZONE 'UTC', 'YYYYMMDD"T"HH24MISS"Z"') AS rule_key,
                hours, working_days, cut_off_hour
            FROM promise_rules AS r
            WHERE r.channel IN (s.channel, '*') AND r.kind IN (coalesce(s.kind, 'normal'), '*') AND r.valid_from <= s.clock_start_at
            ORDER BY r.channel = '*', r.kind = '*', r.valid_from DESC LIMIT 1
        ) AS rule ON true
    ),
    kept AS (
        SELECT shop_id, order_no, before.deadline_at AS kept_at, before.deadline_rule AS kept_rule
        FROM orders AS before JOIN started USING (shop_id, order_no)
        WHERE before.deadline_rule <> '{STATED}' AND before.clock_start_at = started.clock_start_at
            AND (before.channel, coalesce(before.kind, 'normal')) = (started.channel, coalesce(started.kind, 'normal'))
    ),
    promised AS (
        SELECT started.*,
            CASE
                WHEN stated_at IS NOT NULL AND coalesce(clock_start_at, shipped_to) IS NOT NULL THEN stated_at
                WHEN kept_at IS NOT NULL THEN kept_at
                WHEN working_days IS NOT NULL THEN (last.day + 1)::timestamp AT TIME ZONE zone
                WHEN missed THEN (counted_from::timestamp AT TIME ZONE zone) + hours * interval '1 hour'
                ELSE clock_start_at + hours * interval '1 hour'
            END AS deadline_at,
            CASE
                WHEN stated_at IS NOT NULL AND coalesce(clock_start_at, shipped_to) IS NOT NULL THEN '{STATED}'
                WHEN kept_at IS NOT NULL THEN kept_rule
                ELSE rule_key
            END AS deadline_rule
        FROM started LEFT JOIN stated USING (shop_id, order_no) LEFT JOIN ruled USING (shop_id, order_no)
        LEFT JOIN kept USING (shop_id, order_no)
        LEFT JOIN calendar AS first ON first.calendar = started.calendar AND first.day = counted_from
        LEFT JOIN calendar AS last ON last.calendar = started.calendar AND last.working AND last.number = first.number + working_days
    )"""
