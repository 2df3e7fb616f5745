"""How is a rule of the delay model set, so that of two who race exactly one is first?"""

from sqlalchemy import Connection, text

from models.delay_risk.rules import RuleVersion


def add_delay_rule(connection: Connection, new: RuleVersion) -> bool:
    """Add a version after the last of its channel; False where somebody else has added that version."""
    rule = new.rule
    done = connection.execute(
        text("""
        INSERT INTO delay_rules (channel, version, working_days, hours, cut_off_hour, weekends_work, set_by, set_at)
        SELECT :channel, :version, :working_days, :hours, :cut_off_hour, :weekends_work, :set_by, :set_at
        WHERE :version = 1 + (SELECT coalesce(max(version), 0) FROM delay_rules WHERE channel = :channel)
        ON CONFLICT DO NOTHING
        """),
        {
            "channel": new.channel,
            "version": new.version,
            "working_days": rule and rule.working_days,
            "hours": rule and rule.hours,
            "cut_off_hour": None if rule is None else rule.cut_off_hour,
            "weekends_work": None if rule is None else rule.weekends_work,
            "set_by": new.set_by,
            "set_at": new.set_at,
        },
    )
    return done.rowcount == 1
