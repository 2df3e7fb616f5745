"""What does a source's file mean, and where is that written down?

A manifest is one TOML file, checked here; ``data/connectors/manifests/README.md`` explains every key to whoever writes one.
"""

import re
import unicodedata
from collections.abc import Iterable
from typing import Annotated, Any, Literal, Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, field_validator, model_validator

from data.connectors.readers.cells import clean_name
from models.events import EVENT_TYPES, HUB_STATUSES, RANK_OTHER, RANK_PLATFORM, RANK_WAREHOUSE
from models.orders import CONTACT_FIELDS, LINE_FIELDS, ORDER_FIELDS, ORDER_KINDS

Kind = Literal["orders", "settlement", "stock", "bank", "logistics", "reference"]
Role = Literal["platform", "warehouse", "reference"]
Transform = Literal[
    "text",
    "id",
    "joined_id",
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
]
RANKS: dict[str, int] = {"platform": RANK_PLATFORM, "warehouse": RANK_WAREHOUSE, "reference": RANK_OTHER}

# What a warehouse's status may say has happened; the rest (paid, cancelled, refunded) is the platform's to say (decision 7).
WAREHOUSE_MAY_IMPLY = ("held", "reviewed", "allocated", "waybilled", "part_shipped", "shipped")
# That an order was created is implied by its existence: a bound on it would say nothing.
PLATFORM_MAY_IMPLY = tuple(event for event in EVENT_TYPES if event != "created")

# The frame a reference table fills -> its columns (see ``data/tables.py``).
REFERENCE_COLUMNS: dict[str, tuple[str, ...]] = {
    "shops": ("shop_id", "name", "channel", "legal_entity", "zone", "currency", "calendar", "aliases"),
    "warehouses": ("warehouse_code", "name", "region_code", "aliases"),
    "skus": ("sku_code", "name", "category", "valid_from"),
    "fx_rates": ("business_day", "currency", "reporting_currency", "rate"),
    "category_names": ("category", "name"),
    "customers": ("customer_id", "region_code", "city"),
    "zip_regions": ("zip_prefix", "region_code", "city", "latitude", "longitude"),
    "sellers": ("seller_id", "region_code", "city"),
}


def plain_word(word: str) -> str:
    """Write a status word the way it is compared: commas and brackets of either width are the same.

    >>> plain_word("买家已付款，等待卖家发货 ")
    '买家已付款,等待卖家发货'
    """
    return unicodedata.normalize("NFKC", word).strip()


def _listed(value: object) -> object:
    return [value] if isinstance(value, str) else value


def _spec(value: object) -> object:
    return {"from": value} if isinstance(value, str | list) else value


