"""What is an order, a line and a contact made of, and who may say so?

The field tuples below name the columns that a source may state. ``data/tables.py`` gives them types, manifests map to
them, and the merge writes them; one word everywhere.
"""

# What a source may say of an order. Amounts are minor units of ``currency``; ``promised_ship_at`` is the platform's own
# ship-by time, never ours, ``promised_delivery_at`` the day of delivery it shows to the buyer. ``platform_discount_minor`` is what the
# platform bears of the discount and pays to the merchant; ``order_name`` is what people call the order where its number is another.
ORDER_FIELDS: tuple[str, ...] = (
    "kind",
    "source_status",
    "currency",
    "total_minor",
    "goods_minor",
    "freight_minor",
    "discount_minor",
    "paid_minor",
    "refunded_minor",
    "region_code",
    "city",
    "warehouse_code",
    "carrier_code",
    "waybill_no",
    "promised_ship_at",
    "payment_method",
    "close_reason",
    "customer_id",
    "platform_discount_minor",
    "promised_delivery_at",
    "order_name",
)

# What a source may say of an order line.
LINE_FIELDS: tuple[str, ...] = (
    "sku_code",
    "title",
    "properties",
    "quantity",
    "shipped_quantity",
    "unit_price_minor",
    "amount_minor",
    "ship_by_at",
)

# A buyer's personal data; lives in ``order_contacts`` and nowhere else.
CONTACT_FIELDS: tuple[str, ...] = (
    "buyer_name",
    "receiver_name",
    "phone",
    "email",
    "address",
    "buyer_note",
)

ORDER_KINDS: tuple[str, ...] = ("normal", "presale", "cod", "gift", "virtual", "exchange", "split", "merged")

# Facts whose time an order row carries as an interval [from, to]; exact when both ends are equal.
TIMED_EVENTS: tuple[str, ...] = (
    "paid",
    "reviewed",
    "allocated",
    "waybilled",
    "shipped",
    "delivered",
    "completed",
    "cancelled",
    "refunded",
)

# Largest amount we believe in one cell: a thousand billion yuan in fen. Above it the unit is wrong, not the order big.
MAX_MINOR = 10**14
