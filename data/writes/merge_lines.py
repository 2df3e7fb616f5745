"""How do staged order lines become the lines that count, without doubling any?

Where a source numbers its lines, each is kept on its own. Where it does not, the rows of one order in one file are the
whole set, and a later set replaces an earlier one.
"""

from typing import Literal

from sqlalchemy import Connection, text

from data.writes.categories import SKU_SPANS
from data.writes.merge_orders import Statement, content_order
from data.writes.span import span_of_touched, within
from models.orders import LINE_FIELDS

_COLUMNS = ", ".join(LINE_FIELDS)
_ORIGIN = ("observed_at", "manifest_version", "file_id", "row_number")
_TARGET = f"(shop_id, order_no, source, line_key, category, {_COLUMNS}, {', '.join(_ORIGIN)})"


def store_lines(connection: Connection, who: Statement, *, mode: Literal["set", "each"]) -> int:
    """Store ``stage_lines`` and return how many distinct order lines its rows speak of."""
    return _store_set(connection, who) if mode == "set" else _store_each(connection, who)


def _insertable(lines: str) -> str:
    """Return the rows of relation ``lines`` (with ``line_key``) as ``order_lines`` takes them, category filled in."""
    return f"""
        SELECT l.shop_id, l.order_no, :source, l.line_key, spans.category, {", ".join(f"l.{field}" for field in LINE_FIELDS)},
            CAST(:observed_at AS timestamptz), CAST(:version AS integer), CAST(:file_id AS bigint), l.row_number
        FROM ({lines}) AS l
        LEFT JOIN orders AS o ON o.shop_id = l.shop_id AND o.order_no = l.order_no AND {within("o")}
        LEFT JOIN ({SKU_SPANS}) AS spans ON spans.sku_code = l.sku_code
            AND coalesce(o.created_at, '-infinity') >= spans.valid_from AND coalesce(o.created_at, '-infinity') < spans.valid_to"""


def _store_each(connection: Connection, who: Statement) -> int:
    count = connection.execute(text("SELECT count(*) FROM (SELECT DISTINCT shop_id, order_no, line_key FROM stage_lines) AS l"))
    distinct = f"""
        SELECT DISTINCT ON (shop_id, order_no, line_key) * FROM stage_lines AS staged
        ORDER BY shop_id, order_no, line_key, {content_order("staged", LINE_FIELDS)} DESC, row_number"""
    connection.execute(
        text(f"""
        INSERT INTO order_lines AS kept {_TARGET} {_insertable(distinct)}
        ON CONFLICT (shop_id, order_no, source, line_key) DO UPDATE
        SET category = coalesce(EXCLUDED.category, kept.category),
            {", ".join(f"{field} = EXCLUDED.{field}" for field in (*_ORIGIN, *LINE_FIELDS))}
        WHERE (EXCLUDED.observed_at, EXCLUDED.manifest_version) > (kept.observed_at, kept.manifest_version)
            OR ((EXCLUDED.observed_at, EXCLUDED.manifest_version) = (kept.observed_at, kept.manifest_version)
                AND {content_order("EXCLUDED", LINE_FIELDS)} > {content_order("kept", LINE_FIELDS)})
        """),
        who.parameters() | span_of_touched(connection),
    )
    return int(count.scalar_one())


# A line without an id is known by what it is; equal lines of one order are told apart by their place among themselves.
_NUMBERED = f"""
    SELECT shop_id, order_no, row_number, {_COLUMNS},
        md5(concat_ws('|', sku_code, properties, title)) || '-' || row_number() OVER (
            PARTITION BY shop_id, order_no, sku_code, properties, title
            ORDER BY {content_order("stage_lines", LINE_FIELDS)}, row_number) AS line_key
    FROM stage_lines"""


def _weight(relation: str) -> str:
    """Of two sets seen at the same moment the larger is believed: the other may come from a file that was cut off."""
    content = content_order(relation, LINE_FIELDS)
    digest = f"md5(string_agg({content}, '|' ORDER BY {content}))"
    return f"count(*) AS lines, coalesce(sum({relation}.amount_minor), 0) AS amount, {digest} AS digest"


def _store_set(connection: Connection, who: Statement) -> int:
    count = int(connection.execute(text("SELECT count(*) FROM stage_lines")).scalar_one())
    parameters = who.parameters() | span_of_touched(connection)
    connection.execute(
        text(f"""
        WITH before AS (
            SELECT shop_id, order_no, kept.observed_at, kept.manifest_version, {_weight("kept")}
            FROM order_lines AS kept JOIN touched USING (shop_id, order_no) WHERE {within("kept")} AND kept.source = :source
            GROUP BY shop_id, order_no, kept.observed_at, kept.manifest_version
        ),
        now AS (
            SELECT shop_id, order_no, {_weight("staged")} FROM stage_lines AS staged
            WHERE EXISTS (SELECT FROM before WHERE (before.shop_id, before.order_no) = (staged.shop_id, staged.order_no))
            GROUP BY shop_id, order_no
        ),
        superseded AS (
            SELECT shop_id, order_no FROM before JOIN now USING (shop_id, order_no)
            WHERE (CAST(:observed_at AS timestamptz), CAST(:version AS integer), now.lines, now.amount, now.digest)
                > (before.observed_at, before.manifest_version, before.lines, before.amount, before.digest)
        ),
        gone AS (
            DELETE FROM order_lines AS kept USING superseded
            WHERE (kept.shop_id, kept.order_no, kept.source) = (superseded.shop_id, superseded.order_no, :source)
        )
        DELETE FROM stage_lines AS staged USING before
        WHERE (staged.shop_id, staged.order_no) = (before.shop_id, before.order_no)
            AND NOT EXISTS (SELECT FROM superseded AS s WHERE (s.shop_id, s.order_no) = (before.shop_id, before.order_no))
        """),
        parameters,
    )
    connection.execute(text(f"INSERT INTO order_lines {_TARGET} {_insertable(_NUMBERED)}"), parameters)
    return count
