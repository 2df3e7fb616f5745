"""What money do our own orders say there is: goods, coupons by who bears them, freight, refunds, the fees we expect, each due when?

``money_entries`` is a function of orders, of the rules of settlement and fees, and of two things a statement tells: whether it shows
money sent back at all, and by when it has paid out what an order brought. Computed for the keys in ``recon_keys``, or anew for all.
"""

from sqlalchemy import Connection, text

from data.writes.recon_indexes import without_indexes
from models.reconciliation.rules import BACK_WITHIN, FACE_BY_TYPE, LATEST_DUE, LONGEST_STATEMENT, RECEIVABLE

COLUMNS = (
    "shop_id, order_no, type, part, match_type, channel, amount_minor, currency, occurred_at, completed_at, due_at, exact, bearer, source"
)


def compute_entries(connection: Connection, *, zone: str, anew: bool) -> int:
    """Bring the entries of the touched orders up to date, unchanged ones left alone; returns how many were written or taken away."""
    if anew:
        with without_indexes(connection, "money_entries"):
            return connection.execute(text(f"INSERT INTO money_entries ({COLUMNS}) {_entries_sql(touched=False)}"), {"zone": zone}).rowcount
    connection.execute(
        text(f"CREATE TEMP TABLE recon_entries ON COMMIT DROP AS SELECT {COLUMNS} FROM ({_entries_sql(touched=True)}) AS e"), {"zone": zone}
    )
    connection.execute(text("ANALYZE recon_entries"))
    names = [name.strip() for name in COLUMNS.split(",")]
    same = f"ROW({', '.join(f'kept.{name}' for name in names)}) IS NOT DISTINCT FROM ROW({', '.join(f'e.{name}' for name in names)})"
    gone = connection.execute(
        text(f"""
        WITH was AS MATERIALIZED (
            SELECT kept.* FROM recon_keys AS k JOIN money_entries AS kept ON (kept.shop_id, kept.order_no) = (k.shop_id, k.order_no)
        ),
        changed AS MATERIALIZED (
            SELECT kept.shop_id, kept.order_no, kept.type, kept.part FROM was AS kept
            LEFT JOIN recon_entries AS e USING (shop_id, order_no, type, part) WHERE NOT {same}
        )
        DELETE FROM money_entries AS kept USING changed AS c
        WHERE (kept.shop_id, kept.order_no, kept.type, kept.part) = (c.shop_id, c.order_no, c.type, c.part)
        """)
    ).rowcount
    come = connection.execute(
        text(f"INSERT INTO money_entries ({COLUMNS}) SELECT {COLUMNS} FROM recon_entries ON CONFLICT DO NOTHING")
    ).rowcount
    connection.execute(text("DROP TABLE recon_entries"))
    return gone + come


def _day_of(instant: str) -> str:
    """Return the business day of an instant."""
    return f"CAST({instant} AT TIME ZONE :zone AS date)"


def _end_of(day: str) -> str:
    """Return the last second of a business day."""
    return f"({day} + 1)::timestamp AT TIME ZONE :zone - interval '1 second'"


_OWED = "CASE rule.receivable " + " ".join(f"WHEN '{key}' THEN {sql}" for key, sql in RECEIVABLE.items()) + " END"


def _faced(face: str) -> str:
    return ", ".join(repr(key) for key, value in FACE_BY_TYPE.items() if value == face)


# Shops of which a statement was ever taken in, and from when on; money of the others has no T+N that anybody could tell and never falls
# due, and neither does money from long before the first statement begins: of the longest period of a statement the first may be lost.
TOLD = """SELECT s.shop_id, (SELECT min(period_from) FROM statements AS st WHERE st.shop_id = s.shop_id) AS since FROM shops AS s
        WHERE EXISTS (SELECT FROM settlement_lines AS l WHERE l.shop_id = s.shop_id)"""

# Which terms hold when, channel by channel: an order looks its own up by one hash join instead of asking all rules. A channel without terms
# of its own goes by those of '*', and so does one that has some before the first of them.
_TERMS = """
    SELECT named.channel AS of_channel, span.since, span.until, best.clock, best.days, best.escrow, best.receivable
    FROM (SELECT channel FROM settlement_rules UNION SELECT '*') AS named CROSS JOIN LATERAL (
        SELECT since, lead(since) OVER (ORDER BY since) AS until FROM (
            SELECT DISTINCT valid_from AS since FROM settlement_rules WHERE channel IN (named.channel, '*')) AS changes
    ) AS span CROSS JOIN LATERAL (
        SELECT * FROM settlement_rules AS r WHERE r.channel IN (named.channel, '*') AND r.valid_from <= span.since
        ORDER BY r.channel = '*', r.valid_from DESC LIMIT 1
    ) AS best"""

