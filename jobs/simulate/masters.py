"""What do the merchant's own lists say of shops, warehouses, SKUs and exchange rates (CSV in UTF-8 with a byte order mark)?"""

from collections.abc import Iterable, Sequence

import numpy as np

from jobs.simulate.catalogue import CATEGORIES, catalogue
from jobs.simulate.dice import Floats
from jobs.simulate.geography import WAREHOUSES
from jobs.simulate.platforms.writer import File
from jobs.simulate.rhythm import day_of
from jobs.simulate.shops import Shop

# Exchange rates wander from a fixed day on, so that every day has one rate however long the history is.
_FIRST_RATE_DAY = 20_000
# Currency: (the first day's rate in yuan, the number that seeds its dice).
_RATES = {"USD": (7.18, 4), "MYR": (1.68, 5)}
# SKUs that changed category once, with the day from which the new one holds.
_MOVED = ((3, 5), (57, 7), (111, 0), (208, 6), (360, 5))
_MOVED_ON = "2026-10-01 00:00:00"
_SINCE = "2025-01-01 00:00:00"


def _csv(name: str, header: str, rows: Iterable[Sequence[str]]) -> File:
    text = "".join(",".join(row) + "\r\n" for row in (header.split(","), *rows))
    return File(name, b"\xef\xbb\xbf" + text.encode())


def masters(shops: Sequence[Shop], *, seed: int, first_day: int, last_day: int) -> list[File]:
    """Return the four lists; exchange rates for the days from ``first_day`` to ``last_day``, both included."""
    shop_rows = ((s.shop_id, s.name, s.platform, s.legal_entity, s.zone, s.currency, s.calendar, ";".join(s.aliases)) for s in shops)
    warehouse_rows = ((w.code, w.name, w.province, ";".join(w.aliases)) for w in WAREHOUSES)
    return [
        _csv("shops.csv", "店铺编号,店铺名称,平台,法人主体,时区,币种,日历,别名", shop_rows),
        _csv("warehouses.csv", "仓库编号,仓库名称,省份,别名", warehouse_rows),
        _csv("skus.csv", "商家编码,商品名称,类目,生效时间", _sku_rows(seed)),
        rates(seed=seed, first_day=first_day, last_day=last_day, name="fx_rates.csv"),
    ]


def _sku_rows(seed: int) -> list[Sequence[str]]:
    goods = catalogue(seed)
    rows: list[Sequence[str]] = [
        (code, name, CATEGORIES[category], _SINCE)
        for code, name, category in zip(goods.codes, goods.names, goods.category.tolist(), strict=True)
    ]
    rows += [(goods.codes[sku], goods.names[sku], CATEGORIES[category], _MOVED_ON) for sku, category in _MOVED]
    return rows


def rates(*, seed: int, first_day: int, last_day: int, name: str) -> File:
    """Return the daily rates of foreign currencies in yuan; a day's rate is the same in every file."""
    days = range(first_day, last_day + 1)
    rate = {currency: _wandering(seed, currency, last_day=last_day) for currency in _RATES}
    rows = [
        (day_of(day).isoformat(), currency, "CNY", f"{rate[currency][day - _FIRST_RATE_DAY]:.4f}") for day in days for currency in _RATES
    ]
    return _csv(name, "日期,币种,本位币,汇率", rows)


def rate_of(currency: str, day: int, *, seed: int) -> float:
    """Return a day's rate as the list has it."""
    return round(float(_wandering(seed, currency, last_day=day)[day - _FIRST_RATE_DAY]), 4)


def _wandering(seed: int, currency: str, *, last_day: int) -> Floats:
    """Return a currency's rate of every day from ``_FIRST_RATE_DAY`` on."""
    first_rate, dice = _RATES[currency]
    steps = np.random.default_rng([seed, dice]).normal(0, 0.0012, size=max(last_day - _FIRST_RATE_DAY + 1, 1))
    rate: Floats = first_rate * np.exp(np.cumsum(steps) - 0.02 * np.cumsum(np.cumsum(steps)) / np.arange(1, len(steps) + 1))
    return rate
