"""How do our entries and the statements' lines become matches, one a key, with every row in exactly one of them?

Rows of both sides are put under one another and summed by key: 1:1, 1:n, n:1 and n:m alike, at the cost of one join. What a match comes
to is decided in the same statement, by ``models.reconciliation.rules``. Only matches that changed are written.
"""

from datetime import datetime

from sqlalchemy import Connection, text

from data.connectors.registry import MoneySource
from data.tables import recon_results
from data.writes.recon_links import FACE, FACES
from data.writes.recon_touch import money_values
from models.reconciliation.rules import ANY, RULES, Rule

COLUMNS = tuple(column.name for column in recon_results.columns)
_KEY = ("shop_id", "order_no", "type", "currency")
# What may change in a match without anything of its sides having changed.
_NOT_OF_ITS_SIDES = {*_KEY, "explained_minor", "run_id", "kind"}
_OWN = tuple(name for name in COLUMNS if name not in _NOT_OF_ITS_SIDES)


def match_anew(connection: Connection, *, zone: str, as_of: datetime, run_id: int, several: tuple[MoneySource, ...]) -> int:
    """Fill the emptied results from all rows; returns their number."""
    statement = f"INSERT INTO recon_results ({', '.join(COLUMNS)}) {matched_sql(connection, touched=False, several=several)}"
    return connection.execute(text(statement), {"zone": zone, "as_of": as_of, "run_id": run_id}).rowcount


def match_touched(connection: Connection, *, zone: str, as_of: datetime, run_id: int, several: tuple[MoneySource, ...]) -> int:
    """Match the touched keys and write what changed; ``recon_moved`` and ``recon_before`` then say what did. Returns how many."""
    connection.execute(
        text(f"CREATE TEMP TABLE recon_fresh ON COMMIT DROP AS {matched_sql(connection, touched=True, several=several)}"),
        {"zone": zone, "as_of": as_of, "run_id": run_id},
    )
    connection.execute(text("ANALYZE recon_fresh"))
    pair_currencies(connection, "recon_fresh")
    return write_changed(
        connection, old="JOIN recon_keys AS k ON (k.shop_id, k.order_no) = (r.shop_id, r.order_no) WHERE r.type <> 'payout'"
    )


def write_changed(connection: Connection, *, old: str) -> int:
    """Put the matches of ``recon_fresh`` in the place of those that ``old`` finds, where they differ; returns how many moved."""
    same = f"ROW({', '.join(f'r.{name}' for name in _OWN)}) IS NOT DISTINCT FROM ROW({', '.join(f'f.{name}' for name in _OWN)})"
    on = " AND ".join(f"r.{name} = f.{name}" for name in _KEY)
    connection.execute(
        text(f"""
        CREATE TEMP TABLE recon_differ ON COMMIT DROP AS
        SELECT {", ".join(f"coalesce(f.{name}, r.{name}) AS {name}" for name in _KEY)} FROM recon_fresh AS f
        FULL JOIN (SELECT r.* FROM recon_results AS r {old}) AS r ON {on}
        WHERE NOT {same} OR f.order_no IS NULL OR r.order_no IS NULL
        """)
    )
    connection.execute(
        text("INSERT INTO recon_moved (shop_id, order_no, type, currency) SELECT * FROM recon_differ ON CONFLICT DO NOTHING")
    )
    remember(connection)
    connection.execute(text(f"DELETE FROM recon_results AS r USING recon_differ AS f WHERE {on}"))
    moved = connection.execute(
        text(f"""
        INSERT INTO recon_results ({", ".join(COLUMNS)})
        SELECT {", ".join(f"f.{name}" for name in COLUMNS)} FROM recon_fresh AS f JOIN recon_differ AS r ON {on}
        """)
    ).rowcount
    connection.execute(text("DROP TABLE recon_fresh; DROP TABLE recon_differ"))
    return moved


