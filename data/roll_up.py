"""When orders have changed, what of the cells, the snapshots and the index changes with them?

One transaction: cells, snapshot and scores move together, so that whoever reads a snapshot's figures reads the cells they came from.
"""

from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Engine, text

from data.job_lock import lock_key
from data.queries.definitions import current_definition
from data.settings import Settings
from data.writes import compute_orders, roll_up
from data.writes.day_caps import record_caps
from data.writes.index_scores import Closing, score_spans
from data.writes.merge_orders import prepare_touched
from data.writes.staging import give_memory, open_stages

# From this many waiting changes on, and more than so large a part of all orders, computing all cells anew is the shorter way.
_MANY = 100_000
_LARGE_PART = 0.2


@dataclass(frozen=True)
class Snapshot:
    """A state of the cells that was published: ``None`` for the id where nothing had changed."""

    snapshot_id: int | None
    changes: int
    rebuilt: bool
    restated_days: tuple[date, ...] = ()


def roll_up_changes(engine: Engine, *, settings: Settings, as_of: datetime, anew: bool = False) -> Snapshot:
    """Bring cells and index up to what orders are now; with ``anew`` from all orders. One process at a time, others wait."""
    with engine.connect() as connection:
        # before the transaction, or its picture of the data would be older than the roll-up waited for
        connection.execute(text("SELECT pg_advisory_lock(:key)"), {"key": lock_key("roll_up")})
        connection.commit()
        try:
            _adopt_books(connection, settings, as_of=as_of)
            anew = anew or _cells_zone(connection) != settings.zone or _is_first(connection) or _worth_rebuilding(connection)
            connection.rollback()
            if anew:
                connection.execution_options(isolation_level="REPEATABLE READ")
            with connection.begin():
                return _rolled(connection, settings=settings, as_of=as_of, anew=anew)
        finally:
            connection.rollback()
            connection.execute(text("SELECT pg_advisory_unlock(:key)"), {"key": lock_key("roll_up")})
            connection.commit()
            connection.invalidate()


def _rolled(connection: Connection, *, settings: Settings, as_of: datetime, anew: bool) -> Snapshot:
    give_memory(connection)
    rolled = (roll_up.rebuild if anew else roll_up.add_changes)(connection, zone=settings.zone)
    if anew:
        connection.execute(text("UPDATE installation SET cells_zone = :zone"), {"zone": settings.zone})
    closed_until = as_of.astimezone(ZoneInfo(settings.zone)).date()
    version, definition = current_definition(connection, as_of=as_of)
    capped = record_caps(connection, zone=settings.zone, as_of=as_of)
    last = connection.execute(
        text("SELECT closed_until, definition_version FROM snapshots ORDER BY snapshot_id DESC LIMIT 1")
    ).one_or_none()
    restated = tuple(sorted(day for day in rolled.days if last is not None and day < last.closed_until))
    unchanged = last is not None and (last.closed_until, last.definition_version) == (closed_until, version)
    if unchanged and not rolled.changes and not capped and not restated:
        return Snapshot(None, 0, anew)
    snapshot_id = connection.execute(
        text("""
        INSERT INTO snapshots (as_of, closed_until, definition_version, changes, rebuilt, restated_days)
        VALUES (:as_of, :closed_until, :version, :changes, :rebuilt, CAST(:restated AS date[])) RETURNING snapshot_id
        """),
        {
            "as_of": as_of,
            "closed_until": closed_until,
            "version": version,
            "changes": rolled.changes,
            "rebuilt": anew,
            "restated": list(restated),
        },
    ).scalar_one()
    everything = last is None or last.definition_version != version
    moved = {day for day in rolled.days | capped if day < closed_until}
    if last is not None:
        moved |= {last.closed_until.fromordinal(day) for day in range(last.closed_until.toordinal(), closed_until.toordinal())}
    closing = Closing(closed_until, snapshot_id, version, definition, as_of, settings.zone)
    score_spans(connection, closing, days=None if everything else frozenset(moved))
    return Snapshot(snapshot_id, rolled.changes, anew, restated)


def _is_first(connection: Connection) -> bool:
    return not connection.execute(text("SELECT EXISTS (SELECT FROM snapshots)")).scalar_one()


def _cells_zone(connection: Connection) -> str | None:
    return connection.execute(text("SELECT cells_zone FROM installation")).scalar_one_or_none()


def _older(connection: Connection) -> bool:
    """Say whether there may be orders that an older version has computed; where cells were never computed, a look at the orders tells."""
    if _cells_zone(connection) is not None:
        return False
    asked = "SELECT EXISTS (SELECT FROM orders WHERE NOT stub AND (channel IS NULL OR stage_since IS NULL))"
    return not _is_first(connection) or bool(connection.execute(text(asked)).scalar_one())


def _worth_rebuilding(connection: Connection) -> bool:
    waiting = connection.execute(text(f"SELECT count(*) FROM (SELECT FROM order_changes LIMIT {_MANY + 1}) AS waiting")).scalar_one()
    if waiting <= _MANY:
        return False
    counts = connection.execute(
        text("SELECT (SELECT count(*) FROM order_changes) AS changes, (SELECT count(*) FROM orders) AS orders")
    ).one()
    return bool(counts.changes > _LARGE_PART * counts.orders)


def _adopt_books(connection: Connection, settings: Settings, *, as_of: datetime) -> None:
    """Take over the settings' zone and currency where they have changed, with the money of every order.

    Orders that an older version has computed are computed again too. The cells follow in a transaction of their own; ``cells_zone``
    tells whoever comes after a crash that they have not.
    """
    books = {"zone": settings.zone, "currency": settings.reporting_currency}
    kept = connection.execute(text("SELECT zone, reporting_currency AS currency FROM installation")).one_or_none()
    if kept is None or (dict(kept._mapping) == books and not _older(connection)):
        return
    connection.execute(text("UPDATE installation SET zone = :zone, reporting_currency = :currency"), books)
    open_stages(connection)
    give_memory(connection)
    connection.execute(text("INSERT INTO touched SELECT shop_id, order_no, nature, first_file_id, ingested_at FROM orders"))
    prepare_touched(connection)
    compute_orders.restate_orders(connection, as_of=as_of)
    if dict(kept._mapping) != books:
        connection.execute(text("UPDATE installation SET cells_zone = NULL"))
    connection.commit()
