"""How is what a person does about orders stored, all of it or nothing: states, owners, wishes to the warehouse, history, audit?

Everything is one statement for all the orders of a deed. Cases are locked in one order everywhere, so that two people never wait for
each other in a ring.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, text

from data.writes.case_owners import OVERDUE

Key = tuple[str, str]


@dataclass(frozen=True)
class Locked:
    """An order and its case as they stand, locked until the transaction ends."""

    shop_id: str
    order_no: str
    channel: str
    warehouse_code: str
    carrier_code: str
    stage: str
    in_queue: bool
    state: str
    version: int
    snoozed_until: datetime | None
    review: str | None
    review_at: datetime | None
    close_reason: str | None
    last_action: str
    last_by: str
    last_at: datetime
    owner: str | None
    action: str | None
    saves: float | None
    probability: float | None
    value_minor: int
    due_at: datetime | None

    @property
    def key(self) -> Key:
        """The order's key."""
        return self.shop_id, self.order_no

    @property
    def before(self) -> dict[str, Any]:
        """What an undo brings back, as plain values."""
        instants = {name: getattr(self, name) for name in ("snoozed_until", "review_at")}
        told = {name: None if at is None else at.isoformat() for name, at in instants.items()}
        return {"state": self.state, "review": self.review, "owner": self.owner, "close_reason": self.close_reason, **told}


@dataclass(frozen=True)
class Deed:
    """One act on all its orders: who, what, when."""

    deed: str
    person_id: str
    action: str
    at: datetime


_PAIRS = "unnest(CAST(:shops AS text[]), CAST(:orders AS text[]))"
_KEYED = f"{_PAIRS} AS k (shop_id, order_no)"


def locked(connection: Connection, *, keys: Sequence[Key], at: datetime) -> dict[Key, Locked]:
    """Open the cases of orders where there are none, lock them all, and return them; an unknown order is left out."""
    given = pairs(keys) | {"at": at}
    connection.execute(
        text(f"""
        INSERT INTO order_cases (shop_id, order_no, channel, opened_at, last_at)
        SELECT o.shop_id, o.order_no, coalesce(o.channel, ''), :at, :at FROM {_KEYED} JOIN orders AS o USING (shop_id, order_no)
        WHERE NOT o.stub ORDER BY o.shop_id, o.order_no ON CONFLICT DO NOTHING
        """),
        given,
    )
    connection.execute(
        text(f"SELECT FROM order_cases AS c JOIN {_KEYED} USING (shop_id, order_no) ORDER BY c.shop_id, c.order_no FOR UPDATE OF c"), given
    )
    # read once they are locked: the statement above may have waited for somebody who changed them
    rows = connection.execute(
        text(f"""
        SELECT o.shop_id, o.order_no, coalesce(o.channel, '') AS channel, coalesce(o.warehouse_code, '') AS warehouse_code,
            coalesce(o.carrier_code, '') AS carrier_code, o.stage, q.judged_at IS NOT NULL AS in_queue, c.state, c.version, c.snoozed_until,
            c.review, c.review_at, c.close_reason, c.last_action, c.last_by, c.last_at, own.owner, q.action, q.saves, q.probability,
            coalesce(o.paid_reporting_minor, 0) AS value_minor, coalesce(q.due_at, o.deadline_at) AS due_at
        FROM {_KEYED} JOIN orders AS o USING (shop_id, order_no) JOIN order_cases AS c USING (shop_id, order_no)
        LEFT JOIN order_owners AS own USING (shop_id, order_no) LEFT JOIN workbench_queue AS q USING (shop_id, order_no)
        """),
        given,
    )
    return {(row.shop_id, row.order_no): Locked(**row._mapping) for row in rows}


def change_cases(connection: Connection, rows: Sequence[Locked], *, deed: Deed, values: Mapping[str, Any]) -> None:
    """Set columns of cases, as their next version, and whose doing it was."""
    given = {**values, "last_action": deed.action, "last_by": deed.person_id, "last_at": deed.at}
    assigned = ", ".join(f"{name} = :{name}" for name in given)
    connection.execute(
        text(f"""
        UPDATE order_cases AS c SET {assigned}, version = c.version + 1 FROM {_KEYED}
        WHERE (c.shop_id, c.order_no) = (k.shop_id, k.order_no)
        """),
        given | pairs([row.key for row in rows]),
    )


