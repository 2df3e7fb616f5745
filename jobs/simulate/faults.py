"""Which faults of the outside world can be played, and what do they do to the files?

A fault strikes one shop (or ``wms``) for a window of time. What it did is told apart from the files, for tests that
measure whether it is found.
"""

import csv
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import numpy as np

from jobs.simulate.dice import NEVER, VIRTUAL
from jobs.simulate.life import EVENTS, PARCEL_EVENTS
from jobs.simulate.merchant import Played
from jobs.simulate.platforms.writer import File
from jobs.simulate.rhythm import SHANGHAI_OFFSET, seconds_of

Truth = Mapping[str, object]

FAULTS: tuple[str, ...] = (
    "wrong_zone",
    "dead_interface",
    "late_file",
    "duplicate_file",
    "truncated_file",
    "column_gone",
    "bad_rows",
    "silent_closings",
    "rush",
)
# What can befall the stock rather than a shop's files.
STOCK_FAULTS: tuple[str, ...] = ("drift", "stale_counter")
# Columns that no reader of orders can do without, and fields of a JSON order likewise.
_NEEDED = ("订单创建时间", "订单提交时间", "下单时间", "订单成交时间", "原始单号")
_NEEDED_FIELDS = ("created_at", "create_time")
_NUMBERS = ("订单编号", "主订单编号", "订单号", "原始单号")
_BAD_EVERY = 25
# What everybody wants in a rush.
RUSH_SKU = 7


@dataclass(frozen=True)
class Fault:
    """A fault named in ``FAULTS`` or ``STOCK_FAULTS`` on the files of ``shop_id`` (a shop, or ``wms``) in the window [since, until).

    ``drift`` strikes a warehouse, by its code: goods go missing there, and nobody counts. In a ``rush`` everybody who buys in the shop
    wants one SKU; the counters of a ``stale_counter`` shop take no news; one with ``silent_closings`` does not tell which orders ended.
    """

    name: str
    shop_id: str
    since: datetime
    until: datetime

    def __post_init__(self) -> None:
        if self.name not in FAULTS + STOCK_FAULTS:
            raise ValueError(f"no fault is called {self.name}; there are {', '.join(FAULTS + STOCK_FAULTS)}")

    def holds(self, at: int) -> bool:
        """Tell whether an instant (unix seconds) lies in the window."""
        return seconds_of(self.since) <= at < seconds_of(self.until)


NO_FAULTS: tuple[Fault, ...] = ()


def fault_of(text: str) -> Fault:
    """Read a fault as a command line writes it: name, shop, since, until with their zones.

    >>> fault_of("dead_interface,douyin_live,2026-11-22T00:00+08:00,2026-11-22T08:00+08:00").shop_id
    'douyin_live'
    """
    parts = text.split(",")
    if len(parts) != 4:
        raise ValueError(f"a fault is NAME,SHOP,SINCE,UNTIL, not {text!r}")
    return Fault(parts[0], parts[1], datetime.fromisoformat(parts[2]), datetime.fromisoformat(parts[3]))


def shifted(told: Played, faults: Sequence[Fault], *, shop_id: str) -> tuple[Played, list[Truth]]:
    """Return what a shop tells under ``wrong_zone``: orders placed in the window carry Greenwich time as if it were local."""
    truth: list[Truth] = []
    for fault in faults:
        if fault.name != "wrong_zone" or fault.shop_id != shop_id:
            continue
        orders, parcels = told.orders.copy(), told.parcels.copy()
        struck = (orders["created"] >= seconds_of(fault.since)) & (orders["created"] < seconds_of(fault.until))
        theirs = parcels["key"].isin(orders["key"][struck])
        for frame, rows, events in ((orders, struck, (*EVENTS, "due")), (parcels, theirs, PARCEL_EVENTS)):
            for event in events:
                happened = (rows & (frame[event] > 0) & (frame[event] < NEVER)).to_numpy()
                frame[event] = np.where(happened, frame[event] - SHANGHAI_OFFSET, frame[event])
        told = Played(orders, told.lines, parcels)
        truth.append(_told(fault, orders=int(struck.sum())))
    return told, truth


