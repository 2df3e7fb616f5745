"""How do payouts meet the lines of the bank, and what is stored of it?

A payout is a withdrawal a statement shows, or the lines of one batch where it shows none. ``models.reconciliation.payouts`` says which
are the same money; here is what it is told, and how its groups become matches of the type payout.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, text

from data.connectors.amounts import decimals_of
from data.connectors.registry import MoneySource
from data.writes.recon_links import FACES
from data.writes.recon_match import COLUMNS, write_changed
from data.writes.recon_touch import money_values
from data.writes.staging import copy_rows
from models.reconciliation.classes import ELSEWHERE
from models.reconciliation.payouts import BankLine, Group, Payout, grouped
from models.reconciliation.rules import PAYOUT_WINDOW_DAYS, rule_for

# What has found no partner for so long is looked at again only when one of its rows changes, or something new is of the days about it.
_TRIED_FOR = timedelta(days=60)
# A bank may quote a payout earlier or later than the days in which it mostly comes.
_FRESH_DAYS = 2 * PAYOUT_WINDOW_DAYS
_OVERLAP = timedelta(hours=6)


def match_payouts(
    connection: Connection, *, zone: str, as_of: datetime, since: datetime | None, run_id: int, several: tuple[MoneySource, ...]
) -> int:
    """Match the payouts and bank lines that are new or open, all of them where ``since`` is None; returns the groups."""
    _scope(connection, zone=zone, since=since, as_of=as_of)
    payouts, channels = _payouts(connection, zone=zone, anew=since is None, several=several)
    lines = _bank_lines(connection, anew=since is None)
    groups = grouped((payout for payout, _ in payouts.values()), lines)
    day = as_of.astimezone(ZoneInfo(zone)).date()
    rows = []
    bank_links: list[tuple[str, ...]] = []
    links: list[tuple[str, ...]] = []
    for group in groups:
        shop_id, order_no = _key(group)
        of = _Of(shop_id, order_no, channels.get(shop_id, ""), zone, day, run_id)
        rows += [
            _result(group, of, currency=currency, counts={k: payouts[k][1] for k in (p.key for p in group.payouts)})
            for currency in group.currencies
        ]
        bank_links += [(*line.key.split("\0", 1), shop_id, order_no, group.via) for line in group.lines]
        led = {(payout.shop_id, payout.reference) for payout in group.payouts} - {(shop_id, order_no.removeprefix("payout:"))}
        links += [(shop, f"payout:{reference}", "payout", shop_id, order_no, "group") for shop, reference in sorted(led)]
    _store_links(connection, bank_links, links, anew=since is None)
    connection.execute(text("CREATE TEMP TABLE recon_fresh (LIKE recon_results) ON COMMIT DROP"))
    copy_rows(connection, "recon_fresh", COLUMNS, rows)
    if since is None:
        connection.execute(text(f"INSERT INTO recon_results ({', '.join(COLUMNS)}) SELECT {', '.join(COLUMNS)} FROM recon_fresh"))
        connection.execute(text("DROP TABLE recon_fresh"))
    else:
        write_changed(connection, old="JOIN recon_scope AS k USING (shop_id, order_no) WHERE r.type = 'payout'")
    connection.execute(text("DROP TABLE recon_scope"))
    return len(groups)


def _scope(connection: Connection, *, zone: str, since: datetime | None, as_of: datetime) -> None:
    """List the matches to be made anew: open ones, however old where what is new may be theirs, and those whose rows changed or went."""
    connection.execute(text("CREATE TEMP TABLE recon_scope (shop_id text, order_no text, PRIMARY KEY (shop_id, order_no)) ON COMMIT DROP"))
    if since is None:
        return
    connection.execute(
        text(f"""
        INSERT INTO recon_scope
        WITH own AS (
            SELECT l.shop_id, 'payout:' || coalesce(l.payout_ref, l.order_no) AS order_no FROM recon_keys AS k
            JOIN settlement_lines AS l ON (l.shop_id, l.order_no) = (k.shop_id, k.order_no) JOIN {FACES} ON faces.type = l.type
            WHERE l.payout_ref IS NOT NULL OR faces.face = 'payout'
            UNION SELECT shop_id, order_no FROM recon_keys WHERE order_no LIKE 'payout:%'
        ),
        changed AS MATERIALIZED (
            SELECT coalesce(link.target_shop_id, own.shop_id) AS shop_id, coalesce(link.target_order_no, own.order_no) AS order_no FROM own
            LEFT JOIN recon_links AS link ON (link.shop_id, link.order_no, link.type) = (own.shop_id, own.order_no, 'payout')
        ),
        fresh AS MATERIALIZED (
            SELECT booked_on AS day FROM bank_lines AS l
            WHERE NOT EXISTS (SELECT FROM recon_bank_links AS b WHERE (b.account, b.line_key) = (l.account, l.line_key))
            UNION SELECT CAST(coalesce(l.settled_at, l.occurred_at) AT TIME ZONE :zone AS date) FROM recon_keys AS k
            JOIN settlement_lines AS l ON (l.shop_id, l.order_no) = (k.shop_id, k.order_no) JOIN {FACES} ON faces.type = l.type
            WHERE l.payout_ref IS NOT NULL OR faces.face = 'payout'
            UNION SELECT r.settled_day FROM changed JOIN recon_results AS r USING (shop_id, order_no) WHERE r.type = 'payout'
        )
        SELECT shop_id, order_no FROM changed
        UNION SELECT r.shop_id, r.order_no FROM recon_results AS r
        WHERE r.type = 'payout' AND (r.class <> 'matched' OR r.order_no LIKE 'bank:%') AND (
            r.settled_day >= CAST(:tried AS date) OR EXISTS (
                SELECT FROM fresh WHERE fresh.day BETWEEN r.settled_day - {_FRESH_DAYS} AND r.settled_day + {_FRESH_DAYS}))
        UNION SELECT b.shop_id, b.order_no FROM recon_bank_links AS b
        LEFT JOIN bank_lines AS l ON (l.account, l.line_key) = (b.account, b.line_key)
        WHERE l.line_key IS NULL OR l.ingested_at >= :changed_since
        ON CONFLICT DO NOTHING
        """),
        {"tried": as_of - _TRIED_FOR, "changed_since": since - _OVERLAP, "zone": zone},
    )


def _payouts(
    connection: Connection, *, zone: str, anew: bool, several: tuple[MoneySource, ...]
) -> tuple[dict[str, tuple[Payout, int]], dict[str, str]]:
    """Return the payouts in scope by key with the withdrawal lines each has, and the channel of every shop."""
    asked = f"""SELECT shop_id, ref, currency, withdrawals, amount, CAST(at AT TIME ZONE :zone AS date) AS day
        FROM ({payouts_sql(scope=None if anew else "recon_scope", several=several)}) AS payouts"""
    rows = connection.execute(text(asked), {"zone": zone}).all()
    channels = {row.shop_id: row.channel for row in connection.execute(text("SELECT shop_id, channel FROM shops"))}
    found = {}
    for row in rows:
        payout = Payout(
            f"{row.shop_id}\0{row.ref}\0{row.currency}",
            row.shop_id,
            row.currency,
            int(row.amount),
            row.day,
            row.ref,
            decimals_of(row.currency),
        )
        found[payout.key] = (payout, int(row.withdrawals))
    return found, channels


def payouts_sql(*, scope: str | None, several: tuple[MoneySource, ...]) -> str:
    """Return the question of what left the platforms, one row a payout and currency; ``scope`` names a relation of matches' keys.

    Where a statement shows the withdrawal it is that, else the lines of its batch, as the best of their sources tells them.
    """
    best = "l.payout_ref, true AS counts"
    told = ""
    if several:
        told = f"LEFT JOIN ({money_values(several)}) AS told ON told.source = l.source"
        best = """l.payout_ref, coalesce(told.preference = min(told.preference) OVER (
            PARTITION BY l.shop_id, coalesce(l.payout_ref, l.order_no), told.money), true) AS counts"""
    keys = "" if scope is None else "JOIN of_scope AS k ON k.shop_id = l.shop_id AND k.ref = l.payout_ref"
    own = "" if scope is None else "JOIN of_scope AS k ON k.shop_id = l.shop_id AND k.ref = l.order_no"
    line = f"""l.shop_id, coalesce(l.payout_ref, l.order_no) AS ref, faces.face, l.currency, l.amount_minor,
                coalesce(l.settled_at, l.occurred_at) AS at, {best}"""
    of_scope = (
        ""
        if scope is None
        else f"""of_scope AS (
            SELECT shop_id, substr(order_no, 8) AS ref FROM {scope} WHERE order_no LIKE 'payout:%'
            UNION SELECT l.shop_id, substr(l.order_no, 8) FROM recon_links AS l
            JOIN {scope} AS s ON (s.shop_id, s.order_no) = (l.target_shop_id, l.target_order_no) WHERE l.type = 'payout'
        ),"""
    )
    return f"""
        WITH {of_scope}
        lines AS (
            SELECT {line} FROM settlement_lines AS l {keys} JOIN {FACES} ON faces.type = l.type {told}
            WHERE l.payout_ref IS NOT NULL AND NOT l.pending
            UNION ALL SELECT {line} FROM settlement_lines AS l {own} JOIN {FACES} ON faces.type = l.type {told}
            WHERE l.payout_ref IS NULL AND faces.face = 'payout' AND NOT l.pending
        ),
        refs AS (
            SELECT shop_id, ref, currency, count(*) FILTER (WHERE face = 'payout') AS withdrawals,
                -coalesce(sum(amount_minor) FILTER (WHERE face = 'payout'), 0) AS withdrawn,
                coalesce(sum(amount_minor) FILTER (WHERE face <> 'payout' AND counts), 0) AS batch,
                max(at) FILTER (WHERE face = 'payout') AS withdrawn_at, max(at) AS at
            FROM lines GROUP BY shop_id, ref, currency
        )
        SELECT shop_id, ref, currency, withdrawals, CASE WHEN withdrawals > 0 THEN withdrawn ELSE batch END AS amount,
            coalesce(withdrawn_at, at) AS at
        FROM refs WHERE withdrawals > 0 OR NOT EXISTS (
            SELECT FROM refs AS other WHERE (other.shop_id, other.ref) = (refs.shop_id, refs.ref) AND other.withdrawals > 0)"""


def _bank_lines(connection: Connection, *, anew: bool) -> list[BankLine]:
    only = """WHERE NOT EXISTS (SELECT FROM recon_bank_links AS b WHERE (b.account, b.line_key) = (l.account, l.line_key))
        OR EXISTS (SELECT FROM recon_bank_links AS b JOIN recon_scope USING (shop_id, order_no)
            WHERE (b.account, b.line_key) = (l.account, l.line_key))"""
    rows = connection.execute(text(f"SELECT * FROM bank_lines AS l {'' if anew else only}"))
    return [
        BankLine(
            f"{row.account}\0{row.line_key}",
            row.shop_id,
            row.currency,
            row.amount_minor,
            row.booked_on,
            tuple(said for said in (row.reference, row.remark) if said),
        )
        for row in rows
    ]


def _key(group: Group) -> tuple[str, str]:
    if group.payouts:
        return group.payouts[0].shop_id, f"payout:{group.payouts[0].reference}"
    line = group.lines[0]
    return line.shop_id or "", f"bank:{line.key.replace(chr(0), '/')}"


@dataclass(frozen=True)
class _Of:
    """What every row of a group's match says alike."""

    shop_id: str
    order_no: str
    channel: str
    zone: str
    today: date
    run_id: int


