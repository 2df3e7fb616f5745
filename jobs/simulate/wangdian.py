"""What does the warehouse system tell: its stock-out list, one file for all shops (CSV in UTF-8 with a byte order mark)?"""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from jobs.simulate.geography import CARRIERS, WAREHOUSES
from jobs.simulate.lettering import beijing, waybills
from jobs.simulate.life import PARCEL_EVENTS
from jobs.simulate.merchant import Played
from jobs.simulate.platforms.writer import File, Writer, rows

HEADER = "出库单号,原始单号,店铺名称,仓库名称,物流公司,物流单号,审核时间,分配时间,打单时间,发货时间,订单状态,更新时间"
# Where a parcel stands, in the system's words; the first whose instant has come holds.
_STATUS = (
    ("stopped", "已取消"),
    ("arrived", "已签收"),
    ("left", "已发货"),
    ("waybilled", "已打单"),
    ("allocated", "已分配"),
    ("held", "已冻结"),
)
_REVIEWED = "已审核"
_ROW = "CK{},{},{},{},{},{},{},{},{},{},{},{}\r\n"


def stockout_list(seen: Played, *, writers: Sequence[Writer], stamp: str) -> File:
    """Return the list of the parcels given (merged by parcel), and of the orders that stand on hold."""
    parcels = pd.concat([_held(seen), seen.parcels], ignore_index=True).sort_values(["stockout", "key"], kind="stable")
    parcels = parcels.assign(order_no=_order_numbers(parcels, writers))
    together: dict[int, str] = {}
    for stockout, number in zip(parcels["stockout"].tolist(), parcels["order_no"].tolist(), strict=True):
        together[stockout] = f"{together[stockout]},{number}" if stockout in together else number
    parcels = parcels.drop_duplicates("stockout")
    text = HEADER + "\r\n" + _rows(parcels, list(together.values()), writers)
    return File(f"stockout_{stamp}.csv", b"\xef\xbb\xbf" + text.encode())


def _rows(parcels: pd.DataFrame, order_numbers: list[str], writers: Sequence[Writer]) -> str:
    names = {writer.shop.number: writer.shop.name for writer in writers}
    printed = (parcels["waybilled"] > 0).tolist()
    numbers = waybills(parcels["stockout"].to_numpy(), parcels["carrier"].to_numpy())
    status = [parcels[event].to_numpy() > 0 for event, _ in _STATUS]
    words = np.select(status, [word for _, word in _STATUS], _REVIEWED)
    columns = (
        parcels["stockout"].tolist(),
        [f'"{number}"' if "," in number else number for number in order_numbers],
        parcels["shop"].map(names).tolist(),
        [WAREHOUSES[i].name for i in parcels["warehouse"].tolist()],
        [CARRIERS[i].name for i in parcels["carrier"].tolist()],
        [number if there else "" for number, there in zip(numbers, printed, strict=True)],
        beijing(parcels["reviewed"]),
        beijing(parcels["allocated"]),
        beijing(parcels["waybilled"]),
        beijing(parcels["left"]),
        words.tolist(),
        beijing(parcels[["held", *PARCEL_EVENTS]].max(axis=1)),
    )
    return rows(_ROW, columns)


def _held(seen: Played) -> pd.DataFrame:
    """Return a row for each order held and not reviewed since, in the shape of a parcel; cancelled where it was."""
    orders = seen.orders[(seen.orders["held"] > 0) & (seen.orders["reviewed"] == 0)]
    waiting = orders[["key", "shop", "warehouse", "carrier", "held"]].assign(part=1, stockout=orders["key"] * 10 + 1)
    waiting[list(PARCEL_EVENTS)] = 0
    return waiting.assign(stopped=orders["refunded"])


def _order_numbers(parcels: pd.DataFrame, writers: Sequence[Writer]) -> list[str]:
    """Return each row's order number as its platform writes it."""
    numbers = np.full(len(parcels), "", dtype=object)
    for writer in writers:
        theirs = (parcels["shop"] == writer.shop.number).to_numpy()
        numbers[theirs] = writer.order_numbers(parcels["key"].to_numpy()[theirs])
    return numbers.tolist()
