"""What may a manager decide: targets, promises, working days, the index? Part of ``data.actions``.

Nothing is overwritten but a day of the calendar: the rest are versions, each with who set it and when. Each function takes what its
author saw; where somebody else was faster, ``Overtaken`` says who. ``WrongInput`` says what cannot be so.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from math import isfinite
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Engine, select

from data.acting import Overtaken, WrongInput, acting, allow, audit, check
from data.queries import choices as _choices
from data.queries import promises as _promises
from data.queries import targets as _targets
from data.queries.definitions import versions
from data.tables import audit_log
from data.writes.definitions import add_rule, add_target, add_version, decide_day
from data.writes.stage_limits import drop_rule, set_limits, set_rule
from models.health.components import DEFINITION, Definition, changes_between, definition_as_json, definition_from_json
from models.health.kpis import DEFINED, Kpi
from models.health.targets import Target
from models.order_kinds import ORDER_KINDS_BY_KEY
from models.people import Person
from models.promise import ANY, PromiseRule
from models.scope import EVERYTHING
from models.stages import OPEN_STAGES

# Sizes of texts that people write.
NOTE_SIGNS = 200
MOST_HOURS = 10_000
MOST_PROMISED_HOURS, MOST_PROMISED_DAYS = 8_760, 30
# Nothing a shop does takes longer (models.durations).
MOST_LIMIT_HOURS = 2_880
# The farthest a day of the calendar may be decided ahead.
YEARS_AHEAD = 3


@dataclass(frozen=True)
class Seen:
    """A day of a calendar as its author saw it: worked or not, and the note beside it."""

    working: bool
    note: str | None


def set_target(
    engine: Engine, *, person: Person, kpi: str, channel: str, month: date | None, value: float | None, seen: int, as_of: datetime
) -> int:
    """Set a KPI's target for a channel ('' = all) and month (its first day, None = all), or take it back with None.

    Shares are shares of one. ``seen`` is the last version its author saw in this place, 0 for none; returns the new one.
    """
    allow(person.may_define)
    found = next((each for each in DEFINED if each.key == kpi), None)
    if found is None or found.target is None:
        raise WrongInput("这个指标没有目标 / this figure has no target")
    check(month is None or month.day == 1, "月份写作当月第一天 / a month is written as its first day")
    _check_target(found, value)
    with acting(engine) as connection:
        check(channel in ("", *_choices.channels(connection, scope=EVERYTHING)), "没有这个渠道 / there is no such channel")
        last = _targets.last_target(connection, kpi=kpi, channel=channel, month=month)
        taken_back = value is None and (last is None or last.value is None) and seen == (last.version if last else 0)
        check(not taken_back, "这里没有可以收回的目标 / there is no target here to take back")
        target = Target(kpi, channel, month, value, version=seen + 1, set_by=person.person_id, set_at=as_of)
        if not add_target(connection, target):
            first = _targets.last_target(connection, kpi=kpi, channel=channel, month=month)
            raise Overtaken(by=first.set_by if first else "", at=first.set_at if first else None)
        subject = f"target {kpi}/{channel or ANY}/{month.isoformat()[:7] if month else ANY}"
        audit(connection, person_id=person.person_id, action="set_target", subject=subject, detail=_told(last, target), as_of=as_of)
    return target.version


def set_calendar_day(
    engine: Engine, *, person: Person, calendar: str, day: date, working: bool, note: str, seen: Seen, zone: str, as_of: datetime
) -> None:
    """Say whether a day of a calendar is worked; today (of the business zone) or later, for a promise once made is never moved."""
    allow(person.may_define)
    today = as_of.astimezone(ZoneInfo(zone)).date()
    check(day >= today, "只能改今天及以后的日子：已作出的承诺不再移动 / only today or later: a promise once made is never moved")
    check(day.year <= today.year + YEARS_AHEAD, "这一天太远 / that day is too far ahead")
    _check_text(note)
    subject = f"calendar {calendar} {day}"
    with acting(engine) as connection:
        check(calendar in _promises.calendars(connection, scope=EVERYTHING), "没有这个日历 / there is no such calendar")
        written = note.strip() or None
        check((working, written) != (seen.working, seen.note), "没有改动 / nothing has changed")
        was = (seen.working, seen.note)
        if not decide_day(connection, calendar=calendar, day=day, working=working, note=written, was=was):
            raise _overtaken_in(connection, subject=subject)
        detail = {"working": working, "note": written, "was_working": seen.working, "was_note": seen.note}
        audit(connection, person_id=person.person_id, action="set_calendar_day", subject=subject, detail=detail, as_of=as_of)


def add_promise_rule(engine: Engine, *, person: Person, rule: PromiseRule, source: str, as_of: datetime) -> str:
    """Add a version of a promise rule that holds from now or later on; returns its key."""
    allow(person.may_define)
    _check_rule(rule)
    check(bool(source.strip()), "请写明规则的来源 / say where the rule comes from")
    _check_text(source)
    check(
        rule.valid_from.tzinfo is not None and rule.valid_from >= as_of.replace(microsecond=0),
        "生效时间不能早于现在：已作出的承诺不再移动 / a rule holds from now on at the earliest: a promise once made is never moved",
    )
    rule = PromiseRule(**{**vars(rule), "valid_from": rule.valid_from.astimezone(UTC).replace(microsecond=0)})
    with acting(engine) as connection:
        known = {ANY, *_promises.promise_channels(connection)}
        check(rule.channel in known, "没有这个渠道 / there is no such channel")
        if not add_rule(connection, rule, source=source.strip(), set_by=person.person_id, set_at=as_of):
            raise _overtaken_in(connection, subject=f"promise {rule.key}")
        subject = f"promise {rule.key}"
        detail = {"hours": rule.hours, "working_days": rule.working_days, "cut_off_hour": rule.cut_off_hour, "source": source.strip()}
        audit(connection, person_id=person.person_id, action="added_promise_rule", subject=subject, detail=detail, as_of=as_of)
    return rule.key


def set_stage_limit(
    engine: Engine,
    *,
    person: Person,
    channel: str,
    stage: str,
    hours: float | None,
    seen_hours: float | None,
    zone: str,
    as_of: datetime,
) -> None:
    """Set from when on orders of a channel are stuck in a stage, or with None go back to what the last 28 days say.

    ``seen_hours`` is the rule its author saw, None where there was none.
    """
    allow(person.may_define)
    check(stage in OPEN_STAGES, "这个环节没有时限 / this stage has no limit")
    fits = hours is None or (isfinite(hours) and 0 < hours <= MOST_LIMIT_HOURS)
    check(fits, f"时限须大于 0、不超过 {MOST_LIMIT_HOURS} 小时 / a limit is above 0 and at most {MOST_LIMIT_HOURS} hours")
    check(hours is not None or seen_hours is not None, "这里没有可以收回的规则 / there is no rule here to take back")
    subject = f"stage limit {channel}/{stage}"
    was = None if seen_hours is None else round(seen_hours * 3600)
    with acting(engine) as connection:
        check(channel in _choices.channels(connection, scope=EVERYTHING), "没有这个渠道 / there is no such channel")
        place = {"channel": channel, "stage": stage}
        if hours is not None:
            done = set_rule(connection, **place, seconds=max(round(hours * 3600), 1), was=was, as_of=as_of)
        else:
            done = drop_rule(connection, **place, was=was or 0)
            set_limits(connection, today=as_of.astimezone(ZoneInfo(zone)).date(), as_of=as_of)
        if not done:
            raise _overtaken_in(connection, subject=subject)
        detail = {"hours": hours, "was_hours": seen_hours}
        audit(connection, person_id=person.person_id, action="set_stage_limit", subject=subject, detail=detail, as_of=as_of)


def publish_definition(engine: Engine, *, person: Person, definition: Mapping[str, Any], note: str, seen: int, as_of: datetime) -> int:
    """Publish a version of the index: ``weights, floors, targets, slos, ceilings`` by code, as ``definition_as_json`` writes them.

    ``seen`` is the version its author changed; returns the new one, which the next roll-up computes with.
    """
    allow(person.may_define)
    check(bool(note.strip()), "请写明为什么改 / say why it changes")
    _check_text(note)
    new = _definition({**definition, "version": seen + 1, "note": note.strip()})
    with acting(engine) as connection:
        last = versions(connection)[0]
        if last.version != seen:
            raise Overtaken(by=last.set_by, at=last.set_at)
        changed = changes_between(last.definition, new)
        check(bool(changed), "没有改动 / nothing has changed")
        stored = definition_as_json(new)
        if not add_version(connection, stored, note=new.note, set_by=person.person_id, set_at=as_of, first=DEFINITION.version):
            last = versions(connection)[0]
            raise Overtaken(by=last.set_by, at=last.set_at)
        subject = f"index definition {new.version}"
        detail = {f"{each.part}.{each.code}": [each.was, each.now] for each in changed}
        audit(connection, person_id=person.person_id, action="published_definition", subject=subject, detail=detail, as_of=as_of)
    return new.version


def _check_target(kpi: Kpi, value: float | None) -> None:
    if value is None:
        return
    if kpi.unit == "share":
        check(isfinite(value) and 0 < value <= 1, "占比的目标须大于 0%、不超过 100% / a target of a share is above 0% and at most 100%")
    if kpi.unit == "points":
        check(isfinite(value) and 0 < value <= 100, "指数的目标须大于 0、不超过 100 / a target of the index is above 0 and at most 100")
    check(
        isfinite(value) and 0 < value <= MOST_HOURS,
        f"目标须大于 0、不超过 {MOST_HOURS} / a target is above 0 and at most {MOST_HOURS}",
    )


def _check_rule(rule: PromiseRule) -> None:
    kind = ORDER_KINDS_BY_KEY.get(rule.kind)
    check(rule.kind == ANY or kind is not None, "没有这种订单 / there is no such kind of order")
    check(kind is None or kind.clock != "none", "这种订单不发货，没有承诺 / such orders are not shipped, they have no promise")
    check((rule.hours is None) != (rule.working_days is None), "小时与工作日二选一 / either hours or working days")
    check(
        rule.hours is None or 0 < rule.hours <= MOST_PROMISED_HOURS,
        f"小时数须在 1 与 {MOST_PROMISED_HOURS} 之间 / hours are from 1 to {MOST_PROMISED_HOURS}",
    )
    check(
        rule.working_days is None or 0 < rule.working_days <= MOST_PROMISED_DAYS,
        f"工作日数须在 1 与 {MOST_PROMISED_DAYS} 之间 / working days are from 1 to {MOST_PROMISED_DAYS}",
    )
    check(0 <= rule.cut_off_hour <= 24, "截单时刻须在 0 与 24 之间 / a cut-off hour is from 0 to 24")


def _check_text(text: str) -> None:
    check(len(text) <= NOTE_SIGNS and "\0" not in text, f"说明最多 {NOTE_SIGNS} 字 / a note has at most {NOTE_SIGNS} signs")


def _definition(given: Mapping[str, Any]) -> Definition:
    """Return what was entered as a definition; in words what cannot be one."""
    _check_posts(given)
    try:
        new = definition_from_json(given)
    except ValueError as error:
        raise WrongInput(f"不成立的定义：{error} / no definition: {error}") from error
    for each in new.components:
        shares = (each.floor, each.target, each.slo)
        fits = all(isfinite(share) and 0 <= share <= 1 for share in shares)
        check(fits, f"{each.code}：各线须在 0% 与 100% 之间 / {each.code}: posts are from 0% to 100%")
    check(
        all(isfinite(cap.ceiling) and 0 <= cap.ceiling <= 100 for cap in new.caps),
        "红线的上限须在 0 与 100 之间 / ceilings of caps are from 0 to 100",
    )
    return new


def _check_posts(given: Mapping[str, Any]) -> None:
    """Say in words what the definition itself would refuse in English alone."""
    weights, floors, targets = (given.get(key) or {} for key in ("weights", "floors", "targets"))
    for code, weight in weights.items():
        fits = 0 < weight <= 100
        check(fits, f"{code}：权重须大于 0、不超过 100 / {code}: a weight is above 0 and at most 100")
        if code in floors and code in targets:
            check(floors[code] < targets[code], f"{code}：零分线须低于满分线 / {code}: the floor must be below the target")


def _told(last: Target | None, target: Target) -> dict[str, float | int | None]:
    return {"value": target.value, "version": target.version, "was": last.value if last else None}


def _overtaken_in(connection: Connection, *, subject: str) -> Overtaken:
    """Say who was first, where only the audit log knows."""
    query = select(audit_log.c.person_id, audit_log.c.at).where(audit_log.c.subject == subject).order_by(audit_log.c.audit_id.desc())
    row = connection.execute(query.limit(1)).one_or_none()
    return Overtaken(by=row.person_id if row else "", at=row.at if row else None)
