"""By which rules does the delay model call an order late, and who set them?"""

from datetime import datetime

from sqlalchemy import Connection, func, select

from data.queries.cut import visible_channels
from data.tables import delay_rules as _rules
from models.delay_risk.rules import ANY, RuleVersion, TargetRule, TargetRules, rules_held
from models.scope import EVERYTHING, Scope


def delay_rule_versions(connection: Connection, *, scope: Scope) -> list[RuleVersion]:
    """Return every version of every rule for all channels or a visible one, by channel, the newest first."""
    query = select(_rules).where(visible_channels(_rules.c.channel, scope=scope, everywhere=ANY))
    return [
        RuleVersion(
            channel=row.channel,
            version=row.version,
            rule=None
            if row.working_days is None
            else TargetRule(row.channel, row.working_days, row.hours, row.cut_off_hour, row.weekends_work),
            set_by=row.set_by,
            set_at=row.set_at,
        )
        for row in connection.execute(query.order_by(_rules.c.channel, _rules.c.version.desc()))
    ]


def delay_rules(connection: Connection) -> TargetRules:
    """Return the rules that hold."""
    return rules_held(delay_rule_versions(connection, scope=EVERYTHING))


def delay_rules_set_at(connection: Connection) -> datetime | None:
    """Say when any rule was last set or taken back; None where nobody ever did."""
    at: datetime | None = connection.scalar(select(func.max(_rules.c.set_at)))
    return at
