"""Does migrating an empty database give exactly the declared tables, by their definitions?"""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, text

from data.migrations.upgrade import alembic_config, known_revisions
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
