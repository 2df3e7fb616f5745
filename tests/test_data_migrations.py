"""Does migrating an empty database give exactly the declared tables, by their definitions?"""

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, text

from data.engine import migrate
from data.migrations.upgrade import alembic_config, known_revisions
from data.queries.health import snapshot
from data.roll_up import roll_up_changes
from data.settings import Settings
from data.tables import metadata

MakeEngine = Callable[..., Engine]
FOLDER = Path(__file__).resolve().parents[1] / "data" / "migrations" / "versions"

# Each gives one row of text a thing, named so that a difference can be read.
DEFINITIONS = {
    "columns": """
        SELECT format('%s.%s %s%s%s default %s comment %s', c.relname, a.attname, format_type(a.atttypid, a.atttypmod),
                      CASE WHEN a.attnotnull THEN ' not null' ELSE '' END, ' identity ' || nullif(a.attidentity::text, ''),
                      pg_get_expr(d.adbin, d.adrelid), col_description(c.oid, a.attnum))
        FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
        LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
        WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND a.attnum > 0 AND NOT a.attisdropped
          AND c.relname <> 'alembic_version'""",
    "constraints": """
        SELECT format('%s %s %s', conrelid::regclass, conname, pg_get_constraintdef(oid))
        FROM pg_constraint WHERE connamespace = 'public'::regnamespace AND conrelid <> 'alembic_version'::regclass""",
    "indexes": """
        SELECT pg_get_indexdef(indexrelid) FROM pg_index JOIN pg_class c ON c.oid = indrelid
        WHERE c.relnamespace = 'public'::regnamespace AND c.relname <> 'alembic_version'""",
    "functions": "SELECT pg_get_functiondef(oid) FROM pg_proc WHERE pronamespace = 'public'::regnamespace AND prokind IN ('f', 'p')",
    "views": "SELECT viewname || ' ' || definition FROM pg_views WHERE schemaname = 'public'",
    "triggers": "SELECT pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal",
    "sequences": "SELECT sequencename || ' ' || data_type FROM pg_sequences WHERE schemaname = 'public'",
    "types": "SELECT typname FROM pg_type WHERE typnamespace = 'public'::regnamespace AND typtype IN ('e', 'd')",
}


def _definitions(connection: Connection, question: str) -> set[str]:
    return set(connection.scalars(text(DEFINITIONS[question])))


@pytest.fixture(scope="module")
def declared(make_engine: MakeEngine) -> Engine:
    """A database made from the Tables alone."""
    engine = make_engine()
    with engine.begin() as connection:
        connection.execute(text("DROP SCHEMA public CASCADE; CREATE SCHEMA public; CREATE TABLE alembic_version (version_num text)"))
        metadata.create_all(connection)
    return engine


@pytest.mark.parametrize("question", DEFINITIONS)
def test_a_migrated_database_equals_the_declared_tables(question: str, shared_engine: Engine, declared: Engine) -> None:
    with shared_engine.connect() as migrated, declared.connect() as wanted:
        has, wants = _definitions(migrated, question), _definitions(wanted, question)

    hint = "make migration MESSAGE='what changes' writes the difference (a CHECK by hand)"
    assert {"declared, not migrated": wants - has, "migrated, not declared": has - wants} == {
        "declared, not migrated": set(),
        "migrated, not declared": set(),
    }, hint


@pytest.mark.parametrize(
    ("question", "change"),
    [
        ("columns", "ALTER TABLE orders ALTER city SET DEFAULT ''"),
        ("columns", "ALTER TABLE orders ALTER nature DROP NOT NULL"),
        ("columns", "ALTER TABLE orders ALTER total_minor TYPE integer"),
        ("constraints", "ALTER TABLE orders DROP CONSTRAINT ck_orders_nature, ADD CONSTRAINT ck_orders_nature CHECK (nature <> '')"),
        ("indexes", "DROP INDEX ix_orders_created_at; CREATE INDEX ix_orders_created_at ON orders (created_at DESC)"),
        ("functions", "CREATE FUNCTION late() RETURNS bool LANGUAGE sql AS 'SELECT true'"),
        (
            "triggers",
            "CREATE TRIGGER t BEFORE UPDATE ON orders FOR EACH ROW EXECUTE FUNCTION suppress_redundant_updates_trigger()",
        ),
    ],
)
def test_the_comparison_sees_every_kind_of_difference(question: str, change: str, connection: Connection) -> None:
    before = _definitions(connection, question)

    connection.execute(text(change))

    assert _definitions(connection, question) != before


