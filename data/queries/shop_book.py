"""Which shops are known when a file is mapped?"""

from sqlalchemy import Connection, text

from data.connectors.shops import Shop, ShopBook


def shop_book(connection: Connection, *, given_shop: str | None = None) -> ShopBook:
    """Return every shop and alias; ``given_shop`` is the one named by ``--shop`` or by the inbox folder."""
    shops = connection.execute(text("SELECT shop_id, channel, name, zone, currency, complete FROM shops"))
    aliases = connection.execute(text("SELECT alias, shop_id FROM shop_aliases"))
    return ShopBook(
        shops={row.shop_id: Shop(row.shop_id, row.channel, row.name, row.zone, row.currency, row.complete) for row in shops},
        aliases={row.alias: row.shop_id for row in aliases},
        given_shop=given_shop,
    )


def files_waiting_for_shops(connection: Connection) -> list[int]:
    """Return the files, oldest first, with rows refused for a shop that has become known since, or put back to be taken again.

    Statements refused whole for want of their shop, or of a rate, are tried again each time.

    A name is known where exactly one shop bears it, as ``ShopBook.find`` has it.
    """
    query = """
        SELECT DISTINCT file_id FROM file_runs JOIN rejected_rows USING (run_id)
        WHERE code = 'unknown_shop'
            AND value IN (SELECT shop_id FROM shops UNION SELECT alias FROM shop_aliases
                UNION SELECT name FROM shops GROUP BY name HAVING count(*) = 1)
        UNION SELECT file_id FROM source_files WHERE erased_at IS NULL AND NOT EXISTS (
            SELECT FROM file_runs WHERE file_runs.file_id = source_files.file_id)
        UNION SELECT file_id FROM file_runs JOIN source_files USING (file_id)
            WHERE status = 'refused' AND detail ->> 'code' IN ('no_shop', 'no_rate') AND erased_at IS NULL
                AND shop_id IN ('', (SELECT shop_id FROM shops WHERE shops.shop_id = source_files.shop_id))
        ORDER BY file_id"""
    return list(connection.execute(text(query)).scalars())
