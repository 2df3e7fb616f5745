"""How long has an order of a channel, before the delay model calls it late, and do two sets of rules ask the same?

A merchant may set N, the cut-off, the hours and the weekends for all channels and for each; the calendar is the shop's own.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from datetime import datetime
from typing import Any

ANY = "*"


@dataclass(frozen=True)
class TargetRule:
    """N and the hours of a channel; orders whose clock starts at or after ``cut_off_hour`` (24 = none) count from the next day.

    ``weekends_work`` counts Saturdays and Sundays as working days where no calendar says otherwise. The cut-off is one of working days:
    hours by the clock run from payment on, whenever it was.
    """

    channel: str = ANY
    working_days: int = 2
    hours: int = 48
    cut_off_hour: int = 24
    weekends_work: bool = False


TargetRules = tuple[TargetRule, ...]

# 48 hours is what most platforms ask for; two working days is what a warehouse can plan with.
TARGET_RULES: TargetRules = (TargetRule(),)

# What of a rule a target depends on. The weekends change what every model knows of working time.
_OF_EVERY_TARGET = ("weekends_work",)
_OF_TARGET: Mapping[str, tuple[str, ...]] = {"working_days": ("working_days", "cut_off_hour"), "hours": ("hours",)}


def rule_of(channel: str, rules: Sequence[TargetRule] = TARGET_RULES) -> TargetRule:
    """Return the rule of a channel, else the one for all.

    >>> rule_of("jd", (TargetRule(), TargetRule("jd", working_days=1))).working_days
    1
    """
    return next((rule for rule in rules if rule.channel == channel), next((rule for rule in rules if rule.channel == ANY), TargetRule()))


def same_question(target: str, these: Sequence[TargetRule], those: Sequence[TargetRule]) -> bool:
    """Say whether a target asks the same of every order under two sets of rules, so that their models can be compared.

    >>> same_question("hours", (TargetRule(),), (TargetRule(working_days=1),))
    True
    >>> same_question("working_days", (TargetRule(),), (TargetRule(), TargetRule("jd", working_days=1)))
    False
    >>> same_question("working_days", (TargetRule(),), (TargetRule(), TargetRule("jd")))
    True
    """
    channels = {rule.channel for rule in (*these, *those)} | {ANY}
    return all(_asked(target, rule_of(name, these)) == _asked(target, rule_of(name, those)) for name in channels)


def _asked(target: str, rule: TargetRule) -> tuple[object, ...]:
    return tuple(getattr(rule, name) for name in (*_OF_EVERY_TARGET, *_OF_TARGET.get(target, ())))


@dataclass(frozen=True)
class RuleVersion:
    """A version of the rule of a channel (``*`` = all), and who set it; None where it was taken back."""

    channel: str
    version: int
    rule: TargetRule | None
    set_by: str
    set_at: datetime


def last_versions(versions: Iterable[RuleVersion]) -> dict[str, RuleVersion]:
    """Return the last version of each channel."""
    return {each.channel: each for each in sorted(versions, key=lambda each: (each.channel, each.version))}


def rules_held(versions: Iterable[RuleVersion]) -> TargetRules:
    """Return the rules that hold: the last of each channel, the product's own where nobody set one for all."""
    rules = tuple(each.rule for each in last_versions(versions).values() if each.rule is not None)
    return rules if any(rule.channel == ANY for rule in rules) else (*TARGET_RULES, *rules)


def rules_as_json(rules: Iterable[TargetRule]) -> list[dict[str, Any]]:
    """Return rules as they lie beside a model that was fitted by them."""
    return [asdict(rule) for rule in rules]


def rules_from_json(given: Sequence[Mapping[str, Any]] | None) -> TargetRules:
    """Return the rules that a model was fitted by; a model without any was fitted by those of the product.

    >>> rules_from_json(rules_as_json((TargetRule("jd", 1),)))
    (TargetRule(channel='jd', working_days=1, hours=48, cut_off_hour=24, weekends_work=False),)
    """
    if not given:
        return TARGET_RULES
    names = {each.name for each in fields(TargetRule)}
    return tuple(TargetRule(**{name: value for name, value in rule.items() if name in names}) for rule in given)