def test_no_table_has_a_trigger_and_every_order_key_leads_with_the_shop(connection: Connection) -> None:
    assert _definitions(connection, "triggers") == set()
    for table in metadata.tables.values():
        if "order_no" in table.primary_key.columns:
            assert [column.name for column in table.primary_key.columns][:2] == ["shop_id", "order_no"]


def test_revisions_form_one_line_and_their_files_are_named_alike() -> None:
    scripts = ScriptDirectory.from_config(alembic_config())

    assert scripts.get_heads() == [known_revisions()[-1]]
    assert known_revisions() == tuple(f"{number:04d}" for number in range(1, len(known_revisions()) + 1))
    for file in FOLDER.glob("*.py"):
        assert re.fullmatch(r"\d{4}_[a-z0-9_]+\.py", file.name)
        assert f"revision: str = {file.name[:4]!r}".replace("'", '"') in file.read_text()


def test_there_is_no_way_back_but_a_backup() -> None:
    assert all("def downgrade" not in file.read_text() for file in FOLDER.glob("*.py"))


def test_orders_that_an_older_version_computed_are_computed_anew_by_the_first_roll_up(make_engine: MakeEngine) -> None:
    paid = datetime(2026, 11, 1, 4, tzinfo=UTC)
    day = {"at": paid, "later": paid + timedelta(days=2), "today": date(2026, 11, 20)}
    engine = make_engine()
    with engine.begin() as connection:
        connection.execute(text("DROP SCHEMA public CASCADE; CREATE SCHEMA public"))
        command.upgrade(alembic_config(connection), "0004")
        for statement in OLDER:
            connection.execute(text(statement), day)
    settings = Settings(inbox=Path("/nowhere"))

    migrate(engine, settings)
    with engine.connect() as connection:
        waits = snapshot(connection)
    done = roll_up_changes(engine, settings=settings, as_of=datetime(2026, 11, 20, 4, tzinfo=UTC))

    with engine.connect() as connection:
        orders = connection.execute(text("SELECT stage, stage_since FROM orders ORDER BY order_no")).all()
        cells = connection.execute(text("SELECT sum(done), sum(orders) FROM channel_day")).one()
        stays = connection.execute(text("SELECT orders FROM dwell_day WHERE dimension = 'channel' AND stage = 'paid'")).scalar_one()
    assert waits is None
    assert done.rebuilt
    assert [tuple(row) for row in orders] == [("shipped", paid + timedelta(days=2))] * 3
    assert (tuple(cells), stays) == ((0, 3), [3])


@pytest.mark.parametrize(
    ("before", "after", "asked", "summed"),
    [
        (
            "0007",
            "0008",
            "SELECT day::text, channel, region_code, orders, due FROM region_day ORDER BY 1, 2, 3",
            [("2026-11-01", "jd", "", 5, 2), ("2026-11-01", "jd", "CN-51", 7, 1), ("2026-11-02", "pdd", "CN-51", 6, 6)],
        ),
        (
            "0012",
            "0013",
            "SELECT day::text, channel, category, orders, due FROM category_day ORDER BY 1, 2, 3",
            [("2026-11-01", "jd", "food", 9, 2), ("2026-11-01", "jd", "toys", 3, 1), ("2026-11-02", "pdd", "food", 6, 6)],
        ),
    ],
    ids=["region", "category"],
)
def test_coarser_cells_are_there_for_what_an_older_version_rolled_up(
    before: str, after: str, asked: str, summed: list[Any], make_engine: MakeEngine
) -> None:
    engine = make_engine()
    with engine.begin() as connection:
        connection.execute(text("DROP SCHEMA public CASCADE; CREATE SCHEMA public"))
        command.upgrade(alembic_config(connection), before)
        connection.execute(
            text("""
            INSERT INTO cell_day (day, channel, region_code, category, orders, due) VALUES
                ('2026-11-01', 'jd', 'CN-51', 'toys', 3, 1), ('2026-11-01', 'jd', 'CN-51', 'food', 4, 0),
                ('2026-11-01', 'jd', '', 'food', 5, 2), ('2026-11-02', 'pdd', 'CN-51', 'food', 6, 6)
            """)
        )

        command.upgrade(alembic_config(connection), after)

        cells = connection.execute(text(asked)).all()
    assert [tuple(cell) for cell in cells] == summed


