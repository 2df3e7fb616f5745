"""How do the staged lines of a platform's statement become the lines everybody reads?

A line is known by shop, order, source and its own number. What is stored is the line as the file observed last states it, so that
any order of arrival ends in the same rows, the same file twice changes nothing, and of overlapping files only what differs does.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, text

from data.connectors.statement_head import StatementFound
from data.connectors.statement_problems import ControlSum, no_rate
from data.queries.rates import unrated
from data.writes.merge_orders import content_order
from data.writes.recon_touch import TOLD_ON
from data.writes.staging import SETTLEMENT_COLUMNS, copy_rows
from models.reconciliation.rules import PAYOUT_TYPES

ORIGIN = ("statement_id", "file_id", "row_number", "nature")
_CONTENT = tuple(column for column in SETTLEMENT_COLUMNS if column != "line_key")
_KEY = ("shop_id", "order_no", "source", "line_key")


# Shop ('' for a bank), section of the file, account and currency: what tells the statements of one file apart.
Section = tuple[str, int, str, str]


@dataclass(frozen=True)
class Bringer:
    """The file that brings lines, and through which table of which manifest it was read."""

    source: str
    file_id: int
    manifest_version: int
    nature: str
    observed_at: datetime
    as_of: datetime

    def parameters(self) -> dict[str, object]:
        """Return the bind parameters shared by every statement here."""
        return {
            "source": self.source,
            "file_id": self.file_id,
            "version": self.manifest_version,
            "nature": self.nature,
            "observed_at": self.observed_at,
            "as_of": self.as_of,
        }


def refuse_unrated(connection: Connection) -> None:
    """Refuse staged lines in a currency that is neither their shop's nor the reporting one and has no rate on or before their day."""
    staged = connection.execute(text("SELECT shop_id, currency, min(occurred_at) FROM stage_settlement GROUP BY shop_id, currency"))
    if since := unrated(connection, [tuple(row) for row in staged]):
        raise no_rate(since)


def store_statements(
    connection: Connection, found: Sequence[StatementFound], *, who: Bringer, sums: Sequence[ControlSum]
) -> dict[Section, int]:
    """Keep what each statement of the file states as a whole; return its id by shop, section, account and currency."""
    control = {
        "control_stated": json.dumps({each.name: each.stated for each in sums}, ensure_ascii=False) if sums else None,
        "control_computed": json.dumps({each.name: each.computed for each in sums}, ensure_ascii=False) if sums else None,
    }
    return {
        (each.shop_id, each.section, each.account, each.currency): _store_statement(connection, each, who=who, control=control)
        for each in found
    }


# What a statement says as a whole; read again it is the same statement, read by a later file it says what that one says.
_SAID = (
    "opening_minor", "closing_minor", "computed_closing_minor", "balance_proven", "control_stated", "control_computed", "lines",
)  # fmt: skip


# What a statement is known by.
_KNOWN_BY = ("source", "shop_id", "account", "currency", "statement_no", "period_from", "period_to")


def _store_statement(connection: Connection, found: StatementFound, *, who: Bringer, control: Mapping[str, str | None]) -> int:
    values = {
        **who.parameters(),
        **{name: getattr(found, name) for name in ("shop_id", "account", "currency", "period_from", "period_to", *_SAID[:4], "lines")},
        "statement_no": found.number,
        "manifest_version": who.manifest_version,
        "ingested_at": who.as_of,
        **control,
    }
    columns = ("file_id", *_KNOWN_BY, *_SAID, "manifest_version", "observed_at", "ingested_at")
    said = ", ".join(f"{column} = EXCLUDED.{column}" for column in _SAID)
    ours, theirs = (
        f"({relation}.observed_at, {relation}.manifest_version, {content_order(relation, _SAID)})" for relation in ("EXCLUDED", "kept")
    )
    differs = f"({content_order('EXCLUDED', _SAID)}) <> ({content_order('kept', _SAID)})"
    connection.execute(
        text(f"""
        INSERT INTO statements AS kept ({", ".join(columns)})
        VALUES ({", ".join(f"CAST(:{column} AS jsonb)" if column.startswith("control") else f":{column}" for column in columns)})
        ON CONFLICT ({", ".join(_KNOWN_BY)}) DO UPDATE SET {said},
            file_id = CASE WHEN {differs} THEN EXCLUDED.file_id ELSE kept.file_id END,
            ingested_at = CASE WHEN {differs} THEN EXCLUDED.ingested_at ELSE kept.ingested_at END,
            manifest_version = EXCLUDED.manifest_version, observed_at = EXCLUDED.observed_at
        WHERE {ours} > {theirs}
        """),
        values,
    )
    same = " AND ".join(f"{column} IS NOT DISTINCT FROM :{column}" for column in _KNOWN_BY)
    return int(connection.execute(text(f"SELECT statement_id FROM statements WHERE {same}"), values).scalar_one())


