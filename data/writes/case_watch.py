"""What happens to cases by themselves: a review is asked for, a snooze ends, the order's end closes them, and what was asked comes true?

Each step states what is to be so and changes what is not: doing it twice does it once.
"""

from datetime import datetime

from sqlalchemy import Connection, text

from data.queries.workbench_facts import UNSHIPPED
from models.workbench.actions import SETTLED

_UNSHIPPED = f"({', '.join(repr(stage) for stage in UNSHIPPED)})"


def ask_for_reviews(connection: Connection, *, as_of: datetime) -> int:
    """Ask for a review of every order worth one that has none, and the warehouse to hold it; return how many."""
    return connection.execute(
        text("""
        WITH asked AS (
            INSERT INTO order_cases AS kept (shop_id, order_no, channel, opened_at, review, review_at, last_at)
            SELECT q.shop_id, q.order_no, q.channel, :as_of, 'pending', :as_of, :as_of FROM workbench_queue AS q
            LEFT JOIN order_cases AS c ON (c.shop_id, c.order_no) = (q.shop_id, q.order_no)
            WHERE q.review AND c.review IS NULL ORDER BY q.shop_id, q.order_no
            ON CONFLICT (shop_id, order_no) DO UPDATE SET review = 'pending', review_at = EXCLUDED.review_at
            RETURNING shop_id, order_no
        )
        INSERT INTO intents (shop_id, order_no, kind, warehouse_code, asked_by, asked_at)
        SELECT shop_id, order_no, 'hold', q.warehouse_code, '', :as_of FROM asked JOIN workbench_queue AS q USING (shop_id, order_no)
        """),
        {"as_of": as_of},
    ).rowcount


def wake(connection: Connection, *, as_of: datetime) -> int:
    """End the snoozes that are over; a case is then its owner's again, or anybody's."""
    return connection.execute(
        text("""
        UPDATE order_cases AS c SET snoozed_until = NULL, state = CASE WHEN o.owner IS NULL THEN 'open' ELSE 'claimed' END
        FROM order_cases AS due LEFT JOIN order_owners AS o USING (shop_id, order_no)
        WHERE due.state = 'snoozed' AND due.snoozed_until <= :as_of AND (c.shop_id, c.order_no) = (due.shop_id, due.order_no)
        """),
        {"as_of": as_of},
    ).rowcount


def close_cases(connection: Connection, *, as_of: datetime) -> int:
    """Close the cases whose orders have left or ended, with a line of history; return how many."""
    return connection.execute(
        text(f"""
        WITH closed AS (
            UPDATE order_cases AS c SET state = 'done', snoozed_until = NULL, closed_at = :as_of, closed_by = '', close_reason = o.stage
            FROM orders AS o WHERE (o.shop_id, o.order_no) = (c.shop_id, c.order_no) AND c.closed_at IS NULL
                AND o.stage NOT IN {_UNSHIPPED} AND o.stage <> 'created'
                AND NOT EXISTS (SELECT FROM workbench_queue AS q WHERE (q.shop_id, q.order_no) = (c.shop_id, c.order_no))
            RETURNING c.shop_id, c.order_no, c.version, c.close_reason
        )
        INSERT INTO case_actions (shop_id, order_no, deed, at, person_id, action, detail, version, suggested, takes_hands)
        SELECT shop_id, order_no, 'settled', :as_of, '', '{SETTLED}', jsonb_build_object('stage', close_reason), version, false, false
        FROM closed
        """),
        {"as_of": as_of},
    ).rowcount


def reopen_cases(connection: Connection) -> int:
    """Open the cases again whose orders are back in trouble: withdrawn shipments, parcels lost on the way."""
    return connection.execute(
        text("""
        UPDATE order_cases AS c SET state = 'open', closed_at = NULL, closed_by = NULL, close_reason = NULL
        FROM workbench_queue AS q WHERE (q.shop_id, q.order_no) = (c.shop_id, c.order_no) AND c.state = 'done'
        """)
    ).rowcount


def follow_intents(connection: Connection, *, as_of: datetime) -> int:
    """Close what was asked of a warehouse once its order shows that it came true, or that it is moot; return how many."""
    return connection.execute(
        text(f"""
        UPDATE intents AS i SET closed_at = :as_of, state = found.state FROM (
            SELECT i.intent_id, CASE
                WHEN i.kind = 'other_warehouse' AND o.warehouse_code = i.wish->>'warehouse_code' THEN 'fulfilled'
                WHEN i.kind = 'other_carrier' AND o.carrier_code = i.wish->>'carrier_code' THEN 'fulfilled'
                WHEN i.kind IN ('expedite', 'release') AND o.stage IN ('shipped', 'delivered', 'completed') THEN 'fulfilled'
                WHEN i.kind = 'cancel' AND o.stage IN ('cancelled', 'refunded') THEN 'fulfilled'
                WHEN o.stage NOT IN {_UNSHIPPED} THEN 'withdrawn' END AS state
            FROM intents AS i JOIN orders AS o USING (shop_id, order_no) WHERE i.closed_at IS NULL) AS found
        WHERE found.intent_id = i.intent_id AND found.state IS NOT NULL
        """),
        {"as_of": as_of},
    ).rowcount