# The name of a rule for fees, as an entry made by it says it; ``r`` is the rule.
FEE_SOURCE = "'fee:' || r.channel || '/' || r.fee_type || CASE r.category WHEN '*' THEN '' ELSE '/' || r.category END"

# The same for fees, by channel and category; rules of the channel come before rules of the category.
_FEES = f"""
    SELECT types.fee_type AS of_type, channels.channel AS of_channel, categories.category AS of_category, span.since, span.until,
        best.rate, best.fixed_minor, best.base, best.returned, best.source
    FROM (SELECT DISTINCT fee_type FROM fee_rules) AS types
    CROSS JOIN (SELECT channel FROM fee_rules UNION SELECT '*') AS channels
    CROSS JOIN (SELECT category FROM fee_rules UNION SELECT '*') AS categories
    CROSS JOIN LATERAL (
        SELECT since, lead(since) OVER (ORDER BY since) AS until FROM (
            SELECT DISTINCT valid_from AS since FROM fee_rules AS f WHERE f.fee_type = types.fee_type
                AND f.channel IN (channels.channel, '*') AND f.category IN (categories.category, '*')) AS changes
    ) AS span CROSS JOIN LATERAL (
        SELECT r.rate, r.fixed_minor, r.base, r.returned, {FEE_SOURCE} AS source FROM fee_rules AS r
        WHERE r.fee_type = types.fee_type AND r.channel IN (channels.channel, '*') AND r.category IN (categories.category, '*')
            AND r.valid_from <= span.since
        ORDER BY r.channel = '*', r.category = '*', r.valid_from DESC LIMIT 1
    ) AS best"""


def _during(rule: str, instant: str) -> str:
    return f"{instant} >= {rule}.since AND ({rule}.until IS NULL OR {instant} < {rule}.until)"


def _named(column: str, rules: str, value: str) -> str:
    """Return what a table of rules calls a value: itself where a rule names it, else '*'."""
    return f"CASE WHEN {value} IN (SELECT {column} FROM {rules}) THEN {value} ELSE '*' END"


# Offset 0 keeps each step a step: what it computes is computed once, not once for every use.
#
# What an order says in one sum each; where it says nothing of a sum, the next best it says. Money sent back counts as all of it where the
# order says that, and takes the platform's coupon with it.
_SUMS = f"""
    SELECT o.shop_id, o.order_no, coalesce(o.channel, '') AS channel, o.currency, o.paid_to AS paid_at,
        CASE WHEN rule.clock = 'delivered' THEN coalesce(o.completed_to, o.delivered_to) ELSE o.completed_to END AS completed_at,
        CASE rule.clock WHEN 'paid' THEN o.paid_from = o.paid_to
            WHEN 'delivered' THEN coalesce(o.completed_from = o.completed_to, o.delivered_from = o.delivered_to, false)
            ELSE coalesce(o.completed_from = o.completed_to, false) END AS exact,
        o.paid_minor, coalesce(o.freight_minor, 0) AS freight, o.discount_minor, o.goods_minor, o.platform_discount_minor,
        coalesce({_OWED}, o.paid_minor, o.total_minor, o.goods_minor + coalesce(o.freight_minor, 0)) AS receivable,
        coalesce(o.refunded_minor, 0) AS refunded_minor, o.refunded_to IS NOT NULL OR o.cancelled_to IS NOT NULL AS ended,
        least(o.refunded_to, o.cancelled_to) AS ended_at, rule.clock, rule.days, rule.escrow,
        told.shop_id IS NOT NULL AS told, told.since AS told_since, o.ingested_at AS known_at,
        {_named("channel", "fee_rules", "coalesce(o.channel, '')")} AS fee_channel,
        {_named("category", "fee_rules", "o.category")} AS fee_category
    FROM orders AS o {{keys}}
    JOIN terms AS rule ON rule.of_channel = {_named("channel", "settlement_rules", "o.channel")} AND {_during("rule", "o.paid_to")}
    LEFT JOIN ({TOLD}) AS told ON told.shop_id = o.shop_id
    WHERE NOT o.stub AND o.paid_to IS NOT NULL AND o.currency IS NOT NULL OFFSET 0"""

