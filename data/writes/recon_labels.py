"""How are the differences of a run labelled, with evidence and a suggested entry? Only they, with their order's rows, come into Python."""

import json
from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, text

from data.connectors.amounts import decimals_of
from data.writes.money_entries import FEE_SOURCE
from data.writes.recon_links import FACE, FACES
from data.writes.recon_match import remember
from data.writes.staging import copy_rows
from models.reconciliation.journal import JournalLine, entry_for
from models.reconciliation.labels import Difference, Entry, Explanation, Line, explain
from models.reconciliation.rules import rule_for

_AT_ONCE = 20_000


def label_differences(connection: Connection, *, zone: str, run_id: int, anew: bool) -> tuple[int, int]:
    """Label what this run opened or changed; returns how many were, and how many of them are ambiguous."""
    labelled = ambiguous = 0
    last = 0
    while rows := _fetch(connection, zone=zone, run_id=run_id, after=last):
        found = [(row, explain(difference_of(row))) for row in rows]
        _store(connection, found, anew=anew)
        labelled += sum(bool(explanation.causes) for _, explanation in found)
        ambiguous += sum(explanation.ambiguous for _, explanation in found)
        last = rows[-1].difference_id
    return labelled, ambiguous


def difference_of(row: Any) -> Difference:
    """Return the model's record of a difference with its order's rows."""
    currencies = {
        row.currency,
        *([row.other_currency] if row.other_currency else ()),
        *(entry[3] for entry in row.entries),
        *(line[3] for line in row.lines),
    }
    return Difference(
        type=row.type,
        class_=row._mapping["class"],
        kind=row.kind,
        side=row.side,
        currency=row.currency,
        internal_minor=row.internal_minor,
        stated_minor=row.stated_minor,
        bank_minor=row.bank_minor,
        difference_minor=row.difference_minor,
        entries=tuple(Entry(*entry) for entry in row.entries),
        lines=tuple(Line(*line) for line in row.lines),
        rates={code: Decimal(rate) for code, rate in (row.rates or {}).items()},
        digits={code: decimals_of(code) for code in currencies},
        late_days=row.late_days if row.exact and (row.late_days or 0) > rule_for(row.type, row.channel).late_days else 0,
        other_currency=row.other_currency or "",
        other_minor=row.other_minor or 0,
        fee_base_minor=None if row.fee_base_minor is None else int(row.fee_base_minor),
    )


def _fetch(connection: Connection, *, zone: str, run_id: int, after: int) -> Sequence[Any]:
    return connection.execute(text(_ROWS), {"zone": zone, "run_id": run_id, "after": after, "limit": _AT_ONCE}).all()