def _cleaned(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(clean_name(name) for name in names)


class Strict(BaseModel):
    """A part of a manifest: frozen, and any unknown key is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


# Column (for JSON path) -> the words it may hold; all columns must agree.
Condition = dict[str, Annotated[tuple[str, ...], BeforeValidator(_listed)]]


class FieldSpec(Strict):
    """Where a field comes from: the first of ``from`` that is not empty, read by ``as``; or a constant.

    ``where`` leaves it missing in rows that do not meet the condition; ``combine`` says how an order's several records make
    one value, and for a JSON path through lists (``refunds[].amount``) how its elements do. ``words`` translates cells,
    ``prefix`` stands before them, ``nothing`` names cells that say nothing.
    """

    sources: Annotated[tuple[str, ...], BeforeValidator(_listed)] = Field(default=(), validation_alias="from")
    as_: Transform | None = Field(default=None, validation_alias="as")
    const: str | None = None
    combine: Literal["same", "sum", "min", "max"] = "same"
    where: Condition = Field(default_factory=dict)
    words: dict[str, str] = Field(default_factory=dict)
    prefix: str = ""
    nothing: tuple[str, ...] = ()
    required: bool = False

    @field_validator("sources")
    @classmethod
    def _clean(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        return _cleaned(value)

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if not self.sources and self.const is None:
            raise ValueError("needs `from` or `const`")
        return self


Spec = Annotated[FieldSpec, BeforeValidator(_spec)]


class Rule(Strict):
    """The first rule whose conditions all hold decides. ``["*"]`` = any text, ``[""]`` = empty."""

    when: Condition
    is_: str = Field(validation_alias="is")

    @field_validator("when")
    @classmethod
    def _clean(cls, value: Condition) -> Condition:
        return {clean_name(name): words for name, words in value.items()}


class Status(Strict):
    """How a source's own words become hub statuses: ``rules`` first, then ``words`` of the column ``from``, ``blank`` for an empty one.

    Rows that meet ``payment_unknown`` (as cash on delivery always) do not imply that they were paid.
    """

    sources: Annotated[tuple[str, ...], BeforeValidator(_listed)] = Field(default=(), validation_alias="from")
    words: dict[str, str] = Field(default_factory=dict)
    rules: tuple[Rule, ...] = ()
    blank: str | None = None
    payment_unknown: Condition = Field(default_factory=dict)

    @field_validator("sources")
    @classmethod
    def _clean(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        return _cleaned(value)

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

    sources: Annotated[tuple[str, ...], BeforeValidator(_listed)] = Field(validation_alias="from")
    separators: str = ""
    keep: tuple[str, ...] = ()
    ignore: str = ""

    @field_validator("sources")
    @classmethod
    def _clean(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        return _cleaned(value)

    @field_validator("keep", "ignore")
    @classmethod
    def _compiles(cls, value: str | tuple[str, ...]) -> str | tuple[str, ...]:
        for pattern in (value,) if isinstance(value, str) else value:
            re.compile(pattern)
        return value


class Parts(Strict):
    """A nested list of a record (packages, refunds), each element an event with a part of its own.

    Where the status implies ``whole``, that event of the order has the time of the last element; with ``lone = false`` a
    single element then adds no part of its own. Elements that meet ``skip`` did not happen.
    """

    each: str
    event: str
    part: str
    time: str
    whole: str | None = None
    lone: bool = True
    skip: Condition = Field(default_factory=dict)

    @field_validator("event", "whole")
    @classmethod
    def _known(cls, value: str | None) -> str | None:
        if value is not None and value not in EVENT_TYPES:
            raise ValueError(f"{value!r} is not an event type")
        return value


class Observed(Strict):
    """Where a file says when it was made: a pattern (one group) in the lines above the header, and columns of update times."""

    preamble: str = r"(?:导出|生成|下载)时间[:：]?\s*\[?(\d{4}[-/年]\d{1,2}[-/月]\d{1,2}日? \d{1,2}:\d{2}(?::\d{2})?)"
    columns: Annotated[tuple[str, ...], BeforeValidator(_listed)] = ()
    as_: Literal["time", "unix_seconds"] = Field(default="time", validation_alias="as")

    @field_validator("columns")
    @classmethod
    def _clean(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        return _cleaned(value)


class Table(Strict):
    """One kind of file of a source."""

    name: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    title: dict[Literal["zh", "en"], str]
    role: Role = "platform"
    parent: bool = False
    format: Literal["rows", "json"] = "rows"
    records: Annotated[tuple[str, ...], BeforeValidator(_listed)] = ()
    required: tuple[str, ...]
    also: tuple[str, ...] = ()
    renames: dict[str, str] = Field(default_factory=dict)
    grain: Literal["order", "line"] = "order"
    lines: Literal["none", "set", "each"] = "none"
    fills: str | None = None

    order_no: Annotated[OrderNo | None, BeforeValidator(_spec)] = None
    shop: Annotated[tuple[str, ...], BeforeValidator(_listed)] = ()
    line_key: Annotated[FieldSpec | None, BeforeValidator(_spec)] = None
    line_each: str = ""
    part: Annotated[tuple[str, ...], BeforeValidator(_listed)] = ()
    order: dict[str, Spec] = Field(default_factory=dict)
    line: dict[str, Spec] = Field(default_factory=dict)
    contact: dict[str, Spec] = Field(default_factory=dict)
    reference: dict[str, Spec] = Field(default_factory=dict)
    times: dict[str, Spec] = Field(default_factory=dict)
    status: Status | None = None
    kinds: tuple[Rule, ...] = ()
    parts: tuple[Parts, ...] = ()
    may_imply: tuple[str, ...] | None = None
    personal: tuple[str, ...] = ()
    second_header: bool = False
    leave_out: Condition = Field(default_factory=dict)
    observed: Observed = Observed()
    control: str = ""

    @field_validator("required", "also", "shop", "part", "personal")
    @classmethod
    def _clean(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        return _cleaned(value)

    @field_validator("renames")
    @classmethod
    def _clean_renames(cls, value: dict[str, str]) -> dict[str, str]:
        return {clean_name(old): clean_name(new) for old, new in value.items()}

    @field_validator("leave_out")
    @classmethod
    def _clean_condition(cls, value: Condition) -> Condition:
        return {clean_name(name): words for name, words in value.items()}

    @model_validator(mode="after")
    def _fields_exist(self) -> Self:
        _known("order", self.order, ORDER_FIELDS)
        _known("line", self.line, LINE_FIELDS)
        _known("contact", self.contact, CONTACT_FIELDS)
        _known("times", self.times, EVENT_TYPES)
        _known("may_imply", self.may_imply or (), EVENT_TYPES)
        _known("kinds", [rule.is_ for rule in self.kinds], ORDER_KINDS)
        if self.role == "reference":
            if self.fills is None:
                raise ValueError("`fills` is needed")
            _known("fills", (self.fills,), tuple(REFERENCE_COLUMNS))
            _known("reference", self.reference, REFERENCE_COLUMNS[self.fills])
        elif self.order_no is None:
            raise ValueError("`order_no` is needed")
        if self.parent and "created" not in self.times:
            raise ValueError("a parent table needs `times.created`")
        return self

    @property
    def rank(self) -> int:
        """The authority of its statements (decision 7)."""
        return RANKS[self.role]

    @property
    def implies(self) -> tuple[str, ...]:
        """Events that its status may state without a time."""
        if self.may_imply is not None:
            return self.may_imply
        return WAREHOUSE_MAY_IMPLY if self.role == "warehouse" else PLATFORM_MAY_IMPLY

    @property
    def personal_columns(self) -> tuple[str, ...]:
        """Columns whose cells are a buyer's personal data: masked on screen, never quoted in a reason."""
        contacts = [name for spec in self.contact.values() for name in spec.sources]
        return tuple(dict.fromkeys([*contacts, *self.personal]))

    @property
    def mapped_columns(self) -> tuple[str, ...]:
        """Every column it reads: what the reader must deliver."""
        specs = [*self.order.values(), *self.contact.values(), *self.times.values(), *self.reference.values()]
        if not self.line_each:
            specs += [*self.line.values(), *([self.line_key] if self.line_key else [])]
        names = [*(self.order_no.sources if self.order_no else ()), *(name for spec in specs for name in spec.sources)]
        names += [*self.shop, *self.part, *self.observed.columns, *self.leave_out]
        names += [name for spec in specs for name in spec.where if not any("[]" in path for path in spec.sources)]
        names += [*(self.status.columns if self.status else ()), *(name for rule in self.kinds for name in rule.when)]
        return tuple(dict.fromkeys(names))

    @property
    def known_columns(self) -> tuple[str, ...]:
        """Every column it knows by name, mapped or not; for JSON the paths of a record."""
        return tuple(dict.fromkeys([*self.required, *self.mapped_columns, *self.personal, *self.also]))

    @property
    def combine(self) -> dict[str, str]:
        """How several records of one order make one value, per order field: same, sum, min or max."""
        return {name: spec.combine for name, spec in self.order.items()}


class Manifest(Strict):
    """One source: whose files, in which zone, currency and unit."""

    name: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    version: int = Field(ge=1)
    title: dict[Literal["zh", "en"], str]
    channel: str
    also_channels: tuple[str, ...] = ()
    kind: Kind
    zone: str
    currency: str = Field(pattern=r"^[A-Z]{3}$")
    unit: Literal["major", "minor"] = "major"
    tables: tuple[Table, ...] = Field(validation_alias="table", min_length=1)

    @field_validator("zone")
    @classmethod
    def _zone_exists(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (ZoneInfoNotFoundError, ValueError) as error:
            raise ValueError(f"{value!r} is not a time zone") from error
        return value

    @model_validator(mode="after")
    def _names_differ(self) -> Self:
        names = [table.name for table in self.tables]
        if len(set(names)) < len(names):
            raise ValueError("two tables of one name")
        return self

    def table(self, name: str) -> Table:
        """Give the table of that name; KeyError where there is none."""
        return {table.name: table for table in self.tables}[name]

    @property
    def channels(self) -> tuple[str, ...]:
        """The channels whose shops its files may belong to."""
        return (self.channel, *self.also_channels)

    def kind_of(self, table: Table) -> Kind:
        """Say what a table's files are: a master among order files is reference."""
        return "reference" if table.role == "reference" else self.kind

    def source(self, table: Table) -> str:
        """Name a table the way runs, claims and events do."""
        return f"{self.name}.{table.name}"


def _known(key: str, names: Iterable[Any], known: tuple[str, ...]) -> None:
    for name in names:
        if name not in known:
            raise ValueError(f"{key}: {name!r} is not one of {', '.join(known)}")
