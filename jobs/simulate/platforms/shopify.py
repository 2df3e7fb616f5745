"""How does Shopify write orders (pages of its REST order list, JSON)?"""

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from jobs.simulate.buyers import buyers_of
from jobs.simulate.catalogue import catalogue
from jobs.simulate.dice import VIRTUAL, Flags, Ints
from jobs.simulate.geography import CARRIERS
from jobs.simulate.lettering import iso, major, waybills
from jobs.simulate.markets import OVERSEAS
from jobs.simulate.platforms.writer import File, View, latest
from jobs.simulate.shops import Shop

# The order list gives at most 250 a page; a bulk page of a history holds a week.
PAGE = 250
_FINANCIAL = {
    "unpaid": "pending",
    "to_ship": "paid",
    "part_shipped": "paid",
    "shipped": "paid",
    "completed": "paid",
    "closed": "voided",
    "refunded": "refunded",
}
_INSTANTS = ("created", "paid", "part_posted", "posted", "delivered", "closed", "refunded", "updated")
_KEY_BASE = 10**11
# Order ids are 13 digits long, line ids 14.
_ID_BASE = 5_000_000_000_000


def order_ids(keys: Ints) -> Ints:
    """Return the ids of orders; they depend on the order's key alone."""
    ids: Ints = _ID_BASE + (keys % _KEY_BASE) * 10
    return ids


