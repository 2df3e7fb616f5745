"""How does what a warehouse is asked for reach it? As a file in the outbox, one a warehouse and minute.

A file appears whole or not at all: it is written under a temporary name and renamed. What could not be written waits and says why.
"""

import csv
import io
import os
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Engine, text

from data.acting import WrongInput
from data.settings import Settings
from models.workbench.words import INTENT_KINDS

# What an order's row says; the warehouse answers by the number of the wish.
COLUMNS = ("指令编号", "订单号", "店铺", "指令", "目标仓库", "目标承运商", "原因", "提出时间", "提出人")
UNKNOWN = "unassigned"
_KIND_NAMES: Mapping[str, str] = {kind.key: kind.name_zh for kind in INTENT_KINDS}


def outbox_of(settings: Settings) -> Path:
    """Return the folder in which warehouses find what they are asked for."""
    return settings.home / "outbox" / "warehouses"


def writable(settings: Settings) -> None:
    """Refuse, in words, where the outbox cannot be written."""
    folder = outbox_of(settings)
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        probe = folder / f".probe-{os.getpid()}"
        probe.write_bytes(b"")
        probe.unlink()
    except OSError as error:
        said = error.strerror or type(error).__name__
        raise WrongInput(f"导出文件夹不可写，未作任何改动：{said} / the outbox cannot be written, nothing was changed: {said}") from error


def export_intents(engine: Engine, *, settings: Settings, as_of: datetime) -> int:
    """Write what waits into one file a warehouse, and mark it as sent; return how many wishes were sent.

    A wish is locked while it is written, so that nobody withdraws what the warehouse is being told. Dying between file and mark writes
    it again the next time: its number tells the warehouse that it knows it already.
    """
    with engine.begin() as connection:
        waiting = "SELECT DISTINCT warehouse_code FROM intents WHERE state = 'waiting' ORDER BY warehouse_code"
        warehouses = list(connection.scalars(text(waiting)))
    return sum(_export(engine, warehouse, settings=settings, as_of=as_of) for warehouse in warehouses)


def _export(engine: Engine, warehouse: str, *, settings: Settings, as_of: datetime) -> int:
    with engine.begin() as connection:
        rows = connection.execute(
            text("""
            SELECT i.*, c.name_zh AS carrier FROM intents AS i LEFT JOIN carriers AS c ON c.carrier_code = i.wish->>'carrier_code'
            WHERE i.state = 'waiting' AND i.warehouse_code = :code ORDER BY i.intent_id FOR UPDATE OF i
            """),
            {"code": warehouse},
        ).all()
        if not rows:
            return 0
        name = f"{_plain(warehouse) or UNKNOWN}/intents_{rows[-1].intent_id:010d}.csv"
        try:
            _write(outbox_of(settings) / name, _content(rows, zone=settings.zone))
        except OSError as error:
            _mark(connection, rows, {"error": error.strerror or type(error).__name__})
            return 0
        return _mark(connection, rows, {"state": "sent", "file_name": name, "sent_at": as_of, "error": None})


def _mark(connection: Connection, rows: Sequence[Any], values: Mapping[str, Any]) -> int:
    assigned = ", ".join(f"{name} = :{name}" for name in values)
    statement = f"UPDATE intents SET {assigned} WHERE intent_id = ANY(:ids)"
    return connection.execute(text(statement), {**values, "ids": [row.intent_id for row in rows]}).rowcount


def _content(rows: Sequence[Any], *, zone: str) -> bytes:
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(COLUMNS)
    for row in rows:
        asked_at = row.asked_at.astimezone(ZoneInfo(zone)).isoformat(timespec="seconds")
        target = [row.wish.get("warehouse_code", ""), row.carrier or "", row.wish.get("reason", "")]
        writer.writerow([row.intent_id, row.order_no, row.shop_id, _KIND_NAMES[row.kind], *target, asked_at, row.asked_by])
    return out.getvalue().encode("utf-8-sig")


def _write(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    unfinished = path.with_suffix(".part")
    with unfinished.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    unfinished.rename(path)


def _plain(code: str) -> str:
    r"""Return a code as the name of a folder.

    >>> _plain("WH-01"), _plain("../x"), _plain("杭州 仓")
    ('WH-01', '___x', '杭州_仓')
    """
    return "".join(sign if sign.isalnum() or sign == "-" else "_" for sign in code)[:80]
