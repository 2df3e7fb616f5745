"""Under which key are the rows of a statement matched, where their own order number is not one that we know?

What stands for the number may be what people call the order, where one order alone is called so. A further identifier of the line may be
an order of ours, or may be shared with a line whose order is known (``IDENTIFIERS``, in the order of trust). Where it names several
orders that only together come to the line's amount, they are matched as one group (A7).
"""

from sqlalchemy import Connection, text

from models.reconciliation.rules import FACE_BY_TYPE, TAKEN_BACK
from models.reconciliation.types import UNCLASSIFIED

FACES = f"(VALUES {', '.join(f'({key!r}, {face!r})' for key, face in FACE_BY_TYPE.items())}) AS faces (type, face)"
# What a line is matched as: a coupon taken back goes with the refund, a type that nobody knows is unclassified.
FACE = f"""CASE WHEN l.type IN ({", ".join(repr(key) for key in TAKEN_BACK)}) AND l.amount_minor < 0 THEN 'refund'
    ELSE coalesce(faces.face, '{UNCLASSIFIED}') END"""
# A link to a link is followed so often at most; groups do not overlap deeper in life.
_HOPS = 4


def touch_named(connection: Connection) -> None:
    """Touch the lines that name a touched order, or anything a touched line names, by its name or a further identifier."""
    connection.execute(
        text("""
        INSERT INTO recon_keys
        SELECT o.shop_id, o.order_name FROM recon_keys AS k JOIN orders AS o ON (o.shop_id, o.order_no) = (k.shop_id, k.order_no)
        WHERE o.order_name IS NOT NULL ON CONFLICT DO NOTHING
        """)
    )
    connection.execute(
        text("""
        INSERT INTO recon_keys
        SELECT n.shop_id, n.order_no FROM (
            SELECT shop_id, order_no AS id FROM recon_keys
            UNION SELECT l.shop_id, unnest(l.alternates) FROM recon_keys AS k
            JOIN settlement_lines AS l ON (l.shop_id, l.order_no) = (k.shop_id, k.order_no) WHERE l.alternates <> '{}'
        ) AS named CROSS JOIN LATERAL (
            SELECT l.shop_id, l.order_no FROM settlement_lines AS l
            WHERE l.alternates @> ARRAY[named.id] AND l.alternates <> '{}' AND l.shop_id = named.shop_id
        ) AS n ON CONFLICT DO NOTHING
        """)
    )


def link_keys(connection: Connection, *, anew: bool) -> int:
    """Find the orders of the touched lines whose own number is none, and return how many keys are linked."""
    here = "" if anew else "AND (shop_id, order_no) IN (SELECT shop_id, order_no FROM recon_keys)"
    members = "" if anew else "AND (target_shop_id, target_order_no) IN (SELECT shop_id, order_no FROM recon_keys)"
    connection.execute(text(f"DELETE FROM recon_links WHERE type <> 'payout' {here}"))
    connection.execute(text(f"DELETE FROM recon_links WHERE type <> 'payout' {members}"))
    keys = "" if anew else "JOIN recon_keys AS k ON (k.shop_id, k.order_no) = (l.shop_id, l.order_no)"
    named = connection.execute(text("SELECT EXISTS (SELECT FROM orders WHERE order_name IS NOT NULL)")).scalar_one()
    parts = {"or_named": _OR_NAMED, "by_name": _BY_NAME} if named else {"or_named": "", "by_name": ""}
    linked = connection.execute(text(_LINK.format(keys=keys, **parts))).rowcount
    if linked:
        for _ in range(_HOPS):
            if not connection.execute(text(_FOLLOW)).rowcount:
                break
        connection.execute(text("DELETE FROM recon_links WHERE (shop_id, order_no) = (target_shop_id, target_order_no)"))
        if not anew:
            connection.execute(
                text("""
                INSERT INTO recon_keys SELECT l.target_shop_id, l.target_order_no FROM recon_links AS l
                JOIN recon_keys AS k ON (k.shop_id, k.order_no) = (l.shop_id, l.order_no) ON CONFLICT DO NOTHING
                """)
            )
    return linked


_OURS = "EXISTS (SELECT FROM money_entries AS e WHERE (e.shop_id, e.order_no) = ({shop}, {order}))"

