"""How does a part of the business split along a dimension, and do its parts add up to it?

Cells answer where some hold the chosen dimensions together. Below category they do not: once one channel, region and category are
chosen, the few orders left are counted themselves, through an index, by the same measures.
"""

from datetime import date

import pandas as pd
from sqlalchemy import Connection, text

from data.measures import AXES, IMAGE, MEASURE_NAMES, MEASURES
from data.queries.health import NoSuchGrain, Part, chosen_cells, cube_for, summed
from models.scope import Scope

# Dimensions in the order in which the drill goes down.
DRILL: tuple[str, ...] = ("channel", "region_code", "category", "warehouse_code", "carrier_code")
_SUMS = summed(MEASURE_NAMES)
_IMAGE = ", ".join(f"{sql} AS {name}" for name, sql in IMAGE.items())


def split(connection: Connection, *, scope: Scope, part: Part, by: str, first: date, last: date, zone: str) -> pd.DataFrame:
    """Return one row a value of dimension ``by`` (one of DRILL): ``value`` ('' = 未归类) and every measure, over some business days.

    ``NoSuchGrain`` where neither cells nor few enough orders hold the chosen dimensions together.
    """
    return _summed(connection, scope, part, by, first=first, last=last, zone=zone)


def by_day(connection: Connection, *, scope: Scope, part: Part, first: date, last: date, zone: str) -> pd.DataFrame:
    """Return one row a business day: ``value`` (the day) and every measure."""
    return _summed(connection, scope, part, "day", first=first, last=last, zone=zone)


def _summed(connection: Connection, scope: Scope, part: Part, by: str, *, first: date, last: date, zone: str) -> pd.DataFrame:
    chosen = chosen_cells(connection, scope, part)
    needed = chosen.columns if by == "day" else (by, *chosen.columns)
    given = chosen.given | {"first": first, "last": last}
    try:
        asked = _from_cells(cube_for(*dict.fromkeys(needed)).name, by, chosen.condition)
    except NoSuchGrain:
        if not (len(part.channels) == len(part.regions) == len(part.categories) == 1):
            raise
        asked = _from_orders(by, chosen.condition)
        given |= {"zone": zone}
    rows = connection.execute(text(asked), given)
    return pd.DataFrame([tuple(row) for row in rows], columns=["value", *MEASURE_NAMES])


def _from_cells(cube: str, by: str, condition: str) -> str:
    return f"SELECT {by} AS value, {_SUMS} FROM {cube} WHERE day BETWEEN :first AND :last{condition} GROUP BY 1 ORDER BY 1"


def _from_orders(by: str, condition: str) -> str:
    """Return the same question to orders themselves; the conditions on channel, region and category are met through an index."""
    axes = ", ".join(f"('{axis}', {moment})" for axis, moment in AXES.items())
    sums = ", ".join(f"coalesce(sum({m.sql}) FILTER (WHERE axis = '{m.axis}'), 0)::bigint AS {m.name}" for m in MEASURES)
    return f"""
        WITH chosen AS MATERIALIZED (
            SELECT * FROM orders WHERE NOT stub{_through_index(condition)}
        ),
        image AS (SELECT {_IMAGE} FROM chosen),
        placed AS (
            SELECT *, CAST(moment AT TIME ZONE :zone AS date) AS day FROM image
            CROSS JOIN LATERAL (VALUES {axes}) AS axes (axis, moment) WHERE moment IS NOT NULL
        )
        SELECT {by} AS value, {sums} FROM placed WHERE day BETWEEN :first AND :last GROUP BY 1 ORDER BY 1"""


def _through_index(condition: str) -> str:
    """Return a condition on cells as one on orders: 未归类 is '' there and nothing here.

    >>> _through_index(" AND channel = ANY(:wanted_channel)")
    " AND (channel = ANY(:wanted_channel) OR ('' = ANY(:wanted_channel) AND channel IS NULL))"
    """
    found = ""
    for each in condition.split(" AND ")[1:]:
        column, codes = each.split(" = ", 1)
        found += f" AND ({each} OR ('' = {codes} AND {column} IS NULL))"
    return found
