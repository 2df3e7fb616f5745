"""Which orders and statement lines are new or open, so that a run looks at them and at nothing else?

``recon_keys`` holds their keys for one transaction: lines that came, changed or went (``recon_touched``, filled with the lines), orders
that changed since the last run, matches whose T+N has passed, orders whose rules changed, and whatever is linked to one of these.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import Connection, text

from data.connectors.registry import MoneySource
from data.writes.money_entries import TOLD

# An order's file may have been read long before its transaction ended.
_OVERLAP = timedelta(hours=6)
# Before a day and a source: what is touched where a line of it has gone, beside its order and its payout (``payout:``).
TOLD_ON = "told:"


def told_shops(connection: Connection) -> dict[str, str]:
    """Return the shops of which a statement was ever taken in, and the instant from which on statements tell of each ('' = of all)."""
    return {row.shop_id: "" if row.since is None else row.since.isoformat() for row in connection.execute(text(TOLD))}


def touch(connection: Connection, *, since: datetime, as_of: datetime, newly_told: Sequence[str]) -> int:
    """Gather the touched keys and return how many there are; ``since`` is when the last run that succeeded began.

    With the first statement of a shop, and with one of older days than any before, the money of all its orders may have fallen due;
    with the last line of its last statement gone it has not. ``newly_told`` are the shops of which that is told otherwise than before.
    """
    _open(connection)
    connection.execute(
        text("""
        WITH taken AS (DELETE FROM recon_touched RETURNING shop_id, order_no)
        INSERT INTO recon_keys
        SELECT shop_id, order_no FROM taken
        UNION SELECT shop_id, order_no FROM orders WHERE changed_at >= :changed_since
        UNION SELECT shop_id, order_no FROM recon_results WHERE class = 'pending' AND due_at <= :as_of AND type <> 'payout'
        UNION SELECT shop_id, order_no FROM orders WHERE shop_id = ANY(:newly_told)
        UNION SELECT o.shop_id, o.order_no FROM orders AS o JOIN (
            SELECT channel, min(valid_from) AS valid_from FROM (
                SELECT channel, valid_from FROM settlement_rules WHERE set_at >= :since
                UNION ALL SELECT channel, valid_from FROM fee_rules WHERE set_at >= :since
            ) AS changed GROUP BY channel
        ) AS rule ON rule.channel IN (o.channel, '*') WHERE o.paid_to >= rule.valid_from
        """),
        {"since": since, "changed_since": since - _OVERLAP, "as_of": as_of, "newly_told": list(newly_told)},
    )
    connection.execute(text("ANALYZE recon_keys"))
    spread(connection)
    return int(connection.execute(text("SELECT count(*) FROM recon_keys")).scalar_one())


def take_all(connection: Connection) -> None:
    """Leave nothing to be gathered, for everything is matched anew."""
    connection.execute(text("DELETE FROM recon_touched"))


def spread(connection: Connection) -> None:
    """Touch whatever is matched together with a touched key, under the key it is matched under."""
    connection.execute(
        text("""
        INSERT INTO recon_keys
        WITH RECURSIVE together AS (
            SELECT shop_id, order_no FROM recon_keys
            UNION SELECT n.shop_id, n.order_no FROM together AS t CROSS JOIN LATERAL (
                SELECT target_shop_id AS shop_id, target_order_no AS order_no FROM recon_links AS l
                WHERE (l.shop_id, l.order_no) = (t.shop_id, t.order_no)
                UNION ALL SELECT shop_id, order_no FROM recon_links AS l
                WHERE (l.target_shop_id, l.target_order_no) = (t.shop_id, t.order_no)
            ) AS n
        )
        SELECT shop_id, order_no FROM together ON CONFLICT DO NOTHING
        """)
    )
    connection.execute(text("ANALYZE recon_keys"))


def cover_days(connection: Connection, sources: tuple[MoneySource, ...], *, zone: str, anew: bool) -> None:
    """Note which source tells of which shop's days, and touch the lines of a day that a better source tells of from now on, or no more.

    While one source alone tells of a money no days are kept of it; with the first of another, those of all its lines are.
    """
    if anew:
        connection.execute(text("DELETE FROM recon_days"))
    several = several_tellings(connection, sources)
    if not several:
        return
    if not anew:
        _forget_days(connection, several, zone=zone)
    kept = set(connection.execute(text("SELECT DISTINCT source FROM recon_days")).scalars())
    given = {"zone": zone, "sources": [each.source for each in several], "unkept": [s.source for s in several if s.source not in kept]}
    keys = "" if anew else "JOIN recon_keys AS k ON (k.shop_id, k.order_no) = (l.shop_id, l.order_no)"
    connection.execute(
        text(f"""
        CREATE TEMP TABLE recon_new_days ON COMMIT DROP AS
        SELECT DISTINCT l.shop_id, l.source, CAST(l.occurred_at AT TIME ZONE :zone AS date) AS day
        FROM settlement_lines AS l WHERE l.source = ANY(:unkept)
        UNION SELECT l.shop_id, l.source, CAST(l.occurred_at AT TIME ZONE :zone AS date)
        FROM settlement_lines AS l {keys} WHERE l.source = ANY(:sources)
        EXCEPT SELECT shop_id, source, day FROM recon_days
        """),
        given,
    )
    connection.execute(text("INSERT INTO recon_days SELECT shop_id, source, day FROM recon_new_days"))
    if not anew:
        _touch_worse(connection, several, days="recon_new_days", zone=zone)
    connection.execute(text("DROP TABLE recon_new_days"))


def _forget_days(connection: Connection, several: tuple[MoneySource, ...], *, zone: str) -> None:
    """Forget the days of which a source does not tell any more, for its lines of them have gone, and touch what it told better."""
    connection.execute(
        text(f"""
        CREATE TEMP TABLE recon_lost_days ON COMMIT DROP AS
        WITH told AS (
            SELECT shop_id, substr(order_no, {len(TOLD_ON) + 1}, 10) AS day, substr(order_no, {len(TOLD_ON) + 12}) AS source
            FROM recon_keys WHERE order_no LIKE '{TOLD_ON}%'
        )
        SELECT DISTINCT d.* FROM told JOIN recon_days AS d ON (d.shop_id, d.source) = (told.shop_id, told.source)
            AND told.day IN (CAST(d.day - 1 AS text), CAST(d.day AS text), CAST(d.day + 1 AS text))
        WHERE NOT EXISTS (
            SELECT FROM settlement_lines AS l WHERE (l.shop_id, l.source) = (d.shop_id, d.source) AND {_ON_DAY})
        """),
        {"zone": zone},
    )
    connection.execute(text("DELETE FROM recon_days WHERE (shop_id, source, day) IN (SELECT shop_id, source, day FROM recon_lost_days)"))
    _touch_worse(connection, several, days="recon_lost_days", zone=zone)
    connection.execute(text("DROP TABLE recon_lost_days"))


def _touch_worse(connection: Connection, several: tuple[MoneySource, ...], *, days: str, zone: str) -> None:
    """Touch the lines of worse sources than those whose days these are, on these days."""
    connection.execute(
        text(f"""
        INSERT INTO recon_keys
        SELECT l.shop_id, l.order_no FROM {days} AS d JOIN ({money_values(several)}) AS better ON better.source = d.source
        JOIN ({money_values(several)}) AS worse ON worse.money = better.money AND worse.preference > better.preference
        JOIN settlement_lines AS l ON (l.shop_id, l.source) = (d.shop_id, worse.source) AND {_ON_DAY}
        ON CONFLICT DO NOTHING
        """),
        {"zone": zone},
    )


# Of ``settlement_lines AS l``: it is of the business day ``d.day``.
_ON_DAY = "l.occurred_at >= d.day::timestamp AT TIME ZONE :zone AND l.occurred_at < (d.day + 1)::timestamp AT TIME ZONE :zone"


def several_tellings(connection: Connection, sources: tuple[MoneySource, ...]) -> tuple[MoneySource, ...]:
    """Return the sources of whatever money more than one of them could tell, as far as lines of two of them have ever come."""
    by_money: dict[str, list[MoneySource]] = {}
    for each in sources:
        by_money.setdefault(each.money, []).append(each)
    shared = [each for group in by_money.values() if len(group) > 1 for each in group]
    if not shared:
        return ()
    asked = text(
        """
        SELECT source FROM unnest(CAST(:sources AS text[])) AS source
        WHERE EXISTS (SELECT FROM file_runs AS r WHERE r.source = source.source)
        """
    )
    seen = set(connection.execute(asked, {"sources": [each.source for each in shared]}).scalars())
    return tuple(each for each in shared if sum(other.source in seen for other in by_money[each.money]) > 1)


def money_values(sources: tuple[MoneySource, ...]) -> str:
    """Return the sources as a relation ``source, money, preference``."""
    rows = ", ".join(f"('{each.source}', '{each.money}', {each.preference})" for each in sources)
    return f"SELECT * FROM (VALUES {rows}) AS told (source, money, preference)"


def _open(connection: Connection) -> None:
    connection.execute(text("CREATE TEMP TABLE recon_keys (shop_id text, order_no text, PRIMARY KEY (shop_id, order_no)) ON COMMIT DROP"))
