"""What kind of money is each row of a statement, by the statement's own words?"""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from data.connectors.columns import Columns
from data.connectors.manifest_entries import TypeRule
from data.connectors.manifest_parts import plain_word
from data.connectors.texts import Mask, Texts, by_unique
from models.reconciliation.types import UNCLASSIFIED


def types_of(columns: Columns, rules: tuple[TypeRule, ...], *, minor: npt.NDArray[np.int64]) -> Texts:
    """Give each row's type by the first rule that knows it; what none knows is unclassified."""
    found: Texts = pa.nulls(columns.rows, pa.large_string())
    for rule in rules:
        if not pc.any(pc.is_null(found)).as_py():
            break
        if rule.is_:
            said: Texts = pa.array([rule.is_] * columns.rows, pa.large_string())
        else:
            said = pc.coalesce(
                *(by_unique(columns.text(name), _reader(rule)) for name in rule.sources if columns.has(name)), columns.missing()
            )
        allowed = _allowed(columns, rule, minor=minor)
        found = pc.coalesce(found, said if allowed is None else pc.if_else(pa.array(allowed), said, None))
    return pc.fill_null(found, UNCLASSIFIED)


def _allowed(columns: Columns, rule: TypeRule, *, minor: npt.NDArray[np.int64]) -> Mask | None:
    masks = []
    if rule.when:
        masks.append(columns.meets(rule.when))
    if rule.sign:
        masks.append(minor > 0 if rule.sign == "+" else minor < 0)
    return np.logical_and.reduce(masks) if masks else None


def _reader(rule: TypeRule) -> Callable[[str], str | None]:
    starts = sorted(rule.starts.items(), key=lambda item: -len(item[0]))

    def read(cell: str) -> str | None:
        word = plain_word(cell)
        if word in rule.words:
            return rule.words[word]
        for start, key in starts:
            if word.startswith(start):
                return key
        return next((key for part, key in rule.holds.items() if part in word), None)

    return read
