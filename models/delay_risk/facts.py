"""What does the delay model know of an order? The columns of the frame that ``data.queries.risk_facts`` gives.

One row an order. Instants are unix seconds (UTC), missing ones NaN; ``x_known_at`` says from when on x was known, never before it
happened. Codes are texts, an absent one ''.
"""

CODES: tuple[str, ...] = (
    "shop_id",
    "channel",
    "kind",
    "region_code",
    "category",
    "payment_method",
    "warehouse_code",
    "carrier_code",
    "warehouse_region",
    "warehouse_city",
    "sku_code",
)
HAPPENED: tuple[str, ...] = ("shipped", "ended", "delivered", "reviewed", "allocated", "waybilled")
INSTANTS: tuple[str, ...] = (
    "start_at",
    "created_at",
    "start_known_at",
    *(f"{name}_{end}" for name in HAPPENED for end in ("at", "known_at")),
    "shipped_from",
    "delivered_from",
    "deadline_at",
    "promised_delivery_at",
)
# Amounts in minor units of the order's own currency.
NUMBERS: tuple[str, ...] = ("goods_minor", "freight_minor", "paid_minor", "discount_minor", "lines", "pieces", "distance_km")
# ``warehouse_stated``: the source that names the order named this warehouse too, so that it was known from the start.
FLAGS: tuple[str, ...] = ("closed_by_merchant", "backfilled", "warehouse_stated")