def _result(group: Group, of: _Of, *, currency: str, counts: Mapping[str, int]) -> tuple[Any, ...]:
    """Return the row of a group's match in one currency, in the order of ``COLUMNS``; what the bank exchanged has one in each."""
    payouts = [payout for payout in group.payouts if payout.currency == currency]
    lines = [line for line in group.lines if line.currency == currency]
    stated, bank = sum(payout.amount_minor for payout in payouts), sum(line.amount_minor for line in lines)
    days = [*(payout.day for payout in group.payouts), *(line.day for line in group.lines)]
    rule = rule_for("payout", of.channel)
    latest = max((payout.day for payout in group.payouts), default=max(days)) + timedelta(days=PAYOUT_WINDOW_DAYS)
    class_, kind, side = "partial", "amount", ""
    if group.payouts and not group.lines and not stated:
        # a withdrawal that was given back
        class_, kind = "matched", ""
    elif group.payouts and not group.lines:
        class_, kind, side = ("pending", "", "") if of.today <= latest else ("missing", "", "bank")
    elif not group.payouts:
        # what leaves the bank is not the platforms' business
        class_, kind, side = ("missing", "", "statement") if bank > 0 else ("matched", ELSEWHERE, "")
    elif abs(stated - bank) <= rule.tolerance_minor:
        class_, kind = "matched", ""
    elif len(group.currencies) > 1:
        kind = "currency"
    zone = of.zone
    at = datetime.combine(min(days), datetime.min.time(), tzinfo=ZoneInfo(zone))
    due = datetime.combine(latest, datetime.max.time().replace(microsecond=0), tzinfo=ZoneInfo(zone)) if group.payouts else None
    values = {
        "shop_id": of.shop_id,
        "order_no": of.order_no,
        "type": "payout",
        "currency": currency,
        "channel": of.channel,
        "class": class_,
        "kind": kind,
        "side": side,
        "rule": rule.key,
        "internal_minor": 0,
        "stated_minor": stated,
        "bank_minor": bank,
        "difference_minor": stated - bank,
        "explained_minor": stated - bank if class_ in ("matched", "pending") else 0,
        "occurred_at": at,
        "due_at": due,
        "completed_day": max(days),
        "settled_day": max(days),
        "entries": 0,
        "lines": sum(counts[payout.key] for payout in payouts),
        "bank_lines": len(lines),
        "discount_minor": 0,
        "freight_minor": 0,
        "refund_minor": 0,
        "waiting_minor": 0,
        "run_id": of.run_id,
    }
    return tuple(values[name] for name in COLUMNS)


def _store_links(connection: Connection, bank_links: Sequence[tuple[str, ...]], links: Sequence[tuple[str, ...]], *, anew: bool) -> None:
    """Replace what is linked of the matches in scope."""
    if anew:
        connection.execute(text("DELETE FROM recon_bank_links"))
        connection.execute(text("DELETE FROM recon_links WHERE type = 'payout'"))
    else:
        connection.execute(
            text("DELETE FROM recon_bank_links AS b USING recon_scope AS s WHERE (b.shop_id, b.order_no) = (s.shop_id, s.order_no)")
        )
        connection.execute(
            text("""
            DELETE FROM recon_links AS l USING recon_scope AS s
            WHERE (l.target_shop_id, l.target_order_no) = (s.shop_id, s.order_no) AND l.type = 'payout'
            """)
        )
    copy_rows(connection, "recon_bank_links", ("account", "line_key", "shop_id", "order_no", "via"), bank_links)
    columns = ("shop_id", "order_no", "type", "target_shop_id", "target_order_no", "via")
    copy_rows(connection, "recon_links", columns, links)
