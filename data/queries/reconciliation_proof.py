"""What did the runs prove of some days, as they stored it, and is that what the sums shown say?

A day is proved whole by the last run that moved it. Proofs are kept by channel and not by shop: whoever may see some shops alone sees
those of the channels whose shops are all among them.
"""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, text

from data.proof_sql import CELL, FIGURES, INTERNAL, LEVEL, OF_MATCHES, STATED
from data.queries.reconciliation import ReconAsked, chosen, sees_any
from models.reconciliation.conservation import Balance
from models.scope import Scope


@dataclass(frozen=True)
class ProofFigures:
    """Source rows, and what should be and what is, in the currency itself; of the bank what left the platform and what arrived."""

    entries: int
    lines: int
    bank_lines: int
    internal_minor: int
    stated_minor: int


@dataclass(frozen=True)
class ProofRow:
    """The stored proof of a level, currency, channel and day, and what the sums shown of it say (``shown``).

    What no run has proved has no run, and nothing stored.
    ``relabelled_minor`` is by how much more is explained now than was proved: people's labels since then.
    """

    run_id: int | None
    run_at: datetime | None
    level: str
    currency: str
    channel: str
    day: date
    stored: ProofFigures
    shown: ProofFigures
    explained_minor: int
    unexplained_minor: int
    relabelled_minor: int

    @property
    def holds(self) -> bool:
        """Whether the proof closes to the minor unit, and is a proof of what is shown."""
        of = self.stored
        return Balance(of.internal_minor, of.stated_minor, self.explained_minor, self.unexplained_minor).holds and of == self.shown


def proof(connection: Connection, *, scope: Scope, asked: ReconAsked) -> list[ProofRow]:
    """Return the proofs of a question, those that do not hold first; sums shown that no run has proved stand beside nothing proved."""
    if not sees_any(connection, scope=scope):
        return []
    whole = Scope(shops=None, channels=scope.channels, warehouses=scope.warehouses)
    conditions = {of: chosen(whole, asked, relation=of, day=f"{of}.day") for of in ("p", "d")}
    given: dict[str, Any] = conditions["p"][1] | {"basis": asked.basis, "scope_shops": list(scope.shops or ())}
    rows = connection.execute(
        text(_PROOFS.format(**{of: f"{condition}{_whole_channels(scope, of)}" for of, (condition, _) in conditions.items()})), given
    )
    found = [
        ProofRow(
            run_id=row.run_id,
            run_at=row.run_at,
            level=row.level,
            currency=row.currency,
            channel=row.channel,
            day=row.day,
            stored=ProofFigures(*(getattr(row, name) for name in FIGURES)),
            shown=ProofFigures(*(getattr(row, f"shown_{name}") for name in FIGURES)),
            explained_minor=row.explained_minor,
            unexplained_minor=row.unexplained_minor,
            relabelled_minor=row.shown_explained_minor - row.explained_minor,
        )
        for row in rows
    ]
    return sorted(found, key=lambda row: row.holds)


def _whole_channels(scope: Scope, of: str) -> str:
    """Return the condition that everything there is of a row's channel is of a scope's shops."""
    if scope.shops is None:
        return ""
    return f""" AND {of}.channel <> '' AND {of}.channel NOT IN (
                SELECT channel FROM recon_day WHERE shop_id <> ALL(CAST(:scope_shops AS text[])))"""


_MONEY = (*FIGURES, "explained_minor")
_PROOFS = f"""
    WITH proved AS (
        SELECT DISTINCT ON ({CELL}) p.* FROM recon_proofs AS p WHERE p.basis = :basis AND {{p}} AND {OF_MATCHES}
        ORDER BY {CELL}, p.run_id DESC
    ),
    shown AS (
        SELECT {CELL}, {", ".join(f"sum({name})::bigint AS {name}" for name in _MONEY)} FROM (
            SELECT {LEVEL} AS level, day, channel, currency, entries, lines, bank_lines, {INTERNAL} AS internal_minor,
                {STATED} AS stated_minor, explained_minor
            FROM recon_day AS d WHERE d.basis = :basis AND {{d}}
        ) AS d GROUP BY {CELL}
    )
    SELECT {CELL}, run_id, r.as_of AS run_at,
        {", ".join(f"coalesce(proved.{name}, 0) AS {name}, coalesce(shown.{name}, 0) AS shown_{name}" for name in _MONEY)},
        coalesce(proved.unexplained_minor, 0) AS unexplained_minor
    FROM proved FULL JOIN shown USING ({CELL}) LEFT JOIN recon_runs AS r USING (run_id)
    WHERE shown.day IS NOT NULL OR (proved.entries, proved.lines, proved.bank_lines) <> (0, 0, 0)
    ORDER BY level DESC, currency, channel, day"""
