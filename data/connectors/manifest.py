"""What does a source's file mean, and where is that written down?

A manifest is one TOML file, checked here; ``data/connectors/manifests/README.md`` explains every key to whoever writes one.
"""

from collections.abc import Iterable
from functools import cached_property
from typing import Annotated, Any, Literal, Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, Field, field_validator, model_validator

from data.connectors.manifest_entries import StatementRows
from data.connectors.manifest_parts import (
    Condition,
    Names,
    NumberSpec,
    Observed,
    Packed,
    Parts,
    Replaces,
    Rule,
    Spec,
    Status,
    Strict,
    Words,
)
from data.connectors.manifest_stock import StockRows
from data.connectors.readers.cells import clean_name
from models.events import EVENT_TYPES, RANK_OTHER, RANK_PLATFORM, RANK_WAREHOUSE, WAREHOUSE_OWNS
from models.orders import CONTACT_FIELDS, LINE_FIELDS, ORDER_FIELDS, ORDER_KINDS

Kind = Literal["orders", "settlement", "stock", "bank", "logistics", "reference"]
Role = Literal["platform", "warehouse", "reference"]
RANKS: dict[str, int] = {"platform": RANK_PLATFORM, "warehouse": RANK_WAREHOUSE, "reference": RANK_OTHER}

# What a warehouse is the authority for where its manifest does not say; a platform is for everything else (decision 7).
WAREHOUSE_OWNED = ("warehouse_code", "carrier_code", "waybill_no", *WAREHOUSE_OWNS)
OWNABLE = (*ORDER_FIELDS, *EVENT_TYPES)

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
    "sku_aliases": ("source", "alias", "sku_code"),
}

# The columns that tell a master's rows apart: the primary key of the table it fills.
REFERENCE_KEYS: dict[str, tuple[str, ...]] = {
    "shops": ("shop_id",),
    "warehouses": ("warehouse_code",),
    "skus": ("sku_code", "valid_from"),
    "fx_rates": ("business_day", "currency", "reporting_currency"),
    "category_names": ("category",),
    "customers": ("customer_id",),
    "zip_regions": ("zip_prefix",),
    "sellers": ("seller_id",),
    "sku_aliases": ("source", "alias"),
}


def _renames_cleaned(renames: dict[str, str]) -> dict[str, str]:
    return {clean_name(old): clean_name(new) for old, new in renames.items()}


