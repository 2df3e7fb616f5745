"""Who buys: names, telephones, addresses of a shop's made-up buyers."""

from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt
import pandas as pd

from jobs.simulate.geography import Region, shares
from jobs.simulate.shops import Shop

POOL = 30_000

_SURNAMES = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕"
_GIVEN = "伟芳娜秀敏静丽强磊军洋勇艳杰娟涛明超霞平刚桂文辉玲博雅晨宇欣浩思佳怡梓涵子轩雨泽若语彤"
_STREETS = ("中山路", "人民路", "解放大道", "建设街", "文化路", "科技园路", "滨江大道", "学院路", "新华街", "朝阳路")
_FIRST = ("James", "Emma", "Olivia", "Liam", "Noah", "Ava", "Mia", "Lucas", "Hannah", "Ethan", "Chloe", "Jack", "Grace", "Oscar")
_LAST = ("Smith", "Johnson", "Brown", "Taylor", "Wilson", "Martin", "Clark", "Walker", "Young", "Wright", "Müller", "Dubois", "Tan")
_NOTES = ("请尽快发货,谢谢", "周末也可以派送", "不要放快递柜，放门口", "送人的，请包装好一点", "发顺丰可以吗？")
_ROADS = ("Main St", "Oak Ave", "Maple Dr", "Park Rd", "Cedar Ln", "Lake View", "Hill St")


@dataclass(frozen=True)
class Buyers:
    """A shop's buyers, one array a property: ``region`` and ``city`` index into ``regions``."""

    regions: tuple[Region, ...]
    region: npt.NDArray[np.int64]
    city: npt.NDArray[np.int64]
    district: npt.NDArray[np.int64]
    name: tuple[str, ...]
    nick: tuple[str, ...]
    phone: tuple[str, ...]
    street: tuple[str, ...]

    def place(self, buyer: int) -> tuple[Region, str, str]:
        """Return a buyer's region, city and district."""
        region = self.regions[self.region[buyer]]
        city, districts = region.cities[self.city[buyer]]
        return region, city, districts[self.district[buyer]]


@cache
def buyers_of(seed: int, shop: Shop) -> Buyers:
    """Return a shop's buyers; the same seed gives the same people."""
    rng = np.random.default_rng([seed, 2, shop.number])
    regions = shop.market.regions
    region = np.searchsorted(np.cumsum(shares(regions)), rng.random(POOL) * 0.999999)
    # Capitals and big cities buy most: the first city is the likeliest.
    cities = np.array([len(place.cities) for place in regions])[region]
    city = (cities * rng.random(POOL) ** 1.6).astype(np.int64)
    districts = _districts(regions)[region, city]
    district = (districts * rng.random(POOL)).astype(np.int64)
    dice = rng.integers(0, 1_000_000, size=(POOL, 6))
    people = [_person(row, abroad=shop.market.abroad) for row in dice.tolist()]
    names, nicks, phones, streets = zip(*people, strict=True)
    return Buyers(regions, region.astype(np.int64), city, district, names, nicks, phones, streets)


def _districts(regions: tuple[Region, ...]) -> npt.NDArray[np.int64]:
    """Return how many districts each region (rows) has in each of its cities."""
    counts = np.zeros((len(regions), max(len(region.cities) for region in regions)), dtype=np.int64)
    for row, region in enumerate(regions):
        counts[row, : len(region.cities)] = [len(districts) for _, districts in region.cities]
    return counts


def notes(orders: pd.DataFrame) -> list[str]:
    """Return what the buyers of orders have noted, quoted as a cell of a table, for it may hold commas."""
    pairs = zip(orders["buyer"].tolist(), orders["noted"].tolist(), strict=True)
    return [f'"{_NOTES[buyer % len(_NOTES)]}"' if noted else "" for buyer, noted in pairs]


def _person(dice: list[int], *, abroad: bool) -> tuple[str, str, str, str]:
    a, b, c, d, e, f = dice
    if abroad:
        first, last = _FIRST[a % len(_FIRST)], _LAST[b % len(_LAST)]
        return f"{first} {last}", f"{first.lower()}.{c}", f"+1555{d % 10_000_000:07d}", f"{e % 998 + 1} {_ROADS[f % len(_ROADS)]}"
    name = _SURNAMES[a % len(_SURNAMES)] + _GIVEN[b % len(_GIVEN)] + (_GIVEN[c % len(_GIVEN)] if c % 3 else "")
    phone = f"1{(30, 36, 38, 50, 58, 59, 77, 86, 88, 99)[d % 10]}{e:06d}{f % 100:02d}"
    street = f"{_STREETS[f % len(_STREETS)]}{e % 300 + 1}号{d % 20 + 1}栋{c % 30 + 1}室"
    return name, f"t{a:06d}{b % 1000:03d}", phone, street