def rushed(played: Played, faults: Sequence[Fault], *, numbers: Mapping[str, int]) -> tuple[Played, list[Truth]]:
    """Return orders under ``rush``: all lines of the shop's orders placed in the window are of one SKU; ``numbers`` are those of shops."""
    truth: list[Truth] = []
    for fault in faults:
        if fault.name == "rush" and fault.shop_id in numbers:
            orders = played.orders
            struck = (orders["shop"] == numbers[fault.shop_id]) & (orders["created"] >= seconds_of(fault.since))
            keys = orders["key"][struck & (orders["created"] < seconds_of(fault.until)) & (orders["kind"] != VIRTUAL)]
            lines = played.lines.copy()
            lines.loc[lines["key"].isin(keys), "sku"] = RUSH_SKU
            truth.append(_told(fault, orders=len(keys)))
            played = Played(orders, lines, played.parcels)
    return played, truth


def closings_kept_quiet(told: Played, faults: Sequence[Fault], *, shop_id: str) -> tuple[Played, list[Truth]]:
    """Return what a shop tells under ``silent_closings``: orders that were closed unpaid in the window still seem to wait."""
    truth: list[Truth] = []
    for fault in faults:
        if fault.name != "silent_closings" or fault.shop_id != shop_id:
            continue
        orders = told.orders.copy()
        struck = (orders["closed"] >= seconds_of(fault.since)) & (orders["closed"] < seconds_of(fault.until))
        orders.loc[struck, "closed"] = 0
        orders.loc[struck, "stage"] = "unpaid"
        told = Played(orders, told.lines, told.parcels)
        truth.append(_told(fault, orders=int(struck.sum())))
    return told, truth


def silenced(told: Played, faults: Sequence[Fault], *, shop_id: str) -> tuple[Played, list[Truth]]:
    """Return what of a history is left under ``dead_interface``: orders placed in the window were never exported."""
    truth: list[Truth] = []
    for fault in faults:
        if fault.name == "dead_interface" and fault.shop_id == shop_id:
            created = told.orders["created"]
            lost = (created >= seconds_of(fault.since)) & (created < seconds_of(fault.until))
            keys = told.orders["key"][~lost]
            frames = (frame[frame["key"].isin(keys)] for frame in (told.orders, told.lines, told.parcels))
            truth.append(_told(fault, orders=int(lost.sum())))
            told = Played(*frames)
    return told, truth


def spoiled(files: Sequence[File], faults: Sequence[Fault], *, made_at: Mapping[str, int]) -> tuple[list[File], list[Truth]]:
    """Return the files as the faults leave them, and the truth; ``made_at`` gives each file's instant by its name.

    Late files are not treated here: see ``held_back``.
    """
    kept, truth = list(files), list[Truth]()
    for fault in faults:
        spoil = _SPOILERS.get(fault.name)
        if spoil is None:
            continue
        left: list[File] = []
        for file in kept:
            struck = file.name.split("/")[0] == fault.shop_id and fault.holds(made_at.get(file.name, 0))
            spoilt, detail = spoil(file) if struck else ([file], {})
            left += spoilt
            if struck:
                truth.append(_told(fault, file=file.name, **detail))
        kept = left
    return kept, truth


def held_back(
    files: Sequence[File], faults: Sequence[Fault], *, made_at: Mapping[str, int]
) -> tuple[list[File], list[tuple[File, Fault]], list[Truth]]:
    """Part files into those that come now and those that come once the window of their ``late_file`` is over."""
    now, later, truth = list[File](), list[tuple[File, Fault]](), list[Truth]()
    for file in files:
        made = made_at.get(file.name, 0)
        fault = next((f for f in faults if f.name == "late_file" and f.shop_id == file.name.split("/")[0] and f.holds(made)), None)
        if fault is None:
            now.append(file)
        else:
            later.append((file, fault))
            truth.append(_told(fault, file=file.name))
    return now, later, truth


