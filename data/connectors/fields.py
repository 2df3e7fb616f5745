"""What does one mapped field say, row by row, in this file's zone and currency?"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from data.connectors import amounts, times, transforms
from data.connectors.carriers import carrier_of
from data.connectors.columns import Columns, Index
from data.connectors.faults import Faults
from data.connectors.manifest_parts import FieldSpec
from data.connectors.parties import company, references
from data.connectors.regions import ADDRESS_CHARACTERS, city_of_address, region_of, region_of_address, region_of_codes
from data.connectors.texts import Mask, Parsed, Texts, by_unique, filled

# How a field is read where its manifest does not say.
READ_AS: Mapping[str, str] = {
    "sku_code": "id",
    "waybill_no": "id",
    "line_key": "id",
    "customer_id": "id",
    "quantity": "count",
    "shipped_quantity": "count",
    "pieces": "pieces",
    "signed_pieces": "signed_pieces",
    "region_code": "region",
    "carrier_code": "carrier",
    "currency": "currency",
    "reporting_currency": "currency",
    "zone": "zone",
    "business_day": "day",
    "rate": "rate",
    "latitude": "number",
    "longitude": "number",
    "aliases": "list",
}
# First and last instant, each as microseconds since 1970.
Bounds: TypeAlias = tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]
# Sources disagree on the sign of these (formats section 1); the field's name says which way the money went.
UNSIGNED_MINOR = ("refunded_minor", "discount_minor", "platform_discount_minor")


@dataclass(frozen=True)
class Terms:
    """Zone and currency of each row: row over shop over manifest (design decision 9).

    ``zones`` is missing where ``zone`` holds for all; ``decimals`` is one figure, or one a row.
    """

    zone: str
    zones: Texts | None = None
    decimals: npt.NDArray[np.int64] | int = 2

    def of(self, parent: Index) -> "Terms":
        """Give the terms of the children of rows."""
        zones = self.zones.take(pa.array(parent)) if self.zones is not None else None
        return replace(self, zones=zones, decimals=self.decimals if isinstance(self.decimals, int) else self.decimals[parent])


@dataclass(frozen=True)
class Fields:
    """Reads the fields of rows, or (with ``parent``) of the elements of a list nested in them, named ``within``."""

    columns: Columns
    faults: Faults
    terms: Terms
    parent: Index | None = None
    within: str = ""

    def children(self, path: str) -> "Fields":
        """Read a list nested in the rows."""
        columns, parent = self.columns.children(path)
        return Fields(columns, self.faults, self.terms.of(parent), parent, path)

    def read(self, name: str, spec: FieldSpec) -> pa.Array:
        """Give a field's values; faults are noted under the column that the file has."""
        if spec.const is not None:
            return self._parsed(name, spec, pa.array([spec.const] * self.columns.rows, pa.large_string()), column="")
        if spec.combine == "sum" and any("[]" in path for path in spec.sources):
            return self._sum_of_elements(name, spec)
        column = self.columns.named(spec.sources)
        texts = self._texts(spec)
        if spec.required:
            given = filled(texts)
            if spec.day is not None and not given.all():
                given |= filled(self._texts(spec.day))
            self._fault("missing", ~given, column=column)
        return self._parsed(name, spec, texts, column=column)

    def micros(self, spec: FieldSpec, *, latest_allowed: int) -> npt.NDArray[np.int64]:
        """Give the times of what has happened, as microseconds; one beyond ``latest_allowed`` is a fault."""
        micros = times.micros_of(self.read("_at", spec))
        self._fault_ahead(micros > latest_allowed, spec)
        return micros

    def day(self, spec: FieldSpec, *, where: Mask, latest_allowed: int) -> Bounds:
        """Give the days on which something happened, as their first and last second, in the rows ``where`` no time is known."""
        texts = pc.if_else(pa.array(where), self._texts(spec), None) if where.any() else self.columns.missing()
        days = self._take(times.day(texts), column=self.columns.named(spec.sources), texts=texts)
        first, last = (self._clock(days, at=at) for at in ("00:00:00", "23:59:59"))
        self._fault_ahead(first > latest_allowed, spec)
        return first, last

    def _clock(self, days: Texts, *, at: str) -> npt.NDArray[np.int64]:
        texts = pc.binary_join_element_wise(days, pa.scalar(at, pa.large_string()), pa.scalar(" ", pa.large_string()))
        return times.micros_of(self._times(texts).values)

    def _times(self, texts: Texts) -> Parsed:
        zones = self.terms.zones
        return times.time(texts, zone=self.terms.zone) if zones is None else times.time_by_zone(texts, zones=zones)

    def _fault_ahead(self, ahead: Mask, spec: FieldSpec) -> None:
        if ahead.any():
            self._fault("time_in_future", ahead, column=self.columns.named(spec.sources), texts=self.columns.first_of(spec.sources))

    def _texts(self, spec: FieldSpec) -> Texts:
        if spec.as_ in ("joined_id", "iso_region"):
            apart = "|" if spec.as_ == "iso_region" else "-"
            texts = self.columns.joined(spec.sources, apart=apart)
        elif spec.as_ == "all":
            texts = self.columns.all_of(spec.sources)
        elif spec.as_ == "date_and_time":
            texts = times.date_and_time(self.columns.text(spec.sources[0]), self.columns.first_of(spec.sources[1:]))
        else:
            texts = self.columns.first_of(spec.sources)
        if spec.nothing:
            texts = pc.if_else(pc.is_in(texts, value_set=pa.array(spec.nothing, pa.large_string())), None, texts)
        if spec.words:
            texts = by_unique(texts, lambda word: spec.words.get(word.strip(), word))
        if spec.pattern:
            taken = re.compile(spec.pattern)
            texts = by_unique(texts, lambda cell: found[1] if (found := taken.search(cell)) else None)
        if spec.prefix:
            texts = pc.binary_join_element_wise(pa.scalar(spec.prefix, pa.large_string()), texts, pa.scalar("", pa.large_string()))
        if spec.where:
            texts = pc.if_else(pa.array(self.columns.meets(spec.where)), texts, None)
        return texts

    def _parsed(self, name: str, spec: FieldSpec, texts: Texts, *, column: str) -> pa.Array:
        how = spec.as_ or ("money" if name.endswith("_minor") else "time" if name.endswith(("_at", "_from")) else READ_AS.get(name, "text"))
        if how == "money":
            parsed = amounts.money(texts, decimals=self.terms.decimals, unsigned=name in UNSIGNED_MINOR)
        elif how in ("time", "date_and_time"):
            parsed = self._times(texts)
        else:
            parsed = _READERS[how](texts)
        return self._take(parsed, column=column, texts=texts)

    def _sum_of_elements(self, name: str, spec: FieldSpec) -> pa.Array:
        """Add up an amount over nested lists; missing where a row has no element of the kind asked for."""
        total = np.zeros(self.columns.rows, dtype=np.int64)
        there = np.zeros(self.columns.rows, dtype=bool)
        for path in spec.sources:
            within, _, leaf = path.rpartition(".")
            elements = self.children(within.removesuffix("[]"))
            wanted = elements.columns.meets(spec.where)
            one = spec.model_copy(update={"sources": (leaf,), "combine": "same", "where": {}})
            values = pc.if_else(pa.array(wanted), elements.read(name, one), None)
            given = filled(values)
            assert elements.parent is not None
            np.add.at(total, elements.parent[given], pc.drop_null(values).to_numpy())
            there[elements.parent[given]] = True
        return pa.array(total, mask=~there)

    def _fault(self, code: str, mask: Mask, *, column: str, texts: Texts | None = None) -> None:
        self.faults.add(code, mask, column=column, texts=texts, parent=self.parent, label=self._label(column))

    def _take(self, parsed: Parsed, *, column: str, texts: Texts) -> pa.Array:
        return self.faults.take(parsed, column=column, texts=texts, parent=self.parent, label=self._label(column))

    def _label(self, column: str) -> str:
        return f"{self.within}.{column}" if self.within else column


