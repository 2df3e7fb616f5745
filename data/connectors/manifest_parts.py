"""What are the parts of a manifest: where a field, a status, an order's number, a package comes from?"""

import re
import unicodedata
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, field_validator, model_validator

from data.connectors.readers.cells import clean_name
from models.events import EVENT_TYPES, HUB_STATUSES

Transform = Literal[
    "text",
    "id",
    "joined_id",
    "all",
    "money",
    "count",
    "time",
    "unix_seconds",
    "region",
    "address",
    "address_city",
    "iso_region",
    "carrier",
    "waybill_of_pair",
    "currency",
    "zone",
    "day",
    "rate",
    "number",
    "list",
    "date_and_time",
    "company",
    "references",
]


def plain_word(word: str) -> str:
    """Write a status word the way it is compared: commas and brackets of either width are the same.

    >>> plain_word("买家已付款，等待卖家发货 ")
    '买家已付款,等待卖家发货'
    """
    return unicodedata.normalize("NFKC", word).strip()


def _listed(value: object) -> object:
    return [value] if isinstance(value, str) else value


def _spelt_out(value: object) -> object:
    return {"from": value} if isinstance(value, str | list) else value


def _cleaned(names: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(clean_name(name) for name in names)


def _keys_cleaned(condition: dict[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
    return {clean_name(name): words for name, words in condition.items()}


# One text may stand for a list of one; names of columns (for JSON paths) are cleaned as a file's own header is.
Words = Annotated[tuple[str, ...], BeforeValidator(_listed)]
Names = Annotated[tuple[str, ...], BeforeValidator(_listed), AfterValidator(_cleaned)]
# Column -> the words it may hold (``*`` = any text, ``!x`` = any text but x, an empty word = nothing); all columns must agree. A path
# through a list must agree with every element of it.
Condition = Annotated[dict[str, Words], AfterValidator(_keys_cleaned)]


class Strict(BaseModel):
    """A part of a manifest: frozen, and any unknown key is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


class FieldSpec(Strict):
    """Where a field comes from: the first of ``from`` that is not empty, read by ``as``; or a constant.

    ``where`` leaves it missing in rows that do not meet the condition; ``combine`` says how an order's several records make
    one value (``largest`` = that of the record of the greatest amount of goods), and for a JSON path through lists
    (``refunds[].amount``) how its elements do. ``words`` translates cells, ``pattern`` takes its first group out of them and
    nothing where it does not match, ``prefix`` stands before them, ``nothing`` names cells that say nothing. ``day``, for a time,
    is where its local day stands in rows that do not give the time.
    """

    sources: Names = Field(default=(), validation_alias="from")
    as_: Transform | None = Field(default=None, validation_alias="as")
    const: str | None = None
    combine: Literal["same", "sum", "min", "max", "largest"] = "same"
    where: Condition = Field(default_factory=dict)
    words: dict[str, str] = Field(default_factory=dict)
    pattern: str = ""
    prefix: str = ""
    nothing: tuple[str, ...] = ()
    required: bool = False
    day: Annotated["FieldSpec", BeforeValidator(_spelt_out)] | None = None

    @field_validator("pattern")
    @classmethod
    def _has_a_group(cls, value: str) -> str:
        try:
            groups = re.compile(value).groups
        except re.error as error:
            raise ValueError(f"{value!r} is no pattern: {error}") from error
        if value and not groups:
            raise ValueError("needs a group: what is to be taken")
        return value

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if not self.sources and self.const is None:
            raise ValueError("needs `from` or `const`")
        return self


Spec = Annotated[FieldSpec, BeforeValidator(_spelt_out)]


class Rule(Strict):
    """The first rule whose conditions all hold decides. ``["*"]`` = any text, ``[""]`` = empty."""

    when: Condition
    is_: str = Field(validation_alias="is")


class Status(Strict):
    """How a source's own words become hub statuses: ``rules`` first, then ``words`` of the column ``from``, ``blank`` for an empty one.

    Rows that meet ``payment_unknown`` (as cash on delivery always) do not imply that they were paid.
    """

    sources: Names = Field(default=(), validation_alias="from")
    words: dict[str, str] = Field(default_factory=dict)
    rules: tuple[Rule, ...] = ()
    blank: str | None = None
    payment_unknown: Condition = Field(default_factory=dict)

    @field_validator("words")
    @classmethod
    def _plain(cls, value: dict[str, str]) -> dict[str, str]:
        return {plain_word(word): status for word, status in value.items()}

    @model_validator(mode="after")
    def _hub_words_only(self) -> Self:
        said = [*self.words.values(), *(rule.is_ for rule in self.rules), *([self.blank] if self.blank else [])]
        for word in said:
            if word not in HUB_STATUSES:
                raise ValueError(f"{word!r} is not a hub status ({', '.join(HUB_STATUSES)})")
        return self

    @property
    def columns(self) -> tuple[str, ...]:
        """Every column that the status is read from."""
        return tuple(dict.fromkeys([*self.sources, *(name for rule in self.rules for name in rule.when), *self.payment_unknown]))


class OrderNo(Strict):
    """Where the order's number stands.

    A warehouse row may name several, between any of the characters ``separators``; ``keep`` are patterns whose first group
    is the number without what the warehouse hung on it; a number that meets ``ignore`` is the warehouse's own.
    """

    sources: Names = Field(validation_alias="from")
    separators: str = ""
    keep: tuple[str, ...] = ()
    ignore: str = ""

    @field_validator("keep", "ignore")
    @classmethod
    def _compiles(cls, value: str | tuple[str, ...]) -> str | tuple[str, ...]:
        for pattern in (value,) if isinstance(value, str) else value:
            re.compile(pattern)
        return value


class Parts(Strict):
    """A nested list of a record (packages, refunds), each element an event with a part of its own.

    Where the status implies ``whole``, or the record meets ``when``, that event of the order has the time of the last element;
    with ``lone = false`` a single element then adds no part of its own. Elements that meet ``skip`` did not happen. Without
    ``time`` they have, at some instant up to the record's last change.
    """

    each: str
    event: str
    part: str
    time: str = ""
    as_: Literal["time", "unix_seconds"] = Field(default="time", validation_alias="as")
    whole: str | None = None
    when: Condition = Field(default_factory=dict)
    lone: bool = True
    skip: Condition = Field(default_factory=dict)

    @field_validator("event", "whole")
    @classmethod
    def _known(cls, value: str | None) -> str | None:
        if value is not None and value not in EVENT_TYPES:
            raise ValueError(f"{value!r} is not an event type")
        return value

    @model_validator(mode="after")
    def _timed(self) -> Self:
        if self.whole is not None and not self.time and self.whole != self.event:
            raise ValueError("`whole` needs `time`: without one its elements cannot say when it was complete")
        return self


class Packed(Strict):
    """A nested list of packages, each with the lines that left in it: ``shipped_quantity`` of a line is the sum over them.

    ``key`` names the line, as ``line_key`` does, and ``quantity`` says how many. Packages that meet ``skip`` have not left; of a record
    without packages nothing is said.
    """

    each: str
    lines: str
    key: str
    quantity: str
    skip: Condition = Field(default_factory=dict)


class Replaces(Strict):
    """Columns that name orders in whose place a row's own has come (an order split up lives on in its children).

    A number in ``nothing``, the row's own, and any in a row that does not meet ``where`` name none.
    """

    sources: Names = Field(validation_alias="from")
    nothing: tuple[str, ...] = ()
    where: Condition = Field(default_factory=dict)


class Observed(Strict):
    """Where a file says when it was made: a pattern (one group) in the lines above the header, and columns of update times."""

    preamble: str = r"(?:导出|生成|下载)时间[:：]?\s*\[?(\d{4}[-/年]\d{1,2}[-/月]\d{1,2}日? \d{1,2}:\d{2}(?::\d{2})?)"
    columns: Names = ()
    as_: Literal["time", "unix_seconds"] = Field(default="time", validation_alias="as")


NumberSpec = Annotated[OrderNo, BeforeValidator(_spelt_out)]
