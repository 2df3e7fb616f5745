"""How does a manifest say what the rows of a stock list mean: which goods, where, how many, as of when?"""

import re
from typing import Annotated, Literal, Self

from pydantic import BeforeValidator, Field, field_validator, model_validator

from data.connectors.manifest_parts import Condition, FieldSpec, Names, Spec, Strict, Words, plain_word
from models.stock.kinds import QUANTITY_KINDS, SOURCE_MOVES


def _spelt_out(value: object) -> object:
    return {"from": value} if isinstance(value, str | list) else value


class Unit(Strict):
    """A column with the unit of a row's quantity, and the words that mean single pieces; a row in another unit is refused."""

    sources: Names = Field(validation_alias="from")
    pieces: Words

    @field_validator("pieces")
    @classmethod
    def _plain(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(plain_word(word) for word in value)


class MoveRows(Strict):
    """What a row of a list of movements says; ``quantity`` is unsigned unless its type may go either way (a count's adjustment).

    ``types`` turns the words of ``type`` into ``models.stock.kinds.MOVE_TYPES``; another word refuses the row.
    """

    key: Spec
    type: Names
    types: dict[str, str]
    quantity: Spec
    occurred_at: Spec
    reason: Spec | None = None
    person: Spec | None = None

    @field_validator("types")
    @classmethod
    def _known(cls, value: dict[str, str]) -> dict[str, str]:
        for word in value.values():
            if word not in SOURCE_MOVES:
                raise ValueError(f"{word!r} is not one of {', '.join(SOURCE_MOVES)}")
        return {plain_word(word): type_ for word, type_ in value.items()}


class StockRows(Strict):
    """What one row of a stock list says: ``[table.stock]``.

    ``says``: ``snapshot`` = what a warehouse or ERP system counts, ``shown`` = what a sales channel offers, ``moves`` = what came in and
    went out. ``quantities`` names the columns by kind; rows that do not meet ``counts`` (not sellable) add nothing, yet say that the SKU
    is known there. With ``adds_up`` several rows of a SKU and warehouse (batches, owners) are one quantity; without it two that differ
    contradict each other. ``own_numbers``: what stands for the goods is a number of the source's own, of which only an alias says whose SKU
    it is; it is never taken for a SKU itself. ``as_of`` is the instant of which a row speaks, where rows have one; else the file's.
    """

    says: Literal["snapshot", "shown", "moves"]
    sku: Annotated[FieldSpec, BeforeValidator(_spelt_out)]
    warehouse: Annotated[FieldSpec, BeforeValidator(_spelt_out)] | None = None
    quantities: dict[str, Spec] = Field(default_factory=dict)
    counts: Condition = Field(default_factory=dict)
    adds_up: bool = False
    own_numbers: bool = False
    as_of: Spec | None = None
    unit: Unit | None = None
    moves: MoveRows | None = None

    @model_validator(mode="after")
    def _complete(self) -> Self:
        for kind in self.quantities:
            if kind not in QUANTITY_KINDS:
                raise ValueError(f"quantities: {kind!r} is not one of {', '.join(QUANTITY_KINDS)}")
        if (self.says == "moves") != (self.moves is not None):
            raise ValueError("`moves` is what a table that says moves has, and no other")
        if (self.says == "moves") == bool(self.quantities):
            raise ValueError("needs `quantities`, or `moves`")
        if self.says != "shown" and self.warehouse is None:
            raise ValueError("`warehouse` is needed")
        if self.says == "shown" and set(self.quantities) != {"available"}:
            raise ValueError("quantities: a channel shows what is `available`, and nothing else")
        return self

    @property
    def columns(self) -> tuple[str, ...]:
        """Every column that is read."""
        specs = [self.sku, *self.quantities.values(), *(spec for spec in (self.warehouse, self.as_of) if spec)]
        names = [*self.counts, *(self.unit.sources if self.unit else ())]
        if self.moves is not None:
            moves = self.moves
            specs += [moves.key, moves.quantity, moves.occurred_at, *(spec for spec in (moves.reason, moves.person) if spec)]
            names += moves.type
        return tuple(dict.fromkeys([*(name for spec in specs for name in (*spec.sources, *spec.where)), *names]))


# A time in a file's name, as exports are named: stock_20261122235000.csv, 库存-20261122-2350.xlsx.
NAME_TIME = re.compile(r"(?<!\d)(20\d{2})(\d{2})(\d{2})[-_T ]?([01]\d|2[0-3])([0-5]\d)([0-5]\d)?(?!\d)")
