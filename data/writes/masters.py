"""How do master rows (shops, warehouses, SKUs, rates…) replace what was known before?

A master that states no time cannot say which of two versions is newer; there, and only there, the later arrival wins.
"""

from collections.abc import Callable
from datetime import datetime

import pandas as pd
from sqlalchemy import Connection, text

from data import tables
from data.connectors.shops import Shop
from data.writes.staging import copy_frame

# A key's first row is valid from ever, so any early instant will do.
FROM_EVER = datetime.fromisoformat("1970-01-01T00:00:00+00:00")


def lock_masters(connection: Connection, *, changing: bool) -> None:
    """Let no master change while orders are computed from it, nor two at once; held until the transaction ends.

    Taken before any other lock. Without it an order file and a master under way at the same moment would each miss what the
    other brings, and their orders keep no category.
    """
    how = "pg_advisory_xact_lock" if changing else "pg_advisory_xact_lock_shared"
    connection.execute(text(f"SELECT {how}(hashtextextended('masters', 0))"))


def store_master(connection: Connection, fills: str, frame: pd.DataFrame, *, observed_at: datetime, as_of: datetime) -> int:
    """Upsert the rows of one master into table ``fills`` and return how many distinct keys they speak of."""
    frame = frame.drop(columns=["row_number"], errors="ignore").copy()
    frame["observed_at"] = pd.Timestamp(observed_at)
    return _STORES.get(fills, _store_plain(fills))(connection, frame, as_of)


# The channel of a shop that so far only a warehouse has named; the first platform file of that shop says which it is.
UNASSIGNED = "unassigned"


def create_shops(connection: Connection, shops: list[Shop], *, as_of: datetime, platform: bool) -> None:
    """Create the shops that files named before any master did; they stay marked incomplete until one does."""
    # in one order everywhere, so that no two files wait for each other
    for shop in sorted(shops, key=lambda shop: shop.shop_id):
        connection.execute(
            text("""
            INSERT INTO shops (shop_id, channel, name, zone, currency, calendar, complete, created_at)
            VALUES (:shop_id, :channel, :name, :zone, :currency, :calendar, false, :as_of) ON CONFLICT DO NOTHING
            """),
            {
                "shop_id": shop.shop_id,
                "channel": shop.channel if platform else UNASSIGNED,
                "name": shop.name,
                "zone": shop.zone,
                "currency": shop.currency,
                "calendar": shop.calendar,
                "as_of": as_of,
            },
        )


def assign_touched_shops(connection: Connection, *, channel: str, zone: str, currency: str) -> bool:
    """Let a platform's own file say which channel a shop belongs to that only a warehouse had named.

    Returns whether it was news for any shop: every order of such a shop is touched then, and must be computed afresh.
    """
    found = connection.execute(
        text("""
        WITH assigned AS (
            UPDATE shops SET channel = :channel, zone = :zone, currency = :currency
            WHERE channel = :unassigned AND shop_id IN (SELECT DISTINCT shop_id FROM touched) RETURNING shop_id
        ),
        further AS (
            INSERT INTO touched SELECT shop_id, order_no, nature, first_file_id, ingested_at FROM orders JOIN assigned USING (shop_id)
            WHERE NOT EXISTS (SELECT FROM touched AS t WHERE (t.shop_id, t.order_no) = (orders.shop_id, orders.order_no))
        )
        SELECT EXISTS (SELECT FROM assigned)
        """),
        {"channel": channel, "zone": zone, "currency": currency, "unassigned": UNASSIGNED},
    )
    return bool(found.scalar_one())


# Which orders does a master's change restate? Those that name its keys and do not say the thing themselves.
_RESTATED = {
    "customers": "customer_id = ANY(:keys)",
    "warehouses": "warehouse_code IS NOT NULL",
    # the currency of an order that only its lines have named is its shop's
    "shops": "shop_id = ANY(:keys) AND (currency IS NULL OR EXISTS (SELECT FROM shops WHERE shops.shop_id = orders.shop_id"
    " AND (shops.channel IS DISTINCT FROM orders.channel OR stub AND shops.currency <> orders.currency)))",
}
_KEYS = {"customers": "customer_id", "shops": "shop_id"}
# A rate values the payments of its business day; the days bound the search, so that an index answers it.
_RERATED = """
    paid_to >= CAST(:first_day AS date) - 2 AND paid_to < CAST(:last_day AS date) + 2
    AND (currency, CAST(paid_to AT TIME ZONE (SELECT zone FROM installation) AS date))
        IN (SELECT * FROM unnest(CAST(:currencies AS text[]), CAST(:days AS date[])))"""


