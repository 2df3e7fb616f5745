"""What has changed of an order that the cells count, since they were last rolled up?

Whoever writes ``orders`` leaves the order as it was (sign -1) and as it has become (sign 1) in ``order_changes``, in the same
statement. The differences add up whatever order transactions come in, so a roll-up neither waits for a writer nor reads an order.
"""

from data.measures import IMAGE

_COLUMNS = ", ".join(IMAGE)
_IMAGE = ", ".join(f"{sql} AS {name}" for name, sql in IMAGE.items())
_SAME = f"ROW({', '.join(f'before.{name}' for name in IMAGE)}) IS NOT DISTINCT FROM ROW({', '.join(f'become.{name}' for name in IMAGE)})"
_TARGET = f"INSERT INTO order_changes (shop_id, order_no, sign, {_COLUMNS})"


def logged_sql(write: str, *, alias: str, fresh: bool = False) -> str:
    """Return the last part of a WITH: a write of the touched orders' rows (named ``alias`` in it) and the log of what it changed.

    With ``fresh`` none of the rows was there before. Stubs count nowhere, so they leave no image.
    """
    written = f"""
    written AS ({write} RETURNING {alias}.*),
    become AS (SELECT shop_id, order_no, {_IMAGE} FROM written WHERE NOT stub)"""
    if fresh:
        return f"{written} {_TARGET} SELECT shop_id, order_no, 1, {_COLUMNS} FROM become"
    return f"""{written},
    before AS (
        SELECT shop_id, order_no, {_IMAGE} FROM orders
        WHERE NOT stub AND (shop_id, order_no) IN (SELECT shop_id, order_no FROM written)
    ),
    same AS (SELECT shop_id, order_no FROM before JOIN become USING (shop_id, order_no) WHERE {_SAME}),
    images AS (SELECT -1 AS sign, * FROM before UNION ALL SELECT 1, * FROM become)
    {_TARGET} SELECT shop_id, order_no, sign, {_COLUMNS} FROM images
    WHERE NOT EXISTS (SELECT FROM same WHERE (same.shop_id, same.order_no) = (images.shop_id, images.order_no))"""
