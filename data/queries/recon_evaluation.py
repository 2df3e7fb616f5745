"""What did reconciliation find, as an evaluation needs it: every open difference, and on how much it was found?"""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import Connection, text


@dataclass(frozen=True)
class Found:
    """An open difference; ``members`` are the keys matched under its own, itself first."""

    shop_id: str
    order_no: str
    type: str
    currency: str
    class_: str
    kind: str
    side: str
    internal_minor: int
    stated_minor: int
    bank_minor: int
    difference_minor: int
    explained_minor: int
    label: str
    ambiguous: bool
    members: tuple[str, ...]


def found_differences(connection: Connection) -> list[Found]:
    """Return the open differences."""
    rows = connection.execute(
        text("""
        SELECT d.shop_id, d.order_no, d.type, d.currency, d.class AS class_, d.kind, d.side, d.internal_minor, d.stated_minor, d.bank_minor,
            d.difference_minor, d.explained_minor, d.label, d.ambiguous, array(
                SELECT l.order_no FROM recon_links AS l WHERE l.type = d.type
                    AND (l.target_shop_id, l.target_order_no) = (d.shop_id, d.order_no) ORDER BY l.order_no) AS members
        FROM recon_differences AS d WHERE d.state = 'open' ORDER BY d.shop_id, d.order_no, d.type, d.currency
        """)
    )
    return [Found(**{**row._mapping, "members": (row.order_no, *row.members)}) for row in rows]


def measured_on(connection: Connection) -> Mapping[str, int]:
    """Count what was reconciled: statements, lines, lines of banks, entries of orders and matches."""
    counted = ("statements", "settlement_lines", "bank_lines", "money_entries", "recon_results")
    question = ", ".join(f"(SELECT count(*) FROM {name}) AS {name}" for name in counted)
    return dict(connection.execute(text(f"SELECT {question}")).one()._mapping)
