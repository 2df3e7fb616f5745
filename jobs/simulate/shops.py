"""What is a shop of the simulated merchant, and how do its buyers behave?"""

from dataclasses import dataclass

from jobs.simulate.markets import CHINA, Market


@dataclass(frozen=True)
class Shop:
    """A shop as the master list writes it, and the habits of its buyers.

    ``number`` seeds its dice and its order numbers: never reuse or change one. ``share`` is that of the merchant's
    orders; shares need not add up to one, so that a shop may join without changing the others.
    """

    shop_id: str
    number: int
    name: str
    platform: str
    legal_entity: str
    zone: str
    currency: str
    calendar: str
    aliases: tuple[str, ...]
    share: float
    market: Market = CHINA
    unpaid_share: float = 0.06
    unpaid_limit_hours: float = 24.0
    presale_share: float = 0.0
    cod_share: float = 0.0
    virtual_share: float = 0.006
    # A shop without a basket: every order is of one SKU.
    one_sku: bool = False
    # Smallest currency units that one fen of list price becomes (list prices are in fen).
    price_factor: float = 1.0