def open_moved(connection: Connection) -> None:
    """Create the lists of matches that this transaction changes, and of what they were."""
    key = "shop_id text, order_no text, type text, currency text"
    connection.execute(
        text(f"""
        CREATE TEMP TABLE recon_moved ({key}, known boolean NOT NULL DEFAULT false, PRIMARY KEY (shop_id, order_no, type, currency))
        ON COMMIT DROP
        """)
    )
    connection.execute(text("CREATE TEMP TABLE recon_before (LIKE recon_results) ON COMMIT DROP"))


def remember(connection: Connection) -> None:
    """Keep what the matches listed since last time are, before they change; one that is not there was not."""
    connection.execute(
        text("""
        INSERT INTO recon_before SELECT r.* FROM recon_results AS r JOIN recon_moved AS m USING (shop_id, order_no, type, currency)
        WHERE NOT m.known
        """)
    )
    connection.execute(text("UPDATE recon_moved SET known = true WHERE NOT known"))
    connection.execute(text("ANALYZE recon_moved"))


def pair_currencies(connection: Connection, matches: str) -> None:
    """Mark the two halves of a key whose sides are in different currencies: that is a partial match, not two missing ones."""
    connection.execute(
        text(f"""
        UPDATE {matches} AS r SET class = 'partial', kind = 'currency', side = '', explained_minor = 0 FROM (
            SELECT DISTINCT a.shop_id, a.order_no, a.type FROM {matches} AS a
            JOIN {matches} AS b ON (b.shop_id, b.order_no, b.type) = (a.shop_id, a.order_no, a.type) AND b.currency <> a.currency
            WHERE a.type <> 'payout' AND a.class = 'missing' AND b.class IN ('missing', 'pending')
                AND (a.entries = 0) <> (b.entries = 0) AND (a.lines = 0) <> (b.lines = 0)
        ) AS p
        WHERE (p.shop_id, p.order_no, p.type) = (r.shop_id, r.order_no, r.type) AND r.class IN ('missing', 'pending')
            AND (r.entries = 0) <> (r.lines = 0)
        """)
    )


def matched_sql(connection: Connection, *, touched: bool, several: tuple[MoneySource, ...]) -> str:
    """Return the question of what the (touched) keys' rows come to; binds ``zone``, ``as_of`` and ``run_id``."""
    linked = bool(connection.execute(text("SELECT EXISTS (SELECT FROM recon_links WHERE type <> 'payout')")).scalar_one())
    tolerance = _tolerance(connection)
    since = "" if tolerance == _TOLERANCE else ", min(occurred_at) FILTER (WHERE entry = 1) AS ours_since"
    # without a row to add there is nothing to keep, which halves the memory of a group
    sums = ", ".join(f"coalesce(sum({part}) FILTER (WHERE {part} <> 0), 0)::bigint AS {part}_minor" for part in _PARTS)
    summed = f"""
        SELECT shop_id, order_no, type, currency, max(channel) AS channel, sum(entry)::int AS entries, sum(line)::int AS lines,
            sum(settled)::int AS settled_lines, sum(unsettled)::int AS unsettled_lines, {sums},
            max(completed_at) AS completed_at, max(settled_at) AS settled_at, max(due_at) AS due_at, bool_and(exact) AS exact,
            min(occurred_at) AS occurred_at{since}
        FROM ({_entry_rows(touched=touched, linked=linked)} UNION ALL {_line_rows(touched=touched, linked=linked, several=several)}) AS r
        GROUP BY shop_id, order_no, type, currency"""
    judged = f"""
        SELECT *, internal_minor - stated_minor AS difference_minor, {_RULE} AS rule, {tolerance} AS tolerance, {_LATE} AS late
        FROM ({summed}) AS summed OFFSET 0"""
    # offset 0 keeps each step a step: what it computes is computed once, not once for every use
    decided = f"SELECT *, {_CLASS} AS class FROM ({judged}) AS judged OFFSET 0"
    within = "abs(difference_minor) <= tolerance"
    values = {
        "kind": f"CASE WHEN class <> 'partial' THEN '' WHEN {within} THEN 'time' ELSE 'amount' END",
        "side": "CASE WHEN class <> 'missing' THEN '' WHEN entries = 0 THEN 'internal' ELSE 'statement' END",
        "bank_minor": "0::bigint",
        "explained_minor": f"CASE WHEN class IN ('matched', 'pending') OR {within} THEN difference_minor ELSE 0 END",
        "completed_day": "CAST(coalesce(completed_at, occurred_at) AT TIME ZONE :zone AS date)",
        "settled_day": "CAST(coalesce(settled_at, due_at, occurred_at) AT TIME ZONE :zone AS date)",
        "bank_lines": "0",
        "run_id": "CAST(:run_id AS bigint)",
    }
    return f"SELECT {', '.join(f'{values[name]} AS {name}' if name in values else name for name in COLUMNS)} FROM ({decided}) AS decided"


