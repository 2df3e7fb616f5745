"""What came of one file: how many rows it had, which were refused and why?"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from models.findings import Finding, reason_text


@dataclass(frozen=True)
class Report:
    """One file's (or zip entry's) outcome.

    ``rows`` = ``accepted`` + distinct refused rows; ``orders`` and ``lines`` are what the accepted rows speak of, changed or
    not. ``status`` is ingested, unchanged (the same work was done before; its counts are repeated) or refused (whole).
    """

    file: str
    manifest: str | None
    kind: str
    rows: int = 0
    accepted: int = 0
    refused: tuple[Finding, ...] = ()
    orders: int = 0
    lines: int = 0
    control_stated: str | None = None
    control_computed: str | None = None
    status: str = "ingested"
    error: str | None = None
    notices: Mapping[str, int] = field(default_factory=dict)
    detail: Mapping[str, Any] = field(default_factory=dict)
    shops_changed: bool = False

    def note(self, *, language: str = "zh") -> str | None:
        """Say what is to be known of a file that was taken, in Chinese or English."""
        texts = self.detail.get("note")
        return str(texts[language]) if texts else None

    def as_json(self, *, language: str = "zh") -> dict[str, Any]:
        """Return the object that ``ingest --json`` prints for this file."""
        control = None
        if self.control_stated is not None or self.control_computed is not None:
            control = {"stated": self.control_stated, "computed": self.control_computed}
        return {
            "file": self.file,
            "manifest": self.manifest,
            "kind": self.kind,
            "rows": self.rows,
            "accepted": self.accepted,
            "refused": [
                {"row": finding.row, "field": finding.field, "reason": reason_text(finding.code, finding.value, language=language)}
                for finding in self.refused
            ],
            "orders": self.orders,
            "lines": self.lines,
            "control_sum": control,
            "status": self.status,
            "error": self.error,
        }
