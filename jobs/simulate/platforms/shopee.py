"""How does Shopee write orders (replies of its order detail, JSON with unix seconds)?"""

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from jobs.simulate.buyers import Buyers, buyers_of
from jobs.simulate.catalogue import catalogue
from jobs.simulate.dice import COD, Flags, Ints
from jobs.simulate.geography import CARRIERS
from jobs.simulate.markets import MALAYSIA
from jobs.simulate.platforms.writer import File, View, latest
from jobs.simulate.rhythm import DAY_SECONDS, day_of
from jobs.simulate.shops import Shop

# The interface answers for at most 50 orders; a bulk reply of a history holds half a month.
PAGE = 50
# Within so many days of payment (cash on delivery: of the order) a parcel must be handed over.
DAYS_TO_SHIP = 3
STATUS = {
    "unpaid": "UNPAID",
    "to_ship": "READY_TO_SHIP",
    "part_shipped": "READY_TO_SHIP",
    "shipped": "SHIPPED",
    "completed": "COMPLETED",
    "closed": "CANCELLED",
    "refunded": "CANCELLED",
}
PROCESSED = "PROCESSED"
_CANCELLED_BY = {"closed": "system", "refunded": "buyer"}
_PAID_BY = ("ShopeePay", "Credit/Debit Card", "Online Banking")
_SIGNS = "0123456789ABCDEFGHJKMNPQRSTUVWXY"
_LETTERS = _SIGNS[10:]
# Odd: multiplying by it shuffles the numbers below a power of two without two meeting.
_SHUFFLE = 2_654_435_761
_MODEL_BASE, _ITEM_BASE = 221_000_000_000, 23_000_000_000
_INSTANTS = ("created", "paid", "waybilled", "posted", "completed", "closed", "refunded")


def order_numbers(keys: Ints) -> list[str]:
    """Return ``YYMMDD`` and eight signs, of which the second is always a letter."""
    days, places = keys // 10**6 % 10**5, keys % 10**6
    shuffled = (places * _SHUFFLE + days * 40_503) % 32**7
    begins = {day: f"{day_of(day):%y%m%d}" for day in np.unique(days).tolist()}
    signs = ["".join(_SIGNS[number >> shift & 31] for shift in range(30, -1, -5)) for number in shuffled.tolist()]
    return [f"{begins[day]}{code[0]}{_LETTERS[day % 22]}{code[1:]}" for day, code in zip(days.tolist(), signs, strict=True)]


def statuses(orders: pd.DataFrame) -> list[str]:
    """Return the words for where orders stand: processed from the first label on; goods sent back leave an order completed."""
    sent_back = (orders["stage"] == "refunded") & (orders["posted"] > 0)
    labelled = orders["stage"].isin(["to_ship", "part_shipped"]) & (orders["waybilled"] > 0)
    return orders["stage"].map(STATUS).mask(labelled, PROCESSED).mask(sent_back, STATUS["completed"]).tolist()


def ship_by(orders: pd.DataFrame) -> Ints:
    """Return the ship-by instants, 0 while nothing obliges."""
    start = np.where(orders["kind"] == COD, orders["created"], orders["paid"])
    promised: Ints = np.where(start > 0, start + DAYS_TO_SHIP * DAY_SECONDS, 0)
    return promised


