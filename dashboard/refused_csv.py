"""How do refused rows leave the house: as a file that a spreadsheet opens, masked and harmless?"""

import csv
import io
import json
from itertools import groupby

from dashboard.view import View
from data import reads
from data.api import engine, settings
from data.reads import RefusedCell, RetentionOver
from models.findings import REASONS, reason_text

_SHEET_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def refused_csv(cells: list[RefusedCell], *, view: View, header: list[str], gone: str, language: str) -> bytes:
    """Return refused cells as CSV that a spreadsheet opens: contacts masked, and no cell is taken for a formula."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(header)
    for run_id, own in groupby(cells, key=lambda cell: cell.run_id):
        of_run = list(own)
        raw = _raw_texts(run_id, {cell.row_number for cell in of_run}, view=view, gone=gone)
        for cell in of_run:
            said = reason_text(cell.code, cell.value, language=language) if cell.code in REASONS else cell.code
            row = (cell.name, str(cell.row_number), cell.field, said, raw.get(cell.row_number, ""))
            writer.writerow([_inert(text) for text in row])
    return out.getvalue().encode("utf-8-sig")


def _raw_texts(run_id: int, numbers: set[int], *, view: View, gone: str) -> dict[int, str]:
    try:
        found = reads.raw_rows(engine(), scope=view.scope, settings=settings(), run_id=run_id, numbers=numbers)
    except RetentionOver:
        return dict.fromkeys(numbers, gone)
    return {number: json.dumps(dict(zip(raw.names, raw.cells, strict=True)), ensure_ascii=False) for number, raw in found.items()}


def _inert(cell: str) -> str:
    """Keep a spreadsheet from taking a cell for a formula.

    >>> _inert("=1+1"), _inert("12")
    ("'=1+1", '12')
    """
    return f"'{cell}" if cell.startswith(_SHEET_FORMULA) else cell
