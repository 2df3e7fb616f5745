"""Which targets has anybody set, and which of them may this person see?"""

from datetime import date

from sqlalchemy import Connection, select

from data.queries.cut import visible_channels
from data.tables import targets as _targets
from models.health.targets import Target
from models.scope import Scope


def targets(connection: Connection, *, scope: Scope) -> list[Target]:
    """Return every target ever set for all channels or a visible one, the newest first; taken back ones have no value."""
    mine = visible_channels(_targets.c.channel, scope=scope, everywhere="")
    query = select(_targets).where(mine).order_by(_targets.c.set_at.desc(), _targets.c.target_id.desc())
    return [
        Target(
            kpi=row["kpi"],
            channel=row["channel"],
            month=row["month"],
            value=None if row["value"] is None else float(row["value"]),
            version=row["version"],
            set_by=row["set_by"],
            set_at=row["set_at"],
        )
        for row in connection.execute(query).mappings()
    ]


def last_target(connection: Connection, *, kpi: str, channel: str, month: date | None) -> Target | None:
    """Return the last that was set in one place."""
    query = select(_targets).where(_targets.c.kpi == kpi, _targets.c.channel == channel, _targets.c.month.is_not_distinct_from(month))
    row = connection.execute(query.order_by(_targets.c.version.desc()).limit(1)).mappings().one_or_none()
    if row is None:
        return None
    value = None if row["value"] is None else float(row["value"])
    return Target(kpi, channel, month, value, version=row["version"], set_by=row["set_by"], set_at=row["set_at"])