@dataclass(frozen=True)
class OrderPages:
    """Writes the order list of one Shopify shop."""

    shop: Shop
    shows: tuple[str, ...] = ("created", "paid", "part_posted", "posted", "delivered", "closed", "refunded")

    def order_numbers(self, keys: Ints) -> list[str]:
        """Return 13-digit ids."""
        return list(map(str, order_ids(keys).tolist()))

    def newest(self, orders: pd.DataFrame) -> Flags:
        """Flag the order placed last; when an order changed it tells itself."""
        return latest(orders, ("created",))

    def files(self, view: View, *, stamp: str) -> Iterable[File]:
        """Return one page (history), or pages of at most 250 orders (live, whose stamps carry a time)."""
        orders = self._orders(view)
        size = PAGE if len(stamp) > 8 else max(len(orders), 1)
        for number, start in enumerate(range(0, len(orders), size), start=1):
            text = json.dumps({"orders": orders[start : start + size]}, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
            yield File(f"orders_{stamp}_{number}.json", text.encode())

    def _iso(self, instants: object) -> list[str]:
        return iso(instants, zone=self.shop.zone)

    def _orders(self, view: View) -> list[dict[str, Any]]:
        frame = view.seen.orders.copy()
        frame["updated"] = frame[[name for name in _INSTANTS if name != "updated"]].max(axis=1)
        for name in _INSTANTS:
            frame[name + "_at"] = self._iso(frame[name])
        frame["id"] = order_ids(frame["key"].to_numpy())
        minor = [name for name in frame.columns if name.endswith("_minor")]
        for name in minor:
            frame[name.replace("_minor", "_money")] = major(frame[name].tolist())
        frame["discount_money"] = major((frame["shop_discount_minor"] + frame["platform_discount_minor"]).tolist())
        frame["subtotal_money"] = major((frame["paid_minor"] - frame["freight_minor"]).tolist())
        lines, parcels = self._lines(view), self._parcels(view)
        return [self._order(order, lines[order["key"]], parcels[order["key"]], seed=view.seed) for order in frame.to_dict("records")]

    def _lines(self, view: View) -> Mapping[int, list[dict[str, Any]]]:
        goods, found = catalogue(view.seed), defaultdict[int, list[dict[str, Any]]](list)
        frame = view.seen.lines
        frame = frame.assign(price=major(frame["unit_minor"].tolist()), discount=major(frame["discount_minor"].tolist()))
        for line in frame.to_dict("records"):
            sku = line["sku"]
            found[line["key"]].append(
                {
                    "id": (_ID_BASE + (line["key"] % _KEY_BASE) * 10) * 10 + line["line"],
                    "variant_id": 41_000_000_000 + sku,
                    "product_id": 7_100_000_000 + sku,
                    "sku": goods.codes[sku],
                    "title": goods.english[sku],
                    "variant_title": None,
                    "name": goods.english[sku],
                    "quantity": line["quantity"],
                    "price": line["price"],
                    "total_discount": line["discount"],
                    "grams": 200 + sku,
                    "requires_shipping": sku < goods.physical,
                    "properties": [],
                }
            )
        return found

    def _parcels(self, view: View) -> Mapping[int, list[dict[str, Any]]]:
        found = defaultdict[int, list[dict[str, Any]]](list)
        orders = view.seen.orders.set_index("key")
        frame = view.seen.parcels[view.seen.parcels["left"] > 0]
        posted = frame["left"] + orders["sync_s"].reindex(frame["key"]).to_numpy()
        # Parcels of one order are reported as delivered when the last one is.
        arrived = np.where(orders["delivered"].reindex(frame["key"]) > 0, frame["arrived"], 0)
        frame = frame.assign(waybill=waybills(frame["stockout"].to_numpy(), frame["carrier"].to_numpy()))
        frame = frame.assign(created_at=self._iso(posted), arrived_at=self._iso(arrived))
        frame = frame[(posted <= view.at).to_numpy()]
        for parcel in frame.to_dict("records"):
            order = _ID_BASE + (parcel["key"] % _KEY_BASE) * 10
            found[parcel["key"]].append(
                {
                    "id": order + parcel["part"],
                    "order_id": order,
                    "status": "success",
                    "service": "manual",
                    "created_at": parcel["created_at"],
                    "updated_at": parcel["arrived_at"] or parcel["created_at"],
                    "shipment_status": "delivered" if parcel["arrived_at"] else "in_transit",
                    "tracking_company": CARRIERS[parcel["carrier"]].name,
                    "tracking_number": parcel["waybill"],
                    "tracking_numbers": [parcel["waybill"]],
                }
            )
        return found

    def _order(self, order: Mapping[Any, Any], lines: list[dict[str, Any]], parcels: list[dict[str, Any]], *, seed: int) -> dict[str, Any]:
        people, buyer = buyers_of(seed, self.shop), order["buyer"]
        email = f"{people.nick[buyer]}@example.com"
        number = (order["key"] // 10**6 % 10**5 - 20_000) * 10_000 + order["key"] % 10**6
        fulfilled = order["posted"] > 0
        for line in lines:
            line["fulfillment_status"] = "fulfilled" if fulfilled else None
        financial = _FINANCIAL[order["stage"]]
        if financial == "paid" and order["refunded_minor"]:
            financial = "refunded" if order["refunded_minor"] == order["paid_minor"] else "partially_refunded"
        never_shipped = order["refunded_at"] if order["stage"] == "refunded" and not fulfilled else ""
        cancelled = order["closed_at"] or never_shipped or None
        return {
            "id": order["id"],
            "name": f"#{number}",
            "order_number": number,
            "email": email,
            "currency": self.shop.currency,
            "total_price": order["paid_money"],
            "subtotal_price": order["subtotal_money"],
            "total_discounts": order["discount_money"],
            "total_line_items_price": order["goods_money"],
            "total_tax": "0.00",
            "taxes_included": False,
            "test": False,
            "created_at": order["created_at"],
            "updated_at": order["updated_at"],
            "processed_at": order["paid_at"] or order["created_at"],
            "cancelled_at": cancelled,
            "closed_at": None,
            "cancel_reason": ("declined" if order["closed_at"] else "customer") if cancelled else None,
            "financial_status": financial,
            "fulfillment_status": "fulfilled" if fulfilled else "partial" if parcels else None,
            "gateway": "shopify_payments",
            "source_name": "web",
            "location_id": None,
            "note": None,
            "line_items": lines,
            "shipping_lines": [] if order["kind"] == VIRTUAL else [{"title": "International Express", "price": order["freight_money"]}],
            "tax_lines": [],
            "discount_codes": [],
            "fulfillments": parcels,
            "refunds": _refunds(order, lines),
            "customer": {"id": 6_000_000_000_000 + buyer, "email": email, "phone": people.phone[buyer]},
            "shipping_address": _address(people, buyer),
        }


def _address(people: Any, buyer: int) -> dict[str, Any]:
    region, city, province = people.place(buyer)
    first, last = people.name[buyer].split(" ")
    return {
        "first_name": first,
        "last_name": last,
        "name": people.name[buyer],
        "address1": people.street[buyer],
        "phone": people.phone[buyer],
        "city": city,
        "zip": region.postcode,
        "province": province,
        "province_code": province,
        "country": region.name,
        "country_code": region.country_code,
    }


def _refunds(order: Mapping[Any, Any], lines: list[dict[str, Any]]) -> list[dict[str, Any]]:
    if not order["refunded_minor"]:
        return []
    whole = order["refunded_minor"] == order["paid_minor"]
    back = lines if whole else lines[:1]
    money = {"kind": "refund", "status": "success", "amount": order["refunded_money"], "gateway": "shopify_payments"}
    return [
        {
            "id": order["id"] + 9,
            "order_id": order["id"],
            "created_at": order["refunded_at"],
            "note": None,
            "restock": True,
            "refund_line_items": [{"id": line["id"] * 10 + 9, "line_item_id": line["id"], "quantity": line["quantity"]} for line in back],
            "transactions": [{"id": order["id"] + 8, "order_id": order["id"], **money, "created_at": order["refunded_at"]}],
        }
    ]


GLOBAL = OrderPages(
    Shop(
        shop_id="shopify_global",
        number=5,
        name="Cloudroom Global",
        platform="Shopify",
        legal_entity="Cloudroom HK Limited",
        zone="America/New_York",
        currency="USD",
        calendar="US",
        aliases=("Cloudroom Global", "cloudroom.myshopify.com"),
        share=0.06,
        market=OVERSEAS,
        unpaid_share=0.03,
        unpaid_limit_hours=48.0,
        price_factor=0.22,
    )
)
