"""Which statements were read, how did the runs go, on which accounts is booked, and which entries are suggested?"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, text

from data.queries.reconciliation import STILL_DIFFERS, ReconAsked, chosen, given_of, sees_any
from models.reconciliation.classes import TO_BOOK
from models.scope import EVERYTHING, Scope


@dataclass(frozen=True)
class StatementRow:
    """A statement and the file it came in."""

    statement_id: int
    source: str
    account: str
    currency: str
    period_from: datetime | None
    period_to: datetime | None
    opening_minor: int | None
    closing_minor: int | None
    computed_closing_minor: int | None
    balance_proven: bool | None
    control_stated: Mapping[str, Any] | None
    control_computed: Mapping[str, Any] | None
    lines: int
    file_id: int
    file_name: str


@dataclass(frozen=True)
class ReconRun:
    """A run and what it did; ``error`` says why it failed."""

    run_id: int
    as_of: datetime
    started_at: datetime
    finished_at: datetime | None
    status: str
    error: str | None
    anew: bool
    moved: int | None
    opened: int | None
    cleared: int | None


@dataclass(frozen=True)
class LedgerAccountRow:
    """An account, and what entries use it for."""

    code: str
    name_zh: str
    name_en: str
    role: str | None
    active: bool
    version: int
    set_by: str
    set_at: datetime


@dataclass(frozen=True)
class ReconJournalRow:
    """A line of a suggested entry on the account that plays its role now."""

    difference_id: int
    place: int
    shop_id: str
    channel: str
    order_no: str
    side: str
    role: str
    account_code: str
    account_zh: str
    account_en: str
    amount_minor: int
    currency: str
    label: str

    @property
    def cursor(self) -> tuple[int, int]:
        """What the next page begins after."""
        return self.difference_id, self.place


_MOST_STATEMENTS = 500
# Of ``journal_lines AS j``, with the account that plays a role now.
JOURNAL_COLUMNS = """j.side, j.role, coalesce(a.code, '') AS account_code, coalesce(a.name_zh, '') AS account_zh,
            coalesce(a.name_en, '') AS account_en, j.amount_minor, j.currency, j.label"""
WITH_ACCOUNTS = "LEFT JOIN ledger_accounts AS a ON a.role = j.role AND a.active"


def statements(connection: Connection, *, scope: Scope, asked: ReconAsked, zone: str) -> list[StatementRow]:
    """Return the statements whose period touches the days of a question, those whose balance is not proven first."""
    if scope.warehouses is not None:
        return []
    limit, given = "true", dict[str, Any]()
    if scope != EVERYTHING or asked.channels:
        # a bank's statement is no shop's: only people without limits see it
        where, given = chosen(scope, replace(asked, currency=None), relation="s", day=None)
        limit = f"st.shop_id IN (SELECT shop_id FROM shops AS s WHERE {where})"
    rows = connection.execute(
        text(
            f"""
        SELECT st.statement_id, st.source, st.account, st.currency, st.period_from, st.period_to, st.opening_minor, st.closing_minor,
            st.computed_closing_minor, st.balance_proven, st.control_stated, st.control_computed, st.lines, st.file_id, f.name AS file_name
        FROM statements AS st JOIN source_files AS f USING (file_id)
        WHERE {limit} AND (CAST(:currency AS text) IS NULL OR st.currency = :currency)
            AND coalesce(st.period_from, st.period_to, st.observed_at) < CAST(:until AS date)::timestamp AT TIME ZONE :zone
            AND coalesce(st.period_to, st.period_from, st.observed_at) >= CAST(:first AS date)::timestamp AT TIME ZONE :zone
        ORDER BY st.balance_proven IS NOT false, st.period_from DESC NULLS LAST, st.statement_id DESC LIMIT {_MOST_STATEMENTS}
        """
        ),
        given | {"currency": asked.currency, "first": asked.first, "until": asked.last + timedelta(days=1), "zone": zone},
    ).mappings()
    return [StatementRow(**row) for row in rows]


def runs(connection: Connection, *, scope: Scope, limit: int) -> list[ReconRun]:
    """Return the last runs, the newest first, those that failed among them; what they did and why they failed to people without limits."""
    if not sees_any(connection, scope=scope):
        return []
    rows = connection.execute(
        text("""
        SELECT run_id, as_of, started_at, finished_at, status, CASE WHEN :whole THEN error END AS error, anew,
            CASE WHEN :whole THEN CAST(counts ->> 'moved' AS bigint) END AS moved,
            CASE WHEN :whole THEN CAST(counts ->> 'opened' AS bigint) END AS opened,
            CASE WHEN :whole THEN CAST(counts ->> 'cleared' AS bigint) END AS cleared
        FROM recon_runs ORDER BY run_id DESC LIMIT :limit
        """),
        {"limit": limit, "whole": scope == EVERYTHING},
    ).mappings()
    return [ReconRun(**row) for row in rows]


def ledger_accounts(connection: Connection) -> list[LedgerAccountRow]:
    """Return the chart of accounts, by code."""
    asked = "SELECT code, name_zh, name_en, role, active, version, set_by, set_at FROM ledger_accounts ORDER BY code"
    return [LedgerAccountRow(**row) for row in connection.execute(text(asked)).mappings()]


def journal(
    connection: Connection, *, scope: Scope, asked: ReconAsked, after: tuple[int, int] | None = None, limit: int = 500
) -> list[ReconJournalRow]:
    """Return a page of the entries suggested for a question's differences that are to be booked, line by line.

    Those are the open ones and those resolved in a way that the books must hear of, as long as the sides do not agree.
    """
    beyond, given = "", given_of(scope, asked) | {"limit": limit, "to_book": list(TO_BOOK)}
    if after is not None:
        beyond, given = (
            "AND (j.difference_id, j.place) > (:after_id, :after_place)",
            given | {"after_id": after[0], "after_place": after[1]},
        )
    condition, _ = chosen(scope, asked, relation="d", day=f"d.{asked.basis}_day")
    rows = connection.execute(
        text(f"""
        SELECT j.difference_id, j.place, d.shop_id, d.channel, d.order_no, {JOURNAL_COLUMNS}
        FROM journal_lines AS j JOIN recon_differences AS d USING (difference_id) {WITH_ACCOUNTS}
        WHERE {condition} AND (d.state = 'open' OR d.reason = ANY(:to_book)) AND {STILL_DIFFERS} {beyond}
        ORDER BY j.difference_id, j.place LIMIT :limit
        """),
        given,
    ).mappings()
    return [ReconJournalRow(**row) for row in rows]
