"""what is said of touches and proofs."""

from collections.abc import Sequence

from alembic import op

revision: str = "0021"
down_revision: str | None = "0020"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    """Go forward; there is no way back but a backup."""
    op.create_table_comment(
        "recon_proofs",
        "each day that a run moved, as a whole: not a minor unit appears or is lost; counts and sums are those of the source rows",
        existing_comment="what a run touched: not a minor unit appears or is lost; counts and sums are those of the source rows themselves",
        schema=None,
    )
    op.create_table_comment(
        "recon_touched",
        "keys of statement lines that came, changed or went since the last run, and where those that went were; emptied by it",
        existing_comment="keys of statement lines that came, changed or went since the last run; emptied by it",
        schema=None,
    )
