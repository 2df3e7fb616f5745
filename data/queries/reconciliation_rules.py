"""Which rules of the merchant's own hold: who gets which work orders, which fees are expected, when and how exactly is money due?"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, Connection, Table, select

from data.queries.cut import visible_channels
from data.tables import fee_rules, settlement_rules, work_order_rules
from models.scope import Scope

EVERY = "*"


@dataclass(frozen=True)
class WorkOrderRuleRow:
    """Who gets the differences of a label and channel, and how many working days they have."""

    label: str
    channel: str
    owner: str | None
    working_days: int
    version: int
    set_by: str
    set_at: datetime


@dataclass(frozen=True)
class FeeRuleRow:
    """One version of what a channel takes, for orders paid from ``valid_from`` on."""

    channel: str
    fee_type: str
    category: str
    valid_from: datetime
    rate: Decimal
    fixed_minor: int
    base: str
    returned: bool
    source: str
    set_by: str
    set_at: datetime

    @property
    def place(self) -> tuple[str, ...]:
        """What its versions have in common."""
        return self.channel, self.fee_type, self.category


@dataclass(frozen=True)
class SettlementRuleRow:
    """One version of when a channel's money is due, and how exactly, for orders paid from ``valid_from`` on."""

    channel: str
    valid_from: datetime
    clock: str
    days: int
    escrow: bool
    receivable: str
    tolerance_minor: int
    source: str
    set_by: str
    set_at: datetime

    @property
    def place(self) -> tuple[str, ...]:
        """What its versions have in common."""
        return (self.channel,)


@dataclass(frozen=True)
class ReconRules:
    """The rules of the channels a person may see, the narrower first, of each place the newest first."""

    work_orders: tuple[WorkOrderRuleRow, ...]
    fees: tuple[FeeRuleRow, ...]
    settlements: tuple[SettlementRuleRow, ...]


def rules(connection: Connection, *, scope: Scope) -> ReconRules:
    """Return every version of every rule."""
    work, fee, due = work_order_rules.c, fee_rules.c, settlement_rules.c
    by_label = (work.label == EVERY, work.label, work.channel == EVERY, work.channel)
    by_fee = (fee.channel == EVERY, fee.channel, fee.fee_type, fee.category == EVERY, fee.category, fee.valid_from.desc())
    by_channel = (due.channel == EVERY, due.channel, due.valid_from.desc())
    return ReconRules(
        tuple(WorkOrderRuleRow(**row) for row in _visible(connection, work_order_rules, scope=scope, by=by_label)),
        tuple(FeeRuleRow(**row) for row in _visible(connection, fee_rules, scope=scope, by=by_fee)),
        tuple(SettlementRuleRow(**row) for row in _visible(connection, settlement_rules, scope=scope, by=by_channel)),
    )


def _visible(connection: Connection, table: Table, *, scope: Scope, by: Sequence[ColumnElement[Any]]) -> Sequence[Mapping[str, Any]]:
    query = select(table).where(visible_channels(table.c.channel, scope=scope, everywhere=EVERY)).order_by(*by)
    return [dict(row) for row in connection.execute(query).mappings()]