def set_owners(connection: Connection, rows: Sequence[Locked], *, owner: str | None, deed: Deed) -> None:
    """Give orders to somebody; those that are theirs already stay as they are."""
    connection.execute(
        text(f"""
        INSERT INTO order_owners AS kept (shop_id, order_no, owner, version, set_by, set_at)
        SELECT shop_id, order_no, :owner, 1, :by, :at FROM {_KEYED} ORDER BY shop_id, order_no
        ON CONFLICT (shop_id, order_no) DO UPDATE SET owner = :owner, version = kept.version + 1, set_by = :by, set_at = :at
            WHERE kept.owner IS DISTINCT FROM :owner
        """),
        pairs([row.key for row in rows]) | {"owner": owner, "by": deed.person_id, "at": deed.at},
    )
    moved = f"UPDATE alerts AS a SET owner = :owner FROM {_KEYED} WHERE (a.shop_id, a.order_no) = (k.shop_id, k.order_no)"
    connection.execute(
        text(f"{moved} AND a.rule = '{OVERDUE}' AND a.closed_at IS NULL"), pairs([row.key for row in rows]) | {"owner": owner}
    )


def tell(
    connection: Connection, rows: Sequence[Locked], *, deed: Deed, detail: Mapping[str, Any], takes_hands: bool, undoes: str | None = None
) -> None:
    """Write the history of a deed on each of its orders, with what an undo would bring back."""
    connection.execute(
        text("""
        INSERT INTO case_actions (shop_id, order_no, deed, at, person_id, action, detail, before, version, suggested, takes_hands,
            probability, undoes)
        SELECT shop_id, order_no, :deed, :at, :by, :action, CAST(:detail AS jsonb), CAST(before AS jsonb), version, suggested, :hands,
            probability, :undoes
        FROM unnest(CAST(:shops AS text[]), CAST(:orders AS text[]), CAST(:befores AS text[]), CAST(:versions AS integer[]),
            CAST(:suggested AS boolean[]), CAST(:chances AS double precision[]))
            AS g (shop_id, order_no, before, version, suggested, probability)
        """),
        pairs([row.key for row in rows])
        | {
            "deed": deed.deed,
            "at": deed.at,
            "by": deed.person_id,
            "action": deed.action,
            "detail": json.dumps(detail, ensure_ascii=False),
            "befores": [json.dumps(row.before, ensure_ascii=False) for row in rows],
            "versions": [row.version + 1 for row in rows],
            "suggested": [row.action == deed.action for row in rows],
            "hands": takes_hands,
            "chances": [row.probability for row in rows],
            "undoes": undoes,
        },
    )


def audit_all(connection: Connection, rows: Sequence[Locked], *, deed: Deed, action: str, detail: Mapping[str, Any]) -> None:
    """Write an audit row under the key of each order."""
    told = [{"shop": row.shop_id, "order": row.order_no, "version": row.version + 1, "deed": deed.deed, **detail} for row in rows]
    connection.execute(
        text("""
        INSERT INTO audit_log (at, person_id, action, subject, detail)
        SELECT :at, :by, :action, subject, CAST(detail AS jsonb)
        FROM unnest(CAST(:subjects AS text[]), CAST(:details AS text[])) AS g (subject, detail)
        """),
        {
            "at": deed.at,
            "by": deed.person_id,
            "action": action,
            "subjects": [f"{row.shop_id}/{row.order_no}" for row in rows],
            "details": [json.dumps(each, ensure_ascii=False) for each in told],
        },
    )


def ask_warehouses(connection: Connection, rows: Sequence[Locked], *, kind: str, wish: Mapping[str, Any], deed: Deed) -> None:
    """Write down what each order's warehouse is asked to do; the next look exports it. An equal wish that waits is not repeated."""
    connection.execute(
        text("""
        INSERT INTO intents (shop_id, order_no, kind, warehouse_code, wish, deed, asked_by, asked_at)
        SELECT shop_id, order_no, :kind, warehouse_code, CAST(:wish AS jsonb), :deed, :by, :at
        FROM unnest(CAST(:shops AS text[]), CAST(:orders AS text[]), CAST(:warehouses AS text[])) AS g (shop_id, order_no, warehouse_code)
        WHERE NOT EXISTS (SELECT FROM intents AS i WHERE (i.shop_id, i.order_no, i.kind) = (g.shop_id, g.order_no, :kind)
            AND i.wish = CAST(:wish AS jsonb) AND i.closed_at IS NULL)
        """),
        pairs([row.key for row in rows])
        | {
            "warehouses": [row.warehouse_code for row in rows],
            "kind": kind,
            "wish": json.dumps(wish, ensure_ascii=False),
            "deed": deed.deed,
            "by": deed.person_id,
            "at": deed.at,
        },
    )


def withdraw_intents(connection: Connection, *, deed: str, at: datetime) -> tuple[int, int]:
    """Withdraw what a deed asked for and nobody has been told yet; return how many were withdrawn and how many are beyond that."""
    gone = "UPDATE intents SET state = 'withdrawn', closed_at = :at WHERE deed = :deed AND state = 'waiting'"
    withdrawn = connection.execute(text(gone), {"deed": deed, "at": at}).rowcount
    told = "SELECT count(*) FROM intents WHERE deed = :deed AND state <> 'withdrawn'"
    return withdrawn, int(connection.scalar(text(told), {"deed": deed}) or 0)


