"""What may a manager decide about the delay model: how long an order of a channel has? Part of ``data.actions``."""

from dataclasses import replace
from datetime import datetime

from sqlalchemy import Connection, Engine

from data.acting import Overtaken, acting, allow, audit, check
from data.queries import choices as _choices
from data.queries.delay_rules import delay_rule_versions
from data.writes.delay_rules import add_delay_rule
from data.writes.requests import ask_for_run
from models.delay_risk.rules import ANY, RuleVersion, TargetRule, last_versions
from models.people import Person
from models.scope import EVERYTHING

MOST_WORKING_DAYS, MOST_DELAY_HOURS = 30, 720
# The jobs that a new rule sets off: a model of the new question, and the open orders by it.
_JOBS = ("train_risk", "score_risk")


def set_delay_rule(engine: Engine, *, person: Person, channel: str, rule: TargetRule | None, seen: int, as_of: datetime) -> int:
    """Set how long an order of a channel (``*`` = all) has, or with None go back to the wider rule; have the model fitted anew.

    ``seen`` is the last version its author saw of the channel, 0 for none; returns the new one.
    """
    allow(person.may_define)
    rule = None if rule is None else replace(rule, channel=channel)
    if rule is not None:
        _check_rule(rule)
    with acting(engine) as connection:
        last = _last(connection, channel)
        known = {ANY, *_choices.channels(connection, scope=EVERYTHING)}
        check(channel in known or last is not None, "没有这个渠道 / there is no such channel")
        if (last.version if last else 0) == seen:
            was = last.rule if last else None
            check(rule is not None or was is not None, "这里没有可以收回的规则 / there is no rule here to take back")
            check(rule != was, "没有改动 / nothing has changed")
        new = RuleVersion(channel, seen + 1, rule, set_by=person.person_id, set_at=as_of)
        if not add_delay_rule(connection, new):
            first = _last(connection, channel)
            raise Overtaken(by=first.set_by if first else "", at=first.set_at if first else None)
        detail = {"rule": _told(rule), "was": _told(last.rule if last else None), "version": new.version}
        audit(connection, person_id=person.person_id, action="set_delay_rule", subject=f"delay rule {channel}", detail=detail, as_of=as_of)
        for job in _JOBS:
            ask_for_run(connection, job=job, by=person.person_id, at=as_of)
    return new.version


def _last(connection: Connection, channel: str) -> RuleVersion | None:
    return last_versions(delay_rule_versions(connection, scope=EVERYTHING)).get(channel)


def _check_rule(rule: TargetRule) -> None:
    check(
        0 < rule.working_days <= MOST_WORKING_DAYS,
        f"工作日数须在 1 与 {MOST_WORKING_DAYS} 之间 / working days are from 1 to {MOST_WORKING_DAYS}",
    )
    check(0 < rule.hours <= MOST_DELAY_HOURS, f"小时数须在 1 与 {MOST_DELAY_HOURS} 之间 / hours are from 1 to {MOST_DELAY_HOURS}")
    check(0 <= rule.cut_off_hour <= 24, "截单时刻须在 0 与 24 之间 / a cut-off hour is from 0 to 24")


def _told(rule: TargetRule | None) -> dict[str, int | bool] | None:
    if rule is None:
        return None
    names = ("working_days", "hours", "cut_off_hour", "weekends_work")
    return {name: getattr(rule, name) for name in names}