# The keys of an order's rows: its own, and those matched under it.
_ROWS = f"""
    WITH d AS MATERIALIZED (
        SELECT * FROM recon_differences WHERE run_id = :run_id AND state = 'open' AND label_by IS NULL AND difference_id > :after
        ORDER BY difference_id LIMIT :limit
    ),
    members AS MATERIALIZED (
        SELECT DISTINCT shop_id AS of_shop, order_no AS of_order, shop_id, order_no, '*' AS type FROM d WHERE type <> 'payout'
        UNION ALL SELECT DISTINCT d.shop_id, d.order_no, l.shop_id, l.order_no, l.type FROM d
        JOIN recon_links AS l ON (l.target_shop_id, l.target_order_no) = (d.shop_id, d.order_no) WHERE l.type <> 'payout'
    ),
    entries AS (
        SELECT of_shop, of_order, json_agg(json_build_array(e.type, e.match_type, e.amount_minor, e.currency, e.bearer)
            ORDER BY e.order_no, e.type, e.part) AS entries
        FROM members AS m JOIN money_entries AS e ON (e.shop_id, e.order_no) = (m.shop_id, m.order_no) AND m.type IN ('*', e.match_type)
        GROUP BY 1, 2
    ),
    lines AS (
        SELECT of_shop, of_order, json_agg(json_build_array(l.source || '/' || l.line_key, l.type, l.amount_minor, l.currency, l.fee_minor,
                l.flow_no, l.pending) ORDER BY l.order_no, l.source, l.line_key) AS lines,
            max(coalesce(l.settled_at, l.occurred_at)) AS settled_at
        FROM members AS m JOIN settlement_lines AS l ON (l.shop_id, l.order_no) = (m.shop_id, m.order_no)
        LEFT JOIN {FACES} ON faces.type = l.type WHERE m.type = '*' OR m.type = {FACE} GROUP BY 1, 2
    ),
    bases AS (
        SELECT of_shop, of_order, sum(e.amount_minor) FILTER (WHERE e.match_type = 'receipt' OR e.type = 'refund') AS net,
            coalesce(sum(e.amount_minor) FILTER (WHERE e.type = 'freight'), 0) AS freight,
            coalesce(sum(e.amount_minor) FILTER (WHERE e.type = 'refund'), 0) AS refund,
            max(e.source) FILTER (WHERE e.type = 'commission') AS commission_source,
            max(e.source) FILTER (WHERE e.type = 'fee') AS fee_source,
            max(e.occurred_at) FILTER (WHERE e.type <> 'refund') AS paid_at, bool_and(e.exact) AS exact
        FROM members AS m JOIN money_entries AS e ON (e.shop_id, e.order_no) = (m.shop_id, m.order_no) GROUP BY 1, 2
    )
    SELECT d.*, coalesce(entries, '[]') AS entries, coalesce(lines, '[]') AS lines,
        CASE WHEN d.kind = 'currency' THEN (
            SELECT json_object_agg(code, rate) FROM (
                SELECT i.reporting_currency AS code, '1' AS rate FROM installation AS i UNION ALL (
                SELECT DISTINCT ON (f.currency) f.currency AS code, f.rate::text AS rate FROM fx_rates AS f JOIN installation AS i
                    ON f.reporting_currency = i.reporting_currency
                WHERE f.business_day <= d.settled_day ORDER BY f.currency, f.business_day DESC)
            ) AS rates) END AS rates,
        CASE WHEN d.due_at IS NOT NULL AND d.type <> 'payout'
            THEN CAST(lines.settled_at AT TIME ZONE :zone AS date) - CAST(d.due_at AT TIME ZONE :zone AS date) END AS late_days,
        CASE WHEN d.type IN ('commission', 'fee') THEN (
            SELECT b.net - CASE r.base WHEN 'goods' THEN b.freight ELSE 0 END - CASE WHEN r.returned THEN 0 ELSE b.refund END
            FROM fee_rules AS r
            WHERE {FEE_SOURCE} = CASE d.type WHEN 'fee' THEN b.fee_source ELSE b.commission_source END
                AND r.valid_from <= b.paid_at
            ORDER BY r.valid_from DESC LIMIT 1) END AS fee_base_minor, b.exact,
        other.currency AS other_currency, other.minor AS other_minor
    FROM d LEFT JOIN entries ON (entries.of_shop, entries.of_order) = (d.shop_id, d.order_no)
    LEFT JOIN lines ON (lines.of_shop, lines.of_order) = (d.shop_id, d.order_no)
    LEFT JOIN LATERAL (
        SELECT max(currency) AS currency, max(stated_minor + bank_minor) AS minor FROM recon_results AS o
        WHERE (o.shop_id, o.order_no, o.type) = (d.shop_id, d.order_no, d.type) AND o.currency <> d.currency HAVING count(*) = 1
    ) AS other ON d.type = 'payout' AND d.kind = 'currency'
    LEFT JOIN bases AS b ON (b.of_shop, b.of_order) = (d.shop_id, d.order_no)
    ORDER BY d.difference_id"""


