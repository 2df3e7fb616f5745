"""How is what a person decides of differences stored, all of it or nothing, with its history?"""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, text

from data.job_lock import lock_key
from data.writes.recon_cells import sum_days
from data.writes.recon_labels import put_explained, suggest
from data.writes.recon_match import open_moved
from models.reconciliation.journal import Part, parts_of


def may_change(connection: Connection) -> bool:
    """Say whether no run is under way, and keep one from beginning until the transaction ends."""
    return bool(connection.scalar(text("SELECT pg_try_advisory_xact_lock_shared(:key)"), {"key": lock_key("reconcile")}))


def locked(connection: Connection, *, difference_ids: Sequence[int]) -> dict[int, Any]:
    """Lock differences, in one order everywhere, and return them by number."""
    rows = connection.execute(
        text("SELECT * FROM recon_differences WHERE difference_id = ANY(:ids) ORDER BY difference_id FOR UPDATE"),
        {"ids": list(difference_ids)},
    )
    return {row.difference_id: row for row in rows}


def last_deed(connection: Connection, *, difference_id: int) -> tuple[str, datetime | None]:
    """Return who changed a difference last ('' = a run), and when."""
    row = connection.execute(
        text("SELECT person_id, at FROM recon_history WHERE difference_id = :id AND action <> 'noted' ORDER BY history_id DESC LIMIT 1"),
        {"id": difference_id},
    ).one_or_none()
    return (row.person_id or "", row.at) if row else ("", None)


def change(connection: Connection, *, difference_ids: Sequence[int], values: Mapping[str, Any]) -> None:
    """Set columns of differences, as their next version."""
    assigned = ", ".join(f"{name} = :{name}" for name in values)
    connection.execute(
        text(f"UPDATE recon_differences SET {assigned}, version = version + 1 WHERE difference_id = ANY(:ids)"),
        {**values, "ids": list(difference_ids)},
    )


def tell(
    connection: Connection, *, difference_ids: Sequence[int], person_id: str, action: str, as_of: datetime, detail: Mapping[str, Any]
) -> None:
    """Write the history of a deed on each of the differences."""
    connection.execute(
        text("""
        INSERT INTO recon_history (difference_id, at, person_id, action, detail)
        SELECT id, :at, :person_id, :action, CAST(:detail AS jsonb) FROM unnest(CAST(:ids AS bigint[])) AS id
        """),
        {
            "ids": list(difference_ids),
            "at": as_of,
            "person_id": person_id,
            "action": action,
            "detail": json.dumps(detail, ensure_ascii=False),
        },
    )


def set_labels(connection: Connection, *, rows: Sequence[Any], label: str | None, person_id: str, as_of: datetime) -> None:
    """Give differences a label that a person stands for: with None the one they have. What it explains moves with it, in all sums.

    An explanation found by the engine with that label is taken with its parts; otherwise the label stands for the whole difference.
    """
    chosen = {row.difference_id: _chosen(connection, row, row.label if label is None else label) for row in rows}
    open_moved(connection)
    connection.execute(
        text("""
        CREATE TEMP TABLE recon_labelled (
            difference_id bigint PRIMARY KEY, label text, ambiguous boolean, explained_minor bigint, kind text
        ) ON COMMIT DROP
        """)
    )
    connection.execute(
        text("INSERT INTO recon_labelled VALUES (:id, :label, false, :explained, :kind)"),
        [
            {
                "id": row.difference_id,
                "label": row.label if label is None else label,
                "explained": sum(part.amount_minor for part in chosen[row.difference_id]),
                "kind": row.kind,
            }
            for row in rows
        ],
    )
    # before the differences themselves, for the matches are found through them
    put_explained(connection, anew=False)
    connection.execute(
        text("""
        UPDATE recon_differences AS d SET label = n.label, ambiguous = false, explained_minor = n.explained_minor, label_by = :person_id,
            version = version + 1
        FROM recon_labelled AS n WHERE n.difference_id = d.difference_id
        """),
        {"person_id": person_id},
    )
    suggest(connection, [(row.difference_id, row.type, row.currency, _booked(row, chosen)) for row in rows], made_at=as_of)
    sum_days(connection, anew=False)
    connection.execute(text("DROP TABLE recon_labelled; DROP TABLE recon_moved; DROP TABLE recon_before"))


def _booked(row: Any, chosen: Mapping[int, list[Part]]) -> list[Part]:
    return chosen[row.difference_id] or [Part("", row.difference_minor)]


def _chosen(connection: Connection, row: Any, label: str) -> list[Part]:
    """Return the parts of the explanation that a label chooses, which becomes the first one; nothing for 未识别."""
    found: dict[int, list[Any]] = {}
    asked = "SELECT alternative, label, amount_minor, evidence FROM recon_labels WHERE difference_id = :id ORDER BY alternative, place"
    for part in connection.execute(text(asked), {"id": row.difference_id}):
        found.setdefault(part.alternative, []).append(part)
    if not label:
        return []
    for alternative, parts in found.items():
        if max(parts, key=lambda part: abs(part.amount_minor)).label == label:
            if alternative:
                _put_first(connection, row.difference_id, alternative)
            lines = [[told for told in part.evidence if told["code"] == "line"] for part in parts]
            return [each for part, told in zip(parts, lines, strict=True) for each in parts_of(part.label, part.amount_minor, told)]
    # nothing that the engine found says so: a person does
    connection.execute(
        text("UPDATE recon_labels SET alternative = alternative + 1 + :many WHERE difference_id = :id"),
        {"id": row.difference_id, "many": len(found)},
    )
    connection.execute(
        text("""
        INSERT INTO recon_labels (difference_id, alternative, place, label, amount_minor, evidence)
        VALUES (:id, 0, 0, :label, :amount, '[{"code": "person"}]')
        """),
        {"id": row.difference_id, "label": label, "amount": row.difference_minor},
    )
    return [Part(label, row.difference_minor)]


def _put_first(connection: Connection, difference_id: int, alternative: int) -> None:
    """Let an alternative and the chosen explanation change places."""
    connection.execute(
        text("""
        UPDATE recon_labels SET alternative = CASE alternative WHEN 0 THEN -1 ELSE -2 END
        WHERE difference_id = :id AND alternative IN (0, :alternative)
        """),
        {"id": difference_id, "alternative": alternative},
    )
    connection.execute(
        text(
            """
        UPDATE recon_labels SET alternative = CASE alternative WHEN -2 THEN 0 ELSE :alternative END
        WHERE difference_id = :id AND alternative < 0
        """
        ),
        {"id": difference_id, "alternative": alternative},
    )