def touch_restated(connection: Connection, fills: str, frame: pd.DataFrame) -> None:
    """Mark the orders touched whose region, warehouse or currency the master's rows decide."""
    if fills == "fx_rates":
        days = pd.to_datetime(frame["business_day"]).dt.date.tolist()
        given = {"first_day": min(days), "last_day": max(days), "currencies": frame["currency"].tolist(), "days": days}
        connection.execute(
            text(f"INSERT INTO touched SELECT shop_id, order_no, nature, first_file_id, ingested_at FROM orders WHERE {_RERATED}"), given
        )
        return
    if fills not in _RESTATED:
        return
    keys = frame[_KEYS[fills]].tolist() if fills in _KEYS else []
    connection.execute(
        text(f"INSERT INTO touched SELECT shop_id, order_no, nature, first_file_id, ingested_at FROM orders WHERE {_RESTATED[fills]}"),
        {"keys": keys},
    )


Store = Callable[[Connection, pd.DataFrame, datetime], int]


def _store_plain(fills: str) -> Store:
    def store(connection: Connection, frame: pd.DataFrame, as_of: datetime) -> int:
        return _upsert(connection, fills, frame)

    return store


def _upsert(connection: Connection, name: str, frame: pd.DataFrame) -> int:
    """Upsert by primary key; a row observed earlier than the one kept is left out."""
    table = tables.metadata.tables[name]
    keys = [column.name for column in table.primary_key]
    frame = frame.drop_duplicates(keys, keep="last")
    others = [column for column in frame.columns if column not in keys]
    connection.execute(text(f"CREATE TEMP TABLE stage_master (LIKE {name} INCLUDING DEFAULTS) ON COMMIT DROP"))
    connection.execute(
        text("".join(f"ALTER TABLE stage_master ALTER {column.name} DROP NOT NULL;" for column in table.columns if column.name not in keys))
    )
    copy_frame(connection, "stage_master", frame)
    listed = ", ".join([*keys, *others])
    connection.execute(
        text(f"""
        INSERT INTO {name} AS kept ({listed}) SELECT {listed} FROM stage_master
        ON CONFLICT ({", ".join(keys)}) DO UPDATE SET {", ".join(f"{c} = EXCLUDED.{c}" for c in others if c != "created_at")}
        WHERE EXCLUDED.observed_at >= coalesce(kept.observed_at, '-infinity')
        """)
    )
    connection.execute(text("DROP TABLE stage_master"))
    return len(frame)


def _store_shops(connection: Connection, frame: pd.DataFrame, as_of: datetime) -> int:
    aliases = _aliases(frame, "shop_id")
    rows = frame.drop(columns=["aliases"], errors="ignore")
    rows["complete"] = True
    rows["created_at"] = pd.Timestamp(as_of)
    rows["calendar"] = rows["calendar"].fillna("CN") if "calendar" in rows else "CN"
    if not aliases.empty:
        _upsert(connection, "shop_aliases", aliases)
    return _upsert(connection, "shops", rows)


def _aliases(frame: pd.DataFrame, key: str) -> pd.DataFrame:
    """Return one row per alias; a row's ``aliases`` is a list of texts."""
    if "aliases" not in frame:
        return pd.DataFrame(columns=["alias", key, "observed_at"])
    wide = frame[[key, "aliases", "observed_at"]].explode("aliases").rename(columns={"aliases": "alias"})
    return wide[wide["alias"].notna() & (wide["alias"] != "")]


def _store_warehouses(connection: Connection, frame: pd.DataFrame, as_of: datetime) -> int:
    rows = frame.copy()
    if "aliases" in rows:
        rows["aliases"] = [_array(aliases) for aliases in rows["aliases"]]
    return _upsert(connection, "warehouses", rows)


def _array(aliases: object) -> str:
    """Write a list of texts as Postgres reads an array."""
    texts = list(aliases) if isinstance(aliases, list | tuple) or (hasattr(aliases, "__iter__") and not isinstance(aliases, str)) else []
    quoted = ('"' + str(alias).replace("\\", "\\\\").replace('"', '\\"') + '"' for alias in texts if alias)
    return "{" + ",".join(quoted) + "}"


def _store_skus(connection: Connection, frame: pd.DataFrame, as_of: datetime) -> int:
    rows = frame.copy()
    ever = pd.Timestamp(FROM_EVER).as_unit("us")
    rows["valid_from"] = rows["valid_from"].fillna(ever) if "valid_from" in rows else ever
    return _upsert(connection, "skus", rows)


_STORES: dict[str, Store] = {"shops": _store_shops, "warehouses": _store_warehouses, "skus": _store_skus}
