"""Where do orders stand now, how long do they stay in each stage, how has that changed, and which ways do they take? (S29, A20)"""

from datetime import date, datetime

import pandas as pd
from sqlalchemy import Connection, text

from data.measures import DWELL_TOGETHER, open_stage
from data.queries.health import NoSuchGrain, Part, chosen_cells, cube_for, orders_of, sees_anything
from models.scope import Scope
from models.stages import SHARES, SHIPPED_FOR

_VARIANT_SUMS = ("orders", "due", "on_time", "shipped_exact", "shipped_exact_seconds")
_MOVES_HOLD = frozenset(("channel", "region_code", "warehouse_code"))

_OPEN = open_stage("o")

# An order is stuck from the instant on at which its stage's limit is over.
STUCK = "coalesce(stage_since + own.seconds * interval '1 second' <= CAST(:as_of AS timestamptz), false)"
WITH_LIMITS = "LEFT JOIN stage_limits AS own ON (own.channel, own.stage) = (o.channel, o.stage)"
# models.stages.share_of: where nobody tells of deliveries, nobody waits for them longer than a delivered order counts
STILL_OPEN = f"""
    NOT (o.stage = 'shipped' AND own.seconds IS NULL
        AND o.stage_since <= CAST(:as_of AS timestamptz) - interval '{SHIPPED_FOR.days} days')"""


def open_stages(connection: Connection, *, scope: Scope, part: Part, as_of: datetime, by: str | None = None) -> pd.DataFrame:
    """Count the orders that stand in an open stage as of an instant: ``value, stage, stuck, orders``; '' as value without ``by``.

    ``stage`` is a key of models.stages.STAGES, unpaid orders included; ``by`` a dimension of data.queries.drill.DRILL.
    """
    condition, given = orders_of(scope, part, relation="o")
    value = "''" if by is None else f"coalesce(o.{by}, '')"
    rows = connection.execute(
        text(f"""
        SELECT {value} AS value, o.stage, {STUCK} AS stuck, count(*) AS orders FROM orders AS o {WITH_LIMITS}
        WHERE {_OPEN} AND {STILL_OPEN}{condition} GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
        """),
        given | {"as_of": as_of},
    )
    frame = pd.DataFrame([tuple(row) for row in rows], columns=["value", "stage", "stuck", "orders"])
    return frame.astype({"stuck": bool, "orders": "int64"})


def delivered_lately(connection: Connection, *, scope: Scope, part: Part, today: date, by: str | None = None) -> pd.DataFrame:
    """Count the orders delivered or completed on the last 30 business days, today included: ``value, orders``.

    ``NoSuchGrain`` where no cells hold the chosen dimensions together.
    """
    chosen = chosen_cells(connection, scope, part)
    cube = cube_for(*dict.fromkeys((*([by] if by else []), *chosen.columns)))
    rows = connection.execute(
        text(f"""
        SELECT {by or "''"} AS value, coalesce(sum(done), 0)::bigint AS orders FROM {cube.name}
        WHERE day > CAST(:today AS date) - {SHIPPED_FOR.days} AND day <= :today{chosen.condition} GROUP BY 1 ORDER BY 1
        """),
        chosen.given | {"today": today},
    )
    return pd.DataFrame([tuple(row) for row in rows], columns=["value", "orders"])


def stays(connection: Connection, *, scope: Scope, part: Part, first: date, last: date, by: str | None = None) -> pd.DataFrame:
    """Count how long orders stayed in the stages they left on some business days: ``value, stage, bucket, orders``.

    Buckets are those of models.durations. Lengths are kept for one dimension at a time; ``NoSuchGrain`` where two are chosen.
    """
    chosen = chosen_cells(connection, scope, part)
    dimensions = tuple(dict.fromkeys((*([by] if by else []), *chosen.columns)))
    if len(dimensions) > 1:
        raise NoSuchGrain(dimensions)
    dimension = dimensions[0] if dimensions else DWELL_TOGETHER
    condition = chosen.condition.replace(f" {dimension} = ", " value = ") if dimensions else " AND value = ''"
    rows = connection.execute(
        text(f"""
        SELECT value, stage, bucket, sum(orders)::bigint AS orders FROM (
            SELECT {"value" if by else "''"} AS value, stage, unnest(buckets) AS bucket, unnest(orders) AS orders FROM dwell_day
            WHERE dimension = :dimension AND day BETWEEN :first AND :last{condition}
        ) AS stays GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
        """),
        chosen.given | {"dimension": dimension, "first": first, "last": last},
    )
    return pd.DataFrame([tuple(row) for row in rows], columns=["value", "stage", "bucket", "orders"])


