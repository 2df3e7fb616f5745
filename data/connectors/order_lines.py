"""Which lines do order rows have, and what tells those of one order apart?"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from data.connectors.columns import Index
from data.connectors.fields import Fields
from data.connectors.manifest import Table
from data.connectors.manifest_parts import FieldSpec, Packed
from data.connectors.texts import Texts


@dataclass(frozen=True)
class Lines:
    """The fields of lines, and the row in which each line stands."""

    values: Mapping[str, pa.Array]
    parent: Index


def read_lines(fields: Fields, table: Table) -> Lines:
    """Read a table's lines: its rows themselves, or the elements of a list nested in them, gifts after what was bought.

    A gift has no price: what it would cost on its own is not what this order paid.
    """
    specs = {**({"line_key": table.line_key} if table.line_key else {}), **table.line}
    if not table.line_each:
        return Lines({name: fields.read(name, spec) for name, spec in specs.items()}, np.arange(fields.columns.rows))
    bought = fields.children(table.line_each)
    gifts = fields.children(table.gift_each) if table.gift_each else None
    values = {name: bought.read(name, spec) for name, spec in specs.items()}
    assert bought.parent is not None
    if table.packed is not None:
        values["shipped_quantity"] = _packed(fields, table.packed, keys=values["line_key"], within=bought.parent)
    if gifts is None or gifts.parent is None:
        return Lines(values, bought.parent)
    free = {
        name: pa.nulls(gifts.columns.rows, values[name].type) if name.endswith("_minor") else gifts.read(name, spec)
        for name, spec in specs.items()
    }
    if table.packed is not None:
        free["shipped_quantity"] = pa.nulls(gifts.columns.rows, pa.int64())
    together = {name: pa.concat_arrays([values[name], free[name]]) for name in values}
    return Lines(together, np.concatenate([bought.parent, gifts.parent]))


def _packed(fields: Fields, packed: Packed, *, keys: Texts, within: Index) -> pa.Array:
    """Sum up how many pieces of each line (``keys``, of the records ``within``) have left in packages; missing where there are none."""
    packages = fields.children(packed.each)
    content = packages.children(packed.lines)
    assert packages.parent is not None and content.parent is not None
    gone = ~packages.columns.meets(packed.skip) if packed.skip else np.ones(packages.columns.rows, dtype=bool)
    package, record = content.parent, packages.parent[content.parent]
    spec = FieldSpec.model_validate({"from": packed.quantity})
    # what is wrong in a package is wrong in its record
    named = replace(content, parent=record, within=f"{packed.each}.{packed.lines}")
    inside = pd.DataFrame(
        {
            "within": record,
            "key": content.columns.text(packed.key).to_pylist(),
            "units": named.read("shipped_quantity", spec).to_pandas(),
        }
    )[gone[package]]
    sums = inside.groupby(["within", "key"])["units"].sum()
    lines = pd.MultiIndex.from_arrays([within, keys.to_pylist()])
    units = sums.reindex(lines, fill_value=0).to_numpy(dtype=np.int64)
    return pa.array(units, mask=~np.isin(within, packages.parent))


def told_apart(keys: Texts, *, within: Index) -> Texts:
    """Number the lines of one record (``within``) that have the same key: a gift of what was bought, the same SKU twice.

    >>> told_apart(pa.array(["a", "a", "b", "a"], pa.large_string()), within=np.array([1, 1, 1, 2])).to_pylist()
    ['a', 'a-2', 'b', 'a']
    """
    before = pd.DataFrame({"within": within, "key": keys.to_pylist()}).groupby(["within", "key"], sort=False).cumcount().to_numpy()
    if not before.any():
        return keys
    numbered = pc.binary_join_element_wise(keys, pa.array((before + 1).astype(str), pa.large_string()), pa.scalar("-", pa.large_string()))
    return pc.if_else(pa.array(before > 0), numbered, keys)