class Table(Strict):
    """One kind of file of a source."""

    name: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    title: dict[Literal["zh", "en"], str]
    role: Role = "platform"
    owns: tuple[str, ...] | None = None
    parent: bool = False
    format: Literal["rows", "json"] = "rows"
    records: Words = ()
    required: Names
    one_of: Names = ()
    also: Names = ()
    renames: Annotated[dict[str, str], AfterValidator(_renames_cleaned)] = Field(default_factory=dict)
    grain: Literal["order", "line"] = "order"
    lines: Literal["none", "set", "each"] = "none"
    fills: str | None = None
    samples: bool = False

    order_no: NumberSpec | None = None
    shop: Names = ()
    line_key: Spec | None = None
    line_each: str = ""
    gift_each: str = ""
    continued_by: Annotated[str, AfterValidator(clean_name)] = ""
    part: Names = ()
    replaces: Replaces | None = None
    order: dict[str, Spec] = Field(default_factory=dict)
    line: dict[str, Spec] = Field(default_factory=dict)
    contact: dict[str, Spec] = Field(default_factory=dict)
    reference: dict[str, Spec] = Field(default_factory=dict)
    times: dict[str, Spec] = Field(default_factory=dict)
    status: Status | None = None
    kinds: tuple[Rule, ...] = ()
    parts: tuple[Parts, ...] = ()
    packed: Packed | None = None
    may_imply: tuple[str, ...] | None = None
    personal: Names = ()
    second_header: bool = False
    leave_out: Condition = Field(default_factory=dict)
    observed: Observed = Observed()
    control: str = ""
    split: str = ""
    entry: StatementRows | None = None
    stock: StockRows | None = None

    @model_validator(mode="after")
    def _fields_exist(self) -> Self:
        _known("order", self.order, ORDER_FIELDS)
        _known("line", self.line, LINE_FIELDS)
        _known("contact", self.contact, CONTACT_FIELDS)
        _known("times", self.times, EVENT_TYPES)
        _known("owns", self.owns or (), OWNABLE)
        elsewhere = set(EVENT_TYPES) - set(WAREHOUSE_OWNS) if self.role == "warehouse" else set(WAREHOUSE_OWNS)
        if strange := elsewhere & set(self.owns or ()):
            raise ValueError(f"owns: a {self.role} is no authority for {', '.join(sorted(strange))}")
        _known("may_imply", self.may_imply or (), EVENT_TYPES)
        _known("kinds", [rule.is_ for rule in self.kinds], ORDER_KINDS)
        if self.role == "reference":
            if self.fills is None:
                raise ValueError("`fills` is needed")
            _known("fills", (self.fills,), tuple(REFERENCE_COLUMNS))
            _known("reference", self.reference, REFERENCE_COLUMNS[self.fills])
        elif self.order_no is None and self.entry is None and self.stock is None:
            raise ValueError("`order_no` is needed")
        if self.packed is not None and (not self.line_each or self.line_key is None):
            raise ValueError("packed: only lines of `line_each` that have a `line_key` can be told to have left")
        if self.parent and "created" not in self.times:
            raise ValueError("a parent table needs `times.created`")
        if self.continued_by and (self.format, self.grain) != ("rows", "line"):
            raise ValueError("continued_by: only a table of rows with the grain `line` has rows that continue another")
        for key, specs in (("order", self.order), ("line", self.line), ("contact", self.contact), ("reference", self.reference)):
            if dated := [name for name, spec in specs.items() if spec.day]:
                raise ValueError(f"{key}.{dated[0]}: only what stands in `times` has a `day`")
        return self

    @property
    def rank(self) -> int:
        """The authority of its statements (decision 7)."""
        return RANKS[self.role]

    @property
    def owned(self) -> frozenset[str]:
        """The order fields and events for which it is the authority; no table is for a kind that it has no rules to tell."""
        if self.owns is not None:
            return frozenset(self.owns)
        untold = frozenset() if self.kinds else frozenset({"kind"})
        by_role = {"warehouse": frozenset(WAREHOUSE_OWNED), "platform": frozenset(OWNABLE) - frozenset(WAREHOUSE_OWNED) - untold}
        return by_role.get(self.role, frozenset())

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

    # Worked out once and kept with the table: a copy of it with other columns is made from its values, not by ``model_copy``.
    @cached_property
    def mapped_columns(self) -> tuple[str, ...]:
        """Every column it reads: what the reader must deliver."""
        specs = [*self.order.values(), *self.contact.values(), *self.times.values(), *self.reference.values()]
        specs += [spec.day for spec in self.times.values() if spec.day]
        if not self.line_each:
            specs += [*self.line.values(), *([self.line_key] if self.line_key else [])]
        names = [*(self.order_no.sources if self.order_no else ()), *(name for spec in specs for name in spec.sources)]
        names += [*self.shop, *self.part, *self.observed.columns, *self.leave_out, *([self.continued_by] if self.continued_by else [])]
        names += [*self.replaces.sources, *self.replaces.where] if self.replaces else []
        names += [name for spec in specs for name in spec.where if not any("[]" in path for path in spec.sources)]
        names += [*(self.status.columns if self.status else ()), *(name for rule in self.kinds for name in rule.when)]
        names += self.entry.columns if self.entry else ()
        names += self.stock.columns if self.stock else ()
        return tuple(dict.fromkeys(names))

    @cached_property
    def line_columns(self) -> frozenset[str]:
        """The columns that speak of a row's line or package alone."""
        specs = [*self.line.values(), *([self.line_key] if self.line_key else [])]
        return frozenset([*self.part, *(name for spec in specs for name in (*spec.sources, *spec.where))])

    @cached_property
    def known_columns(self) -> frozenset[str]:
        """Every column it knows by name, mapped or not; for JSON the paths of a record."""
        return frozenset([*self.required, *self.one_of, *self.mapped_columns, *self.personal, *self.also])

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
    calendar: str = Field(default="CN", pattern=r"^[A-Z]{2}$")
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

    @model_validator(mode="after")
    def _statements_have_entries(self) -> Self:
        for table in self.tables:
            if (self.kind in ("settlement", "bank")) != (table.entry is not None):
                raise ValueError(f"table {table.name}: `entry` is what a manifest of kind settlement or bank has, and no other")
            if table.entry is not None and table.entry.summary not in ("", *(other.name for other in self.tables)):
                raise ValueError(f"table {table.name}: no table {table.entry.summary!r} to be its summary")
            if (self.kind_of(table) == "stock") != (table.stock is not None):
                raise ValueError(f"table {table.name}: `stock` is what a table of a manifest of kind stock has, and no other")
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
