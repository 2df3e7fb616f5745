"""What may a person do, and how is it written down?

Every action is one transaction with an audit row, checked again here whatever the page showed. Work for the jobs
process is a row in ``job_requests`` that it carries out.
"""

import os
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path, PurePosixPath
from typing import Any
from uuid import uuid4

from sqlalchemy import Connection, Engine
from sqlalchemy.dialects.postgresql import insert

from data.acting import NotAllowed, Overtaken, WrongInput, acting, allow, audit
from data.definition_actions import Seen, add_promise_rule, publish_definition, set_calendar_day, set_stage_limit, set_target
from data.delay_rule_actions import MOST_DELAY_HOURS, MOST_WORKING_DAYS, set_delay_rule
from data.order_actions import COMMENT_SIGNS, Commented, comment, reveal_contact, reveal_order_row, set_owner
from data.passwords import password_fits, password_hash
from data.queries import choices as _choices
from data.queries import jobs as _jobs
from data.queries import people as _people
from data.queries import sources as _sources
from data.queries.order_handling import Contact
from data.reconciliation_actions import (
    assign_difference,
    assign_difference_many,
    change_label,
    change_label_many,
    confirm_label,
    confirm_label_many,
    note_difference,
    note_difference_many,
    reopen_difference,
    reopen_difference_many,
    resolve_difference,
    resolve_difference_many,
    set_ledger_account,
)
from data.reconciliation_rules import set_fee_rule, set_settlement_rule, set_work_order_rule
from data.refused import RawRow, RetentionOver, raw_cells
from data.settings import Settings
from data.stock_actions import accept_short, extend_hold, map_sku, post_non_sale_out, reallocate, release_hold
from data.stock_rule_actions import set_hold_rule, set_publish_quota, set_stock_rule
from data.tables import job_requests
from data.view_actions import MOST_VIEWS, VIEW_KEYS, VIEW_NAME_SIGNS, remove_view, save_view, share_view
from data.workbench_actions import (
    LONGEST_SNOOZE,
    MOST_ORDERS,
    TITLE_SIGNS,
    UNDO_WITHIN,
    WORDS_SIGNS,
    AlreadyClosed,
    ChosenOrders,
    Done,
    Given,
    Taken,
    act,
    undo,
)
from data.workbench_rule_actions import (
    answer_intent,
    close_case_work_order,
    remove_owner_rule,
    see_mentions,
    set_open_hours,
    set_owner_rule,
    set_review_rule,
    set_workbench_settings,
)
from data.writes.people import add_person
from models.people import Person
from models.scope import EVERYTHING, ROLES

__all__ = [
    "COMMENT_SIGNS",
    "DEMO_PREFIX",
    "LONGEST_SNOOZE",
    "MAX_UPLOAD_BYTES",
    "MOST_DELAY_HOURS",
    "MOST_ORDERS",
    "MOST_VIEWS",
    "MOST_WORKING_DAYS",
    "TITLE_SIGNS",
    "UNDO_WITHIN",
    "VIEW_KEYS",
    "VIEW_NAME_SIGNS",
    "WORDS_SIGNS",
    "AlreadyClosed",
    "ChosenOrders",
    "Commented",
    "Contact",
    "Done",
    "Given",
    "NotAllowed",
    "Overtaken",
    "Seen",
    "Taken",
    "WrongInput",
    "accept_short",
    "act",
    "add_promise_rule",
    "answer_intent",
    "assign_difference",
    "assign_difference_many",
    "change_label",
    "change_label_many",
    "check_password",
    "close_case_work_order",
    "comment",
    "confirm_label",
    "confirm_label_many",
    "demo_people",
    "extend_hold",
    "map_sku",
    "note_difference",
    "note_difference_many",
    "person_of",
    "post_non_sale_out",
    "publish_definition",
    "reallocate",
    "record_sign_in",
    "release_hold",
    "remove_owner_rule",
    "remove_view",
    "reopen_difference",
    "reopen_difference_many",
    "request_replay",
    "request_run",
    "request_upload",
    "resolve_difference",
    "resolve_difference_many",
    "reveal_contact",
    "reveal_order_row",
    "reveal_row",
    "save_view",
    "see_mentions",
    "set_calendar_day",
    "set_delay_rule",
    "set_fee_rule",
    "set_hold_rule",
    "set_ledger_account",
    "set_open_hours",
    "set_owner",
    "set_owner_rule",
    "set_publish_quota",
    "set_review_rule",
    "set_settlement_rule",
    "set_stage_limit",
    "set_stock_rule",
    "set_target",
    "set_work_order_rule",
    "set_workbench_settings",
    "share_view",
    "undo",
]

DEMO_PREFIX = "demo."
# Larger files belong into the inbox; the browser's upload passes through the web app's memory.
MAX_UPLOAD_BYTES = 200 * 1024 * 1024
# File systems take 255 bytes; a zip's entry adds to the name of its archive.
NAME_BYTES = 200
SUFFIX_BYTES = 16

# Checked when there is no such person, so that a wrong name takes as long as a wrong password.
_NOBODYS_HASH = password_hash(uuid4().hex)


def request_run(engine: Engine, *, person: Person, job: str, as_of: datetime) -> int:
    """Ask the jobs to run one of them now; returns the request's number."""
    with acting(engine) as connection:
        allow(person.may_run and _jobs.is_job(connection, scope=person.scope, job=job))
        return _request(connection, person=person, kind="run", payload={"job": job}, subject=f"job {job}", as_of=as_of)


def request_replay(engine: Engine, *, person: Person, file_id: int, as_of: datetime) -> int:
    """Ask the jobs to read a kept file again, with the manifests as they are now."""
    with acting(engine) as connection:
        allow(person.may_run and _sources.may_replay(connection, scope=person.scope, file_id=file_id))
        payload = {"file_id": file_id, "masters": _may_change_masters(person)}
        return _request(connection, person=person, kind="replay", payload=payload, subject=f"file {file_id}", as_of=as_of)


