"""Who looks after an order that has waited too long?

The most specific rule that fits wins, channel before warehouse before category, the earlier of equals; a rule outside its hours stands
back behind every one within. Where no rule fits, somebody in operations who may see the order and has the fewest gets it, else a manager.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from models.people import Person
from models.workbench.rules import ANY, OwnerRule

# Roles that get what no rule gives to anybody, in this order.
_FALLBACK_ROLES = ("operations", "manager")


@dataclass(frozen=True)
class Subject:
    """What of an order decides whose it is."""

    shop_id: str
    order_no: str
    channel: str
    warehouse_code: str
    category: str


def within(rule: OwnerRule, *, local: datetime) -> bool:
    """Say whether a local time lies within a rule's hours; those past midnight belong to the day they began.

    >>> night = OwnerRule(1, "*", "*", "*", (4,), 22 * 60, 6 * 60, "chen")
    >>> [within(night, local=datetime(2026, 11, day, hour)) for day, hour in ((27, 23), (28, 3), (28, 23), (27, 3))]
    [True, True, False, False]
    """
    minute, day = local.hour * 60 + local.minute, local.weekday()
    if rule.from_minute < rule.to_minute:
        return day in rule.days and rule.from_minute <= minute < rule.to_minute
    return (day in rule.days and minute >= rule.from_minute) or ((day - 1) % 7 in rule.days and minute < rule.to_minute)


def owner_for(
    subject: Subject, *, rules: Iterable[OwnerRule], people: Sequence[Person], load: Mapping[str, int], local: datetime
) -> str | None:
    """Return who is to look after an order; None only where nobody at all may see it.

    ``people`` are the active ones, ``load`` how many open orders each has; a rule's owner who may not see the order is passed over.
    """
    able = {each.person_id: each for each in people if each.may_handle and _sees(each, subject)}
    fitting = [rule for rule in rules if rule.owner in able and _fits(rule, subject)]
    if fitting:
        return max(fitting, key=lambda rule: (within(rule, local=local), *_specific(rule), -rule.rule_id)).owner
    for role in _FALLBACK_ROLES:
        if found := [each for each in able.values() if each.role == role]:
            return min(found, key=lambda each: (load.get(each.person_id, 0), each.person_id)).person_id
    return None


def _fits(rule: OwnerRule, subject: Subject) -> bool:
    pairs = ((rule.channel, subject.channel), (rule.warehouse_code, subject.warehouse_code), (rule.category, subject.category))
    return all(wanted in (ANY, has) for wanted, has in pairs)


def _specific(rule: OwnerRule) -> tuple[bool, bool, bool]:
    return rule.channel != ANY, rule.warehouse_code != ANY, rule.category != ANY


def _sees(person: Person, subject: Subject) -> bool:
    return person.scope.holds(shop_id=subject.shop_id, channel=subject.channel, warehouse_code=subject.warehouse_code or None)