@dataclass(frozen=True)
class OrderDetails:
    """Writes the order details of one Shopee shop."""

    shop: Shop
    region: str
    shows: tuple[str, ...] = _INSTANTS

    def order_numbers(self, keys: Ints) -> list[str]:
        """Return numbers that begin with the day."""
        return order_numbers(keys)

    def newest(self, orders: pd.DataFrame) -> Flags:
        """Flag the order placed last; when an order changed it tells itself."""
        return latest(orders, ("created",))

    def files(self, view: View, *, stamp: str) -> Iterable[File]:
        """Return one reply (history), or replies of at most 50 orders (live, whose stamps carry a time)."""
        orders = self._orders(view)
        size = PAGE if len(stamp) > 8 else max(len(orders), 1)
        for number, start in enumerate(range(0, len(orders), size), start=1):
            reply = {"error": "", "message": "", "response": {"order_list": orders[start : start + size]}}
            text = json.dumps(reply, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
            yield File(f"order_detail_{stamp}_{number}.json", text.encode())

    def _orders(self, view: View) -> list[dict[str, Any]]:
        frame = view.seen.orders
        frame = frame.assign(
            number=order_numbers(frame["key"].to_numpy()),
            status=statuses(frame),
            updated=frame[list(_INSTANTS)].max(axis=1),
            ship_by=ship_by(frame),
        )
        people, items = buyers_of(view.seed, self.shop), _items(view)
        return [self._order(order, items[order["key"]], people) for order in frame.to_dict("records")]

    def _order(self, order: Mapping[Any, Any], items: list[dict[str, Any]], people: Buyers) -> dict[str, Any]:
        buyer, sent = order["buyer"], order["posted"] > 0
        carrier = CARRIERS[order["carrier"]].name
        freight, cancelled = order["freight_minor"] / 100, order["status"] == STATUS["closed"]
        return {
            "order_sn": order["number"],
            "order_status": order["status"],
            "region": self.region,
            "currency": self.shop.currency,
            "cod": order["kind"] == COD,
            "total_amount": order["paid_minor"] / 100,
            "create_time": order["created"],
            "update_time": order["updated"],
            "pay_time": order["paid"] or None,
            "pickup_done_time": order["posted"],
            "ship_by_date": order["ship_by"],
            "days_to_ship": DAYS_TO_SHIP,
            "message_to_seller": "",
            "note": "",
            "buyer_user_id": 900_000_000 + buyer,
            "buyer_username": people.nick[buyer],
            "recipient_address": self._address(people, buyer),
            "estimated_shipping_fee": freight,
            "actual_shipping_fee": freight if sent else None,
            "actual_shipping_fee_confirmed": sent,
            "shipping_carrier": carrier,
            "payment_method": "Cash on Delivery" if order["kind"] == COD else _PAID_BY[buyer % len(_PAID_BY)],
            "cancel_by": _CANCELLED_BY[order["stage"]] if cancelled else "",
            "cancel_reason": "",
            "buyer_cancel_reason": "",
            "split_up": False,
            "item_list": items,
            "package_list": [{"package_number": f"OFG{order['key'] * 1_000}", "shipping_carrier": carrier}] if order["paid"] else [],
        }

    def _address(self, people: Buyers, buyer: int) -> dict[str, str]:
        """Return where a parcel goes; name, telephone and street are masked."""
        state, city, district = people.place(buyer)
        name, phone = people.name[buyer], people.phone[buyer]
        return {
            "name": f"{name[0]}******{name[-1]}",
            "phone": f"******{phone[-2:]}",
            "town": "",
            "district": district,
            "city": city,
            "state": state.name,
            "region": self.region,
            "zipcode": state.postcode,
            "full_address": f"{people.street[buyer][:2]}******",
        }


def _items(view: View) -> Mapping[int, list[dict[str, Any]]]:
    """Return the items of each order at their list price: discounts are vouchers, which stand in the order's income, not here."""
    goods, found = catalogue(view.seed), defaultdict[int, list[dict[str, Any]]](list)
    for line in view.seen.lines.to_dict("records"):
        sku, price = line["sku"], line["unit_minor"] / 100
        found[line["key"]].append(
            {
                "order_item_id": _ITEM_BASE + sku,
                "item_id": _ITEM_BASE + sku,
                "item_name": goods.english[sku],
                "item_sku": goods.codes[sku],
                "model_id": _MODEL_BASE + sku,
                "model_name": "",
                "model_sku": goods.codes[sku],
                "model_quantity_purchased": line["quantity"],
                "model_original_price": price,
                "model_discounted_price": price,
                "promotion_type": "",
            }
        )
    return found


MALAYSIAN = OrderDetails(
    Shop(
        shop_id="shopee_my",
        number=9,
        name="Cloudroom Malaysia",
        platform="Shopee",
        legal_entity="Cloudroom HK Limited",
        zone="Asia/Kuala_Lumpur",
        currency="MYR",
        calendar="MY",
        aliases=("Cloudroom Malaysia", "Cloudroom MY"),
        share=0.06,
        market=MALAYSIA,
        unpaid_share=0.05,
        cod_share=0.02,
        virtual_share=0.0,
        price_factor=0.68,
    ),
    region="MY",
)