# Which of it a statement shows matters only where money was sent back, so that only then its lines are looked up.
_BACK = f"""
    SELECT s.*, CASE
            WHEN refunded_minor > 0 AND refunded_minor >= coalesce(paid_minor, receivable)
                THEN refunded_minor + receivable - coalesce(paid_minor, receivable)
            WHEN refunded_minor > 0 THEN refunded_minor WHEN ended THEN receivable ELSE 0 END AS back,
        CASE WHEN refunded_minor > 0 AND NOT ended THEN (
            SELECT max(occurred_to) FROM order_events AS e
            WHERE (e.shop_id, e.order_no) = (s.shop_id, s.order_no) AND e.type = 'refunded') ELSE ended_at END AS back_at,
        shown.refund AS refund_shown, shown.receipt AS receipt_shown,
        shown.received, shown.fees, shown.received_at
    FROM sums AS s LEFT JOIN LATERAL (
        SELECT coalesce(bool_or(type IN ({_faced("refund")})), false) AS refund,
            coalesce(sum(amount_minor) FILTER (WHERE type IN ({_faced("receipt")}) AND amount_minor > 0), 0) AS received,
            coalesce(bool_or(type IN ({_faced("receipt")})), false) AS receipt,
            min(coalesce(settled_at, occurred_at)) FILTER (WHERE type IN ({_faced("receipt")}) AND amount_minor > 0 AND NOT pending)
                AS received_at,
            coalesce(sum(amount_minor) FILTER (WHERE type IN ({_faced("commission")}, {_faced("fee")})), 0) AS fees
        FROM settlement_lines AS l WHERE (l.shop_id, l.order_no) = (s.shop_id, s.order_no) AND (s.refunded_minor > 0 OR s.ended)
    ) AS shown ON refunded_minor > 0 OR ended
    WHERE receivable IS NOT NULL OFFSET 0"""

# Where the platform holds the money until completion, what goes back before it never reaches the statement: the receipt is what is left,
# and nothing where nothing is. A statement that shows it all the same is believed.
_NETTED = """
    SELECT *, netted AND back >= receivable AND NOT coalesce(receipt_shown, false) AS nothing FROM (
        SELECT *, escrow AND back > 0 AND NOT coalesce(refund_shown, false)
            AND (completed_at IS NULL OR back_at <= completed_at OR (back_at IS NULL AND coalesce(received, 0) <> receivable)) AS netted
        FROM back OFFSET 0
    ) AS netted OFFSET 0"""

# What is paid out of escrow had been completed by then, however late we hear of that.
_DONE = "least(completed_at, CASE WHEN escrow THEN received_at END)"
# An export that says that an order is completed, but not when, may bear an older time than what it tells: nothing is late before we knew.
# While an order whose clock is its completion is not completed, only the latest day counts.
_CLOCK = "CASE WHEN clock = 'paid' THEN paid_at WHEN exact THEN completed_at ELSE greatest(completed_at, known_at) END"
_DUE = f"""least(CASE WHEN clock = 'paid' OR completed_at IS NOT NULL THEN {_day_of(_CLOCK)} + days END,
            {_day_of("paid_at")} + {LATEST_DUE.days})"""


def _covered(since: str) -> str:
    """Return whether statements tell of what an instant may have led to, or ought to."""
    return f"coalesce({_day_of(since)} >= {_day_of('told_since')} - {LONGEST_STATEMENT.days}, true)"


_SENT = f"coalesce(back_at, {_DONE} + interval '{BACK_WITHIN.days} days', paid_at)"
_PARTS = f"""
    SELECT *, greatest(receivable - coalesce(paid_minor, receivable), 0) AS subsidy,
        greatest(coalesce(
            discount_minor - coalesce(platform_discount_minor, greatest(receivable - coalesce(paid_minor, receivable), 0)),
            goods_minor + freight - receivable, 0), 0) AS discount,
        CASE WHEN told AND {_covered(f"coalesce({_CLOCK}, paid_at)")} THEN {_end_of(_DUE)} END AS due_at,
        CASE WHEN told AND {_covered(_SENT)} AND back <> 0 THEN {_end_of(f"{_day_of(_SENT)} + days")} END AS back_due
    FROM netted WHERE NOT nothing OFFSET 0"""

