"""Which carrier does a text name?"""

import csv
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from data.connectors.regions import REFERENCE

# What the sources add to a carrier's name: a waybill before it (SF123-顺丰速运), a product or region after it in brackets.
_TRIMMINGS = re.compile(r"^[A-Za-z0-9]+-(?=[^A-Za-z0-9])|[(（].*$")


@dataclass(frozen=True)
class Carrier:
    """One row of ``data/reference/carriers.csv``."""

    carrier_code: str
    name_zh: str
    name_en: str
    aliases: tuple[str, ...]


@cache
def carriers() -> tuple[Carrier, ...]:
    """Give the shipped carriers."""
    with (REFERENCE / "carriers.csv").open(encoding="utf-8", newline="") as file:
        return tuple(
            Carrier(row["carrier_code"], row["name_zh"], row["name_en"], tuple(part for part in row["aliases"].split("|") if part))
            for row in csv.DictReader(file)
        )


def carrier_of(text: str) -> str | None:
    """Name the carrier by code, name or alias; a carrier we do not know keeps the source's own word.

    >>> carrier_of("顺丰"), carrier_of("SF123-顺丰速运"), carrier_of("Correios"), carrier_of(" ")
    ('SF', 'SF', 'Correios', None)
    """
    word = text.strip()
    return _by_name().get(word.casefold()) or _by_name().get(_TRIMMINGS.sub("", word).strip().casefold()) or word or None


@cache
def _by_name() -> Mapping[str, str]:
    names: dict[str, str] = {}
    for carrier in carriers():
        for name in (carrier.carrier_code, carrier.name_zh, carrier.name_en, *carrier.aliases):
            names.setdefault(name.casefold(), carrier.carrier_code)
    return names
