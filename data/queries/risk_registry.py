"""Which versions of the delay model are there, and which one is in use?"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, text

from models.delay_risk.rules import ANY, TargetRules, rules_from_json


@dataclass(frozen=True)
class ModelVersion:
    """A fitted model without its bytes."""

    version: int
    task: str
    status: str
    reason: str
    fitted_at: datetime
    trained_from: datetime
    trained_to: datetime
    measured_to: datetime
    rows: int
    sampling: str
    features: Sequence[str]
    params: Mapping[str, Any]
    metrics: Mapping[str, Any]
    data_fingerprint: str
    prediction_fingerprint: str
    promoted_at: datetime | None
    promoted_by: str | None
    retired_at: datetime | None

    @property
    def rules(self) -> TargetRules:
        """The rules that it was fitted by, and by which it scores."""
        return rules_from_json(self.params.get("rules"))


@dataclass(frozen=True)
class KeptModel:
    """A stored model: its bytes, what its scores of its sample must be, how its features were spread, and the rules it knows."""

    version: int
    task: str
    trained_to: datetime
    fitted_at: datetime
    blob: bytes
    prediction_fingerprint: str
    reference: Mapping[str, Any]
    rules: TargetRules


_COLUMNS = ", ".join(ModelVersion.__dataclass_fields__)


def model_versions(connection: Connection, *, limit: int = 200) -> list[ModelVersion]:
    """Return the versions of every task, the newest first."""
    rows = connection.execute(text(f"SELECT {_COLUMNS} FROM model_versions ORDER BY version DESC LIMIT :limit"), {"limit": limit})
    return [ModelVersion(**dict(row._mapping)) for row in rows]


def model_version(connection: Connection, version: int) -> ModelVersion | None:
    """Return one version."""
    row = connection.execute(text(f"SELECT {_COLUMNS} FROM model_versions WHERE version = :version"), {"version": version}).one_or_none()
    return None if row is None else ModelVersion(**dict(row._mapping))


def version_rules(connection: Connection, version: int) -> TargetRules:
    """Return the rules that a version was fitted by."""
    return rules_from_json(
        connection.scalar(text("SELECT params -> 'rules' FROM model_versions WHERE version = :version"), {"version": version})
    )


def of_channels(version: ModelVersion, seen: Collection[str]) -> ModelVersion:
    """Return a version whose figures and rules by channel are those of some channels alone."""

    def within(figures: Any) -> Any:
        if not isinstance(figures, dict) or "by_channel" not in figures:
            return figures
        return figures | {"by_channel": {name: each for name, each in figures["by_channel"].items() if name in seen}}

    params = dict(version.params)
    if "rules" in params:
        params["rules"] = [rule for rule in params["rules"] if rule["channel"] in {ANY, *seen}]
    return replace(version, params=params, metrics={name: within(figures) for name, figures in version.metrics.items()})


def champion(connection: Connection, *, task: str) -> KeptModel | None:
    """Return the model in use for a task, with its bytes."""
    row = connection.execute(
        text("""
        SELECT version, task, trained_to, fitted_at, blob, prediction_fingerprint, reference, params -> 'rules' AS rules
        FROM model_versions WHERE task = :task AND status = 'champion'
        """),
        {"task": task},
    ).one_or_none()
    return None if row is None else KeptModel(**{**row._mapping, "blob": bytes(row.blob), "rules": rules_from_json(row.rules)})


def champion_versions(connection: Connection) -> dict[str, int]:
    """Return the number of the version in use, by task."""
    rows = connection.execute(text("SELECT task, version FROM model_versions WHERE status = 'champion'"))
    return {row.task: row.version for row in rows}


def last_fitted_at(connection: Connection) -> datetime | None:
    """Say when any model was last fitted, used or not."""
    at: datetime | None = connection.scalar(text("SELECT max(fitted_at) FROM model_versions"))
    return at


def drifted_since(connection: Connection, *, task: str, version: int) -> bool:
    """Say whether the last check of a version found it drifted."""
    asked = """
        SELECT coalesce(bool_or(value >= ceiling), false) FROM model_drift
        WHERE (task, version) = (:task, :version)
          AND checked_at = (SELECT max(checked_at) FROM model_drift WHERE (task, version) = (:task, :version))"""
    return bool(connection.scalar(text(asked), {"task": task, "version": version}))


@dataclass(frozen=True)
class DriftRow:
    """What the last check of a model in use found of one feature, or of its calibration."""

    checked_at: datetime
    task: str
    version: int
    kind: str
    name: str
    value: float
    ceiling: float
    rows: int

    @property
    def drifted(self) -> bool:
        """Whether it lies at its ceiling or above."""
        return self.value >= self.ceiling


def last_drift(connection: Connection) -> list[DriftRow]:
    """Return what the last check of each model in use found, the farthest moved first."""
    names = ", ".join(f"d.{name}" for name in DriftRow.__dataclass_fields__)
    rows = connection.execute(
        text(f"""
        SELECT {names} FROM model_versions AS m JOIN model_drift AS d USING (task, version)
        WHERE m.status = 'champion' AND d.checked_at = (
            SELECT max(last.checked_at) FROM model_drift AS last WHERE (last.task, last.version) = (m.task, m.version))
        ORDER BY d.task, d.kind, d.value / d.ceiling DESC
        """)
    )
    return [DriftRow(**dict(row._mapping)) for row in rows]