# A name that several orders bear names none of them.
_OR_NAMED = "OR EXISTS (SELECT FROM orders AS o WHERE (o.shop_id, o.order_name) = (l.shop_id, l.order_no))"
_BY_NAME = f"""
        SELECT s.shop_id, s.order_no, s.face, o.order_no AS target, 0::bigint AS place, 'name' AS via
        FROM sums AS s JOIN orders AS o ON (o.shop_id, o.order_name) = (s.shop_id, s.order_no)
        WHERE {_OURS.format(shop="o.shop_id", order="o.order_no")} AND NOT EXISTS (
            SELECT FROM orders AS p WHERE (p.shop_id, p.order_name) = (o.shop_id, o.order_name) AND p.order_no <> o.order_no)
        UNION ALL"""

_LINK = f"""
    WITH loose AS MATERIALIZED (
        SELECT l.shop_id, l.order_no, {FACE} AS face, l.alternates, l.amount_minor, l.pending
        FROM settlement_lines AS l {{keys}} LEFT JOIN {FACES} ON faces.type = l.type
        WHERE (l.alternates <> '{{{{}}}}' {{or_named}}) AND {FACE} <> 'payout' AND NOT {_OURS.format(shop="l.shop_id", order="l.order_no")}
    ),
    sums AS (
        SELECT shop_id, order_no, face, coalesce(sum(amount_minor) FILTER (WHERE NOT pending), 0) AS stated FROM loose GROUP BY 1, 2, 3
    ),
    named AS (
        SELECT shop_id, order_no, face, id, min(place) AS place
        FROM loose CROSS JOIN LATERAL unnest(alternates) WITH ORDINALITY AS u (id, place)
        GROUP BY 1, 2, 3, 4
    ),
    hits AS ({{by_name}}
        SELECT shop_id, order_no, face, id AS target, place, 'alternate' AS via FROM named AS n
        WHERE {_OURS.format(shop="n.shop_id", order="n.id")}
        UNION ALL
        SELECT n.shop_id, n.order_no, n.face, s.order_no, n.place + 1000, 'shared' FROM named AS n CROSS JOIN LATERAL (
            SELECT DISTINCT l.order_no FROM settlement_lines AS l
            WHERE l.alternates @> ARRAY[n.id] AND l.alternates <> '{{{{}}}}' AND l.shop_id = n.shop_id AND l.order_no <> n.order_no
        ) AS s WHERE {_OURS.format(shop="n.shop_id", order="s.order_no")}
    ),
    best AS (
        SELECT DISTINCT ON (h.shop_id, h.order_no, h.face, target) h.shop_id, h.order_no, h.face, target, place, via, stated, coalesce((
                SELECT sum(amount_minor) FROM money_entries AS e
                WHERE (e.shop_id, e.order_no, e.match_type) = (h.shop_id, target, h.face)), 0) AS expected
        FROM hits AS h JOIN sums USING (shop_id, order_no, face) ORDER BY h.shop_id, h.order_no, h.face, target, place
    ),
    judged AS (
        SELECT *, count(*) OVER w > 1 AND NOT bool_or(expected = stated AND stated <> 0) OVER w
                AND sum(expected) OVER w = stated AND min(via) OVER w = max(via) OVER w AS is_group,
            min(target) OVER w AS leader,
            row_number() OVER (
                PARTITION BY shop_id, order_no, face ORDER BY (expected = stated AND stated <> 0) DESC, place, target) AS choice
        FROM best WINDOW w AS (PARTITION BY shop_id, order_no, face)
    )
    INSERT INTO recon_links (shop_id, order_no, type, target_shop_id, target_order_no, via)
    SELECT shop_id, order_no, face, shop_id, target, via FROM judged WHERE NOT is_group AND choice = 1
    UNION ALL SELECT shop_id, order_no, face, shop_id, leader, 'group' FROM judged WHERE is_group AND choice = 1
    UNION ALL SELECT DISTINCT shop_id, target, face, shop_id, leader, 'group' FROM judged WHERE is_group AND target <> leader
    ON CONFLICT DO NOTHING"""

_FOLLOW = """
    UPDATE recon_links AS l SET target_shop_id = t.target_shop_id, target_order_no = t.target_order_no FROM recon_links AS t
    WHERE (t.shop_id, t.order_no, t.type) = (l.target_shop_id, l.target_order_no, l.type) AND l.type <> 'payout'
        AND (t.target_shop_id, t.target_order_no) <> (l.shop_id, l.order_no)"""
