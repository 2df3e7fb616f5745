"""How long has an order before the delay model calls it late, in words?"""

from collections.abc import Sequence

from dashboard import cached_reads, words
from dashboard.i18n import t
from dashboard.view import View
from data.reads import ModelVersion
from models.delay_risk.rules import TargetRule, TargetRules, rules_held
from models.delay_risk.targets import TARGETS_BY_KEY


def target_name(key: str, rules: Sequence[TargetRule]) -> str:
    """Return what missing a target means, with its days or hours where they are the same in every channel."""
    days, hours = ({getattr(rule, name) for rule in rules} for name in ("working_days", "hours"))
    names = {
        "working_days": t("第 {n} 个工作日结束前没有发出", n=days.pop() if len(days) == 1 else "N"),
        "hours": t("付款后 {n} 小时内没有发出", n=hours.pop() if len(hours) == 1 else "N"),
        "promise": t("承诺期限前没有发出"),
    }
    target = TARGETS_BY_KEY.get(key)
    return names.get(key) or (words.in_language(target.zh, target.en) if target else key)


def champion_of(versions: Sequence[ModelVersion], *, task: str) -> ModelVersion | None:
    """Return the version in use for a target."""
    return next((each for each in versions if each.task == task and each.status == "champion"), None)


def rules_now(view: View) -> TargetRules:
    """Return the rules that hold, as far as a person may see them."""
    return rules_held(cached_reads.delay_rules(view.scope))


def rules_of(version: ModelVersion | None, *, view: View) -> TargetRules:
    """Return the rules by which a version scores; without one, those that hold."""
    return rules_now(view) if version is None else version.rules
