"""Which province or country does a text name?"""

import csv
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

REFERENCE = Path(__file__).parents[1] / "reference"

# The longest province name (新疆维吾尔自治区): what stands beyond cannot matter, so addresses are cut here before they are judged.
PROVINCE_CHARACTERS = 10
# An address may name the country first.
ADDRESS_CHARACTERS = PROVINCE_CHARACTERS + 10
_COUNTRY_FIRST = re.compile(r"^(中国|中华人民共和国|China)[\s,，]*")


@dataclass(frozen=True)
class Region:
    """One row of ``data/reference/regions.csv``."""

    region_code: str
    name_zh: str
    name_en: str
    area: str
    aliases: tuple[str, ...]


@cache
def regions() -> tuple[Region, ...]:
    """Give the shipped regions: provinces of China, states of Brazil, and the other countries of the world."""
    with (REFERENCE / "regions.csv").open(encoding="utf-8", newline="") as file:
        return tuple(Region(**{**row, "aliases": _listed(row["aliases"])}) for row in csv.DictReader(file))  # type: ignore[arg-type]


def region_of(text: str) -> str | None:
    """Name the region that a province's or country's name or code means.

    >>> region_of("四川省"), region_of("CN-51"), region_of("brazil"), region_of("##密文")
    ('CN-51', 'CN-51', 'BR', None)
    """
    return _by_name().get(text.strip().casefold())


def region_of_address(text: str) -> str | None:
    """Name the province that an address begins with; masked or foreign text gives None.

    >>> region_of_address("四川省 成都市 武侯区 天府大道1号"), region_of_address("内蒙古呼和浩特市"), region_of_address("张*")
    ('CN-51', 'CN-15', None)
    """
    text = _COUNTRY_FIRST.sub("", text.strip())
    for end in range(min(len(text), PROVINCE_CHARACTERS), 1, -1):
        if found := _provinces().get(text[:end]):
            return found
    return None


def region_of_codes(text: str) -> str | None:
    """Name the region of ``country|province`` ISO codes: the province where it is one of ours, else the country.

    >>> region_of_codes("BR|SP"), region_of_codes("US|KY"), region_of_codes("CN|SC"), region_of_codes("|")
    ('BR-SP', 'US', 'CN-51', None)
    """
    country, _, province = text.partition("|")
    return _by_name().get(f"{country}-{province}".casefold()) or region_of(country)


def city_of_address(text: str) -> str | None:
    """Give the second word of an address ``省 市 区 详细``, the city.

    >>> city_of_address("四川省 成都市 武侯区"), city_of_address("四川省")
    ('成都市', None)
    """
    words = text.split(maxsplit=2)
    return words[1] if len(words) > 1 and region_of_address(words[0]) else None


@cache
def _by_name() -> Mapping[str, str]:
    names: dict[str, str] = {}
    for region in regions():
        for name in (region.region_code, region.name_zh, region.name_en, *region.aliases):
            names.setdefault(name.casefold(), region.region_code)
    return names


@cache
def _provinces() -> Mapping[str, str]:
    chinese = [region for region in regions() if region.region_code.startswith("CN-")]
    return {name: region.region_code for region in chinese for name in (region.name_zh, *region.aliases)}


def _listed(cell: str) -> tuple[str, ...]:
    return tuple(part for part in cell.split("|") if part)
