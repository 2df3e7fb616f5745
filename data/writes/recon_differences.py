"""How does a match that does not agree become a difference somebody works on, and how is it closed again?

One row a match key. A run opens, updates, re-opens and clears; what a person has set (label, owner, reason) stays until the amounts
themselves change. Every step is a row of ``recon_history``.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, text

from data.tables import recon_differences, recon_results
from models.reconciliation.classes import CLEARED

_KEY = "shop_id, order_no, type, currency"
# What a difference repeats of its match.
RESULT = tuple(
    column.name
    for column in recon_results.columns
    if column.name in recon_differences.c and column.name not in (*_KEY.split(", "), "run_id")
)
# What of a match makes it another difference than the one a person has looked at.
_WEIGHED = ("class", "side", "internal_minor", "stated_minor", "bank_minor", "difference_minor")
# What follows its match without another look; ``kind`` and what is explained are the labels' to say.
_FOLLOWING = tuple(name for name in RESULT if name not in (*_WEIGHED, "kind", "explained_minor"))


@dataclass(frozen=True)
class Synced:
    """How many differences a run opened, changed, opened again and cleared."""

    opened: int
    changed: int
    reopened: int
    cleared: int


def sync_differences(connection: Connection, *, as_of: datetime, run_id: int, anew: bool) -> Synced:
    """Let the differences follow the matches that moved, or all of them."""
    given = {"as_of": as_of, "run_id": run_id}
    moved = "" if anew else f"JOIN recon_moved USING ({_KEY})"
    same_key = "(r.shop_id, r.order_no, r.type, r.currency) = (d.shop_id, d.order_no, d.type, d.currency)"
    cleared = connection.execute(
        text(f"""
        WITH gone AS (
            UPDATE recon_differences AS d SET state = 'resolved', reason = '{CLEARED}', resolved_at = :as_of, resolved_by = NULL,
                version = version + 1, run_id = :run_id
            WHERE state = 'open' {"" if anew else f"AND ({_KEY}) IN (SELECT {_KEY} FROM recon_moved)"}
                AND NOT EXISTS (SELECT FROM recon_results AS r WHERE {same_key} AND r.class IN ('partial', 'missing'))
            RETURNING difference_id
        )
        INSERT INTO recon_history (difference_id, at, action) SELECT difference_id, :as_of, 'cleared' FROM gone
        """),
        given,
    ).rowcount
    weighed = (
        f"ROW({', '.join(f'd.{name}' for name in _WEIGHED)}) IS DISTINCT FROM ROW({', '.join(f'EXCLUDED.{name}' for name in _WEIGHED)})"
    )
    taken = ", ".join(f"{name} = EXCLUDED.{name}" for name in RESULT)
    rows = connection.execute(
        text(f"""
        WITH was AS MATERIALIZED (SELECT difference_id, state FROM recon_differences AS d {moved}),
        written AS (
            INSERT INTO recon_differences AS d ({_KEY}, {", ".join(RESULT)}, label, ambiguous, state, opened_at, version, run_id)
            SELECT {_KEY}, {", ".join(RESULT)}, '', false, 'open', :as_of, 1, :run_id FROM recon_results AS r {moved}
            WHERE r.class IN ('partial', 'missing') ORDER BY {_KEY}
            ON CONFLICT ({_KEY}) DO UPDATE SET {taken}, state = 'open', reason = NULL, resolved_at = NULL,
                resolved_by = NULL, label_by = NULL, label = '', ambiguous = false,
                opened_at = CASE d.state WHEN 'open' THEN d.opened_at ELSE :as_of END, version = d.version + 1, run_id = :run_id
            WHERE {weighed} OR (d.state, d.reason) = ('resolved', '{CLEARED}')
            RETURNING difference_id, version
        ),
        told AS (
            SELECT w.difference_id,
                CASE WHEN w.version = 1 THEN 'opened' WHEN was.state = 'open' THEN 'changed' ELSE 'reopened' END AS action
            FROM written AS w LEFT JOIN was USING (difference_id)
        ),
        logged AS (INSERT INTO recon_history (difference_id, at, action) SELECT difference_id, :as_of, action FROM told)
        SELECT action, count(*) FROM told GROUP BY action
        """),
        given,
    )
    counts = {row[0]: row[1] for row in rows}
    _carry_days(connection, anew=anew)
    _carry_explained(connection, anew=anew)
    return Synced(counts.get("opened", 0), counts.get("changed", 0), counts.get("reopened", 0), cleared)


def _carry_days(connection: Connection, *, anew: bool) -> None:
    """Let differences that are the ones they were follow their matches in all else: another day is no reason to look at them again."""
    moved = "" if anew else f"AND ({_KEY}) IN (SELECT {_KEY} FROM recon_moved)"
    now, was = (f"ROW({', '.join(f'{of}.{name}' for name in _FOLLOWING)})" for of in ("r", "d"))
    connection.execute(
        text(f"""
        UPDATE recon_differences AS d SET ({", ".join(_FOLLOWING)}) = {now}
        FROM (SELECT * FROM recon_results WHERE class IN ('partial', 'missing') {moved}) AS r
        WHERE (r.shop_id, r.order_no, r.type, r.currency) = (d.shop_id, d.order_no, d.type, d.currency) AND {now} IS DISTINCT FROM {was}
        """)
    )


def _carry_explained(connection: Connection, *, anew: bool) -> None:
    """Let matches written afresh, whose difference is the one it was, be explained as it is."""
    moved = "" if anew else f"AND ({_KEY}) IN (SELECT {_KEY} FROM recon_moved)"
    connection.execute(
        text(f"""
        UPDATE recon_results AS r SET explained_minor = d.explained_minor, kind = d.kind
        FROM (SELECT * FROM recon_differences WHERE true {moved}) AS d
        WHERE (r.shop_id, r.order_no, r.type, r.currency) = (d.shop_id, d.order_no, d.type, d.currency)
            AND r.class IN ('partial', 'missing') AND (r.explained_minor, r.kind) <> (d.explained_minor, d.kind)
        """)
    )


def _follow_rules(connection: Connection, *, zone: str, as_of: datetime) -> None:
    """Hand on the open work orders whose rule was set after they were opened, and give them its time; those a person has assigned stay."""
    connection.execute(
        text(f"""
        WITH ruled AS (
            SELECT w.work_order_id, w.difference_id, w.owner AS was, rule.owner,
                {_DUE.format(since="w.opened_at", days="rule.working_days")} AS due_at,
                EXISTS (
                    SELECT FROM recon_history AS h WHERE h.difference_id = w.difference_id AND h.action = 'assigned'
                        AND h.person_id IS NOT NULL AND h.at >= w.opened_at) AS by_hand
            FROM work_orders AS w JOIN LATERAL ({_RULE.format(of="w")}) AS rule ON rule.set_at > w.opened_at
            WHERE w.closed_at IS NULL
        ),
        handed AS (
            SELECT work_order_id, difference_id, was, due_at,
                CASE WHEN NOT by_hand AND owner IN (SELECT person_id FROM people WHERE active) THEN owner ELSE was END AS owner
            FROM ruled
        ),
        moved AS (
            UPDATE work_orders AS w SET owner = h.owner, due_at = coalesce(h.due_at, w.due_at) FROM handed AS h
            WHERE w.work_order_id = h.work_order_id
                AND (w.owner, w.due_at) IS DISTINCT FROM (h.owner, coalesce(h.due_at, w.due_at))
        ),
        told AS (
            INSERT INTO recon_history (difference_id, at, action, detail)
            SELECT difference_id, :as_of, 'assigned', jsonb_build_object('owner', owner) FROM handed WHERE owner IS DISTINCT FROM was
        )
        UPDATE recon_differences AS d SET owner = h.owner, version = version + 1 FROM handed AS h
        WHERE d.difference_id = h.difference_id AND d.state = 'open' AND h.owner IS DISTINCT FROM h.was
        """),
        {"as_of": as_of, "zone": zone},
    )


# The first rule that fits, and the end of the last working day of so many after an instant.
_RULE = """
                SELECT * FROM work_order_rules AS r WHERE r.label IN ({of}.label, '*') AND r.channel IN ({of}.channel, '*')
                ORDER BY r.label = '*', r.channel = '*' LIMIT 1"""
_DUE = """(
                SELECT (max(day) + 1)::timestamp AT TIME ZONE :zone - interval '1 second' FROM (
                    SELECT day FROM calendar_days
                    WHERE calendar = 'CN' AND working AND day >= CAST(CAST({since} AS timestamptz) AT TIME ZONE :zone AS date)
                    ORDER BY day LIMIT {days} + 1) AS days)"""
# Who of those whose limits let them see a shop answers for its differences.
_ANYBODY = """
    SELECT person_id FROM people WHERE active AND role IN ('finance', 'manager') AND scope_warehouses IS NULL
        AND (scope_shops IS NULL OR {of}.shop_id = ANY(scope_shops)) AND (scope_channels IS NULL OR {of}.channel = ANY(scope_channels))
    ORDER BY role, created_at, person_id LIMIT 1"""


def open_work_orders(connection: Connection, *, zone: str, as_of: datetime) -> int:
    """Give each open difference without one a work order by the first rule that fits its label and channel; close those done with.

    Its owner is the rule's, else the first active person of finance, then of the managers, whose limits let them see the shop. It is due
    at the end of the last working day it is given.
    """
    connection.execute(
        text("""
        UPDATE work_orders AS w SET closed_at = :as_of FROM recon_differences AS d
        WHERE w.difference_id = d.difference_id AND w.closed_at IS NULL
            AND (d.state = 'resolved' OR (d.label, d.channel) <> (w.label, w.channel))
        """),
        {"as_of": as_of},
    )
    opened = connection.execute(
        text(f"""
        WITH lacking AS MATERIALIZED (
            SELECT difference_id, shop_id, channel, label, owner FROM recon_differences AS d
            WHERE state = 'open'
                AND NOT EXISTS (SELECT FROM work_orders AS w WHERE w.difference_id = d.difference_id AND w.closed_at IS NULL)
        ),
        places AS MATERIALIZED (SELECT DISTINCT shop_id, channel, label FROM lacking),
        ruled AS MATERIALIZED (
            SELECT p.*, rule.owner AS rule_owner, rule.working_days, (
{_ANYBODY.format(of="p")}) AS anybody, {_DUE.format(since=":as_of", days="rule.working_days")} AS due_at
            FROM places AS p JOIN LATERAL ({_RULE.format(of="p")}) AS rule ON true
        ),
        able AS (SELECT person_id FROM people WHERE active)
        INSERT INTO work_orders (difference_id, label, channel, owner, opened_at, due_at)
        SELECT l.difference_id, l.label, l.channel,
            coalesce(l.owner, CASE WHEN r.rule_owner IN (SELECT person_id FROM able) THEN r.rule_owner END, r.anybody), :as_of,
            coalesce(r.due_at, :as_of + interval '3 days')
        FROM lacking AS l JOIN ruled AS r ON (r.shop_id, r.channel, r.label) = (l.shop_id, l.channel, l.label)
        """),
        {"as_of": as_of, "zone": zone},
    ).rowcount
    _follow_rules(connection, zone=zone, as_of=as_of)
    # those that were opened while there was nobody to own them
    connection.execute(
        text(f"""
        WITH unowned AS MATERIALIZED (
            SELECT w.work_order_id, d.shop_id, d.channel FROM work_orders AS w JOIN recon_differences AS d USING (difference_id)
            WHERE d.state = 'open' AND w.closed_at IS NULL AND w.owner IS NULL
        ),
        places AS MATERIALIZED (
            SELECT p.*, ({_ANYBODY.format(of="p")}) AS owner FROM (SELECT DISTINCT shop_id, channel FROM unowned) AS p
        )
        UPDATE work_orders AS w SET owner = p.owner FROM unowned AS u JOIN places AS p USING (shop_id, channel)
        WHERE w.work_order_id = u.work_order_id AND p.owner IS NOT NULL
        """)
    )
    connection.execute(
        text("""
        UPDATE recon_differences AS d SET owner = w.owner FROM work_orders AS w
        WHERE w.difference_id = d.difference_id AND w.closed_at IS NULL AND d.state = 'open' AND d.owner IS NULL AND w.owner IS NOT NULL
        """)
    )
    return opened
