"""Do the newest orders still look like those a model was fitted on, and do its chances still come true?"""

from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
from sqlalchemy import Connection, Engine

from data.delay_risk import TASKS, usable
from data.model_store import Unusable
from data.queries.risk_due import HISTORY
from data.queries.risk_facts import risk_clocks, risk_facts
from data.queries.risk_registry import KeptModel, champion
from data.writes.risk_registry import write_drift
from models.delay_risk import drift
from models.delay_risk.examples import Examples, training_examples
from models.delay_risk.features import FEATURES_BY_NAME

# What orders are made of should stay as it was. Calendar, load, stage and history move from day to day: that is what they are for, and
# whether the model follows them is told by its calibration.
STEADY = frozenset(("channel", "kind", "payment", "goods", "value", "where", "promise", "place", "carrier", "source"))
# What is looked at: the orders of the last two weeks whose outcome is known, never those a model was fitted on.
RECENT = timedelta(days=14)
_SEED = 1


@dataclass(frozen=True)
class Checked:
    """What a check of one model found: how many orders it looked at, and which features, or ``calibration``, have drifted."""

    task: str
    version: int
    rows: int
    drifted: tuple[str, ...]


def check(engine: Engine, *, as_of: datetime) -> list[Checked]:
    """Check every model in use and write what was found; a model that cannot be read counts as drifted."""
    with engine.connect() as connection:
        kept = [found for task in TASKS if (found := champion(connection, task=task)) is not None]
        if not kept:
            return []
        facts, clocks = risk_facts(connection, since=as_of - HISTORY, as_of=as_of), risk_clocks(connection)
    checked = []
    for model in kept:
        examples = training_examples(facts, clocks, target=model.task, as_of=as_of, seed=_SEED, rules=model.rules)
        with engine.begin() as connection:
            checked.append(_checked(connection, model, examples, as_of=as_of))
    return checked


def _checked(connection: Connection, kept: KeptModel, examples: Examples, *, as_of: datetime) -> Checked:
    since = max(as_of - RECENT, kept.trained_to).timestamp()
    recent = examples.take((examples.start_at >= since) & ~np.isnan(examples.label))
    try:
        model = usable(kept)
    except Unusable as error:
        return Checked(kept.task, kept.version, len(recent.label), (error.reason,))
    rows = len(recent.label)
    if model is None or rows < drift.LEAST_ROWS:
        return Checked(kept.task, kept.version, rows, ())
    steady = {name: bins for name, bins in kept.reference.items() if FEATURES_BY_NAME[name].group in STEADY}
    moved = drift.psi(steady, recent.frame)
    gap = drift.calibration_gap(recent.label, model.score(recent.frame)["probability"].to_numpy(float))
    found = [("feature", name, value, drift.PSI_CEILING) for name, value in moved.items()]
    found.append(("calibration", "", gap, drift.CALIBRATION_CEILING))
    write_drift(connection, task=kept.task, version=kept.version, found=found, rows=rows, at=as_of)
    return Checked(kept.task, kept.version, rows, tuple(name or kind for kind, name, value, ceiling in found if value >= ceiling))
