"""What do orders, statement and bank each say of one difference, what explains it, what would one book, and what was done about it?"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, text

from data.queries.order_handling import Colleague, names_of
from data.queries.reconciliation_books import JOURNAL_COLUMNS, WITH_ACCOUNTS
from data.queries.reconciliation_queue import DifferenceRow, colleagues, difference_row
from models.reconciliation.rules import FACE_BY_TYPE
from models.scope import Scope

# So many rows of a side are listed; a batch may have thousands.
MOST_ROWS = 100


@dataclass(frozen=True)
class MoneyEntry:
    """Money of our own order."""

    order_no: str
    type: str
    amount_minor: int
    currency: str
    occurred_at: datetime
    completed_at: datetime | None
    due_at: datetime | None
    bearer: str | None
    source: str


@dataclass(frozen=True)
class SettlementLine:
    """A line of a statement; ``pending`` is not settled yet."""

    order_no: str
    source: str
    line_key: str
    account: str
    type: str
    type_text: str
    flow_no: str | None
    payout_ref: str | None
    occurred_at: datetime
    settled_at: datetime | None
    amount_minor: int
    currency: str
    pending: bool
    remark: str | None
    row_number: int
    file_name: str


@dataclass(frozen=True)
class BankLine:
    """A line of the bank, and how it was found."""

    account: str
    booked_on: date
    value_on: date | None
    amount_minor: int
    currency: str
    reference: str | None
    counterparty: str | None
    remark: str | None
    row_number: int
    file_name: str
    via: str


@dataclass(frozen=True)
class LabelPart:
    """A part of an explanation; alternative 0 is the one chosen. ``evidence`` is (code, figures)."""

    alternative: int
    label: str
    amount_minor: int
    evidence: tuple[tuple[str, Mapping[str, Any]], ...]


@dataclass(frozen=True)
class JournalRow:
    """A line of the suggested entry on the account that plays its role now."""

    side: str
    role: str
    account_code: str
    account_zh: str
    account_en: str
    amount_minor: int
    currency: str
    label: str


@dataclass(frozen=True)
class ReconDeed:
    """A step of a difference; nobody's is the engine's."""

    at: datetime
    person_id: str | None
    action: str
    detail: Mapping[str, Any]


@dataclass(frozen=True)
class DifferenceDetail:
    """One difference with its three sides, its explanation, its suggested entry and its history, the newest step first."""

    row: DifferenceRow
    entries: tuple[MoneyEntry, ...]
    lines: tuple[SettlementLine, ...]
    bank: tuple[BankLine, ...]
    explanations: tuple[LabelPart, ...]
    journal: tuple[JournalRow, ...]
    history: tuple[ReconDeed, ...]
    colleagues: tuple[Colleague, ...]
    names: Mapping[str, str]


def difference(connection: Connection, *, scope: Scope, difference_id: int) -> DifferenceDetail | None:
    """Return a difference with all that is known of it; None outside the scope as for one that is not there."""
    row = difference_row(connection, scope=scope, difference_id=difference_id)
    if row is None:
        return None
    history = _history(connection, difference_id)
    owners = [str(deed.detail[key]) for deed in history for key in ("owner", "was") if deed.detail.get(key)]
    named = {person for deed in history if (person := deed.person_id)} | {row.owner or "", row.label_by or "", *owners}
    return DifferenceDetail(
        row=row,
        entries=_entries(connection, row),
        lines=_payout_lines(connection, row) if row.type == "payout" else _lines(connection, row),
        bank=_bank(connection, row),
        explanations=_explanations(connection, difference_id),
        journal=_journal(connection, difference_id),
        history=history,
        colleagues=tuple(colleagues(connection, scope=scope, difference_ids=(difference_id,))),
        names=names_of(connection, person_ids=named),
    )


# The keys whose rows are matched under this one: itself, and those linked to it for this type.
_MEMBERS = """members AS (
        SELECT CAST(:shop_id AS text) AS shop_id, CAST(:order_no AS text) AS order_no
        UNION SELECT shop_id, order_no FROM recon_links WHERE (target_shop_id, target_order_no, type) = (:shop_id, :order_no, :type))"""
_LINE = """l.order_no, l.source, l.line_key, l.account, l.type, l.type_text, l.flow_no, l.payout_ref, l.occurred_at, l.settled_at,
        l.amount_minor, l.currency, l.pending, l.remark, l.row_number, coalesce(f.name, '') AS file_name"""


def _entries(connection: Connection, row: DifferenceRow) -> tuple[MoneyEntry, ...]:
    rows = connection.execute(
        text(f"""
        WITH {_MEMBERS}
        SELECT e.order_no, e.type, e.amount_minor, e.currency, e.occurred_at, e.completed_at, e.due_at, e.bearer, e.source
        FROM members AS m JOIN money_entries AS e USING (shop_id, order_no) WHERE e.match_type = :type
        ORDER BY e.order_no, e.type, e.part LIMIT {MOST_ROWS}
        """),
        _key(row),
    ).mappings()
    return tuple(MoneyEntry(**each) for each in rows)


def _lines(connection: Connection, row: DifferenceRow) -> tuple[SettlementLine, ...]:
    """Return the statement's lines of a match; a type that nobody knows is unclassified."""
    faced = [key for key, face in FACE_BY_TYPE.items() if face == row.type]
    others = " OR l.type <> ALL(:known)" if row.type == "unclassified" else ""
    rows = connection.execute(
        text(f"""
        WITH {_MEMBERS}
        SELECT {_LINE} FROM members AS m JOIN settlement_lines AS l USING (shop_id, order_no) LEFT JOIN source_files AS f USING (file_id)
        WHERE l.type = ANY(:faced){others} ORDER BY l.occurred_at, l.source, l.line_key LIMIT {MOST_ROWS}
        """),
        _key(row) | {"faced": faced} | ({"known": list(FACE_BY_TYPE)} if others else {}),
    ).mappings()
    return tuple(SettlementLine(**each) for each in rows)


