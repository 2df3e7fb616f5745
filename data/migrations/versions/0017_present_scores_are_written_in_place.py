"""present scores are written in place: no index but the key, and room on each page for the next version of its rows."""

from collections.abc import Sequence

from alembic import op

revision: str = "0017"
down_revision: str | None = "0016"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    """Go forward; there is no way back but a backup."""
    op.drop_index(op.f("ix_risk_now_promise_probability"), table_name="risk_now")
    op.drop_index(op.f("ix_risk_now_probability"), table_name="risk_now")
    # less than half, so that all rows of a page may be written at once
    op.execute("ALTER TABLE risk_now SET (fillfactor = 45)")
