"""Which files does Taobao give a seller with very many orders? Formats 2.2: GBK, an order list and an item list a period."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from tests.own_files import CLOSED, DONE, SHIPPED, TAOBAO_LINES, TAOBAO_ORDERS, TO_SHIP, UNPAID, write_skus

SHOP = "taobao_bench"
SKUS = 2_000
CATEGORIES = ("服饰", "美妆", "食品", "数码", "家居", "母婴", "运动", "宠物")
LINES_AN_ORDER = (1, 1, 1, 1, 2, 2, 2, 2)  # one and a half on average
_FIRST_DAY = np.datetime64("2026-08-20T00:00:00")
_DAYS = 90
_AT_ONCE = 20_000
_STATUSES, _SHARES = (DONE, SHIPPED, TO_SHIP, UNPAID, CLOSED), (0.70, 0.14, 0.08, 0.02, 0.06)
_PLACES = (
    "四川省 成都市 武侯区", "广东省 深圳市 南山区", "浙江省 杭州市 西湖区", "北京 北京市 朝阳区",
    "江苏省 苏州市 姑苏区", "新疆维吾尔自治区 乌鲁木齐市 天山区", "湖北省 武汉市 江汉区", "上海 上海市 徐汇区",
)  # fmt: skip
_CARRIERS = ("中通快递", "圆通速递", "顺丰速运", "韵达快递")
_NOTES = ("", "", "", "", "", "", "请尽快发货,谢谢", "放门口")

Numbers = npt.NDArray[np.int64]


class _Order(NamedTuple):
    """What the files say of an order; amounts in fen."""

    number: str
    created: str
    paid: str
    status: str
    lines: int
    goods: int
    freight: int
    place: int
    buyer: int
    sku: int


@dataclass(frozen=True)
class Written:
    """The files of a run, masters apart, and what is in them."""

    masters: tuple[Path, ...]
    files: tuple[Path, ...]
    orders: int
    lines: int


def write_exports(folder: Path, *, orders: int, files: int, seed: int) -> Written:
    """Write ``files`` pairs of order list and item list with ``orders`` in all, and the SKU master they are of.

    The same arguments give the same bytes; another seed gives other order numbers.
    """
    folder.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(seed)
    sku_rows = [(f"SKU{place:05d}", CATEGORIES[place % len(CATEGORIES)], "2026-01-01") for place in range(SKUS)]
    masters = (write_skus(folder / "skus.csv", sku_rows),)
    paths: list[Path] = []
    lines = 0
    for number, places in enumerate(np.array_split(np.arange(orders, dtype=np.int64), files)):
        order_list, item_list = folder / f"ExportOrderList{number:03d}.csv", folder / f"ExportOrderDetailList{number:03d}.csv"
        for path, header in ((order_list, TAOBAO_ORDERS), (item_list, TAOBAO_LINES)):
            path.unlink(missing_ok=True)
            _write(path, [",".join(header)])
        # Some at a time: what we hold must not pass for what the ingest holds, and a new process begins with our peak.
        for start in range(0, len(places), _AT_ONCE):
            sold = list(_sold(places[start : start + _AT_ONCE], of=orders, seed=seed, rng=rng))
            _write(order_list, map(_order_row, sold))
            _write(item_list, chain.from_iterable(map(_item_rows, sold)))
            lines += sum(order.lines for order in sold)
        paths += [order_list, item_list]
    return Written(masters, tuple(paths), orders, lines)


def _sold(places: Numbers, *, of: int, seed: int, rng: np.random.Generator) -> Iterator[_Order]:
    """Yield the orders at some of the places among ``of`` orders, spread evenly over the days."""
    count = len(places)
    created = _FIRST_DAY + (places * (_DAYS * 86_400) // of + rng.integers(0, 60, count)).astype("timedelta64[s]")
    paid = created + rng.integers(5, 900, count).astype("timedelta64[s]")
    days = _as_text(created, "%y%m%d")
    columns: tuple[list[Any], ...] = (
        [f"{seed % 10}{day}{place:011d}" for day, place in zip(days, places.tolist(), strict=True)],
        _as_text(created, "%Y-%m-%d %H:%M:%S"),
        _as_text(paid, "%Y-%m-%d %H:%M:%S"),
        [_STATUSES[place] for place in rng.choice(len(_STATUSES), size=count, p=_SHARES)],
        rng.choice(LINES_AN_ORDER, size=count).tolist(),
        rng.integers(990, 99_900, count).tolist(),
        rng.choice((0, 0, 0, 800, 1_200), size=count).tolist(),
        rng.integers(0, len(_PLACES), count).tolist(),
        rng.integers(10_000_000, 99_999_999, count).tolist(),
        rng.integers(0, SKUS, count).tolist(),
    )
    yield from map(_Order, *columns)


def _as_text(times: npt.NDArray[np.datetime64], form: str) -> list[str]:
    return pd.DatetimeIndex(times).strftime(form).tolist()


def _order_row(order: _Order) -> str:
    total = order.goods + order.freight
    paid = order.status != UNPAID
    posted = order.status in (DONE, SHIPPED)
    closed = order.status == CLOSED
    cells = (
        f'="{order.number}"', f"买家{order.buyer}", f"buyer{order.buyer}@example.com", _yuan(order.goods), _yuan(order.freight), "0",
        _yuan(total), "0", _yuan(total if paid else 0), "0", order.status, _quoted(_NOTES[order.buyer % len(_NOTES)]),
        f"收货人{order.buyer % 1_000}", f"{_PLACES[order.place]} 幸福路{order.buyer % 999}号({610_000 + order.place})", "快递", "",
        f"'139{order.buyer}", order.created, order.paid if paid else "", f"商品SKU{order.sku:05d}", f"{order.lines}",
        f"ZT{order.buyer}{order.sku:05d}" if posted else "", _CARRIERS[order.buyer % len(_CARRIERS)] if posted else "", "",
        f"{order.lines}", "0", "测试旗舰店", "退款" if closed else "订单未关闭", "0", "0", "", "手机订单", "", "", "否", "否", "否",
        "", "", "", "", "0", "0", "否", _yuan(total if closed else 0), "",
    )  # fmt: skip
    return ",".join(cells)


def _item_rows(order: _Order) -> Iterator[str]:
    for line in range(order.lines):
        code = f"SKU{(order.sku + line * 7) % SKUS:05d}"
        price = _yuan(order.goods // order.lines)
        yield f'="{order.number}",商品{code} 夏季新款 宽松显瘦,{price},1,{code},颜色:红;尺码:M,,,{order.status},{code},'


def _yuan(fen: int) -> str:
    return f"{fen // 100}.{fen % 100:02d}"


def _quoted(text: str) -> str:
    return f'"{text}"' if "," in text else text


def _write(path: Path, rows: Iterable[str]) -> None:
    with path.open("a", encoding="gbk", newline="") as file:
        file.writelines(row + "\r\n" for row in rows)
