"""How do the staged lines of a bank's statement become the lines everybody reads?

A bank line is known by its account and its own number, whichever kind of message brings it: what an intraday report or a notification
announced, the statement of the day repeats.
"""

from sqlalchemy import Connection, text

from data.connectors.statement_problems import StatementRefused
from data.queries.rates import unconverted
from data.writes.merge_statements import Bringer, latest_wins, read_before
from data.writes.staging import BANK_COLUMNS

_CONTENT = (*(column for column in BANK_COLUMNS if column not in ("line_key", "account")), "shop_id")


def refuse_unnamed(connection: Connection) -> None:
    """Refuse staged lines of an account that the file does not name."""
    if connection.execute(text("SELECT EXISTS (SELECT FROM stage_bank WHERE account = '')")).scalar_one():
        raise StatementRefused("no_account")


def unconverted_money(connection: Connection) -> list[str]:
    """Return the currencies of the staged lines that have no rate: a bank's line is a fact all the same, so it is taken."""
    staged = connection.execute(text("SELECT currency, min(booked_on) FROM stage_bank GROUP BY currency"))
    return unconverted(connection, [(row[0], row[1]) for row in staged])


def lock_accounts(connection: Connection) -> None:
    """Let one file at a time change the lines of an account; accounts are locked in one order."""
    connection.execute(
        text("""
        SELECT pg_advisory_xact_lock(hashtextextended('bank account ' || account, 0))
        FROM (SELECT DISTINCT account FROM stage_bank ORDER BY account) AS accounts
        """)
    )


def forget_earlier_reading(connection: Connection, who: Bringer) -> None:
    """Take back what an earlier reading of the same file left and this one does not say."""
    if read_before(connection, who):
        connection.execute(
            text("""
            DELETE FROM bank_lines AS kept WHERE file_id = :file_id AND NOT EXISTS (
                SELECT FROM stage_bank AS staged WHERE staged.account = kept.account AND staged.line_key = kept.line_key)
            """),
            who.parameters(),
        )


def store_lines(connection: Connection, who: Bringer) -> None:
    """Store the staged lines."""
    columns = ", ".join(_CONTENT)
    connection.execute(
        text(f"""
        INSERT INTO bank_lines AS kept (account, line_key, {columns}, source,
            statement_id, file_id, row_number, manifest_version, nature, observed_at, ingested_at)
        SELECT account, line_key, {", ".join(f"staged.{column}" for column in _CONTENT)}, :source,
            statement_id, :file_id, row_number, :version, :nature, :observed_at, :as_of
        FROM stage_bank AS staged LEFT JOIN stage_statements USING (section, account, currency)
        ORDER BY row_number
        {latest_wins(("account", "line_key"), _CONTENT)}
        """),
        who.parameters(),
    )
