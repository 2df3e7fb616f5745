"""What do the merchant's own lists say of shops, warehouses, SKUs and exchange rates (CSV in UTF-8 with a byte order mark)?"""

from collections.abc import Iterable, Sequence

import numpy as np

from jobs.simulate.catalogue import CATEGORIES, catalogue
from jobs.simulate.geography import WAREHOUSES
from jobs.simulate.platforms.writer import File
from jobs.simulate.rhythm import day_of
from jobs.simulate.shops import Shop

# The exchange rate wanders from a fixed day on, so that every day has one rate however long the history is.
_FIRST_RATE_DAY = 20_000
_FIRST_RATE = 7.18
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
    """Return the daily rates of the dollar in yuan; a day's rate is the same in every file."""
    steps = np.random.default_rng([seed, 4]).normal(0, 0.0012, size=max(last_day - _FIRST_RATE_DAY + 1, 1))
    rate = _FIRST_RATE * np.exp(np.cumsum(steps) - 0.02 * np.cumsum(np.cumsum(steps)) / np.arange(1, len(steps) + 1))
    rows = [(day_of(day).isoformat(), "USD", "CNY", f"{rate[day - _FIRST_RATE_DAY]:.4f}") for day in range(first_day, last_day + 1)]
    return _csv(name, "日期,币种,本位币,汇率", rows)