def share_moves(connection: Connection, *, scope: Scope, part: Part) -> pd.DataFrame:
    """Return by how many orders each share grew on each business day: ``day`` and SHARES; running sums are stocks at day end.

    What came before the first day is in it. ``NoSuchGrain`` for a part by category or carrier.
    """
    chosen = chosen_cells(connection, scope, part)
    if not _MOVES_HOLD.issuperset(chosen.columns):
        raise NoSuchGrain(chosen.columns)
    sums = ", ".join(f"sum({share})::bigint" for share in SHARES)
    if not sees_anything(connection, scope=scope):
        return pd.DataFrame(columns=["day", *SHARES])
    # the last day that was computed is there even where nothing moved on it
    last = f"SELECT max(day) AS day, {', '.join('0' for _ in SHARES)} FROM stage_moves HAVING max(day) IS NOT NULL"
    moved = f"SELECT day, {', '.join(SHARES)} FROM stage_moves WHERE true{chosen.condition} UNION ALL {last}"
    rows = connection.execute(text(f"SELECT day, {sums} FROM ({moved}) AS moved GROUP BY day ORDER BY day"), chosen.given)
    return pd.DataFrame([tuple(row) for row in rows], columns=["day", *SHARES])


def variants(connection: Connection, *, scope: Scope, part: Part, first: date, last: date) -> pd.DataFrame:
    """Return the ways taken by orders created on some business days, the commonest first: ``path`` and its sums.

    Sums are ``orders, due, on_time, shipped_exact, shipped_exact_seconds``. ``NoSuchGrain`` for a part by category or carrier.
    """
    chosen = chosen_cells(connection, scope, part)
    if not _MOVES_HOLD.issuperset(chosen.columns):
        raise NoSuchGrain(chosen.columns)
    sums = ", ".join(f"sum({name})::bigint AS {name}" for name in _VARIANT_SUMS)
    asked = f"SELECT path, {sums} FROM variant_day WHERE day BETWEEN :first AND :last{chosen.condition} GROUP BY path ORDER BY 2 DESC, 1"
    rows = connection.execute(text(asked), chosen.given | {"first": first, "last": last})
    return pd.DataFrame([tuple(row) for row in rows], columns=["path", *_VARIANT_SUMS])


def limits(connection: Connection, *, scope: Scope) -> pd.DataFrame:
    """Return the limits of stages that hold in the channels of a scope: ``channel, stage, seconds, source, orders``.

    How many orders a limit was computed from is said to those alone who see every order.
    """
    condition = "" if scope.channels is None and scope.shops is None else " WHERE channel = ANY(:channels)"
    given = {}
    if condition:
        seen = "SELECT DISTINCT channel FROM shops WHERE shop_id = ANY(coalesce(:shops, ARRAY[shop_id]))"
        seen += " AND channel = ANY(coalesce(:channels, ARRAY[channel]))"
        scoped = {
            "shops": None if scope.shops is None else list(scope.shops),
            "channels": None if scope.channels is None else list(scope.channels),
        }
        given = {"channels": list(connection.scalars(text(seen), scoped))}
    counted = "orders" if scope == Scope() else "CAST(NULL AS bigint)"
    asked = f"SELECT channel, stage, seconds, source, {counted} FROM stage_limits{condition} ORDER BY channel, stage"
    return pd.DataFrame(
        [tuple(row) for row in connection.execute(text(asked), given)], columns=["channel", "stage", "seconds", "source", "orders"]
    )
