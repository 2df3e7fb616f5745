"""How long do orders stay in each stage, counted so that quantiles can be added up?

``dwell_day`` has one row a business day, dimension, value and stage, with as many orders as stayed in each bucket of length, in two arrays
side by side; each dimension holds every order once, so its values add up to the whole, which is also there by itself. An order counts on
the day on which it left the stage.
"""

from data.measures import DWELL_DIMENSIONS, DWELL_TOGETHER
from models.durations import BOUNDED, EDGES
from models.stages import STAGES_BY_KEY, TIMED_STAGES

# As they lie in the primary key.
_KEYS = "dimension, value, day, stage"
_EDGES = f"CAST(ARRAY[{', '.join(str(edge) for edge in EDGES)}] AS bigint[])"


def added_dwell_sql(images: str) -> str:
    """Return the CTEs that add the stays of signed images in relation ``images`` to ``dwell_day``; binds ``zone``."""
    dimensions = ", ".join((*(f"('{dimension}', {dimension})" for dimension in DWELL_DIMENSIONS), f"('{DWELL_TOGETHER}', '')"))
    return f"""
        stays AS ({" UNION ALL ".join(_stays_sql(images, stage, sign="sign") for stage in TIMED_STAGES)}),
        of_dwell_day AS (
            SELECT {_KEYS}, bucket, sum(sign)::integer AS orders
            FROM stays CROSS JOIN LATERAL (VALUES {dimensions}) AS by (dimension, value)
            GROUP BY {_KEYS}, bucket HAVING sum(sign) <> 0
        ),
        to_dwell_day AS (
            INSERT INTO dwell_day AS kept ({_KEYS}, buckets, orders)
            SELECT {_KEYS}, array_agg(bucket), array_agg(orders) FROM of_dwell_day GROUP BY {_KEYS} ORDER BY {_KEYS}
            ON CONFLICT ({_KEYS}) DO UPDATE SET (buckets, orders) = (
                SELECT coalesce(array_agg(bucket), '{{}}'), coalesce(array_agg(orders), '{{}}') FROM (
                    SELECT bucket, sum(orders)::integer AS orders
                    FROM unnest(kept.buckets || EXCLUDED.buckets, kept.orders || EXCLUDED.orders) AS pair (bucket, orders)
                    GROUP BY bucket HAVING sum(orders) <> 0
                ) AS together
            )
        )"""


def all_dwell_sql(images: str, *, stage: str) -> str:
    """Return the statement that fills an empty ``dwell_day`` with the stays of all images in one stage; binds ``zone``."""
    dimension = " ".join(f"WHEN grouping({name}) = 0 THEN '{name}'" for name in DWELL_DIMENSIONS)
    sets = ", ".join((*(f"(day, bucket, {name})" for name in DWELL_DIMENSIONS), "(day, bucket)"))
    # not sorted: to compare ten million names takes longer than to count them
    return f"""
        INSERT INTO dwell_day ({_KEYS}, buckets, orders)
        SELECT dimension, value, day, '{stage}', array_agg(bucket), array_agg(orders) FROM (
            SELECT CASE {dimension} ELSE '{DWELL_TOGETHER}' END AS dimension, coalesce({", ".join(DWELL_DIMENSIONS)}, '') AS value,
                day, bucket, count(*)::integer AS orders
            FROM ({_stays_sql(images, stage, sign="1")}) AS stays GROUP BY GROUPING SETS ({sets})
        ) AS counted GROUP BY dimension, value, day"""


def _stays_sql(images: str, stage: str, *, sign: str) -> str:
    """Return one row an image that has left a stage: day, stage, bucket, sign and the dimensions.

    What came after the stage's end was no stay: cash is paid at the door when the parcel has long left.
    """
    ended_from, ended_to = (f"least({', '.join(f'{step}_{end}' for step in STAGES_BY_KEY[stage].ends_with)})" for end in ("from", "to"))
    began_from, began_to = ("created_at", "created_at") if stage == "created" else (f"{stage}_from", f"{stage}_to")
    return f"""
        SELECT CAST({ended_to} AT TIME ZONE :zone AS date) AS day, '{stage}' AS stage, {sign} AS sign, {", ".join(DWELL_DIMENSIONS)},
            CAST(CASE WHEN {began_from} = {began_to} AND {ended_from} = {ended_to}
                THEN width_bucket(CAST(floor(greatest(date_part('epoch', {ended_to} - {began_to}), 0)) AS bigint), {_EDGES})
                ELSE {BOUNDED} END AS smallint) AS bucket
        FROM {images} WHERE {ended_to} >= {began_from}"""
