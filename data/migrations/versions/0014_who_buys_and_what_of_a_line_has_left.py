"""classes of customers are judged by what buyers paid for; what of an order line has left."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0014"
down_revision: str | None = "0013"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    """Go forward; there is no way back but a backup."""
    # nothing ever wrote it
    op.drop_column("customers", "customer_class")
    op.alter_column(
        "hold_rules",
        "customer_class",
        comment="key of models.stock.words.CUSTOMER_CLASSES; * = every class",
        existing_comment="* = every class",
        existing_type=sa.Text(),
        existing_nullable=False,
    )
    op.create_index("ix_order_contacts_buyer", "order_contacts", [sa.literal_column("coalesce(buyer_name, email)")], unique=False)
    op.add_column(
        "order_lines",
        sa.Column(
            "shipped_quantity",
            sa.BigInteger(),
            nullable=True,
            comment="of quantity has left, as the source last stated; null = it does not say",
        ),
    )
