"""How does Shopify Payments tell what its payouts are made of (pages of balance transactions, JSON)?"""

import json
from collections.abc import Sequence

import pandas as pd

from jobs.simulate.lettering import iso
from jobs.simulate.movements import PAID_OUT, REFUNDED, SETTLED
from jobs.simulate.platforms.statement import Period, signed
from jobs.simulate.platforms.writer import File
from jobs.simulate.shops import Shop

_TYPES = {SETTLED: "charge", REFUNDED: "refund", PAID_OUT: "payout"}
_SOURCES = {SETTLED: "charge", REFUNDED: "Payments::Refund", PAID_OUT: "payout"}
_ID_BASE = 1_000_000_000_000


def transactions(moved: pd.DataFrame, *, shop: Shop, numbers: Sequence[str], period: Period, seed: int) -> File:
    """Return the transactions of the payouts of a period, and the payouts themselves."""
    gross = moved[["goods", "freight", "coupon", "subsidy", "extra"]].sum(axis=1)
    money = {"amount": gross, "fee": -moved["fee"], "net": gross + moved["fee"]}
    texts = {name: signed(minor.tolist()) for name, minor in money.items()}
    at = iso(moved["at"], zone=shop.zone)
    pages = []
    for place, row in enumerate(moved[["key", "what", "copy", "payout", "rate"]].to_dict("records")):
        order, kind = row["what"] != PAID_OUT, row["what"]
        number = _ID_BASE + (row["key"] % 10**11 * 4 + kind) * 2 + row["copy"] if order else row["payout"]
        pages.append(
            {
                "id": number,
                "type": _TYPES[kind],
                "test": False,
                "payout_id": row["payout"],
                "payout_status": "paid",
                "currency": "CNY" if row["rate"] else shop.currency,
                **{name: text[place] for name, text in texts.items()},
                "source_id": number,
                "source_type": _SOURCES[kind],
                "source_order_id": int(numbers[place]) if order else None,
                "source_order_transaction_id": int(numbers[place]) + 7 if order else None,
                "processed_at": at[place],
            }
        )
    text = json.dumps({"transactions": pages}, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return File(f"payments_transactions_{period.stamp}.json", text.encode())
