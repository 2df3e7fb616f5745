"""How good would the delay model have been on this merchant's own orders, had it been used all along?"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pandas as pd

from data.engine import Engine
from data.queries.delay_rules import delay_rules
from data.queries.risk_facts import risk_clocks, risk_facts
from models.delay_risk.clocks import Bools, ShopClock
from models.delay_risk.examples import Examples, training_examples
from models.delay_risk.rules import TargetRule, TargetRules, rules_as_json
from models.delay_risk.targets import TARGETS_BY_KEY
from models.delay_risk.walk_forward import Month, honest_table, months_of, walk_forward

# Everything that was ever brought in.
_EVER = datetime(2000, 1, 1, tzinfo=UTC)
# Months with fewer orders than this say little; the last so many others are measured unless they are named.
_FEWEST, _MONTHS = 200, 8


class NothingToMeasure(ValueError):
    """没有可评估的订单 / there are no orders to measure: {why}"""

    def __init__(self, why: str) -> None:
        super().__init__((NothingToMeasure.__doc__ or "").format(why=why))


@dataclass(frozen=True)
class Asked:
    """Whose orders, which targets, which months (``2018-01``; None = the last eight that have orders), and the seed of the fits.

    ``rule`` says what is late in every channel; None = as the merchant has set it.
    """

    shops: tuple[str, ...]
    targets: tuple[str, ...]
    first: str | None
    last: str | None
    seed: int
    rule: TargetRule | None = None


def evaluate(engine: Engine, asked: Asked, *, as_of: datetime) -> dict[str, Any]:
    """Return the honest table of each target, by name, beside what it was measured on."""
    with engine.connect() as connection:
        facts = risk_facts(connection, since=_EVER, as_of=as_of, shops=asked.shops or None)
        clocks = risk_clocks(connection)
        rules = delay_rules(connection) if asked.rule is None else (asked.rule,)
    if not len(facts):
        raise NothingToMeasure("这些店铺没有已付款订单 / these shops have no paid orders")
    tables = {target: _table(facts, clocks, asked, target=target, rules=rules, as_of=as_of) for target in asked.targets}
    said = {
        "shops": sorted(facts["shop_id"].astype(str).unique()),
        "walk_forward": "monthly",
        "as_of": as_of.isoformat(),
        "seed": asked.seed,
        "rules": rules_as_json(rules),
    }
    return {**said, "orders": len(facts), "backfilled": float(facts["backfilled"].mean()), "targets": tables}


def _table(
    facts: pd.DataFrame, clocks: Mapping[str, ShopClock], asked: Asked, *, target: str, rules: TargetRules, as_of: datetime
) -> dict[str, Any]:
    examples = training_examples(facts, clocks, target=target, as_of=as_of, seed=asked.seed, rules=rules)
    never, empty = _never_left(facts, examples, target=target)
    months = _chosen(examples, never | empty, asked, zone=_zone(facts, clocks))
    walked = walk_forward(examples.take(~empty), target=target, months=months, given_up=never[~empty], seed=asked.seed)
    at_payment = examples.landmark == 0
    population = {
        "measured": "orders with contents that were handed over, at payment",
        "months": [month.name for month in months],
        "never_handed_over": int(np.sum(never & at_payment)),
        "without_contents": int(np.sum(empty & at_payment)),
        "sampling": examples.sampling,
    }
    words = TARGETS_BY_KEY[target]
    return {"zh": words.zh, "en": words.en, "population": population, **honest_table(walked, seed=asked.seed)}


def _never_left(facts: pd.DataFrame, examples: Examples, *, target: str) -> tuple[Bools, Bools]:
    """Say of each example whether its order never left (or never arrived), and whether it lacks lines where its shop has them."""
    done = "delivered_at" if target == "delivery" else "shipped_at"
    by_key = facts.set_index(["shop_id", "order_no"])[[done, "lines"]]
    found = by_key.loc[pd.MultiIndex.from_frame(examples.keys[["shop_id", "order_no"]].astype(str))]
    has_lines = bool(facts["lines"].notna().any())
    return found[done].isna().to_numpy(), found["lines"].isna().to_numpy() & has_lines


def _chosen(examples: Examples, left_out: Bools, asked: Asked, *, zone: str) -> list[Month]:
    start = examples.start_at[~left_out & (examples.landmark == 0)]
    months = months_of(start, zone=zone)
    if asked.first is None and asked.last is None:
        months = [month for month in months if np.sum((start >= month.start) & (start < month.end)) >= _FEWEST][-_MONTHS:]
    chosen = [month for month in months if (asked.first or "") <= month.name <= (asked.last or "9999")]
    if not chosen:
        raise NothingToMeasure("这些月份没有订单 / no orders in these months")
    return chosen


def _zone(facts: pd.DataFrame, clocks: Mapping[str, ShopClock]) -> str:
    """Return the zone of the shop with the most orders, by whose months is walked."""
    return clocks[str(facts["shop_id"].astype(str).mode().iloc[0])].zone


_OF_A_PART = ("n", "base_rate", "auc", "average_precision", "ece")


def lines_of(table: Mapping[str, Any]) -> Iterator[str]:
    """Say the table of each target in lines for people."""
    for target, found in table["targets"].items():
        yield f"{target}: {found['zh']} / {found['en']}"
        for name in ("n", "base_rate", "auc", "average_precision", "brier", "ece", "lead_minutes_median", "at_capacity", "beats_baselines"):
            yield f"  {name}: {_shown(found.get(name))}"
        for name, baseline in found["baselines"].items():
            yield f"  {name}: {_shown({key: baseline[key] for key in ('auc', 'average_precision', 'brier')})}"
        for name, parts in (("month", _named(found["months"])), ("landmark", found["by_landmark"])):
            for key, part in parts.items():
                yield f"  {name} {key}: {_shown({figure: part[figure] for figure in _OF_A_PART})}"


def _named(months: Sequence[Mapping[str, Any]]) -> dict[str, Mapping[str, Any]]:
    return {month["month"]: month for month in months}


def _shown(value: object) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{key} {_shown(part)}" for key, part in value.items())
    return f"{value:.4f}" if isinstance(value, float) else str(value)