def name_statements(connection: Connection, ids: Mapping[Section, int]) -> None:
    """Make the ids of the file's statements known to SQL, for its lines to carry."""
    connection.execute(
        text("""
        CREATE TEMP TABLE IF NOT EXISTS stage_statements (owner text, section bigint, account text, currency text, statement_id bigint)
        ON COMMIT DELETE ROWS
        """)
    )
    connection.execute(text("DELETE FROM stage_statements"))
    copy_rows(
        connection,
        "stage_statements",
        ("owner", "section", "account", "currency", "statement_id"),
        [(*section, statement_id) for section, statement_id in ids.items()],
    )


def lock_shops(connection: Connection) -> None:
    """Let one file at a time change the lines of a shop; shops are locked in one order, so no two files wait for each other."""
    connection.execute(
        text("""
        SELECT pg_advisory_xact_lock(hashtextextended('statements of ' || shop_id, 0))
        FROM (SELECT DISTINCT shop_id FROM stage_settlement ORDER BY shop_id) AS shops
        """)
    )


# Notes for the matching where lines ``gone`` were: under which order, in which payout, on which day (of UTC) told by which source.
_TOUCH_GONE = f"""
        INSERT INTO recon_touched (shop_id, order_no)
        SELECT DISTINCT shop_id, place FROM gone CROSS JOIN LATERAL (VALUES
            (order_no),
            ('payout:' || coalesce(payout_ref, CASE WHEN type IN ({", ".join(repr(key) for key in PAYOUT_TYPES)}) THEN order_no END)),
            ('{TOLD_ON}' || CAST(occurred_at AT TIME ZONE 'UTC' AS date) || '/' || source)
        ) AS places (place) WHERE place IS NOT NULL"""


def forget_earlier_reading(connection: Connection, who: Bringer) -> None:
    """Take back what an earlier reading of the same file left and this one does not say."""
    if not read_before(connection, who):
        return
    connection.execute(
        text(f"""
        WITH gone AS (
            DELETE FROM settlement_lines AS kept WHERE file_id = :file_id AND NOT EXISTS (
                SELECT FROM stage_settlement AS staged WHERE staged.shop_id = kept.shop_id AND staged.order_no = kept.order_no
                    AND kept.source = :source AND staged.line_key = kept.line_key)
            RETURNING kept.*
        )
        {_TOUCH_GONE}
        """),
        who.parameters(),
    )


def read_before(connection: Connection, who: Bringer) -> bool:
    """Say whether this file was taken before, by whatever manifest."""
    asked = text("SELECT EXISTS (SELECT FROM file_runs WHERE file_id = :file_id AND status = 'ingested')")
    return bool(connection.execute(asked, who.parameters()).scalar_one())


