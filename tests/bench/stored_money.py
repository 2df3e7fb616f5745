"""What do two sides of millions of orders look like, and what does a day add to them? Made by the server, the same at every run."""

from datetime import datetime, timedelta

from sqlalchemy import Connection, Engine, text

from data import tables

# One in so many differs.
DIFFERING = 100
SHOPS = 8
DAYS = 400


def fill_sides(connection: Connection, *, rows: int, until: datetime) -> None:
    """Put so many entries and as many lines into the empty tables, one of each an order; one in a hundred differs by the freight."""
    _shops(connection)
    given = {"rows": rows, "until": until, "days": DAYS * 86_400.0}
    for table, statement in (("money_entries", _ENTRIES), ("settlement_lines", _LINES)):
        connection.execute(text(f"TRUNCATE {table}"))
        connection.execute(text(statement), given)


def fill_orders_and_lines(engine: Engine, *, orders: int, until: datetime) -> None:
    """Put orders of the 400 days before ``until``, each completed, with the line of its receipt, into the empty tables.

    One in a hundred differs.
    """
    with engine.begin() as connection:
        _shops(connection)
        # long known when the first day comes
        given = {"rows": orders, "until": until, "known": until - timedelta(days=2), "days": DAYS * 86_400.0}
        for table in (tables.orders, tables.settlement_lines):
            for index in table.indexes:
                index.drop(connection)
        # emptied in this transaction, the tables take the rows without a write-ahead log
        connection.execute(text("TRUNCATE orders, settlement_lines"))
        connection.execute(text(_ORDERS.format(first="1", number="lpad(n::text, 18, '0')", at=_AT)), given)
        connection.execute(text(_RECEIPTS.format(first="1", number="lpad(n::text, 18, '0')", at=_AT, amount=_AMOUNT)), given)
        for table in (tables.orders, tables.settlement_lines):
            for index in table.indexes:
                index.create(connection)


def add_day(engine: Engine, *, orders: int, number: int, as_of: datetime) -> None:
    """Add a day: orders of ten days ago that are settled now, one in a hundred with a difference, as ingest stores them."""
    at = "CAST(:paid AS timestamptz) + n * interval '30 seconds'"
    given = {"rows": orders, "until": as_of, "known": as_of, "paid": as_of - timedelta(days=12), "number": f"day-{number}-"}
    with engine.begin() as connection:
        connection.execute(text(_ORDERS.format(first="1", number=":number || n", at=at)), given)
        connection.execute(text(_RECEIPTS.format(first="1", number=":number || n", at=at, amount=_AMOUNT)), given)
        touched = f"SELECT {_SHOP}, :number || n FROM generate_series(1, CAST(:rows AS bigint)) AS n"
        connection.execute(text(f"INSERT INTO recon_touched (shop_id, order_no) {touched}"), given)


def _shops(connection: Connection) -> None:
    connection.execute(
        text(f"""
        INSERT INTO shops (shop_id, channel, name, zone, currency, complete, created_at)
        SELECT 'shop-' || n, 'bench', 'shop-' || n, 'Asia/Shanghai', 'CNY', true, '2025-01-01T00:00:00Z'
        FROM generate_series(0, {SHOPS - 1}) AS n
        """)
    )


_AMOUNT = f"1000 + n % 9000 - CASE WHEN n % {DIFFERING} = 0 THEN 7 ELSE 0 END"
_SHOP = f"'shop-' || n % {SHOPS}"
_AT = "CAST(:until AS timestamptz) - (:days * (1 - n / CAST(:rows AS float8)) + 1728000) * interval '1 second'"
_ENTRIES = f"""
    INSERT INTO money_entries (shop_id, order_no, type, part, match_type, channel, amount_minor, currency, occurred_at, completed_at,
        due_at, exact, source)
    SELECT {_SHOP}, lpad(n::text, 18, '0'), 'freight', '', 'receipt', 'bench', 1000 + n % 9000, 'CNY', {_AT}, {_AT} + interval '5 days',
        {_AT} + interval '9 days', true, 'orders'
    FROM generate_series(1, CAST(:rows AS bigint)) AS n"""
_LINE_COLUMNS = """shop_id, order_no, source, line_key, account, type, type_text, occurred_at, settled_at, completed_at, currency,
    amount_minor, fee_minor, pending, file_id, row_number, manifest_version, nature, observed_at, ingested_at"""
_LINES = f"""
    INSERT INTO settlement_lines ({_LINE_COLUMNS})
    SELECT {_SHOP}, lpad(n::text, 18, '0'), 'bench.lines', n::text, '', 'receipt', 'receipt', {_AT} + interval '6 days',
        {_AT} + interval '6 days', {_AT} + interval '5 days', 'CNY', 1000 + n % 9000 - CASE WHEN n % {DIFFERING} = 0 THEN 7 ELSE 0 END,
        CASE WHEN n % {2 * DIFFERING} = 0 THEN 7 END, false, 1, n, 1, 'live', :until, :until
    FROM generate_series(1, CAST(:rows AS bigint)) AS n"""
_ORDERS = f"""
    INSERT INTO orders (shop_id, order_no, stub, stage, on_hold, created_at, paid_from, paid_to, completed_from, completed_to, currency,
        total_minor, paid_minor, channel, nature, first_file_id, ingested_at, changed_at)
    SELECT {_SHOP}, {{number}}, false, 'completed', false, {{at}}, {{at}}, {{at}}, {{at}} + interval '5 days',
        {{at}} + interval '5 days', 'CNY',
        1000 + n % 9000, 1000 + n % 9000, 'bench', 'live', 1, CAST(:known AS timestamptz), CAST(:known AS timestamptz)
    FROM generate_series({{first}}, CAST(:rows AS bigint)) AS n"""
_RECEIPTS = f"""
    INSERT INTO settlement_lines ({_LINE_COLUMNS})
    SELECT {_SHOP}, {{number}}, 'bench.lines', n::text, '', 'receipt', 'receipt', {{at}} + interval '2 days', {{at}} + interval '2 days',
        {{at}} + interval '5 days', 'CNY', {{amount}}, NULL, false, 1, n, 1, 'live', :until, :until
    FROM generate_series({{first}}, CAST(:rows AS bigint)) AS n"""
