"""How do the staged rows of a stock list become counts, movements and what channels show?

A row whose SKU nobody knows is parked until somebody says what it is; nothing else of the file waits for it. A count is kept as what it
is: the first of a SKU and warehouse opens its book, every later one is only held against it.
"""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, text

from data.writes import stock_counts
from data.writes.stock_moves import post_moves_of
from data.writes.stock_places import rename_places


@dataclass(frozen=True)
class Teller:
    """The file that brings stock rows, and through which table of which manifest it was read; ``observed_at`` = as of when it speaks.

    ``own_numbers``: its words for goods are numbers of its own, and mean a SKU only where an alias says so.
    """

    source: str
    file_id: int
    manifest_version: int
    nature: str
    observed_at: datetime
    as_of: datetime
    own_numbers: bool = False


def store_stock(connection: Connection, who: Teller) -> Counter[str]:
    """Store what is staged, and return what there is to notice of it: rows parked, and rows older than what is known."""
    _lock(connection)
    _open_known(connection)
    _know_staged(connection, who)
    notices = Counter(parked=_park(connection, who))
    _forget_earlier_reading(connection, who)
    notices += _store_known(connection, as_of=who.as_of)
    return +notices


def replay_parked(connection: Connection, *, as_of: datetime) -> int:
    """Take in the parked rows whose SKU is known by now, and return how many those were."""
    _lock(connection)
    _open_known(connection)
    replayed = _know_parked(connection)
    if replayed:
        _store_known(connection, as_of=as_of)
        connection.execute(
            text("""
            UPDATE parked_stock_rows SET resolved_at = :as_of WHERE resolved_at IS NULL AND parked_id IN (SELECT parked_id FROM known_stock)
            """),
            {"as_of": as_of},
        )
    return replayed


def rename_stock(connection: Connection) -> None:
    """Let stock follow what a master of warehouses says its sources' words mean."""
    _lock(connection)
    rename_places(connection)


def _lock(connection: Connection) -> None:
    """Let one stock list at a time open books and change what is known of them."""
    connection.execute(text("SELECT pg_advisory_xact_lock(hashtextextended('stock lists', 0))"))


def _open_known(connection: Connection) -> None:
    connection.execute(
        text("""
        CREATE TEMP TABLE IF NOT EXISTS known_stock (
            parked_id bigint, source text, file_id bigint, row_number bigint, nature text, what text, sku_code text, warehouse_code text,
            shop_id text, kind text, quantity bigint, as_of timestamptz, move_key text, reason text, person text
        ) ON COMMIT DELETE ROWS
        """)
    )
    connection.execute(text("DELETE FROM known_stock"))


# Why a row is parked: no master knows its SKU, or nobody has said whose SKU the source's number is.
_UNKNOWN, _UNNAMED = "unknown_sku", "unnamed_number"
# What a source's word for a SKU means: what somebody said it means, else the code itself where the master knows it, or where there is
# no master and codes are as sources write them. A source's own number is only what somebody said it means.
_SKU_OF = """
    LEFT JOIN LATERAL (
        SELECT sku_code, pieces FROM sku_aliases AS told
        WHERE alias = said.sku_label AND told.source IN (split_part(said.source, '.', 1), '*') ORDER BY told.source = '*' LIMIT 1
    ) AS meant ON true
    LEFT JOIN LATERAL (SELECT sku_code FROM skus WHERE sku_code = said.sku_label LIMIT 1) AS listed ON true"""
_SKU = """coalesce(meant.sku_code, CASE WHEN NOT said.own_numbers THEN
    coalesce(listed.sku_code, CASE WHEN NOT EXISTS (SELECT FROM skus) THEN said.sku_label END) END)"""
# A warehouse nobody knows is called what the source calls it, as in orders; a channel's place that is none of ours is the shop as a whole.
_WAREHOUSE_OF = """
    LEFT JOIN (
        SELECT DISTINCT ON (label) label, warehouse_code FROM (
            SELECT name AS label, warehouse_code FROM warehouses UNION ALL SELECT unnest(aliases), warehouse_code FROM warehouses
        ) AS named WHERE label NOT IN (SELECT warehouse_code FROM warehouses) ORDER BY label, warehouse_code
    ) AS places ON places.label = said.warehouse_label"""


