"""What do the Olist files say, read once with the csv module and nothing of ours?"""

import csv
import gzip
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

FILES = ("orders", "order_items", "order_payments", "customers", "sellers", "products", "zip_centroids", "category_names")
_SAO_PAULO = ZoneInfo("America/Sao_Paulo")

Rows = list[dict[str, str]]


@dataclass(frozen=True)
class Olist:
    """The eight files, row by row."""

    rows: dict[str, Rows]

    def by_order(self, name: str) -> dict[str, Rows]:
        """Group a file's rows by the order they belong to."""
        grouped: dict[str, Rows] = defaultdict(list)
        for row in self.rows[name]:
            grouped[row["order_id"]].append(row)
        return grouped


def path_of(folder: Path, name: str) -> Path:
    """Return where one of the files lies."""
    return folder / ("product_category_name_translation.csv.gz" if name == "category_names" else f"olist_{name}.csv.gz")


def read_olist(folder: Path) -> Olist:
    """Read all of it."""
    rows = {}
    for name in FILES:
        with gzip.open(path_of(folder, name), "rt", encoding="utf-8", newline="") as file:
            rows[name] = list(csv.DictReader(file))
    return Olist(rows)


def write_some(source: Olist, folder: Path, *, keep: Callable[[int], bool]) -> dict[str, Path]:
    """Write the files again with every kept order and all that hangs on it."""
    folder.mkdir(parents=True, exist_ok=True)
    orders = [row for place, row in enumerate(source.rows["orders"]) if keep(place)]
    ids = {row["order_id"] for row in orders}
    customers = {row["customer_id"] for row in orders}
    items = [row for row in source.rows["order_items"] if row["order_id"] in ids]
    products = {row["product_id"] for row in items}
    kept = dict(source.rows)
    kept["orders"], kept["order_items"] = orders, items
    kept["order_payments"] = [row for row in source.rows["order_payments"] if row["order_id"] in ids]
    kept["customers"] = [row for row in source.rows["customers"] if row["customer_id"] in customers]
    kept["products"] = [row for row in source.rows["products"] if row["product_id"] in products]
    for name in ("sellers", "zip_centroids"):
        kept[name] = source.rows[name][:100]
    paths = {}
    for name, rows in kept.items():
        paths[name] = folder / path_of(folder, name).name
        with gzip.open(paths[name], "wt", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, list(source.rows[name][0]))
            writer.writeheader()
            writer.writerows(rows)
    return paths


def instant(local: str) -> datetime | None:
    """Return a local Brazilian time as UTC, the earlier of two where clocks went back; None for an empty cell."""
    return datetime.fromisoformat(local).replace(tzinfo=_SAO_PAULO, fold=0).astimezone(UTC) if local else None


def centavos(amount: str) -> int:
    """Return an amount in minor units, exactly."""
    return int(Decimal(amount) * 100)
