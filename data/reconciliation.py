"""When orders, statements or bank lines have come, which of them agree, which differ, and is every minor unit accounted for?

One transaction: entries, matches, differences, labels, sums and proof move together. A run looks at what is new or open; all is matched
anew on the first run, when asked to, and when the rules it judged by have changed. A run that fails leaves its error and nothing else.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from typing import Any

import structlog
from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import DBAPIError

from data.connectors.registry import MoneySource, money_sources
from data.database_problems import said_without_values
from data.job_lock import lock_key
from data.settings import Settings
from data.writes import money_entries, recon_cells, recon_differences, recon_labels, recon_links, recon_match, recon_payouts, recon_touch
from data.writes.recon_indexes import without_indexes
from data.writes.recon_proof import NotConserved, prove
from data.writes.staging import give_memory
from data.writes.statistics import analyze
from models.reconciliation.rules import rules_digest

log = structlog.get_logger()


@dataclass(frozen=True)
class Reconciled:
    """What a run did: keys looked at, matches that moved, differences, rows of proof; and which shops have statements, from when on."""

    run_id: int
    anew: bool
    touched: int
    entries: int
    moved: int
    payouts: int
    opened: int
    changed: int
    reopened: int
    cleared: int
    labelled: int
    ambiguous: int
    work_orders: int
    proof_rows: int
    told: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Seen:
    """What the last run that succeeded had seen: everything until then, and of which shops from when on statements tell."""

    as_of: datetime
    told: Mapping[str, str]


def reconcile(engine: Engine, *, settings: Settings, as_of: datetime, anew: bool = False) -> Reconciled:
    """Match what is new or open as of an instant; with ``anew`` everything. One process at a time, others wait."""
    with engine.connect() as connection:
        connection.execute(text("SELECT pg_advisory_lock(:key)"), {"key": lock_key("reconcile")})
        connection.commit()
        try:
            # what comes in meanwhile is the next run's: matches and their proof are of one picture of the data
            connection.execution_options(isolation_level="REPEATABLE READ")
            last = _last_run(connection)
            if not (anew or last is None or last.rules != rules_digest()):
                try:
                    return _run(connection, settings=settings, as_of=as_of, seen=Seen(last.as_of, dict(last.counts["told"])))
                except NotConserved as error:
                    # what was matched before does not fit what is there now, for rows are read otherwise than they were
                    log.warning("reconciled anew", why=str(error))
            return _run(connection, settings=settings, as_of=as_of, seen=None)
        finally:
            connection.rollback()
            connection.execute(text("SELECT pg_advisory_unlock(:key)"), {"key": lock_key("reconcile")})
            connection.commit()
            connection.invalidate()


def _run(connection: Connection, *, settings: Settings, as_of: datetime, seen: Seen | None) -> Reconciled:
    """Match what is new or open since what was ``seen``, or everything; whether or not it succeeds, the run is a row."""
    run_id = _begin(connection, as_of=as_of, anew=seen is None)
    try:
        with connection.begin():
            done = _reconciled(connection, settings=settings, as_of=as_of, run_id=run_id, seen=seen)
            _end(connection, run_id, counts=asdict(done))
    except Exception as error:
        connection.rollback()
        _fail(connection, run_id, error=error)
        raise
    return done


def _reconciled(connection: Connection, *, settings: Settings, as_of: datetime, run_id: int, seen: Seen | None) -> Reconciled:
    give_memory(connection)
    zone, anew = settings.zone, seen is None
    since = None if seen is None else seen.as_of
    told = recon_touch.told_shops(connection)
    sources = money_sources(settings.home / "manifests")
    touched = 0
    if seen is None:
        recon_touch.take_all(connection)
        entries = money_entries.compute_entries(connection, zone=zone, anew=True)
        analyze(connection, "money_entries", "settlement_lines", "bank_lines")
        recon_touch.cover_days(connection, sources, zone=zone, anew=True)
    else:
        newly_told = [shop for shop in {*told, *seen.told} if told.get(shop) != seen.told.get(shop)]
        recon_touch.touch(connection, since=seen.as_of, as_of=as_of, newly_told=newly_told)
        recon_touch.cover_days(connection, sources, zone=zone, anew=False)
        recon_links.touch_named(connection)
        recon_touch.spread(connection)
        entries = money_entries.compute_entries(connection, zone=zone, anew=False)
    recon_links.link_keys(connection, anew=anew)
    if not anew:
        recon_touch.spread(connection)
        touched = connection.execute(text("SELECT count(*) FROM recon_keys")).scalar_one()
    several = recon_touch.several_tellings(connection, sources)
    moved, payouts = match_all(connection, zone=zone, as_of=as_of, run_id=run_id, since=since, several=several)
    done = _worked_out(
        connection,
        zone=zone,
        as_of=as_of,
        anew=anew,
        counted={"touched": touched, "entries": entries, "moved": moved, "payouts": payouts},
        run_id=run_id,
        several=several,
    )
    return replace(done, told=told)


def match_all(
    connection: Connection, *, zone: str, as_of: datetime, run_id: int, since: datetime | None, several: tuple[MoneySource, ...]
) -> tuple[int, int]:
    """Store what the rows of both sides, and payouts and bank, come to; returns how many matches and how many groups of payouts."""
    anew = since is None
    if anew:
        with without_indexes(connection, "recon_results"):
            moved = recon_match.match_anew(connection, zone=zone, as_of=as_of, run_id=run_id, several=several)
    else:
        recon_match.open_moved(connection)
        moved = recon_match.match_touched(connection, zone=zone, as_of=as_of, run_id=run_id, several=several)
    payouts = recon_payouts.match_payouts(connection, zone=zone, as_of=as_of, since=since, run_id=run_id, several=several)
    if anew:
        recon_match.pair_currencies(connection, "recon_results")
    return moved, payouts


def _worked_out(
    connection: Connection,
    *,
    zone: str,
    as_of: datetime,
    anew: bool,
    run_id: int,
    counted: Mapping[str, Any],
    several: tuple[MoneySource, ...],
) -> Reconciled:
    """Open, label and hand out the differences, add up, and prove it."""
    synced = recon_differences.sync_differences(connection, as_of=as_of, run_id=run_id, anew=anew)
    if anew:
        analyze(connection, "recon_differences")
    labelled, ambiguous = recon_labels.label_differences(connection, zone=zone, as_of=as_of, run_id=run_id, anew=anew, several=several)
    work_orders = recon_differences.open_work_orders(connection, zone=zone, as_of=as_of)
    recon_cells.sum_days(connection, anew=anew)
    recon_cells.count_dues(connection, zone=zone, anew=anew)
    proof_rows = prove(connection, run_id=run_id, anew=anew, several=several)
    return Reconciled(
        run_id=run_id,
        anew=anew,
        **counted,
        **asdict(synced),
        labelled=labelled,
        ambiguous=ambiguous,
        work_orders=work_orders,
        proof_rows=proof_rows,
    )


def _last_run(connection: Connection) -> Any:
    """Return the last run that succeeded, and end the reading transaction."""
    asked = "SELECT run_id, as_of, rules, counts FROM recon_runs WHERE status = 'succeeded' ORDER BY run_id DESC LIMIT 1"
    row = connection.execute(text(asked)).one_or_none()
    connection.rollback()
    return row


def _begin(connection: Connection, *, as_of: datetime, anew: bool) -> int:
    with connection.begin():
        # whoever left a run behind is dead, for one holds the lock
        connection.execute(
            text("UPDATE recon_runs SET status = 'failed', finished_at = :as_of, error = 'abandoned' WHERE status = 'running'"),
            {"as_of": as_of},
        )
        return int(
            connection.execute(
                text("""
                INSERT INTO recon_runs (as_of, started_at, status, anew, rules) VALUES (:as_of, clock_timestamp(), 'running', :anew, :rules)
                RETURNING run_id
                """),
                {"as_of": as_of, "anew": anew, "rules": rules_digest()},
            ).scalar_one()
        )


def _end(connection: Connection, run_id: int, *, counts: Mapping[str, Any]) -> None:
    connection.execute(
        text("""
        UPDATE recon_runs SET status = 'succeeded', finished_at = clock_timestamp(), counts = CAST(:counts AS jsonb) WHERE run_id = :run_id
        """),
        {"run_id": run_id, "counts": json.dumps(counts)},
    )


def _fail(connection: Connection, run_id: int, *, error: Exception) -> None:
    said = said_without_values(error) if isinstance(error, DBAPIError) else f"{type(error).__name__}: {error}"
    with connection.begin():
        connection.execute(
            text("UPDATE recon_runs SET status = 'failed', finished_at = clock_timestamp(), error = :error WHERE run_id = :run_id"),
            {"run_id": run_id, "error": said[:2_000]},
        )