def request_upload(
    engine: Engine,
    *,
    person: Person,
    settings: Settings,
    name: str,
    content: bytes,
    as_of: datetime,
    shop: str | None = None,
    live: bool = False,
) -> int:
    """Keep an uploaded file and ask the jobs to take it in; an upload is back-fill unless it is said to be live.

    Masters say which shop belongs to whom, so that they are taken only from people without limits.
    """
    with acting(engine) as connection:
        visible = {shop_id for shop_id, _, _ in _choices.shop_names(connection, scope=person.scope)}
    allow(shop in visible if shop is not None else person.scope == EVERYTHING)
    allow(person.may_upload and person.scope.warehouses is None and 0 < len(content) <= MAX_UPLOAD_BYTES)
    path = _keep_upload(settings.home / "uploads", content=content)
    payload = {
        "path": str(path),
        "name": _plain_name(name),
        "shop": shop,
        "manifest": None,
        "nature": "live" if live else "backfill",
        "masters": _may_change_masters(person),
    }
    with acting(engine) as connection:
        return _request(connection, person=person, kind="upload", payload=payload, subject="upload", as_of=as_of)


def reveal_row(engine: Engine, *, person: Person, settings: Settings, run_id: int, row_number: int, as_of: datetime) -> RawRow | None:
    """Return a refused row with its contacts, once it is written down who saw whose; None where the file has no such row.

    ``RetentionOver`` when the kept file is gone. The audit names the file by its content: a replay numbers its run anew.
    """
    with acting(engine) as connection:
        kept = _sources.kept_file(connection, scope=person.scope, run_id=run_id) if person.may_reveal else None
    if kept is None:
        raise NotAllowed
    if kept.erased_at is not None:
        raise RetentionOver
    found = raw_cells(settings, sha256=kept.sha256, name=kept.name, source=kept.source, numbers=[row_number], reveal=True)
    if row_number not in found:
        return None
    subject = f"file:{kept.sha256[:12]}… row {row_number}"
    detail = {"file_id": kept.file_id, "sha256": kept.sha256, "shop": kept.shop_id, "row": row_number}
    with acting(engine) as connection:
        audit(connection, person_id=person.person_id, action="revealed", subject=subject, detail=detail, as_of=as_of)
    return found[row_number]


def record_sign_in(engine: Engine, *, person_id: str, how: str, as_of: datetime) -> None:
    """Write down that a person signed in."""
    with acting(engine) as connection:
        audit(connection, person_id=person_id, action="signed_in", subject="dashboard", detail={"how": how}, as_of=as_of)


def person_of(engine: Engine, *, person_id: str) -> Person | None:
    """Return the active person of this login name or e-mail."""
    with acting(engine) as connection:
        found = _people.account(connection, person_id=person_id)
    return None if found is None else found.person


def check_password(engine: Engine, *, person_id: str, password: str) -> Person | None:
    """Return the person whose password this is, or None; takes as long either way."""
    with acting(engine) as connection:
        found = _people.account(connection, person_id=person_id)
    hashed = None if found is None else found.password_hash
    fits = password_fits(password, hashed=hashed or _NOBODYS_HASH)
    return found.person if found is not None and hashed and fits else None


def demo_people(engine: Engine, *, names: Mapping[str, str], as_of: datetime) -> list[Person]:
    """Return one demo person a role, made at the first call; ``names`` maps role to the name they get."""
    wanted = [Person(person_id=DEMO_PREFIX + role, name=names[role], role=role) for role in ROLES if role in names]
    with acting(engine) as connection:
        known = _people.logins(connection, prefix=DEMO_PREFIX)
        for person in wanted:
            if person.person_id not in known:
                add_person(connection, person, hashed=None, by="dashboard", at=as_of)
        found = [_people.account(connection, person_id=person.person_id) for person in wanted]
    return [each.person for each in found if each is not None]


def _may_change_masters(person: Person) -> bool:
    return person.scope == EVERYTHING


def _request(connection: Connection, *, person: Person, kind: str, payload: Mapping[str, Any], subject: str, as_of: datetime) -> int:
    row = {"kind": kind, "payload": dict(payload), "requested_by": person.person_id, "requested_at": as_of}
    number = connection.scalar(insert(job_requests).values(row).returning(job_requests.c.request_id))
    audit(connection, person_id=person.person_id, action=f"requested_{kind}", subject=subject, detail={"request": number}, as_of=as_of)
    return int(number or 0)


def _plain_name(name: str) -> str:
    r"""Return the last part of a name, short enough for any file system, with its suffix.

    >>> _plain_name("b.csv"), _plain_name(".."), _plain_name("订" * 99 + ".xlsx") == "订" * 65 + ".xlsx"
    ('b.csv', 'upload', True)
    """
    last = PurePosixPath(name.replace("\\", "/").replace("\0", "")).name
    plain = last.encode(errors="ignore").decode()
    if not plain.strip(". "):
        return "upload"
    suffix = PurePosixPath(plain).suffix.encode()
    suffix = suffix if len(suffix) <= SUFFIX_BYTES else b""
    stem = plain.encode()[: len(plain.encode()) - len(suffix)][: NAME_BYTES - len(suffix)]
    return (stem.decode(errors="ignore").encode() + suffix).decode()


def _keep_upload(folder: Path, *, content: bytes) -> Path:
    """Write the bytes so that a request never names a half-written file."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    path = folder / uuid4().hex
    unfinished = path.with_suffix(".part")
    with unfinished.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    unfinished.rename(path)
    return path
