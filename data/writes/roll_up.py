"""How do the cells of every cube come to hold what orders have become, and nothing else?

Either the logged changes are added up, which costs what has changed, or all cells are computed anew from all orders. Both end in the
same cells, for a cell is a sum over orders and a change is an order as it was taken away and an order as it has become added.
Steps run inside the caller's transaction; ``data/roll_up.py`` opens it.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from sqlalchemy import Connection, text

from data.measures import AXES, CASE_IMAGE, CUBES, ENTRY_IMAGE, HOLD_IMAGE, IMAGE, MEASURE_NAMES, MEASURES, Cube
from data.writes.dwell import added_dwell_sql, all_dwell_sql
from models.stages import TIMED_STAGES

_IMAGE = ", ".join(f"{sql} AS {name}" for name, sql in IMAGE.items())
_SUMS = ", ".join(MEASURE_NAMES)
_ADDED = ", ".join(f"{name} = kept.{name} + EXCLUDED.{name}" for name in MEASURE_NAMES)
# The axes that orders themselves say nothing of.
_SOURCES = {
    "entry": f"(SELECT {ENTRY_IMAGE} FROM entry_dues)",
    "known": f"(SELECT {HOLD_IMAGE} FROM hold_dues)",
    "case": f"(SELECT {CASE_IMAGE} FROM case_counts)",
}
_ZEROS = f"({', '.join('0' for _ in MEASURES)})"


@dataclass(frozen=True)
class Rolled:
    """What a roll-up did: images consumed, and the business days whose cells moved."""

    changes: int
    days: frozenset[date]


def add_changes(connection: Connection, *, zone: str) -> Rolled:
    """Add the logged changes to the cells and empty the log; one statement, so that it sees one state of both."""
    cubes = ", ".join(_cube_parts(cube) for cube in CUBES)
    row = connection.execute(
        text(f"""
        WITH taken AS (DELETE FROM order_changes RETURNING *),
        placed AS MATERIALIZED (
            SELECT axis, {_moments()}, sign, {", ".join(IMAGE)}
            FROM taken CROSS JOIN LATERAL (VALUES {_axes()}) AS axes (axis, moment) WHERE moment IS NOT NULL
        ),
        {cubes},
        {added_dwell_sql("taken")}
        SELECT (SELECT count(*) FROM taken) AS changes, (SELECT array_agg(DISTINCT day) FROM to_cell_day) AS days
        """),
        {"zone": zone},
    ).one()
    return Rolled(row.changes, frozenset(row.days or ()))


def rebuild(connection: Connection, *, zone: str) -> Rolled:
    """Compute every cell anew from the orders; the caller's transaction must read one snapshot (REPEATABLE READ)."""
    before = _days_as_they_are(connection)
    changes = connection.execute(text("DELETE FROM order_changes")).rowcount
    for cube in CUBES:
        connection.execute(text(f"DELETE FROM {cube.name}"))
        connection.execute(text(f"INSERT INTO {cube.name} ({_keys(cube)}, {_SUMS}) {cells_sql(cube)}"), {"zone": zone})
    connection.execute(text("DELETE FROM dwell_day"))
    for stage in TIMED_STAGES:
        connection.execute(text(all_dwell_sql(f"(SELECT {_IMAGE} FROM orders WHERE NOT stub) AS image", stage=stage)), {"zone": zone})
    after = _days_as_they_are(connection)
    return Rolled(changes, frozenset(day for day in before | after if before.get(day) != after.get(day)))


def cells_sql(cube: Cube) -> str:
    """Return the question of a cube's cells over all orders; rows without a measure are left out. Binds ``zone``."""
    keys = _keys(cube)
    if wider := _wider(cube):
        # summed already, a few rows a day
        sums = ", ".join(f"sum({name})::bigint AS {name}" for name in MEASURE_NAMES)
        return f"SELECT {keys}, {sums} FROM {wider.name} GROUP BY {keys}"
    sums = ", ".join(f"sum({name})::bigint AS {name}" for name in MEASURE_NAMES)
    return f"""
        SELECT {keys}, {sums} FROM ({" UNION ALL ".join(_by_axis(cube))}) AS summed
        GROUP BY {keys} HAVING ({", ".join(f"sum({name})" for name in MEASURE_NAMES)}) <> {_ZEROS}"""


def _wider(cube: Cube) -> Cube | None:
    """Return the smallest cube filled before this one that holds its dimensions and more."""
    earlier = CUBES[: CUBES.index(cube)]
    wider = [each for each in earlier if each.hourly == cube.hourly and set(cube.dimensions) < set(each.dimensions)]
    return min(wider, key=lambda each: len(each.dimensions), default=None)


def _by_axis(cube: Cube) -> Iterator[str]:
    """Yield one question an axis: its own measures summed over all orders, the others zero."""
    for axis, moment in AXES.items():
        source = _SOURCES.get(axis, f"(SELECT {_IMAGE} FROM orders WHERE NOT stub AND {moment} IS NOT NULL)")
        named = ", ".join(f"{f'sum({m.sql})' if m.axis == axis else '0'} AS {m.name}" for m in MEASURES)
        yield f"""
            SELECT {_time(cube, moment)} AS {cube.time}, {", ".join(cube.dimensions)}, {named}
            FROM {source} AS image
            GROUP BY 1, {", ".join(cube.dimensions)}"""


def _cube_parts(cube: Cube) -> str:
    """Return the CTEs that add the placed changes to one cube."""
    keys = _keys(cube)
    sums = ", ".join(f"coalesce(sum(sign * {m.sql}) FILTER (WHERE axis = '{m.axis}'), 0)::bigint AS {m.name}" for m in MEASURES)
    return f"""
        of_{cube.name} AS (SELECT {keys}, {sums} FROM placed GROUP BY {keys}),
        to_{cube.name} AS (
            INSERT INTO {cube.name} AS kept ({keys}, {_SUMS}) SELECT {keys}, {_SUMS} FROM of_{cube.name} WHERE ({_SUMS}) <> {_ZEROS}
            ORDER BY {keys} ON CONFLICT ({keys}) DO UPDATE SET {_ADDED} RETURNING kept.{cube.time}
        )"""


def _keys(cube: Cube) -> str:
    return ", ".join((cube.time, *cube.dimensions))


def _time(cube: Cube, moment: str) -> str:
    return f"date_trunc('hour', {moment}, 'UTC')" if cube.hourly else f"CAST({moment} AT TIME ZONE :zone AS date)"


def _moments() -> str:
    return f"{_time(CUBES[0], 'moment')} AS day, date_trunc('hour', moment, 'UTC') AS hour"


def _axes() -> str:
    return ", ".join(f"('{axis}', {moment})" for axis, moment in AXES.items())


def _days_as_they_are(connection: Connection) -> dict[date, int]:
    """Return a digest of each day's cells that does not depend on the order of rows; cells of zeros do not count."""
    asked = f"SELECT day, sum(hashtextextended(c::text, 0)) AS digest FROM cell_day AS c WHERE ({_SUMS}) <> {_ZEROS} GROUP BY day"
    return {row.day: int(row.digest) for row in connection.execute(text(asked))}