def end_holds(connection: Connection, rows: Sequence[Locked], *, at: datetime) -> None:
    """End the wishes to hold orders that are now judged."""
    connection.execute(
        text(f"""
        UPDATE intents AS i SET state = 'withdrawn', closed_at = :at FROM {_KEYED}
        WHERE (i.shop_id, i.order_no, i.kind) = (k.shop_id, k.order_no, 'hold') AND i.closed_at IS NULL
        """),
        pairs([row.key for row in rows]) | {"at": at},
    )


def open_work_orders(
    connection: Connection, rows: Sequence[Locked], *, title: str, owner: str, due_at: datetime | None, deed: Deed
) -> None:
    """Open a work order about each order."""
    connection.execute(
        text(f"""
        INSERT INTO case_work_orders (shop_id, order_no, deed, title, owner, opened_by, opened_at, due_at)
        SELECT shop_id, order_no, :deed, :title, :owner, :by, :at, :due_at FROM {_KEYED}
        """),
        pairs([row.key for row in rows])
        | {"deed": deed.deed, "title": title, "owner": owner, "by": deed.person_id, "at": deed.at, "due_at": due_at},
    )


def acknowledge_alerts(connection: Connection, rows: Sequence[Locked], *, deed: Deed, close: bool) -> None:
    """Acknowledge the open alerts of orders somebody acts on; with ``close`` they are done with."""
    closed = ", closed_at = :at, closed_by = :by" if close else ""
    connection.execute(
        text(f"""
        UPDATE alerts AS a SET acknowledged_at = coalesce(acknowledged_at, :at), acknowledged_by = coalesce(acknowledged_by, :by),
            version = version + 1{closed}
        FROM {_KEYED} WHERE (a.shop_id, a.order_no) = (k.shop_id, k.order_no) AND a.rule = '{OVERDUE}' AND a.closed_at IS NULL
            AND (a.acknowledged_at IS NULL OR :close)
        """),
        pairs([row.key for row in rows]) | {"at": deed.at, "by": deed.person_id, "close": close},
    )


def reopen_alerts(connection: Connection, *, deed: str) -> None:
    """Open the alerts again that a deed, now taken back, closed; the alert is the one that the queue still names."""
    connection.execute(
        text("""
        UPDATE alerts AS a SET closed_at = NULL, closed_by = NULL, version = a.version + 1
        FROM case_actions AS d JOIN workbench_queue AS q USING (shop_id, order_no)
        WHERE d.deed = :deed AND a.alert_id = q.alert_id AND a.closed_at = d.at AND a.closed_by = d.person_id
        """),
        {"deed": deed},
    )


def note_saving(connection: Connection, rows: Sequence[Locked], *, deed: Deed, day: object) -> None:
    """Remember the first thing done that may save an order; one that the list had not chosen is remembered as acted on unasked."""
    known = [row for row in rows if row.probability is not None and row.due_at is not None]
    connection.execute(
        text("""
        INSERT INTO case_outcomes AS kept (shop_id, order_no, day, chosen_at, cohort, compared, channel, warehouse_code, value_minor,
            probability, saves, action, due_at, acted_at, acted, acted_probability)
        SELECT shop_id, order_no, :day, :at, 'suggested', false, channel, warehouse_code, value_minor, probability, saves, action, due_at,
            :at, :acted, probability
        FROM unnest(CAST(:shops AS text[]), CAST(:orders AS text[]), CAST(:channels AS text[]), CAST(:warehouses AS text[]),
            CAST(:worths AS bigint[]), CAST(:chances AS double precision[]), CAST(:saves AS double precision[]), CAST(:actions AS text[]),
            CAST(:dues AS timestamptz[]))
            AS g (shop_id, order_no, channel, warehouse_code, value_minor, probability, saves, action, due_at)
        ON CONFLICT (shop_id, order_no) DO UPDATE SET acted_at = EXCLUDED.acted_at, acted = EXCLUDED.acted,
            acted_probability = EXCLUDED.acted_probability WHERE kept.acted_at IS NULL
        """),
        pairs([row.key for row in known])
        | {
            "day": day,
            "at": deed.at,
            "acted": deed.action,
            "channels": [row.channel for row in known],
            "warehouses": [row.warehouse_code for row in known],
            "worths": [row.value_minor for row in known],
            "chances": [row.probability for row in known],
            "saves": [row.saves or 0.0 for row in known],
            "actions": [row.action for row in known],
            "dues": [row.due_at for row in known],
        },
    )


def pairs(keys: Sequence[Key]) -> dict[str, Any]:
    """Return keys as the parameters of ``unnest``."""
    return {"shops": [shop for shop, _ in keys], "orders": [number for _, number in keys]}
