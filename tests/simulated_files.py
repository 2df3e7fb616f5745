"""What do the files of the simulated platforms say, read as plainly as can be and by none of the product's readers?"""

import csv
import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

_BOM = b"\xef\xbb\xbf"
# A file's name begins with what it is; its columns of order number and status.
_EXPORTS = {
    "ExportOrderList": ("订单编号", "订单状态"),
    "douyin_orders": ("主订单编号", "订单状态"),
    "jd_orders": ("订单号", "订单状态"),
    "pdd_orders": ("订单号", "订单状态"),
}
# Folders of what the platforms alone write of orders, history and live.
ORDER_FILES = (*(f"{name}*.csv" for name in _EXPORTS), "orders_*.json", "order_detail_*.json")


def text_lines(path: Path) -> list[str]:
    """Return a table's lines, whatever it is written in."""
    content = path.read_bytes()
    return content.decode("utf-8-sig" if content.startswith(_BOM) else "gbk").split("\r\n")


def table(path: Path) -> list[dict[str, str]]:
    """Return a table's rows, cells as they stand; Pinduoduo's has a title above its header."""
    lines = text_lines(path)
    return list(csv.DictReader(io.StringIO("\r\n".join(lines[lines[0].startswith("名称：") :]), newline="")))


def documents(path: Path) -> list[dict[str, Any]]:
    """Return the orders of a page of JSON."""
    page = json.loads(path.read_bytes())
    orders: list[dict[str, Any]] = page["orders"] if "orders" in page else page["response"]["order_list"]
    return orders


def told(path: Path) -> Iterator[tuple[str, str]]:
    """Yield the number and status of each record of orders, in the platform's words; Shopify's are two of which one may be null."""
    if path.suffix == ".json":
        for order in documents(path):
            financial = f"{order.get('financial_status')}/{order.get('fulfillment_status')}"
            yield str(order.get("id") or order["order_sn"]), order.get("order_status") or financial
        return
    number, status = next(columns for name, columns in _EXPORTS.items() if path.name.startswith(name))
    for row in table(path):
        yield row[number].strip('="\t'), row[status]


def history_files(inbox: Path) -> list[Path]:
    """Return the files of orders that a history wrote."""
    return sorted(path for pattern in ORDER_FILES for path in inbox.glob(f"*/history/{pattern}"))


def files_in_order(inbox: Path) -> list[Path]:
    """Return the files of orders: the history's first, then the live ones by the time in their names."""
    live = (path for pattern in ORDER_FILES for path in inbox.glob(f"*/{pattern}"))
    return history_files(inbox) + sorted(live, key=lambda path: (path.stem.split("_")[-2:], path.name))