_PARTS = ("internal", "stated", "discount", "freight", "refund", "waiting")
_NOTHING_SETTLED = "settled_lines = 0"
# Settled in part, while the rest stands in a statement as not settled yet and has not fallen due.
_PART_TO_COME = """abs(difference_minor) > tolerance AND difference_minor::numeric * sign(internal_minor) > 0
        AND stated_minor::numeric * internal_minor >= 0 AND unsettled_lines > 0 AND due_at > :as_of"""
# Money that only moves between the merchant's own accounts has no order to agree with; what has not fallen due may still come.
_CLASS = f"""CASE
    WHEN type = 'movement' THEN 'matched'
    WHEN {_NOTHING_SETTLED} AND internal_minor = 0 AND unsettled_lines = 0 THEN 'matched'
    WHEN {_NOTHING_SETTLED} AND entries = 0 THEN 'pending'
    WHEN {_NOTHING_SETTLED} AND (due_at IS NULL OR due_at > :as_of) THEN 'pending'
    WHEN {_NOTHING_SETTLED} THEN 'missing'
    WHEN entries = 0 AND stated_minor <> 0 THEN 'missing'
    WHEN {_PART_TO_COME} THEN 'pending'
    WHEN abs(difference_minor) > tolerance OR late THEN 'partial'
    ELSE 'matched' END"""


def _cased(value: str, rules: tuple[Rule, ...] = RULES) -> str:
    """Return SQL that picks a value of the first rule that fits ``type`` and ``channel``; ``value`` is an attribute's name."""

    def fits(rule: Rule) -> str:
        conditions = [
            f"{column} IN ({', '.join(repr(each) for each in wanted)})"
            for column, wanted in (("type", rule.match_types), ("channel", rule.channels))
            if ANY not in wanted
        ]
        return " AND ".join(conditions) or "true"

    cases = " ".join(f"WHEN {fits(rule)} THEN {getattr(rule, value)!r}" for rule in rules)
    return f"CASE {cases} END"


_RULE = _cased("key")
_TOLERANCE = f"{_cased('tolerance_minor')} * CASE WHEN {_cased('per_row')} THEN greatest(entries, settled_lines, 1) ELSE 1 END"


def _tolerance(connection: Connection) -> str:
    """Return SQL for the largest difference that is none: of receipts by the merchant's own rules where there are any, else the product's.

    When the order was paid decides which version holds, as with all that a rule of settlement says.
    """
    rows = connection.execute(
        text("""
        SELECT channel, extract(epoch FROM valid_from) AS since, tolerance_minor FROM settlement_rules
        WHERE EXISTS (SELECT FROM settlement_rules AS any_rule WHERE any_rule.tolerance_minor > 0)
        ORDER BY channel = '*', channel, valid_from DESC
        """)
    ).all()
    if not rows:
        return _TOLERANCE
    cases = " ".join(
        f"WHEN {'true' if row.channel == ANY else f'channel = {_quoted(row.channel)}'} AND ours_since >= to_timestamp({row.since})"
        f" THEN {int(row.tolerance_minor)}"
        for row in rows
    )
    return f"CASE WHEN type = 'receipt' THEN greatest({_TOLERANCE}, CASE {cases} ELSE 0 END) ELSE {_TOLERANCE} END"


def _quoted(word: str) -> str:
    return "'" + word.replace("'", "''").replace(":", "\\:") + "'"


_LATE = f"coalesce(exact AND settled_at > due_at + {_cased('late_days')} * interval '1 day', false)"


