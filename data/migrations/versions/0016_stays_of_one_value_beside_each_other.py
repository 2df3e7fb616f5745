"""stays of one value beside each other, day by day."""

from collections.abc import Sequence

from alembic import op

revision: str = "0016"
down_revision: str | None = "0015"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    """Go forward; there is no way back but a backup."""
    op.drop_constraint(op.f("pk_dwell_day"), "dwell_day", type_="primary")
    op.create_primary_key(op.f("pk_dwell_day"), "dwell_day", ["dimension", "value", "day", "stage", "bucket"])
