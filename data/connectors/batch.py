"""What passes between reader, mapping and merge?

A reader yields ``Chunk``s of raw text; the mapping turns each into a ``Batch`` of typed frames; the merge stores those.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from models.findings import Finding

CHUNK_ROWS = 20_000

RowNumbers = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Chunk:
    """Up to ``CHUNK_ROWS`` records as they stand in the file.

    A table's rows are in ``frame`` (one string column per cleaned header name, missing where the cell is empty or an
    empty marker); JSON records are in ``records``. ``row_number`` is aligned with them and counts as a spreadsheet does:
    header and preamble included, from 1 (for JSON the element's number from 1). Rows the reader could not take are only
    in ``refused``; footers and blank rows are nowhere.
    """

    row_number: RowNumbers
    frame: pd.DataFrame | None = None
    records: Sequence[Mapping[str, Any]] | None = None
    refused: Sequence[Finding] = ()


@dataclass(frozen=True)
class Batch:
    """One chunk, mapped: rows that hold, and findings for the rows that do not.

    Every frame carries ``row_number`` (int64), ``shop_id`` and ``order_no`` (text) except ``reference``. Times are
    ``datetime64[us, UTC]``, amounts and counts nullable ``Int64`` in minor units, texts ``str``; missing is missing.

    - ``orders``: one row a record (the merge aggregates several records of one order), with those of
      ``models.orders.ORDER_FIELDS`` that the table owns.
    - ``lines``: one row an order line, ``line_key`` (missing: the merge makes one of the content) and ``LINE_FIELDS``.
    - ``events``: one row a statement: ``type``, ``part`` (text, '' where none), ``occurred_from`` and ``occurred_to``
      (equal where the source gave a time; ``occurred_to`` missing = when the file was observed).
    - ``sightings``: ``status``, an open hub status this row shows.
    - ``contacts``: ``models.orders.CONTACT_FIELDS``.
    - ``reference``: rows of a master, columns as the table it fills.
    - ``entries``: one row a line of a statement: ``line_key``, ``type``, ``amount_minor`` and the fields its table maps
      (``data/connectors/entry_rows.py``); ``shop_id`` is missing for a bank whose file names no shop.
    - ``stock``: one row a quantity or movement, ``data.connectors.stock_rows.COLUMNS``.
    """

    rows: int
    findings: Sequence[Finding] = ()
    orders: pd.DataFrame | None = None
    lines: pd.DataFrame | None = None
    events: pd.DataFrame | None = None
    sightings: pd.DataFrame | None = None
    contacts: pd.DataFrame | None = None
    reference: pd.DataFrame | None = None
    entries: pd.DataFrame | None = None
    stock: pd.DataFrame | None = None
    latest_at: datetime | None = None
    notices: Counter[str] = field(default_factory=Counter)