def _judged(judge: Callable[[str], str | None]) -> Callable[[Texts], Parsed]:
    return lambda texts: Parsed(by_unique(texts, judge))


def _address(texts: Texts) -> Parsed:
    # Addresses hardly repeat; their first words do.
    words = pc.replace_substring_regex(texts, r"^\s*(?:中国\s+)?(\S+)(?s:.*)$", r"\1")
    return Parsed(by_unique(pc.utf8_slice_codeunits(words, 0, ADDRESS_CHARACTERS), region_of_address))


def _address_city(texts: Texts) -> Parsed:
    words = pc.replace_substring_regex(texts, r"^\s*(?:中国\s+)?(\S{1,12}\s+\S{1,20})(?:\s(?s:.*))?$", r"\1")
    short = pc.less_equal(pc.utf8_length(words), 40)
    return Parsed(by_unique(pc.if_else(pc.fill_null(short, False), words, None), city_of_address))


_READERS: Mapping[str, Callable[[Texts], Parsed]] = {
    "text": transforms.text,
    "id": transforms.identifier,
    "joined_id": transforms.identifier,
    "all": transforms.text,
    "count": amounts.count,
    "pieces": amounts.pieces,
    "signed_pieces": partial(amounts.pieces, signed=True),
    "unix_seconds": times.unix_seconds,
    "region": _judged(region_of),
    "iso_region": _judged(region_of_codes),
    "address": _address,
    "address_city": _address_city,
    "carrier": _judged(carrier_of),
    "waybill_of_pair": transforms.waybill_of_pair,
    "currency": transforms.currency,
    "zone": transforms.zone_name,
    "day": times.day,
    "rate": amounts.rate,
    "number": amounts.number,
    "list": transforms.text,
    "company": _judged(company),
    "references": _judged(references),
}
