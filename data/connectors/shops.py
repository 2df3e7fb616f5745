"""Which shop does a row belong to, and in which zone and currency does it count?"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

import pyarrow as pa
import pyarrow.compute as pc

from data.connectors.columns import Columns
from data.connectors.manifest import Manifest, Table
from data.connectors.texts import Texts, by_unique

# What old exports write where they know no shop.
NO_SHOP = ("", "0")
_APART = pa.scalar("\x1f", pa.large_string())


@dataclass(frozen=True)
class Shop:
    """A shop as the mapping needs it."""

    shop_id: str
    channel: str
    name: str
    zone: str
    currency: str
    complete: bool = True
    calendar: str = "CN"


@dataclass(frozen=True)
class ShopBook:
    """The shops known when a file is mapped; ``given_shop`` is the one named by ``--shop`` or by the inbox folder.

    ``aliases`` maps a name or id as some file writes it to a shop id.
    """

    shops: Mapping[str, Shop] = field(default_factory=dict)
    aliases: Mapping[str, str] = field(default_factory=dict)
    given_shop: str | None = None

    def find(self, label: str, *, channels: Collection[str] | None = None) -> str | None:
        """Find the shop that a file calls ``label``: an id, an alias, or the one shop (of ``channels``) of that name."""
        if label in self.shops:
            return label
        if label in self.aliases:
            return self.aliases[label]
        named = [shop.shop_id for shop in self.shops.values() if shop.name == label and (channels is None or shop.channel in channels)]
        return named[0] if len(named) == 1 else None

    def of(self, channels: Collection[str]) -> list[str]:
        """Name the shops of some channels."""
        return [shop.shop_id for shop in self.shops.values() if shop.channel in channels]


class ShopFinder:
    """Finds the shop of each row, for one file (design decision 5); ``new_shops`` are those that nobody knew.

    Only a platform's order file makes a shop; a warehouse's row of an unknown shop is a fault.
    """

    def __init__(self, book: ShopBook, *, manifest: Manifest, table: Table) -> None:
        self.new_shops: list[Shop] = []
        self._book = book
        self._manifest = manifest
        self._table = table
        self._known = dict(book.shops)

    def shop(self, shop_id: str) -> Shop:
        """Give a shop that a row was resolved to."""
        return self._known[shop_id]

    def shop_ids(self, columns: Columns) -> Texts:
        """Give each row's shop id, missing where nobody knows the shop."""
        if self._book.given_shop is not None:
            return self._all_of(self._book.given_shop, columns)
        named = [columns.text(name) for name in self._table.shop if columns.has(name)]
        if named:
            joined = pc.binary_join_element_wise(*named, _APART, null_handling="replace", null_replacement="")
            return by_unique(joined, self._named)
        return self._all_of(self._unnamed(), columns)

    @property
    def given_shop(self) -> str | None:
        """The shop that was named for the whole file, known or not."""
        return self._book.given_shop

    def owners(self, columns: Columns, *, accounts: Texts) -> Texts:
        """Give the shop whose statement each row is of, missing where nobody knows it: a statement never makes a shop.

        It is the one given for the whole file, else the one that has the row's account for an alias, else the channel's only one.
        """
        if self._book.given_shop is not None:
            return self.owner_of_all(columns)
        only = self._unnamed()
        labels = [columns.text(name) for name in self._table.shop if columns.has(name)]
        named = by_unique(pc.coalesce(*labels, accounts), lambda label: self._book.find(label, channels=self._manifest.channels))
        return pc.coalesce(named, pa.array([only] * columns.rows, pa.large_string()))

    def owner_of_all(self, columns: Columns) -> Texts:
        """Give the shop that was given for the whole file; missing where none was, or nobody knows it."""
        given = self._book.given_shop
        return pa.array([given if given in self._known else None] * columns.rows, pa.large_string())

    def _all_of(self, shop_id: str | None, columns: Columns) -> Texts:
        if shop_id is None:
            return columns.missing()
        if shop_id not in self._known:
            self._meet(shop_id, name=shop_id)
        return pa.array([shop_id] * columns.rows, pa.large_string())

    def _named(self, joined: str) -> str | None:
        labels = [label for label in joined.split(_APART.as_py()) if label not in NO_SHOP]
        if not labels:
            return self._unnamed()
        channels = self._manifest.channels if self._platform else None
        found = [self._book.find(label, channels=channels) or (label if label in self._known else None) for label in labels]
        known = next((shop_id for shop_id in found if shop_id is not None), None)
        if known is None and self._platform:
            known = labels[0]
            self._meet(known, name=labels[-1])
        return known

    def _unnamed(self) -> str | None:
        """Name the only shop of the channel; where it has none yet, the channel's first shop bears its name."""
        shops = self._book.of(self._manifest.channels)
        if len(shops) == 1:
            return shops[0]
        if shops or not self._platform:
            return None
        if self._manifest.channel not in self._known:
            self._meet(self._manifest.channel, name=self._manifest.channel)
        return self._manifest.channel

    @property
    def _platform(self) -> bool:
        return self._table.role == "platform" and self._manifest.kind == "orders"

    def _meet(self, shop_id: str, *, name: str) -> None:
        source = self._manifest
        shop = Shop(shop_id, source.channel, name, source.zone, source.currency, complete=False, calendar=source.calendar)
        self._known[shop_id] = shop
        self.new_shops.append(shop)