def _know_staged(connection: Connection, who: Teller) -> None:
    """Say of every staged row which SKU and warehouse it speaks of; an unknown SKU stays missing."""
    connection.execute(text("ANALYZE stage_stock (sku_label, warehouse_label)"))
    connection.execute(
        text(f"""
        INSERT INTO known_stock
        SELECT NULL, source, :file_id, row_number, :nature, CASE says WHEN 'moves' THEN 'move' ELSE says END, {_SKU},
            CASE WHEN says = 'shown' AND places.warehouse_code IS NULL AND NOT EXISTS (
                    SELECT FROM warehouses WHERE warehouse_code = said.warehouse_label) THEN ''
                ELSE coalesce(places.warehouse_code, said.warehouse_label) END,
            shop_id, kind, quantity * coalesce(meant.pieces, 1),
            coalesce(as_of, :observed_at), move_key, reason, person
        FROM (SELECT *, CAST(:source AS text) AS source, CAST(:own_numbers AS boolean) AS own_numbers FROM stage_stock) AS said
        {_SKU_OF} {_WAREHOUSE_OF}
        """),
        {
            "source": who.source,
            "file_id": who.file_id,
            "nature": who.nature,
            "observed_at": who.observed_at,
            "own_numbers": who.own_numbers,
        },
    )


def _know_parked(connection: Connection) -> int:
    """Take the parked rows whose SKU is known by now; they say what they said when they came."""
    return connection.execute(
        text(f"""
        INSERT INTO known_stock
        SELECT parked_id, source, file_id, row_number, nature, what, {_SKU}, warehouse_code, shop_id, kind,
            quantity * coalesce(meant.pieces, 1), as_of, move_key, move_reason, person
        FROM (SELECT *, reason = '{_UNNAMED}' AS own_numbers FROM parked_stock_rows WHERE resolved_at IS NULL) AS said
        {_SKU_OF} WHERE {_SKU} IS NOT NULL
        """)
    ).rowcount


def _park(connection: Connection, who: Teller) -> int:
    """Set the rows of unknown SKUs aside; a row parked before, or known by now, is not parked again."""
    connection.execute(
        text("DELETE FROM parked_stock_rows WHERE file_id = :file_id AND source = :source AND resolved_at IS NULL"),
        {"file_id": who.file_id, "source": who.source},
    )
    parked = connection.execute(
        text("""
        INSERT INTO parked_stock_rows (source, what, reason, sku_label, warehouse_code, shop_id, kind, quantity, as_of, move_key, move_type,
            move_reason, person, file_id, row_number, nature, parked_at)
        SELECT known.source, known.what, :reason, staged.sku_label, known.warehouse_code, known.shop_id, known.kind, known.quantity,
            known.as_of, known.move_key, CASE known.what WHEN 'move' THEN known.kind END, known.reason, known.person, known.file_id,
            known.row_number, known.nature, :as_of
        FROM known_stock AS known JOIN stage_stock AS staged USING (row_number, kind)
        WHERE known.sku_code IS NULL
        ON CONFLICT (file_id, row_number, what, kind) DO NOTHING
        """),
        {"as_of": who.as_of, "reason": _UNNAMED if who.own_numbers else _UNKNOWN},
    ).rowcount
    connection.execute(text("DELETE FROM known_stock WHERE sku_code IS NULL"))
    return parked


def _forget_earlier_reading(connection: Connection, who: Teller) -> None:
    """Take back the counts that an earlier reading of the same file left and this one does not say."""
    connection.execute(
        text("""
        DELETE FROM stock_snapshots AS kept WHERE file_id = :file_id AND source = :source AND NOT EXISTS (
            SELECT FROM known_stock AS known WHERE known.what = 'snapshot' AND known.sku_code = kept.sku_code
                AND known.warehouse_code = kept.warehouse_code AND known.kind = kept.kind AND known.as_of = kept.as_of)
        AND NOT EXISTS (SELECT FROM parked_stock_rows AS parked WHERE parked.file_id = kept.file_id AND parked.row_number = kept.row_number)
        """),
        {"file_id": who.file_id, "source": who.source},
    )


def _store_known(connection: Connection, *, as_of: datetime) -> Counter[str]:
    connection.execute(text("ANALYZE known_stock"))
    stock_counts.refuse_other_unit(connection)
    notices = Counter(older=stock_counts.count_older(connection))
    stock_counts.store_snapshots(connection, as_of=as_of)
    stock_counts.store_shown(connection)
    post_moves_of(connection, stock_counts.OPENINGS, as_of=as_of)
    post_moves_of(connection, stock_counts.MOVES, as_of=as_of)
    stock_counts.store_inbound(connection, as_of=as_of)
    return notices