def _told(fault: Fault, **detail: object) -> Truth:
    window = {"since": fault.since.isoformat(), "until": fault.until.isoformat()}
    return {"fault": fault.name, "shop_id": fault.shop_id, **window, **detail}


# ---------------------------------------------------------------- what each fault does to one file

Spoilt = tuple[list[File], dict[str, object]]


def _dead(_file: File) -> Spoilt:
    return [], {}


def _twice(file: File) -> Spoilt:
    stem, dot, suffix = file.name.rpartition(".")
    return [file, replace(file, name=f"{stem}(1){dot}{suffix}")], {}


def _truncated(file: File) -> Spoilt:
    end = len(file.content) * 7 // 10
    # Cut inside a row, as a broken download is.
    end += 1 if file.content[end - 1 : end] == b"\n" else 0
    return [replace(file, content=file.content[:end])], {"bytes": end}


def _without_column(file: File) -> Spoilt:
    if file.name.endswith(".json"):
        document, orders, field = _document(file)
        for order in orders:
            del order[field]
        return [_written(file, document)], {"column": field}
    encoding, above, lines = _lines(file)
    table = [next(csv.reader([line])) for line in lines]
    gone = next((i for i, name in enumerate(table[0]) if name.strip() in _NEEDED), 0)
    left_over = "".join([*above, *(_line(row[:gone] + row[gone + 1 :]) for row in table)])
    return [replace(file, content=left_over.encode(encoding))], {"column": table[0][gone]}


def _with_bad_rows(file: File) -> Spoilt:
    """Damage every 25th record's id as a spreadsheet does; records are counted from 1, a table's from its first line on."""
    if file.name.endswith(".json"):
        document, orders, field = _document(file)
        struck = list(range(0, len(orders), _BAD_EVERY))
        for number in struck:
            orders[number][field] = "yesterday"
        return [_written(file, document)], {"rows": [number + 1 for number in struck]}
    encoding, above, lines = _lines(file)
    struck = list(range(1, len(lines), _BAD_EVERY))
    column = next(i for i, name in enumerate(lines[0].split(",")) if name in _NUMBERS)
    for number in struck:
        cells = next(csv.reader([lines[number]]))
        lines[number] = _line([*cells[:column], "2.026E+27", *cells[column + 1 :]])
    content = "".join([*above, *lines]).encode(encoding)
    return [replace(file, content=content)], {"rows": [len(above) + number + 1 for number in struck]}


def _document(file: File) -> tuple[Any, list[dict[str, Any]], str]:
    """Return a JSON file's document, the orders in it and the field of theirs that nobody can do without."""
    document = json.loads(file.content)
    orders = document["orders"] if "orders" in document else document["response"]["order_list"]
    return document, orders, next(name for name in _NEEDED_FIELDS if name in orders[0])


def _written(file: File, document: Any) -> File:
    return replace(file, content=json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode())


def _lines(file: File) -> tuple[str, list[str], list[str]]:
    """Return a table's encoding, the lines above its header, and those from it on, with their ends; no cell holds a line break."""
    encoding = "utf-8-sig" if file.content.startswith(b"\xef\xbb\xbf") else "gbk"
    lines = file.content.decode(encoding).splitlines(keepends=True)
    header = next(i for i, line in enumerate(lines) if any(name in _NUMBERS for name in line.split(",")))
    return encoding, lines[:header], lines[header:]


def _line(cells: Sequence[str]) -> str:
    # Excel's text guard stays bare, as the exports write it.
    return ",".join(f'"{cell}"' if "," in cell and not cell.startswith("=") else cell for cell in cells) + "\r\n"


_SPOILERS: Mapping[str, Callable[[File], Spoilt]] = {
    "dead_interface": _dead,
    "duplicate_file": _twice,
    "truncated_file": _truncated,
    "column_gone": _without_column,
    "bad_rows": _with_bad_rows,
}
