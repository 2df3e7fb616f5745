"""rules of the delay model by channel."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0020"
down_revision: str | None = "0019"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    """Go forward; there is no way back but a backup."""
    op.create_table(
        "delay_rules",
        sa.Column("channel", sa.Text(), nullable=False, comment="* = all"),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("working_days", sa.Integer(), nullable=True, comment="null, as what follows, where the rule was taken back"),
        sa.Column("hours", sa.Integer(), nullable=True),
        sa.Column("cut_off_hour", sa.Integer(), nullable=True, comment="local; 24 = none"),
        sa.Column("weekends_work", sa.Boolean(), nullable=True),
        sa.Column("set_by", sa.Text(), nullable=False),
        sa.Column("set_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("num_nulls(working_days, hours, cut_off_hour, weekends_work) IN (0, 4)", name=op.f("ck_delay_rules_whole")),
        sa.CheckConstraint("working_days > 0 AND hours > 0 AND cut_off_hour BETWEEN 0 AND 24", name=op.f("ck_delay_rules_sizes")),
        sa.PrimaryKeyConstraint("channel", "version", name=op.f("pk_delay_rules")),
        comment="every version of the rules by which the delay model calls an order late: models.delay_risk.rules.TargetRule",
    )
    op.alter_column(
        "model_versions",
        "params",
        existing_type=postgresql.JSONB(astext_type=sa.Text()),
        comment="hyperparameters, seed, versions of the libraries, the rules it was fitted by",
        existing_comment="hyperparameters, seed, versions of the libraries",
        existing_nullable=False,
    )
