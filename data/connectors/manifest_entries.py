"""How does a manifest say what the rows of a statement mean: whose money, which way, what for, under which number?"""

import re
from functools import cached_property
from typing import Annotated, Literal, Self

from pydantic import BeforeValidator, Field, field_validator, model_validator

from data.connectors.manifest_parts import Condition, Names, Spec, Strict, Words, plain_word
from models.reconciliation.types import TYPES_BY_KEY

# The fields of a line, beyond its key, its amount and its type; the last row is of bank lines alone.
LINE_SPECS: tuple[str, ...] = (
    "account", "currency", "occurred_at", "settled_at", "completed_at", "refund_no", "payout_ref", "remark",
    "gross_minor", "fee_minor", "balance_minor",
    "booked_on", "value_on", "reference", "counterparty",
)  # fmt: skip


def _spelt_out(value: object) -> object:
    return {"from": value} if isinstance(value, str | list) else value


def _each_spelt_out(value: object) -> object:
    return [_spelt_out(each) for each in value] if isinstance(value, list) else [_spelt_out(value)]


def _types_exist(words: dict[str, str]) -> dict[str, str]:
    for key in words.values():
        if key not in TYPES_BY_KEY:
            raise ValueError(f"{key!r} is not one of {', '.join(TYPES_BY_KEY)}")
    return {plain_word(word): key for word, key in words.items()}


def _pattern(value: str) -> str:
    try:
        re.compile(value)
    except re.error as error:
        raise ValueError(f"{value!r} is no pattern: {error}") from error
    return value


Specs = Annotated[tuple[Spec, ...], BeforeValidator(_each_spelt_out)]


class Direction(Strict):
    """A column whose words say which way the money went; other words refuse the row, or leave the cell its own sign (``else``)."""

    sources: Names = Field(validation_alias="from")
    in_: Words = Field(default=(), validation_alias="in")
    out: Words = ()
    else_: Literal["refuse", "cell"] = Field(default="refuse", validation_alias="else")

    @model_validator(mode="after")
    def _has_words(self) -> Self:
        if not self.in_ and not self.out:
            raise ValueError("needs the words of `in` and `out`")
        return self


DirectionSpec = Annotated[Direction, BeforeValidator(_spelt_out)]


class Amount(Strict):
    """What a row moves: one column ``from`` (with a ``direction``, else as its cell is signed), or two, ``plus`` and ``minus``.

    Without any of them a row moves what its parts add up to.
    """

    sources: Names = Field(default=(), validation_alias="from")
    plus: Names = ()
    minus: Names = ()
    direction: DirectionSpec | None = None

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if self.sources and (self.plus or self.minus):
            raise ValueError("either `from` or `plus` and `minus`")
        return self


class Part(Strict):
    """A sum of its own within a row: ``from`` a column, or the ``rest`` of the row's amount that no other part explains.

    ``sign``: as the cell is signed, always plus or minus, with the row's direction or against it. ``type`` is by the rules where it
    is not given. A part counts only in rows that meet ``when``; a row without parts is one line.
    """

    sources: Names = Field(default=(), validation_alias="from")
    type: str = ""
    sign: Literal["cell", "plus", "minus", "with", "against"] = "cell"
    rest: bool = False
    when: Condition = Field(default_factory=dict)

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if self.rest == bool(self.sources):
            raise ValueError("needs either `from` or `rest`")
        if self.type and self.type not in TYPES_BY_KEY:
            raise ValueError(f"{self.type!r} is not one of {', '.join(TYPES_BY_KEY)}")
        return self


class Check(Strict):
    """``total`` must be the sum of ``plus`` and, with one sign or the other, of ``either``; a row in which neither fits is refused."""

    total: Names
    plus: Names
    either: Names = ()
    when: Condition = Field(default_factory=dict)


class TypeRule(Strict):
    """How a column's text becomes a type: exact ``words``, what it ``starts`` with (the longest wins), what it ``holds``.

    Without ``from``, all rows that meet ``when`` are of the type ``is``. ``sign`` keeps the rule to what came in (+) or went out (-).
    """

    sources: Names = Field(default=(), validation_alias="from")
    words: dict[str, str] = Field(default_factory=dict)
    starts: dict[str, str] = Field(default_factory=dict)
    holds: dict[str, str] = Field(default_factory=dict)
    when: Condition = Field(default_factory=dict)
    sign: Literal["", "+", "-"] = ""
    is_: str = Field(default="", validation_alias="is")

    @field_validator("words", "starts", "holds")
    @classmethod
    def _known(cls, value: dict[str, str]) -> dict[str, str]:
        return _types_exist(value)

    @model_validator(mode="after")
    def _decides(self) -> Self:
        if bool(self.is_) == bool(self.words or self.starts or self.holds):
            raise ValueError("needs either `is` or `words`, `starts`, `holds`")
        if self.is_ and self.is_ not in TYPES_BY_KEY:
            raise ValueError(f"{self.is_!r} is not one of {', '.join(TYPES_BY_KEY)}")
        if not self.is_ and not self.sources:
            raise ValueError("`words`, `starts` and `holds` need `from`")
        return self