def test_stays_of_all_orders_together_are_there_for_what_an_older_version_counted(make_engine: MakeEngine) -> None:
    engine = make_engine()
    with engine.begin() as connection:
        connection.execute(text("DROP SCHEMA public CASCADE; CREATE SCHEMA public"))
        command.upgrade(alembic_config(connection), "0013")
        connection.execute(
            text("""
            INSERT INTO dwell_day (day, dimension, value, stage, bucket, orders) VALUES
                ('2026-11-01', 'channel', 'jd', 'paid', 3, 2), ('2026-11-01', 'channel', 'pdd', 'paid', 3, 5),
                ('2026-11-01', 'channel', '', 'paid', -1, 1), ('2026-11-02', 'channel', 'jd', 'paid', 3, 4),
                ('2026-11-01', 'category', 'food', 'paid', 3, 7)
            """)
        )

        command.upgrade(alembic_config(connection), "0015")

        kept = connection.execute(
            text("SELECT day::text, value, stage, bucket, orders FROM dwell_day WHERE dimension = 'all' ORDER BY 1, 4")
        )
        rows = [tuple(row) for row in kept]
        counted = connection.scalar(text("SELECT count(*) FROM dwell_day"))
    assert rows == [("2026-11-01", "", "paid", -1, 1), ("2026-11-01", "", "paid", 3, 7), ("2026-11-02", "", "paid", 3, 4)]
    assert counted == 8


def test_stays_that_an_older_version_counted_one_by_one_stand_side_by_side(make_engine: MakeEngine) -> None:
    engine = make_engine()
    with engine.begin() as connection:
        connection.execute(text("DROP SCHEMA public CASCADE; CREATE SCHEMA public"))
        command.upgrade(alembic_config(connection), "0017")
        connection.execute(
            text("""
            INSERT INTO dwell_day (day, dimension, value, stage, bucket, orders) VALUES
                ('2026-11-01', 'channel', 'jd', 'paid', 3, 2), ('2026-11-01', 'channel', 'jd', 'paid', -1, 5),
                ('2026-11-01', 'channel', 'jd', 'paid', 9, 0), ('2026-11-01', 'channel', '', 'paid', 3, 1),
                ('2026-11-02', 'channel', 'jd', 'paid', 3, 4), ('2026-11-02', 'channel', 'jd', 'created', 3, 0)
            """)
        )

        command.upgrade(alembic_config(connection), "0018")

        kept = connection.execute(text("SELECT day::text, value, stage, buckets, orders FROM dwell_day ORDER BY 1, 2"))
        rows = [(day, value, stage, dict(zip(buckets, orders, strict=True))) for day, value, stage, buckets, orders in kept]
    assert rows == [
        ("2026-11-01", "", "paid", {3: 1}),
        ("2026-11-01", "jd", "paid", {3: 2, -1: 5}),
        ("2026-11-02", "jd", "paid", {3: 4}),
    ]


# Three orders, paid and shipped, as the version before the stages kept them, rolled up once.
OLDER = (
    "INSERT INTO installation (id, kind, created_at, zone, reporting_currency) VALUES (1, 'real', :at, 'Asia/Shanghai', 'CNY')",
    """INSERT INTO shops (shop_id, channel, name, zone, currency, complete, created_at)
        VALUES ('s', 'jd', 'S', 'Asia/Shanghai', 'CNY', true, :at)""",
    """INSERT INTO orders (shop_id, order_no, channel, stub, stage, on_hold, created_at, paid_from, paid_to, shipped_from, shipped_to,
        currency, nature, first_file_id, ingested_at, changed_at)
        SELECT 's', n::text, 'jd', false, 'shipped', false, :at, :at, :at, :later, :later, 'CNY', 'live', 1, :at, :at
        FROM generate_series(1, 3) AS n""",
    """INSERT INTO order_claims (shop_id, order_no, source, rank, owned, parent, observed_at, manifest_version, file_id, row_number)
        SELECT 's', n::text, 'jd.orders', 30, 0, true, :at, 1, 1, n FROM generate_series(1, 3) AS n""",
    """INSERT INTO order_events (shop_id, order_no, type, part, source, occurred_from, occurred_to, rank, observed_at, ingested_at, nature,
        file_id, row_number)
        SELECT 's', n::text, type, '', 'jd.orders', at, at, 30, :at, :at, 'live', 1, n FROM generate_series(1, 3) AS n
        CROSS JOIN (VALUES ('created', CAST(:at AS timestamptz)), ('paid', :at), ('shipped', :later)) AS happened (type, at)""",
    """INSERT INTO snapshots (as_of, closed_until, definition_version, changes, rebuilt, restated_days)
        VALUES (:later, :today, 1, 3, true, '{}')""",
)
