"""which state of an order was scored."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0019"
down_revision: str | None = "0018"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    """Go forward; there is no way back but a backup."""
    op.add_column(
        "risk_now", sa.Column("order_changed_at", sa.DateTime(timezone=True), nullable=True, comment="state of the order that was scored")
    )
