"""How are the differences of a run labelled, with evidence and a suggested entry? Only they, with their order's rows, come into Python."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple

from sqlalchemy import Connection, text

from data.connectors.amounts import decimals_of
from data.connectors.registry import MoneySource
from data.writes.money_entries import FEE_SOURCE
from data.writes.recon_links import FACE, FACES
from data.writes.recon_match import remember, waiting
from data.writes.staging import copy_rows
from models.reconciliation.journal import Part, entry_for, parts_of
from models.reconciliation.labels import Difference, Entry, Explanation, Line, explain
from models.reconciliation.rules import rule_for

_AT_ONCE, _PARSED_AT_ONCE = 20_000, 200
_as_json = json.JSONEncoder(ensure_ascii=False).encode


class Found(NamedTuple):
    """A difference as it is read; ``entries`` and ``lines`` are the JSON of its order's rows, each an array of a record's fields."""

    difference_id: int
    type: str
    class_: str
    kind: str
    side: str
    channel: str
    currency: str
    internal_minor: int
    stated_minor: int
    bank_minor: int
    difference_minor: int
    opened_at: datetime
    entries: str
    lines: str
    rates: Mapping[str, str] | None
    late_days: int | None
    fee_base_minor: Decimal | None
    exact: bool | None
    other_currency: str | None
    other_minor: int | None


def label_differences(
    connection: Connection, *, zone: str, as_of: datetime, run_id: int, anew: bool, several: tuple[MoneySource, ...] = ()
) -> tuple[int, int]:
    """Label what this run opened, changed or looked at again, all of it where everything is matched anew.

    Returns how many have a label, and how many of them are ambiguous. What a person has labelled stays; what they have seen and is labelled
    otherwise now is another version.
    """
    asked = _rows_sql(anew=anew, several=several)
    labelled = ambiguous = 0
    last = 0
    while rows := _fetch(connection, asked, zone=zone, run_id=run_id, after=last):
        named, unclear = _store(connection, rows, as_of=as_of, run_id=run_id, anew=anew)
        labelled, ambiguous = labelled + named, ambiguous + unclear
        if len(rows) < _AT_ONCE:
            break
        last = rows[-1].difference_id
    return labelled, ambiguous


def differences_of(rows: Sequence[Found]) -> Iterator[Difference]:
    """Return the model's record of each difference with its order's rows."""
    # some at once, for to begin reading JSON takes longer than to read it; and not all, for what is kept is looked through again and again
    for first in range(0, len(rows), _PARSED_AT_ONCE):
        some = rows[first : first + _PARSED_AT_ONCE]
        every = (json.loads(f"[{','.join(parts)}]") for parts in ([row.entries for row in some], [row.lines for row in some]))
        for row, entries, lines in zip(some, *every, strict=True):
            yield _difference_of(row, tuple([Entry(*entry) for entry in entries]), tuple([Line(*line) for line in lines]))


def _difference_of(row: Found, entries: tuple[Entry, ...], lines: tuple[Line, ...]) -> Difference:
    late_days = row.late_days or 0
    return Difference(
        type=row.type,
        class_=row.class_,
        kind=row.kind,
        side=row.side,
        currency=row.currency,
        internal_minor=row.internal_minor,
        stated_minor=row.stated_minor,
        bank_minor=row.bank_minor,
        difference_minor=row.difference_minor,
        entries=entries,
        lines=lines,
        rates={code: Decimal(rate) for code, rate in row.rates.items()} if row.rates else {},
        digits=_digits(row, entries, lines) if row.rates else {},
        late_days=late_days if late_days > 0 and row.exact and late_days > rule_for(row.type, row.channel).late_days else 0,
        other_currency=row.other_currency or "",
        other_minor=row.other_minor or 0,
        fee_base_minor=None if row.fee_base_minor is None else int(row.fee_base_minor),
    )


def _digits(row: Found, entries: Iterable[Entry], lines: Iterable[Line]) -> Mapping[str, int]:
    """Return how many decimals the currencies have; only what is converted asks for them."""
    named = {row.currency, row.other_currency or row.currency, *(each.currency for each in entries), *(each.currency for each in lines)}
    return {code: decimals_of(code) for code in named}


def _fetch(connection: Connection, asked: str, *, zone: str, run_id: int, after: int) -> list[Found]:
    given = {"zone": zone, "run_id": run_id, "after": after, "limit": _AT_ONCE}
    return [Found._make(row) for row in connection.execute(text(asked), given)]


# Another row of the same order may be the reason of a difference that is the one it was; what this run wrote has moved.
_LOOKED_AT = "(shop_id, order_no) IN (SELECT shop_id, order_no FROM recon_keys UNION SELECT shop_id, order_no FROM recon_moved)"


def _rows_sql(*, anew: bool, several: tuple[MoneySource, ...]) -> str:
    """Return the question of the differences to label, with the rows of their orders."""
    waits, covered = waiting(several, of="m.of_shop, m.of_order")
    return _ROWS.format(looked_at="true" if anew else _LOOKED_AT, waits=waits, covered=covered)


# The keys of an order's rows: its own, and those matched under it.
_ROWS = f"""
    WITH d AS MATERIALIZED (
        SELECT * FROM recon_differences WHERE {{looked_at}} AND state = 'open' AND label_by IS NULL AND difference_id > :after
        ORDER BY difference_id LIMIT :limit
    ),
    members AS MATERIALIZED (
        (SELECT DISTINCT shop_id AS of_shop, order_no AS of_order, shop_id, order_no, '*' AS type FROM d WHERE type <> 'payout'
        ORDER BY 1, 2)
        UNION ALL SELECT DISTINCT d.shop_id, d.order_no, l.shop_id, l.order_no, l.type FROM d
        JOIN recon_links AS l ON (l.target_shop_id, l.target_order_no) = (d.shop_id, d.order_no) WHERE l.type <> 'payout'
    ),
    entries AS (
        SELECT of_shop, of_order, json_agg(json_build_array(e.type, e.match_type, e.amount_minor, e.currency, e.bearer)
                ORDER BY e.order_no, e.type, e.part) FILTER (WHERE m.type IN ('*', e.match_type)) AS entries,
            sum(e.amount_minor) FILTER (WHERE e.match_type = 'receipt' OR e.type = 'refund') AS net,
            coalesce(sum(e.amount_minor) FILTER (WHERE e.type = 'freight'), 0) AS freight,
            coalesce(sum(e.amount_minor) FILTER (WHERE e.type = 'refund'), 0) AS refund,
            max(e.source) FILTER (WHERE e.type = 'commission') AS commission_source,
            max(e.source) FILTER (WHERE e.type = 'fee') AS fee_source,
            max(e.occurred_at) FILTER (WHERE e.type <> 'refund') AS paid_at,
            bool_and(e.exact) FILTER (WHERE e.match_type <> 'refund') AS exact,
            bool_and(e.exact) FILTER (WHERE e.match_type = 'refund') AS back_exact
        FROM members AS m JOIN money_entries AS e ON (e.shop_id, e.order_no) = (m.shop_id, m.order_no) GROUP BY 1, 2
    ),
    told_lines AS (
        SELECT m.of_shop, m.of_order, l.*, {{waits}} AS waits
        FROM members AS m JOIN settlement_lines AS l ON (l.shop_id, l.order_no) = (m.shop_id, m.order_no)
        LEFT JOIN {FACES} ON faces.type = l.type {{covered}} WHERE m.type IN ('*', {FACE})
    ),
    lines AS (
        SELECT of_shop, of_order, json_agg(json_build_array(source || '/' || line_key, type, amount_minor, currency, fee_minor,
                flow_no, waits) ORDER BY order_no, source, line_key) AS lines
        FROM told_lines GROUP BY 1, 2
    )
    SELECT d.difference_id, d.type, d.class AS class_, d.kind, d.side, d.channel, d.currency, d.internal_minor, d.stated_minor,
        d.bank_minor, d.difference_minor, d.opened_at, coalesce(e.entries, '[]')::text AS entries,
        coalesce(lines.lines, '[]')::text AS lines,
        CASE WHEN d.kind = 'currency' THEN (
            SELECT json_object_agg(code, rate) FROM (
                SELECT i.reporting_currency AS code, '1' AS rate FROM installation AS i UNION ALL (
                SELECT DISTINCT ON (f.currency) f.currency AS code, f.rate::text AS rate FROM fx_rates AS f JOIN installation AS i
                    ON f.reporting_currency = i.reporting_currency
                WHERE f.business_day <= d.settled_day ORDER BY f.currency, f.business_day DESC)
            ) AS rates) END AS rates,
        CASE WHEN d.type <> 'payout' THEN d.settled_day - CAST(d.due_at AT TIME ZONE :zone AS date) END AS late_days,
        CASE WHEN d.type IN ('commission', 'fee') THEN (
            SELECT e.net - CASE r.base WHEN 'goods' THEN e.freight ELSE 0 END - CASE WHEN r.returned THEN 0 ELSE e.refund END
            FROM fee_rules AS r
            WHERE {FEE_SOURCE} = CASE d.type WHEN 'fee' THEN e.fee_source ELSE e.commission_source END
                AND r.valid_from <= e.paid_at
            ORDER BY r.valid_from DESC LIMIT 1) END AS fee_base_minor,
        CASE d.type WHEN 'refund' THEN e.back_exact ELSE e.exact END AS exact,
        other.currency AS other_currency, other.minor AS other_minor
    FROM d LEFT JOIN entries AS e ON (e.of_shop, e.of_order) = (d.shop_id, d.order_no)
    LEFT JOIN lines ON (lines.of_shop, lines.of_order) = (d.shop_id, d.order_no)
    LEFT JOIN LATERAL (
        SELECT max(currency) AS currency, max(stated_minor + bank_minor) AS minor FROM recon_results AS o
        WHERE (o.shop_id, o.order_no, o.type) = (d.shop_id, d.order_no, d.type) AND o.currency <> d.currency
            AND d.type = 'payout' AND d.kind = 'currency' HAVING count(*) = 1
    ) AS other ON true
    ORDER BY d.difference_id"""


def _store(connection: Connection, rows: Sequence[Found], *, as_of: datetime, run_id: int, anew: bool) -> tuple[int, int]:
    """Explain differences one after the other and store what was found; returns how many have a label, and how many are ambiguous."""
    found: list[tuple[int, str, bool, int, str]] = []
    labels: list[tuple[Any, ...]] = []
    parts: list[tuple[int, str, str, list[Part]]] = []
    for row, difference in zip(rows, differences_of(rows), strict=True):
        said = explain(difference)
        found.append((row.difference_id, said.label, said.ambiguous, said.explained_minor, _kind(row, said)))
        labels += label_rows(row.difference_id, said)
        parts.append((row.difference_id, row.type, row.currency, _parts(row, said)))
    connection.execute(
        text("""
        CREATE TEMP TABLE recon_labelled (
            difference_id bigint PRIMARY KEY, label text, ambiguous boolean, explained_minor bigint, kind text
        )
        ON COMMIT DROP
        """)
    )
    copy_rows(connection, "recon_labelled", ("difference_id", "label", "ambiguous", "explained_minor", "kind"), found)
    connection.execute(text("ANALYZE recon_labelled"))
    connection.execute(
        text("""
        WITH labelled AS (
            UPDATE recon_differences AS d SET label = n.label, ambiguous = n.ambiguous, explained_minor = n.explained_minor, kind = n.kind,
                version = d.version + (d.run_id <> :run_id)::int
            FROM recon_labelled AS n WHERE n.difference_id = d.difference_id
                AND (d.label, d.ambiguous, d.explained_minor, d.kind) <> (n.label, n.ambiguous, n.explained_minor, n.kind)
            RETURNING d.difference_id, d.run_id
        )
        INSERT INTO recon_history (difference_id, at, action) SELECT difference_id, :as_of, 'changed' FROM labelled WHERE run_id <> :run_id
        """),
        {"run_id": run_id, "as_of": as_of},
    )
    put_explained(connection, anew=anew)
    connection.execute(text("DELETE FROM recon_labels AS l USING recon_labelled AS n WHERE n.difference_id = l.difference_id"))
    copy_rows(connection, "recon_labels", ("difference_id", "alternative", "place", "label", "amount_minor", "evidence"), labels)
    suggest(connection, parts, made_at=rows[0].opened_at)
    connection.execute(text("DROP TABLE recon_labelled"))
    return sum(bool(label) for _, label, *_ in found), sum(ambiguous for _, _, ambiguous, *_ in found)


def put_explained(connection: Connection, *, anew: bool) -> None:
    """Carry what ``recon_labelled`` explains over to the matches themselves."""
    if not anew:
        connection.execute(
            text("""
            INSERT INTO recon_moved (shop_id, order_no, type, currency)
            SELECT shop_id, order_no, type, currency FROM recon_differences AS d JOIN recon_labelled AS n USING (difference_id)
            JOIN recon_results AS r USING (shop_id, order_no, type, currency)
            WHERE (r.explained_minor, r.kind) <> (n.explained_minor, n.kind) ON CONFLICT DO NOTHING
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
            evidence = _as_json([{"code": code, **values} for code, values in cause.evidence])
            yield difference_id, alternative, place, cause.label, cause.amount_minor, evidence


