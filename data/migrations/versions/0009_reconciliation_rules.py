"""rules of reconciliation: fees by category, tolerance by channel; what people call an order."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0009"
down_revision: str | None = "0008"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    """Go forward; there is no way back but a backup."""
    for table in ("order_claims", "orders"):
        op.add_column(
            table, sa.Column("order_name", sa.Text(), nullable=True, comment="what people call the order where its number is another")
        )
    op.create_index("ix_orders_order_name", "orders", ["shop_id", "order_name"], postgresql_where=sa.text("order_name IS NOT NULL"))
    op.add_column(
        "fee_rules",
        sa.Column(
            "category", sa.Text(), server_default=sa.text("'*'"), nullable=False, comment="main category of the order; * = every one"
        ),
    )
    op.drop_constraint("pk_fee_rules", "fee_rules", type_="primary")
    op.create_primary_key(op.f("pk_fee_rules"), "fee_rules", ["channel", "fee_type", "category", "valid_from"])
    op.add_column(
        "settlement_rules",
        sa.Column(
            "tolerance_minor",
            sa.BigInteger(),
            server_default=sa.text("0"),
            nullable=False,
            comment="the largest difference of a receipt that is none, in the order's own currency",
        ),
    )
    op.create_check_constraint(op.f("ck_settlement_rules_tolerance_minor"), "settlement_rules", "tolerance_minor BETWEEN 0 AND 10000")