# What a refund gives back of a fee comes with the refund's line: as long as there is none, a fee that is still charged in full is right.
_NOT_YET_BACK = """(NOT coalesce(p.refund_shown, true) AND p.fees <= 1 - {r}.fixed_minor
            - round({r}.rate * (p.receivable - CASE {r}.base WHEN 'goods' THEN p.freight ELSE 0 END))::bigint)"""
_FEE_TYPES = ("commission", "fee")


def _fee_base(rule: str) -> str:
    return f"""p.receivable - CASE {rule}.base WHEN 'goods' THEN p.freight ELSE 0 END
            - CASE WHEN p.netted OR ({rule}.returned AND NOT {_NOT_YET_BACK.format(r=rule)}) THEN p.back ELSE 0 END AS {rule}_base"""


def _fee_columns(rule: str) -> str:
    return ", ".join((f"{rule}.rate AS {rule}_rate", f"{rule}.fixed_minor AS {rule}_fixed", f"{rule}.source AS {rule}_source"))


def _fee_join(rule: str) -> str:
    return f"""
    LEFT JOIN fees AS {rule} ON ({rule}.of_type, {rule}.of_channel, {rule}.of_category) = ('{rule}', p.fee_channel, p.fee_category)
        AND {_during(rule, "p.paid_at")}"""


# Without a rule a fee has no rate, hence no amount.
_CHARGED = f"""
    SELECT p.*, {", ".join(f"{_fee_columns(rule)}, {_fee_base(rule)}" for rule in _FEE_TYPES)}
    FROM parts AS p {"".join(_fee_join(rule) for rule in _FEE_TYPES)} OFFSET 0"""


def _fee_amount(rule: str) -> str:
    """Return a fee: half a minor unit is rounded up, away from zero, as platforms do."""
    return f"CASE WHEN {rule}_base > 0 THEN -(round({rule}_rate * {rule}_base)::bigint + {rule}_fixed) ELSE 0 END AS {rule}"


_PRICED = f"SELECT *, {', '.join(_fee_amount(rule) for rule in _FEE_TYPES)} FROM charged OFFSET 0"

# Type of entry, what it is matched as, its amount, who bears it, what expects it.
_KINDS = (
    ("gross", "'receipt'", "receivable - subsidy + discount - freight", "NULL", "'orders'"),
    ("subsidy", "'receipt'", "subsidy", "'platform'", "'orders'"),
    ("discount", "'receipt'", "-discount", "'merchant'", "'orders'"),
    ("freight", "'receipt'", "freight", "NULL", "'orders'"),
    ("refund", "CASE WHEN netted THEN 'receipt' ELSE 'refund' END", "-back", "NULL", "'orders'"),
    *((rule, f"'{rule}'", rule, "NULL", f"{rule}_source") for rule in _FEE_TYPES),
)


def _entries_sql(*, touched: bool) -> str:
    keys = "JOIN recon_keys AS k ON (k.shop_id, k.order_no) = (o.shop_id, o.order_no)" if touched else ""
    # not VALUES, whose expressions are prepared anew for every order
    kinds = " UNION ALL ".join(
        f"SELECT '{type_}' AS type, {face} AS match_type, {amount} AS amount, {bearer}::text AS bearer, {source} AS source"
        f" WHERE {amount} <> 0"
        for type_, face, amount, bearer, source in _KINDS
    )
    return f"""
        WITH terms AS MATERIALIZED ({_TERMS}), fees AS MATERIALIZED ({_FEES}),
            sums AS ({_SUMS.format(keys=keys)}), back AS ({_BACK}), netted AS ({_NETTED}), parts AS ({_PARTS}), charged AS ({_CHARGED}),
            priced AS ({_PRICED})
        SELECT p.shop_id, p.order_no, kind.type, '' AS part, kind.match_type, p.channel, kind.amount::bigint AS amount_minor, p.currency,
            CASE kind.type WHEN 'refund' THEN coalesce(back_at, completed_at, paid_at) ELSE paid_at END AS occurred_at, completed_at,
            CASE kind.match_type WHEN 'refund' THEN back_due ELSE due_at END AS due_at,
            CASE kind.match_type WHEN 'refund' THEN back_at IS NOT NULL ELSE exact END AS exact, kind.bearer, kind.source
        FROM priced AS p CROSS JOIN LATERAL ({kinds}) AS kind"""