def suggest(connection: Connection, parts: Sequence[tuple[int, str, str, list[Part]]], *, made_at: Any) -> None:
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
    lines = [
        (number, place, line.side, line.role, line.amount_minor, line.currency, line.label)
        for number, type_, currency, of in parts
        if number not in posted
        for place, line in enumerate(entry_for(of, currency=currency, match_type=type_))
    ]
    made = [(number, "suggested", made_at) for number in dict.fromkeys(line[0] for line in lines)]
    copy_rows(connection, "journal_suggestions", ("difference_id", "status", "made_at"), made)
    columns = ("difference_id", "place", "side", "role", "amount_minor", "currency", "label")
    copy_rows(connection, "journal_lines", columns, lines)


def _parts(row: Found, said: Explanation) -> list[Part]:
    """Return what is to be booked: the causes, and what none explains; all of it in suspense while it is ambiguous."""
    if said.ambiguous or not said.causes:
        return [Part("", row.difference_minor)]
    return [
        part
        for cause in said.causes
        for part in parts_of(cause.label, cause.amount_minor, (told for code, told in cause.evidence if code == "line"))
    ]


def _kind(row: Found, said: Explanation) -> str:
    twice = any(cause.label == "booked_twice" for cause in said.causes) and row.kind == "amount"
    return "duplicate" if twice else row.kind
