"""Is every source row in exactly one match, and does not a minor unit appear or go missing?

The proof counts and sums the rows themselves, past the matches, and compares. It is kept with the run by basis, level, day, channel and
currency, whole for every day that the run moved; a run whose proof does not hold is undone.
"""

from sqlalchemy import Connection, text

from data.connectors.registry import MoneySource
from data.proof_sql import CELL, FIGURES, INTERNAL, LEVEL, OF_MATCHES, STATED
from data.writes.recon_links import FACES
from data.writes.recon_payouts import payouts_sql
from models.reconciliation.classes import BASES, keys
from models.reconciliation.conservation import Side, lost
from models.reconciliation.rules import FACE_BY_TYPE


class NotConserved(Exception):
    """对账不守恒 / the reconciliation does not add up: {what}"""

    def __init__(self, what: str) -> None:
        super().__init__((NotConserved.__doc__ or "").format(what=what))


def prove(connection: Connection, *, run_id: int, anew: bool, several: tuple[MoneySource, ...] = ()) -> int:
    """Compare rows with matches and keep the proof of the days that the run moved; returns its rows. ``NotConserved`` where they differ."""
    for level, (asked, keyed) in _ROWS.items():
        # payouts and bank lines are few: all of them are looked at
        whole = anew or not keyed
        rows = _sides(connection, asked.format(keys="" if whole else keyed))
        matched = _sides(connection, _MATCHED[level].format(only="" if whole else _TOUCHED))
        if found := lost(rows, matched):
            raise NotConserved(f"{level}: {'; '.join(found)}")
    payouts = _sides(connection, _PAID_OUT.format(payouts=payouts_sql(scope=None if anew else "recon_moved", several=several)))
    if found := lost(payouts, _sides(connection, _PAID.format(only="" if anew else _MOVED))):
        raise NotConserved(f"payouts: {'; '.join(found)}")
    return _keep(connection, run_id=run_id, anew=anew)


_TOUCHED = "AND (r.shop_id, r.order_no) IN (SELECT shop_id, order_no FROM recon_keys)"
_BY = "shop_id, currency"
_KEYED = "JOIN recon_keys AS k ON (k.shop_id, k.order_no) = ({of}.shop_id, {of}.order_no)"
_ENTRIES = (
    "SELECT e.shop_id, e.currency, count(*), coalesce(sum(e.amount_minor), 0) FROM money_entries AS e {keys} GROUP BY 1, 2",
    _KEYED.format(of="e"),
)
# A line counts whole: what waits is in its match beside what is settled.
_LINES = (
    f"""SELECT l.shop_id, l.currency, count(*), coalesce(sum(l.amount_minor), 0) FROM settlement_lines AS l {{keys}}
    LEFT JOIN {FACES} ON faces.type = l.type WHERE coalesce(faces.face, '') <> 'payout' GROUP BY 1, 2""",
    _KEYED.format(of="l"),
)
_BANK = ("SELECT '' AS shop_id, currency, count(*), coalesce(sum(amount_minor), 0) FROM bank_lines GROUP BY 1, 2", "")
# Withdrawals by number; what they and the batches without one come to is proved by ``_PAID_OUT``.
_WITHDRAWALS = (
    f"""SELECT '' AS shop_id, l.currency, count(*), 0 FROM settlement_lines AS l
    WHERE l.type IN ({", ".join(repr(key) for key, face in FACE_BY_TYPE.items() if face == "payout")}) AND NOT l.pending GROUP BY 1, 2""",
    "",
)
_ROWS = {"entries": _ENTRIES, "lines": _LINES, "withdrawals": _WITHDRAWALS, "bank": _BANK}
_MATCHED = {
    "withdrawals": """SELECT '' AS shop_id, currency, sum(lines), 0 FROM recon_results AS r
        WHERE type = 'payout' AND lines > 0 {only} GROUP BY 1, 2""",
    "entries": f"SELECT {_BY}, sum(entries), sum(internal_minor) FROM recon_results AS r WHERE entries > 0 {{only}} GROUP BY 1, 2",
    "lines": f"""SELECT {_BY}, sum(lines), sum(stated_minor + waiting_minor) FROM recon_results AS r
        WHERE lines > 0 AND type <> 'payout' {{only}} GROUP BY 1, 2""",
    "bank": """SELECT '' AS shop_id, currency, sum(bank_lines), sum(bank_minor) FROM recon_results AS r
        WHERE type = 'payout' AND bank_lines > 0 {only} GROUP BY 1, 2""",
}


