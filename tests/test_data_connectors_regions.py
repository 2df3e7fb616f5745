"""Which region does an address, a province or a code mean?"""

from collections import Counter

import pytest

from data.connectors.carriers import carrier_of, carriers
from data.connectors.regions import Region, city_of_address, region_of, region_of_address, region_of_codes, regions

CHINESE = [region for region in regions() if region.region_code.startswith("CN-")]


def test_every_province_and_state_is_there_with_its_area() -> None:
    assert len(CHINESE) == 34
    assert sum(region.region_code.startswith("BR-") for region in regions()) == 27
    assert Counter(region.area for region in CHINESE) == {
        "north": 5, "northeast": 3, "east": 7, "central": 3, "south": 3, "southwest": 5, "northwest": 5, "hmt": 3,
    }  # fmt: skip
    assert {region.area for region in regions() if region not in CHINESE} == {"overseas"}


def test_no_code_and_no_name_means_two_regions() -> None:
    codes = [region.region_code for region in regions()]
    names = [name for region in CHINESE for name in (region.name_zh, region.name_en, *region.aliases)]

    assert len(set(codes)) == len(codes)
    assert len(set(names)) == len(names)


@pytest.mark.parametrize("region", CHINESE, ids=[region.name_en for region in CHINESE])
def test_an_address_names_its_province_in_any_of_its_forms(region: Region) -> None:
    code, names = region.region_code, (region.name_zh, *region.aliases)

    for name in names:
        assert region_of(name) == code
        if not name.isascii():
            assert region_of_address(f"{name} 某市 某区 某路1号(100000)") == code
            assert region_of_address(f"{name}某市某区某路1号") == code
            assert region_of_address(f"中国 {name} 某市") == code


@pytest.mark.parametrize("text", ["##密文", "$$abc=", "****", "张*", "", " ", "海淀区", "Av. Paulista 1000"])
def test_what_is_masked_or_foreign_is_never_guessed(text: str) -> None:
    assert region_of_address(text) is None
    assert city_of_address(text) is None


def test_codes_name_the_state_where_it_is_ours_and_else_the_country() -> None:
    assert [region_of_codes(text) for text in ("BR|SP", "CN|SC", "US|KY", "VN|", "HK|HK", "XX|YY")] == [
        "BR-SP", "CN-51", "US", "VN", "CN-91", None,
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "code"),
    [("顺丰", "SF"), ("中通快递", "ZTO"), ("圆通", "YTO"), ("韵达快递", "YUNDA"), ("EMS", "EMS"), ("极兔", "JTSD"), ("申通", "STO"),
     ("京东", "JD"), ("京东物流", "JD"), ("SF123-顺丰速运", "SF"), ("顺丰速运(陆运)", "SF"), ("dhl", "DHL"), ("某快递", "某快递")],
)  # fmt: skip
def test_a_carrier_is_known_by_any_of_its_names(text: str, code: str) -> None:
    assert carrier_of(text) == code


def test_no_name_means_two_carriers() -> None:
    each = [{name.casefold() for name in (c.carrier_code, c.name_zh, c.name_en, *c.aliases)} for c in carriers()]
    names = Counter(name for own in each for name in own)

    assert [name for name, count in names.items() if count > 1] == []
