"""What do the warehouse system's lists say of the stock: counts, movements, and the reply of its interface?"""

import json
from collections.abc import Iterable

import numpy as np
import pandas as pd

from jobs.simulate.dice import Ints
from jobs.simulate.geography import WAREHOUSES
from jobs.simulate.lettering import beijing
from jobs.simulate.platforms.writer import File, rows
from jobs.simulate.stockroom import BOUGHT, COUNTED, GIFT, LOST, OTHER, SAMPLE, SCRAP, SENT_BACK, SOLD, Stockroom, place_names

COUNTS_HEADER = "商家编码,仓库,实物数量,截至时间"
MOVES_HEADER = "流水号,类型,商家编码,仓库,数量,时间,原因,经办人"
_WORDS = {
    BOUGHT: "采购入库", SENT_BACK: "退货入库", GIFT: "赠品出库", SCRAP: "报废", SAMPLE: "质检取样", OTHER: "其他出库", COUNTED: "盘点调整",
}  # fmt: skip
_REASONS = {GIFT: "直播间赠品", SCRAP: "外包装破损", SAMPLE: "季度抽检", OTHER: "样品借出"}
_PEOPLE = ("王力", "陈芳", "李建国")
_PREFIX = {BOUGHT: "CG", SENT_BACK: "TH", GIFT: "ZP", SCRAP: "BF", SAMPLE: "ZJ", OTHER: "QT", COUNTED: "PD"}
# Goods that lie in a warehouse under codes that no master knows.
_STRANGE = (("NZ1007-旧", 0, 14), ("ZP-购物袋", 1, 320))


def counts_list(counts: Iterable[tuple[int, Ints]], *, seed: int, name: str, strange: bool = False) -> File:
    """Return what was counted at each instant (CSV); nobody counts less than nothing."""
    skus, warehouses = place_names(seed)
    text = [COUNTS_HEADER + "\r\n"]
    for at, on_hand in counts:
        [stamp] = beijing([at])
        text.append(rows("{},{},{},{}\r\n", (skus, warehouses, np.maximum(on_hand, 0).tolist(), [stamp] * len(skus))))
        text += [f"{sku},{WAREHOUSES[place].name},{pieces},{stamp}\r\n" for sku, place, pieces in _STRANGE if strange]
    return File(name, b"\xef\xbb\xbf" + "".join(text).encode())


def moves_list(moves: pd.DataFrame, *, seed: int, name: str) -> File | None:
    """Return the list of movements (CSV), None where nothing moved; sales are told by stock-outs, losses by nobody."""
    told = moves[~moves["what"].isin([SOLD, LOST])]
    if told.empty:
        return None
    skus, warehouses = (np.array(names, dtype=object) for names in place_names(seed))
    what, place, units = (told[name].tolist() for name in ("what", "place", "units"))
    unsold = [_REASONS.get(kind, "") for kind in what]
    columns = (
        [f"{_PREFIX[kind]}{number}" for kind, number in zip(what, told["number"].tolist(), strict=True)],
        [_WORDS[kind] for kind in what],
        skus[place].tolist(),
        warehouses[place].tolist(),
        [pieces if kind == COUNTED else abs(pieces) for kind, pieces in zip(what, units, strict=True)],
        beijing(told["at"]),
        unsold,
        [_PEOPLE[number % len(_PEOPLE)] if reason else "" for reason, number in zip(unsold, told["number"].tolist(), strict=True)],
    )
    return File(name, b"\xef\xbb\xbf" + (MOVES_HEADER + "\r\n" + rows("{},{},{},{},{},{},{},{}\r\n", columns)).encode())


def stock_reply(room: Stockroom, *, seed: int, name: str, strange: bool = False) -> File:
    """Return what the interface of 旺店通 answers when it is asked for all stock now."""
    skus, warehouses = place_names(seed)
    codes = {warehouse.name: warehouse.code for warehouse in WAREHOUSES}
    [now] = beijing([room.known_until])
    there, coming = np.maximum(room.on_hand, 0).tolist(), room.ordered.tolist()
    found = [*zip(skus, warehouses, there, coming, strict=True)]
    found += [(sku, WAREHOUSES[place].name, pieces, 0) for sku, place, pieces in _STRANGE if strange]
    details = [
        {
            "spec_no": sku,
            "warehouse_no": codes[warehouse],
            "warehouse_name": warehouse,
            "defect": 0,
            "stock_num": f"{pieces}.0000",
            "purchase_num": f"{inbound}.0000",
            "modified": now,
        }
        for sku, warehouse, pieces, inbound in found
    ]
    document = {"status": 0, "data": {"total_count": len(details), "detail_list": details}}
    return File(name, json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode())
