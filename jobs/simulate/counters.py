"""What do the platforms offer of each SKU, and which buyers find nothing left?

Every shop sells on its platform's own counters. They count down with its own sales and know nothing of anybody else's; what the hub
publishes into the shop's outbox replaces them, ``PUBLISH_LAG_S`` after it was written. A shop that was never told anything sells
without end.
"""

import csv
import io
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pandas as pd

from jobs.simulate.catalogue import catalogue
from jobs.simulate.dice import VIRTUAL, Ints
from jobs.simulate.faults import Fault
from jobs.simulate.geography import WAREHOUSES
from jobs.simulate.lettering import beijing, iso
from jobs.simulate.merchant import Played, kept
from jobs.simulate.platforms.writer import File, Writer

# From the hub's file to the number that buyers see.
PUBLISH_LAG_S = 60
# Nobody has told the platform how many there are.
ENDLESS = -1
SHOWN_HEADER = "商家编码,平台可售数,更新时间"
# Shopify knows goods by numbers of its own, and one place per shop.
_FIRST_ITEM, _LOCATION = 44_000_000_000, 61_000_000_001
_NAME = re.compile(r"(\d{14})")


@dataclass(frozen=True)
class Counters:
    """What each shop offers by SKU, and the file that said so last, by shop id."""

    offered: Mapping[str, Ints] = field(default_factory=dict)
    applied: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Told:
    """A file of the hub that takes effect at an instant."""

    at: int
    name: str
    path: Path


def sell(
    counters: Counters,
    played: Played,
    writers: Sequence[Writer],
    *,
    outbox: Path,
    since: int,
    until: int,
    seed: int,
    faults: Sequence[Fault],
) -> tuple[Counters, Played, int]:
    """Let buyers of (since, until] find what the counters offer, and return who bought; the rest is counted, and is no order."""
    offered, applied, left_empty = dict(counters.offered), dict(counters.applied), list[int]()
    for writer in writers:
        shop_id = writer.shop.shop_id
        news = _told(outbox / shop_id, after=applied.get(shop_id, ""), until=until, faults=[f for f in faults if f.shop_id == shop_id])
        if shop_id not in offered and not news:
            continue
        orders = played.orders
        theirs = orders[(orders["shop"] == writer.shop.number) & (orders["created"] > since) & (orders["created"] <= until)]
        theirs = theirs[theirs["kind"] != VIRTUAL]
        counter = offered.get(shop_id, np.full(catalogue(seed).physical, ENDLESS, dtype=np.int64)).copy()
        left_empty += _count_down(counter, theirs, played.lines, news, seed=seed)
        offered[shop_id] = counter
        applied[shop_id] = news[-1].name if news else applied.get(shop_id, "")
    if left_empty:
        played = kept(played, played.orders[~played.orders["key"].isin(left_empty)])
    return Counters(offered, applied), played, len(left_empty)


def shown_files(counters: Counters, writers: Sequence[Writer], *, at: int, seed: int, stamp: str) -> list[File]:
    """Return what each platform says that it offers, of the shops that were told."""
    files = []
    for writer in writers:
        counter = counters.offered.get(writer.shop.shop_id)
        if counter is not None:
            write = _levels if writer.shop.platform == "Shopify" else _list
            name, content = write(counter, at=at, seed=seed, stamp=stamp)
            files.append(File(f"{writer.shop.shop_id}/{name}", content))
    return files


def opened(on_hand: Ints, writers: Sequence[Writer]) -> Counters:
    """Return the counters of a merchant whom nobody has told to share: every shop offers all that lies in the warehouses."""
    in_all = np.maximum(on_hand, 0).reshape(-1, len(WAREHOUSES)).sum(axis=1)
    return Counters({writer.shop.shop_id: in_all.copy() for writer in writers})


def variants(*, seed: int, at: int) -> File:
    """Return Shopify's own list of which of its numbers is which SKU."""
    [now] = iso([at], zone="UTC")
    said = [{"inventory_item_id": _FIRST_ITEM + sku, "sku": code, "updated_at": now} for sku, code in enumerate(_codes(seed))]
    return File("variants.json", json.dumps({"variants": said}, separators=(",", ":")).encode())


def _codes(seed: int) -> Sequence[str]:
    goods = catalogue(seed)
    return goods.codes[: goods.physical]


def _list(counter: Ints, *, at: int, seed: int, stamp: str) -> tuple[str, bytes]:
    [now] = beijing([at])
    lines = [f"{code},{pieces},{now}\r\n" for code, pieces in zip(_codes(seed), counter.tolist(), strict=True) if pieces != ENDLESS]
    return f"shown_{stamp}.csv", b"\xef\xbb\xbf" + (SHOWN_HEADER + "\r\n" + "".join(lines)).encode()


def _levels(counter: Ints, *, at: int, seed: int, stamp: str) -> tuple[str, bytes]:
    [now] = iso([at], zone="UTC")
    said = [
        {"inventory_item_id": _FIRST_ITEM + sku, "location_id": _LOCATION, "available": pieces, "updated_at": now}
        for sku, pieces in enumerate(counter.tolist())
        if pieces != ENDLESS
    ]
    return f"inventory_levels_{stamp}.json", json.dumps({"inventory_levels": said}, separators=(",", ":")).encode()


def _told(folder: Path, *, after: str, until: int, faults: Sequence[Fault]) -> list[Told]:
    """Find the files that take effect up to an instant; while its counters are stale a platform takes none."""
    found = []
    for path in sorted(folder.glob("*.csv")) if folder.is_dir() else []:
        stamp = _NAME.search(path.name)
        if stamp is None or path.name <= after:
            continue
        at = int(datetime.strptime(stamp[1], "%Y%m%d%H%M%S").replace(tzinfo=UTC).timestamp()) + PUBLISH_LAG_S
        if at <= until and not any(fault.name == "stale_counter" and fault.holds(at) for fault in faults):
            found.append(Told(at, path.name, path))
    return found


def _count_down(counter: Ints, orders: pd.DataFrame, lines: pd.DataFrame, news: Sequence[Told], *, seed: int) -> list[int]:
    """Let the buyers of a shop come in order, with the hub's news in between; return the orders that found too little."""
    waiting, left_empty = list(news), list[int]()
    wanted = lines[lines["key"].isin(orders["key"]) & (lines["sku"] < len(counter))]
    by_order = wanted.groupby(["key", "sku"])["quantity"].sum().reset_index()
    skus = {key: (group["sku"].to_numpy(), group["quantity"].to_numpy()) for key, group in by_order.groupby("key")}
    for key, created in orders.sort_values(["created", "key"])[["key", "created"]].itertuples(index=False):
        while waiting and waiting[0].at <= created:
            _replace(counter, waiting.pop(0), seed=seed)
        sku, pieces = skus.get(key, (np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64)))
        counted = counter[sku] != ENDLESS
        if (counter[sku] < pieces)[counted].any():
            left_empty.append(int(key))
            continue
        counter[sku[counted]] -= pieces[counted]
    for each in waiting:
        _replace(counter, each, seed=seed)
    return left_empty


def _replace(counter: Ints, told: Told, *, seed: int) -> None:
    """Put the hub's numbers in the place of the platform's; what the shop sold since they were written is forgotten."""
    place = {code: sku for sku, code in enumerate(_codes(seed))}
    for row in csv.DictReader(io.StringIO(told.path.read_text(encoding="utf-8-sig"))):
        if row["商家编码"] in place:
            counter[place[row["商家编码"]]] = int(row["可售数量"])