class Control(Strict):
    """A total that a footer states, by its ``label`` or by a ``pattern`` (one group) in its text, and what it must equal.

    ``of``: how many rows, the sum of a ``column`` as its cells are signed, of what came in, of what went out, or of both; of the
    rows that meet ``where``. What came in and what went out are compared without their signs.
    """

    label: Names = ()
    pattern: Annotated[str, BeforeValidator(_pattern)] = ""
    of: Literal["count", "sum", "in", "out", "net", "count_in", "count_out"]
    column: Names = ()
    where: Condition = Field(default_factory=dict)

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if bool(self.label) == bool(self.pattern):
            raise ValueError("needs either `label` or `pattern`")
        if (self.of == "sum") != bool(self.column):
            raise ValueError("`column` goes with of = 'sum'")
        if self.pattern and re.compile(self.pattern).groups != 1:
            raise ValueError("`pattern` needs one group: the figure")
        return self

    @property
    def name(self) -> str:
        """How the total is called in messages."""
        return self.label[0] if self.label else self.pattern.partition("(")[0].replace("\\s*", "").replace(".*?", " ").strip()


class Preamble(Strict):
    """What the lines above the header say of the whole statement: patterns with one group each."""

    account: Annotated[str, BeforeValidator(_pattern)] = r"(?:账号|账户|卡号)\s*[:：]\s*\[?\s*([^\]\s,，]+)"
    begins: Annotated[str, BeforeValidator(_pattern)] = (
        r"(?:起始(?:日期|时间))\s*[:：]\s*\[?\s*(\d{4}[-/年]\d{1,2}[-/月]\d{1,2}日?(?: \d{1,2}:\d{2}(?::\d{2})?)?)"
    )
    ends: Annotated[str, BeforeValidator(_pattern)] = (
        r"(?:(?:终止|结束|截止)(?:日期|时间))\s*[:：]\s*\[?\s*(\d{4}[-/年]\d{1,2}[-/月]\d{1,2}日?(?: \d{1,2}:\d{2}(?::\d{2})?)?)"
    )


class StatementRows(Strict):
    """What one row of a statement says: ``[table.entry]``.

    ``key`` are the columns that make the statement's own number of a row; where the first is empty or there is none the row's
    content is its number, and ``identity`` names columns that belong to it beside order, amount and type (given, neither time nor
    balance do: a row that is only later settled stays the same row). ``settled_by`` names the booking by which a row was settled: what
    two bookings settle is two rows, however alike, and a row that was not settled yet becomes one that is.
    """

    key: Names = ()
    identity: Names | None = None
    settled_by: Names = ()
    order_no: Specs = ()
    alternates: Specs = ()
    fields: dict[str, Spec] = Field(default_factory=dict)
    amount: Amount = Amount()
    parts: tuple[Part, ...] = ()
    unexplained: Literal["refuse", "unclassified"] = "refuse"
    checks: tuple[Check, ...] = ()
    types: tuple[TypeRule, ...] = ()
    type_text: Names = ()
    pending: Condition = Field(default_factory=dict)
    pending_name: Annotated[str, BeforeValidator(_pattern)] = ""
    controls: tuple[Control, ...] = ()
    footer_needed: bool = False
    summary: str = ""
    preamble: Preamble = Preamble()
    money: str = ""
    preference: int = 1

    @model_validator(mode="after")
    def _complete(self) -> Self:
        for name in self.fields:
            if name not in LINE_SPECS:
                raise ValueError(f"fields: {name!r} is not one of {', '.join(LINE_SPECS)}")
        if not self.amount.sources and not self.amount.plus and not self.amount.minus and not self.parts:
            raise ValueError("needs an `amount` or `parts`")
        if "occurred_at" not in self.fields and "booked_on" not in self.fields:
            raise ValueError("needs `fields.occurred_at`, or `fields.booked_on` for a bank")
        return self

    @cached_property
    def columns(self) -> tuple[str, ...]:
        """Every column that is read."""
        direction = self.amount.direction
        specs = [*self.order_no, *self.alternates, *self.fields.values()]
        names = [name for spec in specs for name in (*spec.sources, *spec.where)]
        names += [
            *self.key,
            *(self.identity or ()),
            *self.settled_by,
            *self.amount.sources,
            *self.amount.plus,
            *self.amount.minus,
            *self.type_text,
        ]
        names += [*(direction.sources if direction else ()), *self.pending]
        for part in self.parts:
            names += [*part.sources, *part.when]
        for check in self.checks:
            names += [*check.total, *check.plus, *check.either, *check.when]
        for rule in self.types:
            names += [*rule.sources, *rule.when]
        for control in self.controls:
            names += [*control.column, *control.where]
        return tuple(dict.fromkeys(names))