def _canonical(relation: str, face: str, *, linked: bool) -> tuple[str, str]:
    """Return the columns of the key a row is matched under, and the join that finds it."""
    if not linked:
        return f"{relation}.shop_id, {relation}.order_no", ""
    join = f"LEFT JOIN recon_links AS link ON (link.shop_id, link.order_no, link.type) = ({relation}.shop_id, {relation}.order_no, {face})"
    return (
        f"coalesce(link.target_shop_id, {relation}.shop_id) AS shop_id, coalesce(link.target_order_no, {relation}.order_no) AS order_no",
        join,
    )


def _keys(relation: str, *, touched: bool) -> str:
    return f"JOIN recon_keys AS k ON (k.shop_id, k.order_no) = ({relation}.shop_id, {relation}.order_no)" if touched else ""


def _entry_rows(*, touched: bool, linked: bool) -> str:
    key, links = _canonical("e", "e.match_type", linked=linked)
    parts = ", ".join(f"CASE e.type WHEN '{part}' THEN e.amount_minor ELSE 0 END AS {part}" for part in ("discount", "freight", "refund"))
    return f"""
        SELECT {key}, e.match_type AS type, e.currency, e.channel, 1 AS entry, 0 AS line, 0 AS settled, 0 AS unsettled,
            e.amount_minor AS internal, 0::bigint AS stated, {parts}, 0::bigint AS waiting, e.completed_at, NULL::timestamptz AS settled_at,
            e.due_at, e.exact, e.occurred_at
        FROM money_entries AS e {_keys("e", touched=touched)} {links}"""


def _line_rows(*, touched: bool, linked: bool, several: tuple[MoneySource, ...]) -> str:
    """Return the rows of statements; those that wait are not summed."""
    key, links = _canonical("l", FACE, linked=linked)
    waits, covered = waiting(several, of=key.replace(" AS shop_id", "").replace(" AS order_no", ""))
    return f"""
        SELECT shop_id, order_no, face, currency, channel, 0, 1, CASE WHEN waits THEN 0 ELSE 1 END, pending::int, 0,
            CASE WHEN waits THEN 0 ELSE amount_minor END, 0, 0, 0, CASE WHEN waits THEN amount_minor ELSE 0 END,
            completed_at, CASE WHEN waits THEN NULL ELSE coalesce(settled_at, occurred_at) END, NULL, NULL, occurred_at
        FROM (
            SELECT {key}, {FACE} AS face, l.currency, coalesce(shops.channel, '') AS channel, {waits} AS waits, l.pending, l.amount_minor,
                l.completed_at, l.settled_at, l.occurred_at
            FROM settlement_lines AS l {_keys("l", touched=touched)} LEFT JOIN shops ON shops.shop_id = l.shop_id
            LEFT JOIN {FACES} ON faces.type = l.type {links} {covered}
            WHERE {FACE} <> 'payout'
        ) AS line"""


def waiting(several: tuple[MoneySource, ...], *, of: str) -> tuple[str, str]:
    """Return whether a line waits, of ``settlement_lines AS l`` with its ``faces``, and the joins that asks for; binds ``zone``.

    What is not settled yet waits, and what a better source tells too: where that tells of the line's day, and of the same money of the
    same order on any day. ``of`` are the columns of the key that the line is matched under.
    """
    if not several:
        return "l.pending", ""
    waits = f"""(l.pending OR coalesce(told.preference > best.preference AND told.preference > min(told.preference)
            FILTER (WHERE NOT l.pending) OVER (PARTITION BY {of}, {FACE}, l.currency, told.money), false))"""
    return (
        waits,
        f"""
        LEFT JOIN ({money_values(several)}) AS told ON told.source = l.source
        LEFT JOIN (
            SELECT shop_id, day, money, min(preference) AS preference FROM recon_days JOIN ({money_values(several)}) AS of USING (source)
            GROUP BY shop_id, day, money
        ) AS best ON (best.shop_id, best.money) = (l.shop_id, told.money) AND best.day = CAST(l.occurred_at AT TIME ZONE :zone AS date)""",
    )