def _payout_lines(connection: Connection, row: DifferenceRow) -> tuple[SettlementLine, ...]:
    """Return the withdrawals of a payout; of a batch without any, the lines that are paid with it."""
    faced = [key for key, face in FACE_BY_TYPE.items() if face == "payout"]
    rows = connection.execute(
        text(f"""
        WITH {_MEMBERS}, refs AS (SELECT shop_id, substr(order_no, 8) AS ref FROM members WHERE order_no LIKE 'payout:%'),
        found AS (
            SELECT l.*, l.type = ANY(:faced) AS withdrawn FROM refs AS r JOIN settlement_lines AS l
                ON l.shop_id = r.shop_id AND l.payout_ref = r.ref WHERE NOT l.pending
            UNION ALL SELECT l.*, true FROM refs AS r JOIN settlement_lines AS l ON l.shop_id = r.shop_id AND l.order_no = r.ref
            WHERE l.payout_ref IS NULL AND l.type = ANY(:faced) AND NOT l.pending
        )
        SELECT {_LINE} FROM found AS l LEFT JOIN source_files AS f USING (file_id)
        WHERE l.withdrawn OR NOT EXISTS (SELECT FROM found WHERE withdrawn)
        ORDER BY l.occurred_at, l.source, l.line_key LIMIT {MOST_ROWS}
        """),
        _key(row) | {"faced": faced},
    ).mappings()
    return tuple(SettlementLine(**each) for each in rows)


def _bank(connection: Connection, row: DifferenceRow) -> tuple[BankLine, ...]:
    rows = connection.execute(
        text(f"""
        SELECT b.account, b.booked_on, b.value_on, b.amount_minor, b.currency, b.reference, b.counterparty, b.remark, b.row_number,
            coalesce(f.name, '') AS file_name, link.via
        FROM recon_bank_links AS link JOIN bank_lines AS b USING (account, line_key) LEFT JOIN source_files AS f USING (file_id)
        WHERE (link.shop_id, link.order_no) = (:shop_id, :order_no) ORDER BY b.booked_on, b.line_key LIMIT {MOST_ROWS}
        """),
        {"shop_id": row.shop_id, "order_no": row.order_no},
    ).mappings()
    return tuple(BankLine(**each) for each in rows) if row.type == "payout" else ()


def _explanations(connection: Connection, difference_id: int) -> tuple[LabelPart, ...]:
    rows = connection.execute(
        text("SELECT alternative, label, amount_minor, evidence FROM recon_labels WHERE difference_id = :id ORDER BY alternative, place"),
        {"id": difference_id},
    )
    return tuple(LabelPart(row.alternative, row.label, row.amount_minor, tuple(_told(each) for each in row.evidence)) for row in rows)


def _told(evidence: Mapping[str, Any]) -> tuple[str, Mapping[str, Any]]:
    return str(evidence["code"]), {key: value for key, value in evidence.items() if key != "code"}


def _journal(connection: Connection, difference_id: int) -> tuple[JournalRow, ...]:
    asked = f"SELECT {JOURNAL_COLUMNS} FROM journal_lines AS j {WITH_ACCOUNTS} WHERE j.difference_id = :id ORDER BY j.place"
    return tuple(JournalRow(**row) for row in connection.execute(text(asked), {"id": difference_id}).mappings())


def _history(connection: Connection, difference_id: int) -> tuple[ReconDeed, ...]:
    asked = "SELECT at, person_id, action, detail FROM recon_history WHERE difference_id = :id ORDER BY history_id DESC LIMIT 200"
    return tuple(ReconDeed(**row) for row in connection.execute(text(asked), {"id": difference_id}).mappings())


def _key(row: DifferenceRow) -> dict[str, Any]:
    return {"shop_id": row.shop_id, "order_no": row.order_no, "type": row.type}
