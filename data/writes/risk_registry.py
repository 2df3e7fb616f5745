"""How does a fitted model get its row, and how does the one in use change: by winning, by hand, or back again?

There is one champion a task, and whoever changes it holds the task's lock; each change by hand leaves an audit row.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, insert, text

from data.job_lock import lock_key
from data.queries.risk_registry import champion_versions
from data.tables import audit_log
from models.delay_risk.versions import Decision

_JSON = ("params", "metrics", "reference")
# Why a version went by hand: for another one, or because it was no good.
_REPLACED, _GONE_BACK_FROM = "人工换下 / taken out by hand", "回退时换下 / taken out by going back"


@dataclass(frozen=True)
class Fitted:
    """A model to be kept, with everything that says where it comes from."""

    task: str
    fitted_at: datetime
    trained_from: datetime
    trained_to: datetime
    measured_to: datetime
    rows: int
    sampling: str
    features: list[str]
    params: Mapping[str, Any]
    metrics: Mapping[str, Any]
    reference: Mapping[str, Any]
    blob: bytes
    data_fingerprint: str
    prediction_fingerprint: str


def lock_task(connection: Connection, task: str) -> None:
    """Wait until nobody else changes the champion of a task; held to the end of the transaction."""
    connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": lock_key(f"models:{task}")})


def keep_version(
    connection: Connection, fitted: Fitted, *, decision: Decision, judged_against: int | None, at: datetime
) -> tuple[int, Decision]:
    """Store a fitted model as what was decided at an instant, retiring the champion where it goes; return its version and the decision.

    ``judged_against`` is the champion that the decision speaks of; one that came into use since then stays.
    """
    lock_task(connection, fitted.task)
    in_use = champion_versions(connection).get(fitted.task)
    if in_use is not None and in_use != judged_against:
        decision = decision.beside(in_use)
    if not decision.champion_stays:
        why = Decision("retired", "由新模型取代", "replaced by a newer model") if decision.status == "champion" else decision
        retire(connection, task=fitted.task, reason=why.why, at=at)
    if decision.status == "challenger":
        # there is one that waits, the newest
        connection.execute(
            text("""
            UPDATE model_versions SET status = 'retired', retired_at = :at, reason = '由更新的挑战者取代 / replaced by a newer challenger'
            WHERE task = :task AND status = 'challenger'
            """),
            {"task": fitted.task, "at": at},
        )
    given = {name: getattr(fitted, name) for name in Fitted.__dataclass_fields__}
    given |= {name: json.dumps(given[name], ensure_ascii=False) for name in _JSON}
    given |= {"status": decision.status, "reason": decision.why}
    given |= {"promoted_at": at, "promoted_by": "train_risk"} if decision.status == "champion" else dict.fromkeys(_PROMOTED)
    values = ", ".join(f"CAST(:{name} AS jsonb)" if name in _JSON else f":{name}" for name in given)
    stored = connection.execute(text(f"INSERT INTO model_versions ({', '.join(given)}) VALUES ({values}) RETURNING version"), given)
    return int(stored.scalar_one()), decision


_PROMOTED = ("promoted_at", "promoted_by")


def retire(connection: Connection, *, task: str, reason: str, at: datetime) -> int | None:
    """Take a task's champion out of use; return which it was."""
    asked = """
        UPDATE model_versions SET status = 'retired', retired_at = :at, reason = :reason
        WHERE task = :task AND status = 'champion' RETURNING version"""
    found = connection.execute(text(asked), {"task": task, "at": at, "reason": reason}).scalar_one_or_none()
    return None if found is None else int(found)


def retire_unless_changed(connection: Connection, *, task: str, version: int, reason: str, at: datetime) -> None:
    """Take a task's champion out of use, unless another version has come into use since it was looked at."""
    lock_task(connection, task)
    if champion_versions(connection).get(task) == version:
        retire(connection, task=task, reason=reason, at=at)


def promote(connection: Connection, *, version: int, task: str, by: str, at: datetime, going_back: bool = False) -> int | None:
    """Put a version in use by hand, and say in its row that it was by hand; return which one it takes the place of."""
    lock_task(connection, task)
    before = retire(connection, task=task, reason=_GONE_BACK_FROM if going_back else _REPLACED, at=at)
    connection.execute(
        text("""
        UPDATE model_versions SET status = 'champion', promoted_at = :at, promoted_by = :by, retired_at = NULL,
            reason = '人工启用 / put in use by hand' WHERE (version, task) = (:version, :task)
        """),
        {"version": version, "task": task, "by": by, "at": at},
    )
    said = {"at": at, "person_id": by, "action": "promote_model", "subject": f"model:{version}"}
    connection.execute(insert(audit_log).values(said | {"detail": {"task": task, "instead_of": before}}))
    return before


def version_before(connection: Connection, *, task: str) -> int | None:
    """Return the version that was in use before the present one, or last where none is; never one that was gone back from."""
    asked = """
        SELECT version FROM model_versions WHERE task = :task AND status = 'retired' AND promoted_at IS NOT NULL AND reason <> :bad
        ORDER BY retired_at DESC, promoted_at DESC LIMIT 1"""
    found = connection.scalar(text(asked), {"task": task, "bad": _GONE_BACK_FROM})
    return None if found is None else int(found)


def write_drift(
    connection: Connection, *, task: str, version: int, found: Sequence[tuple[str, str, float, float]], rows: int, at: datetime
) -> None:
    """Write what a check of a model found: (kind, name, value, ceiling) of each feature and of the calibration."""
    row = {"at": at, "task": task, "version": version, "rows": rows}
    connection.execute(
        text("""
        INSERT INTO model_drift (checked_at, task, kind, name, version, value, ceiling, rows)
        VALUES (:at, :task, :kind, :name, :version, :value, :ceiling, :rows) ON CONFLICT DO NOTHING
        """),
        [row | {"kind": kind, "name": name, "value": value, "ceiling": ceiling} for kind, name, value, ceiling in found],
    )