def store_lines(connection: Connection, who: Bringer) -> None:
    """Store the staged lines, and note for the matching the orders of those that came or changed, and where those that move were."""
    columns = ", ".join(_CONTENT)
    placed = "({of}.occurred_at, {of}.payout_ref, {of}.type)"
    connection.execute(
        text(f"""
        WITH gone AS (
            SELECT kept.* FROM stage_settlement AS staged JOIN settlement_lines AS kept USING (shop_id, order_no, line_key)
            WHERE kept.source = :source AND {placed.format(of="kept")} IS DISTINCT FROM {placed.format(of="staged")}
        )
        {_TOUCH_GONE}
        """),
        who.parameters(),
    )
    connection.execute(
        text(f"""
        WITH stored AS (
            INSERT INTO settlement_lines AS kept (shop_id, order_no, source, line_key, {columns},
                statement_id, file_id, row_number, manifest_version, nature, observed_at, ingested_at)
            SELECT shop_id, order_no, :source, line_key, {", ".join(f"staged.{column}" for column in _CONTENT)},
                statement_id, :file_id, row_number, :version, :nature, :observed_at, :as_of
            FROM stage_settlement AS staged JOIN stage_statements USING (section, account, currency)
            WHERE owner = shop_id
            ORDER BY row_number
            {latest_wins(_KEY, _CONTENT)}
            RETURNING shop_id, order_no, file_id, ingested_at
        )
        INSERT INTO recon_touched (shop_id, order_no)
        SELECT DISTINCT shop_id, order_no FROM stored WHERE file_id = :file_id AND ingested_at = CAST(:as_of AS timestamptz)
        """),
        who.parameters(),
    )


def drop_settled_since(connection: Connection, who: Bringer) -> None:
    """Take away lines that were not settled yet, of what the same content is settled by now: as many as there are bookings of it."""
    connection.execute(
        text(f"""
        WITH alike AS (
            SELECT kept.shop_id, kept.order_no, kept.line_key, kept.line_key LIKE '%@%' AS settled,
                regexp_replace(kept.line_key, '@[0-9a-f]+|~[0-9]+', '', 'g') AS content,
                coalesce(substring(kept.line_key FROM '~([0-9]+)')::int, 1) AS place
            FROM (SELECT DISTINCT shop_id, order_no FROM stage_settlement) AS staged
            JOIN settlement_lines AS kept USING (shop_id, order_no) WHERE kept.source = :source
        ),
        gone AS (
            DELETE FROM settlement_lines AS kept USING alike AS a
            WHERE (kept.shop_id, kept.order_no, kept.line_key) = (a.shop_id, a.order_no, a.line_key) AND kept.source = :source
                AND NOT a.settled AND a.place <= (
                    SELECT count(*) FROM alike AS b
                    WHERE b.settled AND (b.shop_id, b.order_no, b.content) = (a.shop_id, a.order_no, a.content))
            RETURNING kept.*
        )
        {_TOUCH_GONE}
        """),
        who.parameters(),
    )


def latest_wins(key: Sequence[str], content: Sequence[str]) -> str:
    """Return the clause by which the line observed last stands, of two observed together always the same one.

    Where it says what is known already, it leaves no trace but how late that was said.
    """
    fields = tuple(content)
    ours, theirs = (content_order(relation, fields) for relation in ("EXCLUDED", "kept"))
    updates = [f"{column} = EXCLUDED.{column}" for column in (*fields, "manifest_version", "observed_at")]
    updates += [f"{name} = CASE WHEN ({ours}) <> ({theirs}) THEN EXCLUDED.{name} ELSE kept.{name} END" for name in (*ORIGIN, "ingested_at")]
    return f"""
            ON CONFLICT ({", ".join(key)}) DO UPDATE SET {", ".join(updates)}
            WHERE (EXCLUDED.observed_at, EXCLUDED.manifest_version) > (kept.observed_at, kept.manifest_version)
                OR ((EXCLUDED.observed_at, EXCLUDED.manifest_version) = (kept.observed_at, kept.manifest_version)
                    AND ({ours}) > ({theirs}))"""


def count_orders(connection: Connection) -> int:
    """Return how many orders the staged lines name."""
    asked = text("SELECT count(*) FROM (SELECT DISTINCT shop_id, order_no FROM stage_settlement WHERE order_no NOT LIKE 'flow:%') AS named")
    return int(connection.execute(asked).scalar_one())