# A bank line may pay payouts of several shops at once, so that only currencies are told apart.
_PAID_OUT = "SELECT '' AS shop_id, currency, sum(withdrawals), sum(amount) FROM ({payouts}) AS payouts GROUP BY currency"
_PAID = """SELECT '' AS shop_id, r.currency, sum(r.lines), sum(r.stated_minor) FROM recon_results AS r {only}
    WHERE r.type = 'payout' GROUP BY r.currency"""
# all currencies of a payout that moved in one
_MOVED = "JOIN (SELECT DISTINCT shop_id, order_no FROM recon_moved WHERE type = 'payout') AS moved USING (shop_id, order_no)"


def _sides(connection: Connection, asked: str) -> dict[tuple[str, str], Side]:
    return {(row[0], row[1]): Side(int(row[2]), int(row[3])) for row in connection.execute(text(asked))}


_CELL = f"basis, {CELL}"


def _keep(connection: Connection, *, run_id: int, anew: bool) -> int:
    """Store what each day that moved comes to as a whole, and see to it that the sums by day explain it to the minor unit.

    Rows and money of a day are those of the run that proved it before, with what moved since; what is explained is what is shown.
    """
    connection.execute(text(_WHOLE_DAYS.format(moved=_moved(anew=anew), before="false" if anew else "true")))
    asked = f"SELECT {_CELL} FROM recon_kept WHERE internal_minor - stated_minor <> explained_minor + unexplained_minor LIMIT 5"
    if broken := connection.execute(text(asked)).all():
        raise NotConserved("; ".join(" ".join(map(str, row)) for row in broken))
    names = f"{_CELL}, {', '.join(FIGURES)}, explained_minor, unexplained_minor"
    kept = connection.execute(
        text(f"INSERT INTO recon_proofs (run_id, {names}) SELECT :run_id, {names} FROM recon_kept"), {"run_id": run_id}
    ).rowcount
    connection.execute(text("DROP TABLE recon_kept"))
    return kept


def _moved(*, anew: bool) -> str:
    """Return what moved into (+1) and out of (-1) each day, one row a match and basis; anew, all that there is."""
    now = "recon_results" if anew else "(SELECT r.* FROM recon_results AS r JOIN recon_moved USING (shop_id, order_no, type, currency))"
    signed = [(now, 1)] if anew else [(now, 1), ("recon_before", -1)]
    return " UNION ALL ".join(
        f"""
            SELECT '{basis}' AS basis, {LEVEL} AS level, {basis}_day AS day, channel, currency, {sign} AS sign, entries, lines, bank_lines,
                {INTERNAL} AS internal_minor, {STATED} AS stated_minor FROM {relation} AS of_{basis}"""
        for basis in keys(BASES)
        for relation, sign in signed
    )


_WHOLE_DAYS = f"""
    CREATE TEMP TABLE recon_kept ON COMMIT DROP AS
    WITH moved AS (
        SELECT {_CELL}, {", ".join(f"sum(sign * {name})::bigint AS {name}" for name in FIGURES)} FROM ({{moved}}) AS moved GROUP BY {_CELL}
    ),
    before AS (
        SELECT DISTINCT ON ({_CELL}) {_CELL}, {", ".join(f"p.{name}" for name in FIGURES)}
        FROM recon_proofs AS p JOIN moved USING ({_CELL})
        WHERE {{before}} AND {OF_MATCHES}
        ORDER BY {_CELL}, p.run_id DESC
    ),
    shown AS (
        SELECT {_CELL}, sum(explained_minor)::bigint AS explained_minor,
            sum(difference_minor - explained_minor)::bigint AS unexplained_minor
        FROM (
            SELECT d.*, {LEVEL} AS level FROM recon_day AS d WHERE (basis, day) IN (SELECT basis, day FROM moved)
        ) AS d JOIN moved USING ({_CELL}) GROUP BY {_CELL}
    )
    SELECT {_CELL}, {", ".join(f"moved.{name} + coalesce(before.{name}, 0) AS {name}" for name in FIGURES)},
        coalesce(explained_minor, 0) AS explained_minor, coalesce(unexplained_minor, 0) AS unexplained_minor
    FROM moved LEFT JOIN before USING ({_CELL}) LEFT JOIN shown USING ({_CELL})"""
