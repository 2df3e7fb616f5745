"""stays of a business day and stage in one row, each length side by side with how many orders stayed so long."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0018"
down_revision: str | None = "0017"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    """Go forward; there is no way back but a backup."""
    op.execute(
        "CREATE TEMPORARY TABLE gathered AS "
        "SELECT dimension, value, day, stage, array_agg(bucket) AS buckets, array_agg(orders::integer) AS orders "
        "FROM dwell_day WHERE orders <> 0 GROUP BY dimension, value, day, stage"
    )
    op.drop_table("dwell_day")
    dimension, stage = "DWELL_DIMENSIONS or DWELL_TOGETHER of data.measures; each holds every order", "key of models.stages.TIMED_STAGES"
    lengths = "of models.durations, in any order; -1 = only bounds are known"
    op.create_table(
        "dwell_day",
        sa.Column("day", sa.Date(), nullable=False, comment="business day on which the stage ended"),
        sa.Column("dimension", sa.Text(), nullable=False, comment=dimension),
        sa.Column("value", sa.Text(), nullable=False, comment="'' = 未归类, or all of them together"),
        sa.Column("stage", sa.Text(), nullable=False, comment=stage),
        sa.Column("buckets", postgresql.ARRAY(sa.SmallInteger()), nullable=False, comment=lengths),
        sa.Column("orders", postgresql.ARRAY(sa.Integer()), nullable=False, comment="that stayed so long, side by side with the buckets"),
        sa.CheckConstraint("cardinality(buckets) = cardinality(orders)", name=op.f("ck_dwell_day_pairs")),
        sa.PrimaryKeyConstraint("dimension", "value", "day", "stage", name=op.f("pk_dwell_day")),
    )
    op.execute(
        "INSERT INTO dwell_day (dimension, value, day, stage, buckets, orders) "
        "SELECT dimension, value, day, stage, buckets, orders FROM gathered"
    )
    op.execute("DROP TABLE gathered")
