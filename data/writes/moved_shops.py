"""What if a shop turns out to lie in another zone, or to sell in another currency, than its files were read with?

Times and amounts were fixed when the rows were read. All that the shop's files stated is taken back and the kept files are
put back to be read again, in the same transaction that changes the shop; so the end does not depend on which came first.
"""

import json
from collections.abc import Hashable
from datetime import datetime
from typing import Any

import pandas as pd
from sqlalchemy import Connection, Row, text

_STATED = ("order_claims", "order_promises", "order_events", "order_sightings", "order_lines", "order_contacts")


def put_back_moved_shops(connection: Connection, frame: pd.DataFrame, *, as_of: datetime) -> pd.DataFrame:
    """Put back the files of shops whose zone or currency the master changes, and return the master's rows to be stored.

    Where retention has removed one of a shop's files, nothing could be read again: the shop keeps its zone and currency, and
    an audit row ``shop_zone_kept`` says so.
    """
    frame = frame.copy()
    for place, shop in _moved(connection, frame):
        files = _files_of(connection, shop.shop_id)
        if any(file.erased_at is not None for file in files):
            asked = {"zone": frame.at[place, "zone"], "currency": frame.at[place, "currency"]}
            frame.loc[[place], ["zone", "currency"]] = [shop.zone, shop.currency]
            _note(
                connection, "shop_zone_kept", shop.shop_id, {"asked": asked, "kept": {"zone": shop.zone, "currency": shop.currency}}, as_of
            )
            continue
        _put_back(connection, shop.shop_id, [file.file_id for file in files])
        _note(connection, "shop_files_put_back", shop.shop_id, {"files": len(files)}, as_of)
    return frame


def _moved(connection: Connection, frame: pd.DataFrame) -> list[tuple[Hashable, Row[Any]]]:
    known = connection.execute(
        text("""
        SELECT shop_id, zone, currency FROM shops WHERE shop_id = ANY(:shops)
            AND EXISTS (SELECT FROM order_events AS e WHERE e.shop_id = shops.shop_id)
        """),
        {"shops": frame["shop_id"].tolist()},
    )
    shops = {row.shop_id: row for row in known}
    moved: list[tuple[Hashable, Row[Any]]] = []
    for place, row in frame.iterrows():
        shop = shops.get(row["shop_id"])
        if shop is not None and any(pd.notna(row.get(name)) and row[name] != getattr(shop, name) for name in ("zone", "currency")):
            moved.append((place, shop))
    return moved


def _files_of(connection: Connection, shop_id: str) -> list[Row[Any]]:
    """Return every file that may speak of a shop: those given for it and those whose rows name their shops."""
    query = """
        SELECT DISTINCT f.file_id, f.erased_at FROM source_files AS f JOIN file_runs AS r USING (file_id)
        WHERE f.shop_id IN (:shop, '') AND r.kind <> 'reference' AND r.status = 'ingested'"""
    return list(connection.execute(text(query), {"shop": shop_id}))


def _put_back(connection: Connection, shop_id: str, files: list[int]) -> None:
    connection.execute(text("SELECT pg_advisory_xact_lock(hashtextextended('orders of ' || :shop, 0))"), {"shop": shop_id})
    for table in _STATED:
        connection.execute(text(f"DELETE FROM {table} WHERE shop_id = :shop"), {"shop": shop_id})
    connection.execute(
        text("""
        WITH gone AS (DELETE FROM file_runs WHERE file_id = ANY(:files) RETURNING run_id)
        DELETE FROM rejected_rows USING gone WHERE rejected_rows.run_id = gone.run_id
        """),
        {"files": files},
    )


def _note(connection: Connection, action: str, shop_id: str, detail: dict[str, object], as_of: datetime) -> None:
    connection.execute(
        text("""
        INSERT INTO audit_log (at, person_id, action, subject, detail) VALUES (:at, 'master', :action, :subject, CAST(:detail AS jsonb))
        """),
        {"at": as_of, "action": action, "subject": f"shop:{shop_id}", "detail": json.dumps(detail, default=str)},
    )
