"""What do the cells say of a part of the business on some days, and is there a cell fine enough to say it?

Reads touch pre-aggregated rows alone, and never a grain finer than is drawn. Days are business days, both ends included.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pandas as pd
from sqlalchemy import Connection, func, select, text

from data.measures import CUBES, ENDS, EXCLUDED, MEASURE_NAMES, ON_TIME, OPEN_PROMISE, Cube
from data.queries.cut import UNSORTED, shops_in
from data.tables import source_files
from models.health.components import Definition
from models.health.history import History
from models.scope import EVERYTHING, Scope


def summed(measures: Sequence[str]) -> str:
    """Return the sums of some measures: as floats they take two thirds of the time, and whole numbers below 2^53 are exact in them."""
    return ", ".join(f"coalesce(sum({name}::float8), 0)::bigint AS {name}" for name in measures)


@dataclass(frozen=True)
class Part:
    """A part of the business; empty tuples mean all of it, UNSORTED among the codes means 未归类."""

    channels: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    warehouses: tuple[str, ...] = ()
    carriers: tuple[str, ...] = ()

    @property
    def whole(self) -> bool:
        """Whether it is all of the business."""
        return not (self.channels or self.regions or self.categories or self.warehouses or self.carriers)


WHOLE = Part()


@dataclass(frozen=True)
class SnapshotRow:
    """The state of the cells that a page reads."""

    snapshot_id: int
    as_of: datetime
    closed_until: date
    definition_version: int


@dataclass(frozen=True)
class Published:
    """The score of a span as first published, and when it was restated, if it was."""

    value: float | None
    codes: frozenset[str]
    version: int
    snapshot_id: int
    restated_at: datetime | None


class NoSuchGrain(Exception):
    """所选维度没有共同的统计粒度 / no cells hold the chosen dimensions together."""

    def __init__(self, dimensions: tuple[str, ...]) -> None:
        super().__init__(f"{NoSuchGrain.__doc__} ({', '.join(dimensions)})")
        self.dimensions = dimensions


def snapshot(connection: Connection) -> SnapshotRow | None:
    """Return the latest snapshot, None before the first roll-up of this version."""
    row = connection.execute(
        text("""
        SELECT snapshot_id, as_of, closed_until, definition_version FROM snapshots
        WHERE NOT EXISTS (SELECT FROM installation WHERE cells_zone IS NULL) ORDER BY snapshot_id DESC LIMIT 1
        """)
    ).one_or_none()
    return None if row is None else SnapshotRow(*row)


def cube_for(*dimensions: str) -> Cube:
    """Return the smallest daily cube that has all of these dimensions; ``NoSuchGrain`` where none does.

    >>> cube_for("channel").name, cube_for("region_code").name, cube_for("category").name, cube_for("warehouse_code").name
    ('channel_day', 'region_day', 'category_day', 'dispatch_day')
    """
    fitting = [cube for cube in CUBES if not cube.hourly and set(dimensions) <= set(cube.dimensions)]
    if not fitting:
        raise NoSuchGrain(dimensions)
    return min(fitting, key=lambda cube: len(cube.dimensions))


def days(connection: Connection, *, scope: Scope, part: Part, first: date, last: date) -> pd.DataFrame:
    """Return one row a business day and channel: ``day, channel`` and every measure."""
    cube, condition, given = _chosen(connection, scope, part, "channel")
    within = f"WHERE day BETWEEN :first AND :last{condition}"
    asked = f"SELECT day, channel, {summed(MEASURE_NAMES)} FROM {cube.name} {within} GROUP BY day, channel ORDER BY 1, 2"
    rows = connection.execute(text(asked), given | {"first": first, "last": last})
    return pd.DataFrame([tuple(row) for row in rows], columns=["day", "channel", *MEASURE_NAMES])


def cells(
    connection: Connection, *, scope: Scope, part: Part, first: date, last: date, measures: Sequence[str] = MEASURE_NAMES
) -> pd.DataFrame:
    """Return one row a channel, region and category over some days: ``channel, region, category`` and the measures, by default all.

    With warehouses chosen there is no region and category to tell apart: both are then UNSORTED, one row a channel.
    """
    sites = part.warehouses or part.carriers or scope.warehouses is not None
    finest = ("channel",) if sites else ("channel", "region_code", "category")
    cube, condition, given = _chosen(connection, scope, part, *finest)
    keys = ", ".join(finest)
    asked = (
        f"SELECT {keys}, {summed(measures)} FROM {cube.name} WHERE day BETWEEN :first AND :last{condition} GROUP BY {keys} ORDER BY {keys}"
    )
    rows = connection.execute(text(asked), given | {"first": first, "last": last})
    frame = pd.DataFrame([tuple(row) for row in rows], columns=[*finest, *measures]).rename(columns={"region_code": "region"})
    for missing in {"region", "category"} - set(frame.columns):
        frame[missing] = UNSORTED
    return frame


def history(
    connection: Connection,
    *,
    definition: Definition,
    until: date,
    zone: str,
    scope: Scope = EVERYTHING,
    part: Part = WHOLE,
    first: date | None = None,
) -> History:
    """Read what the index of the closed days before ``until`` is made of; with ``first`` no earlier days than that.

    A component counts from its first unit anywhere, whatever part is looked at. Caps are the whole business's.
    """
    measured = [c for c in definition.components if {c.units, c.good} <= set(MEASURE_NAMES)]
    names = [name for c in measured for name in (c.units, c.good)]
    cube, condition, given = _chosen(connection, scope, part)
    sums = ", ".join(f"sum({name})::bigint AS {name}" for name in names)
    rows = connection.execute(
        text(f"SELECT day, {sums} FROM {cube.name} WHERE day < :until AND day >= :first{condition} GROUP BY day ORDER BY day"),
        given | {"until": until, "first": first or date.min},
    )
    frame = pd.DataFrame([tuple(row) for row in rows], columns=["day", *names]).set_index("day")
    return History(
        days=frame,
        configured_since=_configured_since(connection, {c.code: c.units for c in measured}, scope=scope, until=until),
        ceilings=_ceilings(connection, definition, until=until, first=first or date.min),
        definition=definition,
        last_live_day=_last_live_day(connection, scope=scope, zone=zone),
    )


def published(connection: Connection, *, span: str, last: date) -> Published | None:
    """Return the score of a span of the whole business as it was first published."""
    asked = """
        SELECT published, published_version, published_snapshot_id, restated_at FROM index_scores
        WHERE (span, last_day) = (:span, :last)"""
    row = connection.execute(text(asked), {"span": span, "last": last}).one_or_none()
    if row is None:
        return None
    codes = frozenset(part["code"] for part in row.published["parts"])
    return Published(row.published["value"], codes, row.published_version, row.published_snapshot_id, row.restated_at)


def restated_weeks(connection: Connection, *, first: date) -> list[date]:
    """Return the last days of the weeks since ``first`` whose index is no longer what was published."""
    asked = "SELECT last_day FROM index_scores WHERE span = 'week' AND last_day >= :first AND restated_at IS NOT NULL ORDER BY 1"
    return list(connection.scalars(text(asked), {"first": first}))


def open_promises(connection: Connection, *, scope: Scope, part: Part, as_of: datetime) -> dict[str, int]:
    """Judge the open orders as of an instant: ``open`` in all, ``overdue``, and ``due_soon`` within the next two hours."""
    condition, given = orders_of(scope, part)
    row = connection.execute(
        text(f"""
        SELECT count(*) AS open, count(*) FILTER (WHERE deadline_at <= :as_of) AS overdue,
            count(*) FILTER (WHERE deadline_at > :as_of AND deadline_at <= CAST(:as_of AS timestamptz) + interval '2 hours') AS due_soon
        FROM orders WHERE {OPEN_PROMISE}{condition}
        """),
        given | {"as_of": as_of},
    ).one()
    return {name: int(value) for name, value in row._mapping.items()}


def due_lately(connection: Connection, *, scope: Scope, part: Part, as_of: datetime) -> dict[int, tuple[int, int]]:
    """Count orders whose promise fell due in the last minutes: minutes (5, 60, 360) -> (bad, units), as of an instant."""
    condition, given = orders_of(scope, part)
    counts = ", ".join(f"count(*) FILTER (WHERE {_within(m)} AND NOT good), count(*) FILTER (WHERE {_within(m)})" for m in _BURN_MINUTES)
    row = connection.execute(
        text(f"""
        WITH due AS (
            SELECT *, {ENDS} FROM orders
            WHERE NOT stub AND deadline_at > CAST(:as_of AS timestamptz) - interval '6 hours' AND deadline_at <= :as_of{condition}
        ),
        judged AS (SELECT deadline_at, coalesce({ON_TIME}, false) AS good FROM due WHERE NOT {EXCLUDED})
        SELECT {counts} FROM judged
        """),
        given | {"as_of": as_of},
    ).one()
    return {minutes: (int(row[2 * n]), int(row[2 * n + 1])) for n, minutes in enumerate(_BURN_MINUTES)}


_BURN_MINUTES = (5, 60, 360)


def _within(minutes: int) -> str:
    return f"deadline_at > CAST(:as_of AS timestamptz) - interval '{minutes} minutes'"


COLUMNS: Mapping[str, str] = {
    "channels": "channel",
    "regions": "region_code",
    "categories": "category",
    "warehouses": "warehouse_code",
    "carriers": "carrier_code",
}


def _chosen(connection: Connection, scope: Scope, part: Part, *needed: str) -> tuple[Cube, str, dict[str, Any]]:
    """Return the cube that answers for a part within a scope, the condition for it, and its parameters."""
    chosen = chosen_cells(connection, scope, part)
    return cube_for(*dict.fromkeys((*needed, *chosen.columns))), chosen.condition, chosen.given


@dataclass(frozen=True)
class ChosenCells:
    """Which cells a part within a scope means: the columns it speaks of, the condition, and its parameters."""

    columns: tuple[str, ...]
    condition: str
    given: dict[str, Any]


def chosen_cells(connection: Connection, scope: Scope, part: Part) -> ChosenCells:
    """Return the condition on cells for a part within a scope; ``NoSuchGrain`` where a channel is seen in part."""
    wanted = {column: list(getattr(part, name)) for name, column in COLUMNS.items() if getattr(part, name)}
    limits: dict[str, list[str]] = {}
    if scope.warehouses is not None:
        limits["warehouse_code"] = list(scope.warehouses)
    if scope.shops is not None or scope.channels is not None:
        limits["channel"] = _whole_channels(connection, scope)
    given: dict[str, Any] = {f"wanted_{column}": codes for column, codes in wanted.items()}
    given |= {f"limit_{column}": codes for column, codes in limits.items()}
    conditions = [f" AND {column} = ANY(:wanted_{column})" for column in wanted]
    conditions += [f" AND {column} = ANY(:limit_{column})" for column in limits]
    return ChosenCells(tuple(dict.fromkeys((*wanted, *limits))), "".join(conditions), given)


def sees_anything(connection: Connection, *, scope: Scope) -> bool:
    """Say whether a scope has any shop and any warehouse at all."""
    if scope.warehouses == ():
        return False
    return bool(connection.scalar(select(shops_in(scope).exists())))


def _whole_channels(connection: Connection, scope: Scope) -> list[str]:
    """Return the channels that a scope shows; cells know no shops, so a channel seen in part cannot be told from the rest of it."""
    rows = connection.execute(
        text("""
        SELECT channel, bool_and(shop_id = ANY(coalesce(:shops, ARRAY[shop_id]))) AS whole,
            bool_or(shop_id = ANY(coalesce(:shops, ARRAY[shop_id]))) AS seen
        FROM shops WHERE channel = ANY(coalesce(:channels, ARRAY[channel])) GROUP BY channel ORDER BY channel
        """),
        {
            "shops": None if scope.shops is None else list(scope.shops),
            "channels": None if scope.channels is None else list(scope.channels),
        },
    ).all()
    if any(row.seen and not row.whole for row in rows):
        raise NoSuchGrain(("shop_id",))
    return [row.channel for row in rows if row.seen]


def orders_of(scope: Scope, part: Part, *, relation: str = "") -> tuple[str, dict[str, Any]]:
    """Return the condition on orders themselves (by the name ``relation``, if any) for a part within a scope, and its parameters."""
    of = f"{relation}." if relation else ""
    wanted = {column: list(getattr(part, name)) for name, column in COLUMNS.items() if getattr(part, name)}
    limits = {"shop_id": scope.shops, "channel": scope.channels, "warehouse_code": scope.warehouses}
    given: dict[str, Any] = {f"wanted_{column}": codes for column, codes in wanted.items()}
    # in words that an index understands: nothing counts as 未归类
    conditions = [
        f" AND ({of}{column} = ANY(:wanted_{column}){f' OR {of}{column} IS NULL' if UNSORTED in codes else ''})"
        for column, codes in wanted.items()
    ]
    for column, codes in limits.items():
        if codes is not None:
            given[f"limit_{column}"] = list(codes)
            conditions.append(f" AND {of}{column} = ANY(:limit_{column})")
    return "".join(conditions), given


def _configured_since(connection: Connection, units: Mapping[str, str], *, scope: Scope, until: date) -> dict[str, date]:
    firsts = ", ".join(f"min(day) FILTER (WHERE {measure} > 0)" for measure in units.values())
    if not units:
        return {}
    cube, condition, given = _chosen(connection, scope, WHOLE)
    row = connection.execute(text(f"SELECT {firsts} FROM {cube.name} WHERE day < :until{condition}"), given | {"until": until}).one()
    return {code: since for code, since in zip(units, row, strict=True) if since is not None}


def _ceilings(connection: Connection, definition: Definition, *, until: date, first: date) -> dict[date, tuple[float, ...]]:
    known = {cap.code: cap.ceiling for cap in definition.caps}
    found: dict[date, tuple[float, ...]] = {}
    asked = "SELECT day, code FROM day_caps WHERE day < :until AND day >= :first ORDER BY day, code"
    for row in connection.execute(text(asked), {"until": until, "first": first}):
        if row.code in known:
            found[row.day] = (*found.get(row.day, ()), known[row.code])
    return found


def _last_live_day(connection: Connection, *, scope: Scope, zone: str) -> date | None:
    query = select(func.max(source_files.c.received_at)).where(source_files.c.nature == "live")
    if scope.shops is not None or scope.channels is not None:
        query = query.where(source_files.c.shop_id.in_(shops_in(scope)))
    at = connection.scalar(query)
    return None if at is None else at.astimezone(ZoneInfo(zone)).date()
