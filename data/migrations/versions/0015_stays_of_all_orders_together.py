"""stays of all orders together, and those of one dimension beside each other."""

from collections.abc import Sequence

from alembic import op

revision: str = "0015"
down_revision: str | None = "0014"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    """Go forward; there is no way back but a backup."""
    op.drop_constraint(op.f("pk_dwell_day"), "dwell_day", type_="primary")
    # each dimension holds every order once, so that any of them sums to what a recount of all gives
    op.execute(
        "INSERT INTO dwell_day (day, dimension, value, stage, bucket, orders) "
        "SELECT day, 'all', '', stage, bucket, sum(orders)::bigint FROM dwell_day WHERE dimension = 'channel' GROUP BY day, stage, bucket"
    )
    op.create_primary_key(op.f("pk_dwell_day"), "dwell_day", ["dimension", "day", "value", "stage", "bucket"])
    op.alter_column(
        "dwell_day",
        "dimension",
        comment="DWELL_DIMENSIONS or DWELL_TOGETHER of data.measures; each holds every order",
        existing_comment="one of data.measures.DWELL_DIMENSIONS; each holds every order once",
    )
    op.alter_column("dwell_day", "value", comment="'' = 未归类, or all of them together", existing_comment="'' = 未归类")
