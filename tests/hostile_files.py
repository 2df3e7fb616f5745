"""The same rows in every form in which a platform, a person or an enemy hands them over."""

import csv
import gzip
import html
import io
import json
import zipfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import xlsxwriter

Rows = Sequence[Mapping[str, str]]


@dataclass(frozen=True)
class Form:
    """A way to hand rows over: the name the file gets, and its bytes for a header and rows of cells."""

    name: str
    content: Callable[[list[list[str]]], bytes]

    def write(self, folder: Path, header: Sequence[str], rows: Rows) -> Path:
        """Write the rows below their header."""
        cells = [list(header), *([row.get(name.strip(), "") for name in header] for row in rows)]
        path = folder / self.name
        path.write_bytes(self.content(cells))
        return path


def text_of(cells: list[list[str]], *, delimiter: str = ",", quote_all: bool = False) -> str:
    """Return rows as delimited text."""
    out = io.StringIO()
    csv.writer(out, delimiter=delimiter, quoting=csv.QUOTE_ALL if quote_all else csv.QUOTE_MINIMAL).writerows(cells)
    return out.getvalue()


def zip_of(members: Mapping[str, bytes]) -> bytes:
    """Return a zip of some members, compressed."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return out.getvalue()


def workbook_of(cells: list[list[str]]) -> bytes:
    """Return an xlsx workbook of text cells."""
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True, "strings_to_numbers": False, "strings_to_formulas": False}) as book:
        sheet = book.add_worksheet()
        for row, line in enumerate(cells):
            for column, cell in enumerate(line):
                sheet.write_string(row, column, cell)
    return out.getvalue()


def page_of(cells: list[list[str]]) -> bytes:
    """Return a web page with a table, as some platforms call it an Excel file."""
    rows = "".join("<tr>" + "".join(f"<td>{html.escape(cell)}</td>" for cell in line) + "</tr>" for line in cells)
    return f'<html><head><meta charset="utf-8"></head><body><table>{rows}</table></body></html>'.encode()


FORMS = (
    Form("gb18030.csv", lambda cells: text_of(cells).encode("gb18030")),
    Form("bom.csv", lambda cells: text_of(cells).encode("utf-8-sig")),
    Form("utf16.txt", lambda cells: text_of(cells).encode("utf-16")),
    Form("tabs.xls", lambda cells: text_of(cells, delimiter="\t").encode("gb18030")),
    Form("semicolons.csv", lambda cells: text_of(cells, delimiter=";").encode()),
    Form("quoted.csv", lambda cells: text_of(cells, quote_all=True).encode()),
    Form("workbook.xlsx", workbook_of),
    Form("workbook called.csv", workbook_of),
    Form("page called.xls", page_of),
    Form("page called.xlsx", page_of),
    Form("packed.zip", lambda cells: zip_of({"订单/ExportOrderList.csv": text_of(cells).encode("gb18030")})),
    Form("packed workbook.zip", lambda cells: zip_of({"a.xlsx": workbook_of(cells)})),
    Form("packed.csv.gz", lambda cells: gzip.compress(text_of(cells).encode("gb18030"))),
)


def shopify_order(number: int, *, status: str = "paid", **more: Any) -> dict[str, Any]:
    """One order of Shopify's REST list: ten dollars, created at ten."""
    return {
        "id": number,
        "created_at": "2026-11-01T10:00:00-05:00",
        "updated_at": "2026-11-02T10:00:00-05:00",
        "processed_at": "2026-11-01T10:00:05-05:00",
        "currency": "USD",
        "total_price": "10.00",
        "financial_status": status,
        "fulfillment_status": None,
        "email": f"buyer{number}@example.com",
        "line_items": [{"id": number * 10, "sku": "SKU1", "title": "Thing", "quantity": 1, "price": "10.00"}],
    } | more


JSON_FORMS: Mapping[str, Callable[[list[dict[str, Any]]], bytes]] = {
    "page.json": lambda orders: json.dumps({"orders": orders}).encode(),
    "array.json": lambda orders: json.dumps(orders, indent=1).encode(),
    "lines.jsonl": lambda orders: "\n".join(map(json.dumps, orders)).encode(),
    "page called.csv": lambda orders: json.dumps({"orders": orders}, ensure_ascii=False).encode("utf-8-sig"),
    "utf16.json": lambda orders: json.dumps({"orders": orders}, ensure_ascii=False).encode("utf-16"),
    "packed.json.gz": lambda orders: gzip.compress(json.dumps({"orders": orders}).encode()),
    "packed.zip": lambda orders: zip_of({"orders.json": json.dumps({"orders": orders}).encode()}),
}
