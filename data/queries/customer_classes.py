"""Which class of customer is the buyer of an order, by what they paid for before they placed it?"""

from collections.abc import Sequence

from sqlalchemy import Connection, text

from models.customers import LOOK_BACK, MAJOR_ORDERS, class_of

# Who a buyer is; the index ``ix_order_contacts_buyer`` is on the same expression.
_BUYER = "coalesce({0}.buyer_name, {0}.email)"
# A name with stars in it is that of many people.
_NAMED = f"{_BUYER.format('c')} NOT LIKE '%*%' AND {_BUYER.format('c')} <> ''"
# Of a buyer with more orders than this the latest ones tell enough.
_MOST = 20 * MAJOR_ORDERS


def customer_classes(connection: Connection, keys: Sequence[tuple[str, str]]) -> dict[tuple[str, str], str]:
    """Return the class of customer of each order (shop, order) whose buyer is known.

    Asked of the contacts that are kept, and only then: nothing of it is stored, so what is erased or past its time counts no more.
    """
    asked = f"""
        SELECT o.shop_id, o.order_no, before.orders, before.minor
        FROM (SELECT DISTINCT * FROM unnest(CAST(:shops AS text[]), CAST(:orders AS text[])) AS k (shop_id, order_no)) AS k
        JOIN orders AS o USING (shop_id, order_no) JOIN order_contacts AS c USING (shop_id, order_no)
        CROSS JOIN LATERAL (
            SELECT count(*) AS orders, coalesce(sum(paid_reporting_minor), 0)::bigint AS minor FROM (
                SELECT p.paid_reporting_minor FROM order_contacts AS b JOIN orders AS p USING (shop_id, order_no)
                WHERE {_BUYER.format("b")} = {_BUYER.format("c")} AND p.channel = o.channel AND NOT p.stub
                    AND (p.shop_id, p.order_no) <> (o.shop_id, o.order_no)
                    AND p.paid_to > o.created_at - :look_back AND p.paid_to <= o.created_at
                    AND p.cancelled_to IS NULL AND p.refunded_to IS NULL
                ORDER BY p.paid_to DESC, p.shop_id, p.order_no LIMIT {_MOST}
            ) AS latest
        ) AS before
        WHERE {_NAMED}"""
    given = {"shops": [shop for shop, _ in keys], "orders": [order for _, order in keys], "look_back": LOOK_BACK}
    return {(row.shop_id, row.order_no): class_of(row.orders, row.minor) for row in connection.execute(text(asked), given)}