def _store(connection: Connection, found: Sequence[tuple[Any, Explanation]], *, anew: bool) -> None:
    connection.execute(
        text("""
        CREATE TEMP TABLE recon_labelled (
            difference_id bigint PRIMARY KEY, label text, ambiguous boolean, explained_minor bigint, kind text
        )
        ON COMMIT DROP
        """)
    )
    rows = [(row.difference_id, said.label, said.ambiguous, said.explained_minor, _kind(row, said)) for row, said in found]
    copy_rows(connection, "recon_labelled", ("difference_id", "label", "ambiguous", "explained_minor", "kind"), rows)
    connection.execute(text("ANALYZE recon_labelled"))
    connection.execute(
        text("""
        UPDATE recon_differences AS d SET label = n.label, ambiguous = n.ambiguous, explained_minor = n.explained_minor, kind = n.kind
        FROM recon_labelled AS n WHERE n.difference_id = d.difference_id
        """)
    )
    put_explained(connection, anew=anew)
    connection.execute(text("DELETE FROM recon_labels AS l USING recon_labelled AS n WHERE n.difference_id = l.difference_id"))
    columns = ("difference_id", "alternative", "place", "label", "amount_minor", "evidence")
    copy_rows(connection, "recon_labels", columns, [part for row, said in found for part in label_rows(row.difference_id, said)])
    suggest(
        connection, [(row.difference_id, row.type, row.currency, _parts(row, said)) for row, said in found], made_at=found[0][0].opened_at
    )
    connection.execute(text("DROP TABLE recon_labelled"))


def put_explained(connection: Connection, *, anew: bool) -> None:
    """Carry what ``recon_labelled`` explains over to the matches themselves."""
    if not anew:
        connection.execute(
            text("""
            INSERT INTO recon_moved (shop_id, order_no, type, currency)
            SELECT shop_id, order_no, type, currency FROM recon_differences JOIN recon_labelled USING (difference_id)
            ON CONFLICT DO NOTHING
            """)
        )
        remember(connection)
    connection.execute(
        text("""
        UPDATE recon_results AS r SET explained_minor = n.explained_minor, kind = n.kind
        FROM recon_labelled AS n JOIN recon_differences AS d USING (difference_id)
        WHERE (r.shop_id, r.order_no, r.type, r.currency) = (d.shop_id, d.order_no, d.type, d.currency)
            AND (r.explained_minor, r.kind) <> (n.explained_minor, n.kind)
        """)
    )


def label_rows(difference_id: int, said: Explanation) -> Iterable[tuple[Any, ...]]:
    """Return the rows of an explanation and of what else would explain it."""
    for alternative, causes in enumerate((said.causes, *said.others)):
        for place, cause in enumerate(causes):
            evidence = json.dumps([{"code": code, **values} for code, values in cause.evidence], ensure_ascii=False)
            yield difference_id, alternative, place, cause.label, cause.amount_minor, evidence


def suggest(connection: Connection, parts: Sequence[tuple[int, str, str, list[tuple[str, int]]]], *, made_at: Any) -> None:
    """Suggest the entries that would put differences right, in place of those suggested before; posted ones stay."""
    ids = [each[0] for each in parts]
    connection.execute(
        text("""
        WITH old AS (DELETE FROM journal_suggestions WHERE status = 'suggested' AND difference_id = ANY(:ids) RETURNING difference_id)
        DELETE FROM journal_lines AS l USING old WHERE l.difference_id = old.difference_id
        """),
        {"ids": ids},
    )
    asked = text("SELECT difference_id FROM journal_suggestions WHERE difference_id = ANY(:ids)")
    posted = set(connection.execute(asked, {"ids": ids}).scalars())
    entries: list[tuple[int, tuple[JournalLine, ...]]] = [
        (number, entry_for(of, currency=currency, is_payout=type_ == "payout"))
        for number, type_, currency, of in parts
        if number not in posted
    ]
    entries = [(number, lines) for number, lines in entries if lines]
    made = [(number, "suggested", made_at) for number, _ in entries]
    copy_rows(connection, "journal_suggestions", ("difference_id", "status", "made_at"), made)
    copy_rows(
        connection,
        "journal_lines",
        ("difference_id", "place", "side", "role", "amount_minor", "currency", "label"),
        [
            (number, place, line.side, line.role, line.amount_minor, line.currency, line.label)
            for number, lines in entries
            for place, line in enumerate(lines)
        ],
    )


def _parts(row: Any, said: Explanation) -> list[tuple[str, int]]:
    """Return what is to be booked: the causes, and what none explains; all of it in suspense while it is ambiguous."""
    if said.ambiguous or not said.causes:
        return [("", row.difference_minor)]
    return [(cause.label, cause.amount_minor) for cause in said.causes]


def _kind(row: Any, said: Explanation) -> str:
    twice = any(cause.label == "booked_twice" for cause in said.causes) and row.kind == "amount"
    return "duplicate" if twice else str(row.kind)
