"""Which kinds of stock movement are there, and which of them may a source's own list tell?"""

from collections.abc import Mapping

# What a snapshot may state of a SKU in a warehouse: pieces that lie there and could be sold, pieces not promised yet, pieces on the way.
QUANTITY_KINDS: tuple[str, ...] = ("on_hand", "available", "inbound")

# Movement -> the way its pieces go: +1 in, -1 out, 0 either way.
MOVE_WAYS: Mapping[str, int] = {
    "opening": 0,
    "purchase_in": 1,
    "sale_out": -1,
    "return_in": 1,
    "transfer_in": 1,
    "transfer_out": -1,
    "gift": -1,
    "scrap": -1,
    "qc_sample": -1,
    "other_out": -1,
    "count_adjust": 0,
}
MOVE_TYPES: tuple[str, ...] = tuple(MOVE_WAYS)

# Goods that left without being sold: somebody must say why, and who.
NON_SALE: tuple[str, ...] = ("gift", "scrap", "qc_sample", "other_out")

# What a list of movements may tell: an opening is only ever made of a snapshot, a sale only of an order's shipment.
SOURCE_MOVES: tuple[str, ...] = tuple(move for move in MOVE_TYPES if move not in ("opening", "sale_out"))

# More pieces of one SKU in one place than this is a wrong column or a wrong unit.
MAX_PIECES = 10_000_000
