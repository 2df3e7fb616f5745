"""How long do orders stay in each stage, counted so that quantiles can be added up?

``dwell_day`` has one row a business day, dimension, value, stage and bucket of length; each dimension holds every order once, so its
values add up to the whole, which is also there by itself. An order counts on the day on which it left the stage.
"""

from data.measures import DWELL_DIMENSIONS, DWELL_TOGETHER
from models.durations import BOUNDED, EDGES
from models.stages import STAGES_BY_KEY, TIMED_STAGES

# As they lie in the primary key.
_KEYS = "dimension, value, day, stage, bucket"
_EDGES = f"CAST(ARRAY[{', '.join(str(edge) for edge in EDGES)}] AS bigint[])"


def added_dwell_sql(images: str) -> str:
    """Return the CTEs that add the stays of signed images in relation ``images`` to ``dwell_day``; binds ``zone``."""
    dimensions = ", ".join((*(f"('{dimension}', {dimension})" for dimension in DWELL_DIMENSIONS), f"('{DWELL_TOGETHER}', '')"))
    return f"""
        stays AS ({_stays_sql(images, sign="sign")}),
        of_dwell_day AS (
            SELECT {_KEYS}, sum(sign)::bigint AS orders FROM stays CROSS JOIN LATERAL (VALUES {dimensions}) AS by (dimension, value)
            GROUP BY {_KEYS}
        ),
        to_dwell_day AS (
            INSERT INTO dwell_day AS kept ({_KEYS}, orders) SELECT {_KEYS}, orders FROM of_dwell_day WHERE orders <> 0
            ORDER BY {_KEYS} ON CONFLICT ({_KEYS}) DO UPDATE SET orders = kept.orders + EXCLUDED.orders
        )"""


def all_dwell_sql(images: str) -> str:
    """Return the statement that fills the empty ``dwell_day`` from all images; binds ``zone``."""
    dimension = " ".join(f"WHEN grouping({name}) = 0 THEN '{name}'" for name in DWELL_DIMENSIONS)
    sets = ", ".join((*(f"(day, stage, bucket, {name})" for name in DWELL_DIMENSIONS), "(day, stage, bucket)"))
    return f"""
        INSERT INTO dwell_day ({_KEYS}, orders)
        SELECT CASE {dimension} ELSE '{DWELL_TOGETHER}' END, coalesce({", ".join(DWELL_DIMENSIONS)}, ''), day, stage, bucket, count(*)
        FROM ({_stays_sql(images, sign="1")}) AS stays GROUP BY GROUPING SETS ({sets}) ORDER BY 1, 2, 3, 4, 5"""


def _stays_sql(images: str, *, sign: str) -> str:
    """Return one row an image and stage that it has left: day, stage, bucket, sign and the dimensions.

    What came after the stage's end was no stay: cash is paid at the door when the parcel has long left.
    """
    ends = ", ".join(_ends(stage) for stage in TIMED_STAGES)
    return f"""
        SELECT CAST(left_to AT TIME ZONE :zone AS date) AS day, stage, {sign} AS sign, {", ".join(DWELL_DIMENSIONS)},
            CAST(CASE WHEN in_from = in_to AND left_from = left_to
                THEN width_bucket(CAST(floor(greatest(extract(epoch FROM left_to - in_to), 0)) AS bigint), {_EDGES})
                ELSE {BOUNDED} END AS smallint) AS bucket
        FROM {images} CROSS JOIN LATERAL (VALUES {ends}) AS stage (stage, in_from, in_to, left_from, left_to)
        WHERE left_to >= in_from"""


def _ends(stage: str) -> str:
    low, high = (f"least({', '.join(f'{step}_{end}' for step in STAGES_BY_KEY[stage].ends_with)})" for end in ("from", "to"))
    begun = ("created_at", "created_at") if stage == "created" else (f"{stage}_from", f"{stage}_to")
    return f"('{stage}', {begun[0]}, {begun[1]}, {low}, {high})"
