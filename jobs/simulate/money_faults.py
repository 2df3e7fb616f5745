"""What can go wrong between a platform's statement and our books, how often, and what trace does each fault leave?

Whom a fault strikes is read off the order's key and the seed, never off the clock. Each leaves its trace in the movements, and a line of
truth that no product code reads: which match it changes, by how much, from when on it can be seen.
"""

import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from jobs.simulate import rhythm
from jobs.simulate.dice import NEVER, NORMAL, Flags, Floats, Ints
from jobs.simulate.masters import rate_of
from jobs.simulate.merchant import Played
from jobs.simulate.movements import COMPENSATED, MONEY, Dues, refund_rows, refunds, settlements, shares
from jobs.simulate.shops import Shop
from jobs.simulate.terms import TERMS, Terms

# Faults of one order; their places are bits in the truth, so new ones go to the end.
ORDER_FAULTS: tuple[str, ...] = (
    "refund_not_synced",
    "discount_not_booked",
    "compensation_late",
    "commission_rate",
    "freight_subsidy",
    "booked_twice",
    "cut_off",
    "fee_not_booked",
    "exchange",
)
# Faults of a payout, of a whole file, and of the order itself: a coupon that comes to exactly its freight, so that nobody can tell by the
# sum which of the two is missing.
OTHER_FAULTS: tuple[str, ...] = ("wire_fee", "lost_statement", "equal_sums")
MONEY_FAULTS: tuple[str, ...] = (*ORDER_FAULTS, *OTHER_FAULTS)
BITS: Mapping[str, int] = {name: 1 << place for place, name in enumerate(MONEY_FAULTS)}
# Share of the struck orders on which two faults meet.
_TWICE_STRUCK = 0.12
# Which two can meet on one order; those of one line of the list may change the same match.
_PAIRS = (("commission_rate", "fee_not_booked"), ("discount_not_booked", "booked_twice"), ("discount_not_booked", "commission_rate"))
# Refunds are few: of those that there are, so many more are struck.
_OF_REFUNDS = 12.0

# Platforms whose statements have a word for it.
_TELL_MORE = ("淘宝", "天猫", "京东", "拼多多", "抖音")

# What a merchant meets who has not reconciled for a quarter: about one order in fifty.
USUAL_RATES: Mapping[str, float] = {
    "refund_not_synced": 0.004,
    "discount_not_booked": 0.004,
    "compensation_late": 0.002,
    "commission_rate": 0.003,
    "freight_subsidy": 0.003,
    "booked_twice": 0.001,
    "cut_off": 0.003,
    "fee_not_booked": 0.003,
    "exchange": 0.004,
    "wire_fee": 0.05,
    "equal_sums": 0.0002,
}

TRUTH_COLUMNS: tuple[str, ...] = ("key", "type", "faults", "minor", "at", "due", "ambiguous")
# What the truth calls the match that a fault changes: the product's own types of a match.
TYPES: tuple[str, ...] = ("receipt", "refund", "commission", "fee", "freight", "compensation", "payout")
_TYPE = {name: place for place, name in enumerate(TYPES)}
_DAY = rhythm.DAY_SECONDS
# Fifteen days for the buyer, and as many by which an export's own time may be younger than what it tells.
_AFTER_SALES_S = 31 * _DAY


@dataclass(frozen=True)
class Rates:
    """The chance of each fault (``MONEY_FAULTS``) for an order, a payout or a file that it can strike."""

    chance: Mapping[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name, rate in self.chance.items():
            if name not in MONEY_FAULTS:
                raise ValueError(f"no fault of money is called {name}; there are {', '.join(MONEY_FAULTS)}")
            if not 0 <= rate <= 1:
                raise ValueError(f"{name}: a rate lies between 0 and 1, not {rate}")

    def __getitem__(self, name: str) -> float:
        return self.chance.get(name, 0.0)


def dice(keys: Ints, *, seed: int, name: str) -> Floats:
    """Return an even chance in [0, 1) of each key, the same whenever it is asked for."""
    mixed = keys.astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15) + np.uint64(zlib.crc32(name.encode()) * 2_654_435_761 + seed * 40_503)
    for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
        mixed = (mixed ^ (mixed >> np.uint64(shift))) * np.uint64(factor)
    even: Floats = ((mixed ^ (mixed >> np.uint64(31))) >> np.uint64(11)).astype(float) * 2.0**-53
    return even


def no_truth() -> pd.DataFrame:
    """Return a truth in which nothing is wrong."""
    return pd.DataFrame({name: np.zeros(0, dtype=np.int64) for name in TRUTH_COLUMNS})


def movements(shop: Shop, owed: Dues, *, rates: Rates, seed: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return all movements of the orders as the faults leave them, and the truth about these."""
    terms = TERMS[shop.platform]
    play = _Play(shop, terms, owed, seed, settlements(owed, terms), refunds(owed, terms))
    struck = _struck(play, rates)
    for name in ORDER_FAULTS:
        if struck[name].any():
            _APPLY[name](play, struck[name])
    return pd.concat([play.rows, play.back, *play.more], ignore_index=True), _merged(play.truth)


@dataclass
class _Play:
    """The movements of one shop while faults work on them."""

    shop: Shop
    terms: Terms
    owed: Dues
    seed: int
    rows: pd.DataFrame
    back: pd.DataFrame
    more: list[pd.DataFrame] = field(default_factory=list)
    truth: list[pd.DataFrame] = field(default_factory=list)

    def die(self, name: str, orders: pd.DataFrame | None = None) -> Floats:
        """Throw a die for each order."""
        chosen = self.owed.orders if orders is None else orders
        return dice(chosen["key"].to_numpy(), seed=self.seed, name=name)

    def of(self, orders: pd.DataFrame) -> Flags:
        """Flag the settlement rows of some orders."""
        theirs: Flags = self.rows["key"].isin(orders["key"]).to_numpy()
        return theirs

    def tell(
        self, fault: str, orders: pd.DataFrame, *, type_: str, minor: Ints, at: Ints | None = None, due: Ints | pd.Series | int = 0
    ) -> None:
        """Write down what our books less the statement will come to for some orders' match of a type."""
        if not len(orders):
            return
        self.truth.append(
            pd.DataFrame(
                {
                    "key": orders["key"].to_numpy(),
                    "type": _TYPE[type_],
                    "faults": BITS[fault],
                    "minor": minor,
                    "at": orders["at"].to_numpy() if at is None else at,
                    "due": due,
                    "ambiguous": 0,
                }
            )
        )


# ---------------------------------------------------------------- who is struck


def _struck(play: _Play, rates: Rates) -> dict[str, Flags]:
    """Choose the orders of each fault: one an order, and on a few two that may meet."""
    orders = play.owed.orders
    able = {name: _ABLE[name](play) for name in ORDER_FAULTS}
    chance = {name: np.where(able[name], _rate_of(name, rates), 0.0) for name in ORDER_FAULTS}
    # Where an order is settled before anybody can know of its refund, the one has nothing to do with the other.
    apart = np.zeros(len(orders), dtype=bool)
    if not play.terms.escrow:
        apart = play.die("refund_not_synced") < chance["refund_not_synced"]
        chance["refund_not_synced"] = np.zeros(len(orders))
    margin = np.stack([play.die(name) / np.maximum(chance[name], 1e-12) for name in ORDER_FAULTS])
    first = margin.argmin(axis=0)
    hit = margin.min(axis=0) < 1 if len(orders) else np.zeros(0, dtype=bool)
    struck = {name: hit & (first == place) for place, name in enumerate(ORDER_FAULTS)}
    if rates["equal_sums"] and len(orders):
        # An order made so that its coupon is its freight is there to lose the one or the other.
        alike = able["discount_not_booked"] & (orders["coupon"] == orders["freight"]).to_numpy()
        struck = {name: flags & ~alike for name, flags in struck.items()} | {"discount_not_booked": struck["discount_not_booked"] | alike}
        hit = hit & ~alike
    struck["refund_not_synced"] = struck["refund_not_synced"] | apart
    again = hit & (play.die("both") < _TWICE_STRUCK)
    for one, other in _PAIRS:
        if not (rates[one] and rates[other]):
            continue
        for name, second in ((one, other), (other, one)):
            meets = again & struck[name] & able[second] & (first == ORDER_FAULTS.index(name))
            struck[second] = struck[second] | meets
            again = again & ~meets
    return struck


def _rate_of(name: str, rates: Rates) -> float:
    return min(1.0, rates[name] * (_OF_REFUNDS if name == "refund_not_synced" else 1.0))


def _plain(play: _Play) -> Flags:
    """Flag the orders of which nothing is ever sent back; where money comes with the payment nobody knows that yet, nor need."""
    plain: Flags = ~play.owed.orders["touched"].to_numpy() | (not play.terms.escrow)
    return plain


def _refundable(play: _Play) -> Flags:
    """Flag refunds that our books know, or cannot know; and a few orders without one, refunded by somebody without telling us."""
    orders = play.owed.orders
    real = (orders["refund_at"] < NEVER) | (orders["untold_at"] < NEVER)
    given: Flags = real.to_numpy() | (_plain(play) & (play.die("given") < 0.4 / _OF_REFUNDS) & play.terms.escrow)
    return given


def _has_coupon(play: _Play) -> Flags:
    has: Flags = _plain(play) & (play.owed.orders["coupon"] > 0).to_numpy()
    return has


def _rate_matters(play: _Play) -> Flags:
    """Flag the orders on which a wrong rate is more than a matter of rounding."""
    felt: Flags = _plain(play) & (np.abs(_wrong_by(play, play.owed.orders)) >= 10)
    return felt


def _fee_bearing(play: _Play) -> Flags:
    dear: Flags = _plain(play) & (play.owed.orders["receipt"] >= 2_000).to_numpy() & (play.shop.platform != "Shopify")
    return dear


def _compensable(play: _Play) -> Flags:
    told: Flags = _plain(play) & (play.owed.orders["receipt"] >= 2_000).to_numpy() & (play.shop.platform in _TELL_MORE)
    return told


def _lone(play: _Play) -> Flags:
    """Flag orders of one line: only these are booked twice as a whole."""
    lines = play.rows.groupby("key").size().reindex(play.owed.orders["key"]).fillna(0).to_numpy()
    lone: Flags = _plain(play) & (lines == 1)
    return lone


def _abroad(play: _Play) -> Flags:
    abroad: Flags = _plain(play) & (play.shop.platform == "Shopify")
    return abroad


def _told_when_done(play: _Play) -> Flags:
    told: Flags = _plain(play) & (play.shop.platform in ("京东", "拼多多", "抖音"))
    return told


def _subsidised(play: _Play) -> Flags:
    told: Flags = _plain(play) & (play.shop.platform in _TELL_MORE)
    return told


_ABLE: Mapping[str, Callable[[_Play], Flags]] = {
    "refund_not_synced": _refundable,
    "discount_not_booked": _has_coupon,
    "compensation_late": _compensable,
    "commission_rate": _rate_matters,
    "freight_subsidy": _subsidised,
    "booked_twice": _lone,
    "cut_off": _told_when_done,
    "fee_not_booked": _fee_bearing,
    "exchange": _abroad,
}

# ---------------------------------------------------------------- what each fault does


def _refund_not_synced(play: _Play, struck: Flags) -> None:
    """A refund that the statement has and our orders have not, or the other way round."""
    orders = play.owed.orders[struck]
    known = orders[orders["refund_at"] < NEVER]
    gone = play.back["key"].isin(known["key"])
    play.back = play.back[~gone]
    # Where nobody tells when money went back, it may have gone before the settlement, until no buyer can ask for it any more.
    untimed = play.terms.escrow
    begins = known["done"] + _AFTER_SALES_S if untimed else known["refund_at"]
    due = (begins + rhythm.SHANGHAI_OFFSET) // _DAY * _DAY + rhythm.midnight(1 + play.terms.days)
    play.tell("refund_not_synced", known, type_="refund", minor=-known["refund"].to_numpy(), at=known["refund_at"].to_numpy(), due=due)
    rest = orders[orders["refund_at"] == NEVER]
    part = np.maximum(100, rest["receipt"].to_numpy() * (10 + (40 * play.die("part", rest)).astype(np.int64)) // 100)
    amount = np.where(rest["untold_at"] < NEVER, rest["untold"], np.minimum(part, rest["receipt"]))
    later = rest["at"].to_numpy() + _DAY + (4 * _DAY * play.die("later", rest)).astype(np.int64)
    at = np.where(rest["untold_at"] < NEVER, rest["untold_at"], later)
    play.more.append(refund_rows(rest, amount=amount, at=at))
    play.tell("refund_not_synced", rest, type_="refund", minor=amount, at=at)


def _discount_not_booked(play: _Play, struck: Flags) -> None:
    """The platform does not pay the coupon that it bears."""
    orders = play.owed.orders[struck]
    play.rows.loc[play.of(orders), "coupon"] = 0
    play.tell("discount_not_booked", orders, type_="receipt", minor=orders["coupon"].to_numpy())
    play.truth[-1:] = [told.assign(ambiguous=_alike(orders)) for told in play.truth[-1:] if len(orders)]


def _alike(orders: pd.DataFrame) -> Ints:
    """Say of which orders another sum is as large as the coupon, so that nobody can tell which is missing."""
    alike: Ints = (orders["coupon"] == orders["freight"]).to_numpy().astype(np.int64)
    return alike


def _compensation_late(play: _Play, struck: Flags) -> None:
    """The carrier pays for a damage weeks after the order was done."""
    orders = play.owed.orders[struck]
    amount = 500 + (250 * play.die("damage", orders)).astype(np.int64) * 10
    at = orders["done"].to_numpy() + 8 * _DAY + (14 * _DAY * play.die("late", orders)).astype(np.int64)
    rows = refund_rows(orders, amount=-amount, at=at)
    rows["what"] = COMPENSATED
    play.more.append(rows)
    play.tell("compensation_late", orders, type_="compensation", minor=-amount, at=at)


def _wrong_by(play: _Play, orders: pd.DataFrame) -> Ints:
    rate = np.array(play.terms.wrong_rates)[(play.die("rate", orders) < 0.5).astype(np.int64)]
    base = orders["receipt"].to_numpy() - (orders["freight"].to_numpy() if play.terms.fee_on == "goods" else 0)
    more: Ints = shares(base, rate) - shares(base, play.terms.rate_millionths)
    return more


def _commission_rate(play: _Play, struck: Flags) -> None:
    """The fee is charged at another rate than the contract's."""
    orders = play.owed.orders[struck]
    rate = pd.Series(np.array(play.terms.wrong_rates)[(play.die("rate", orders) < 0.5).astype(np.int64)], index=orders["key"])
    theirs = play.of(orders)
    rows = play.rows[theirs]
    # Of the coupon that may be missing too, the fee is charged all the same: each fault leaves its own trace.
    base = _line_base(play)[theirs]
    play.rows.loc[theirs, "fee"] = -(shares(base, rate.loc[rows["key"]].to_numpy()) + play.terms.fixed_minor)
    charged = -play.rows[theirs].groupby("key")["fee"].sum().reindex(orders["key"]).to_numpy()
    play.tell("commission_rate", orders, type_=play.terms.fee_type, minor=charged - orders["fee"].to_numpy())


def _line_base(play: _Play) -> Ints:
    """Return what the fee of each settlement row is a share of, whatever else has been done to it."""
    lines = play.owed.lines.set_index(["key", "line"])
    own = lines.loc[pd.MultiIndex.from_frame(play.rows[["key", "line"]])]
    base: Ints = (own["goods"] + own["coupon"] + (own["freight"] if play.terms.fee_on == "receipt" else 0)).to_numpy()
    return base


def _freight_subsidy(play: _Play, struck: Flags) -> None:
    """The platform bears some freight that no order knows of."""
    orders = play.owed.orders[struck]
    amount = 200 + (12 * play.die("subsidy", orders)).astype(np.int64) * 50
    first = play.of(orders) & ~play.rows.duplicated("key").to_numpy()
    play.rows.loc[first, "subsidy"] = pd.Series(amount, index=orders["key"]).loc[play.rows["key"][first]].to_numpy()
    play.tell("freight_subsidy", orders, type_="freight", minor=-amount)


def _booked_twice(play: _Play, struck: Flags) -> None:
    """The receipt stands in the statement once more, a day later, under another number."""
    orders = play.owed.orders[struck]
    again = play.rows[play.of(orders)].copy()
    again[["fee", "extra", "subsidy"]] = 0
    if play.terms.by_line:
        again["freight"] = 0
    again["copy"], again["at"] = 1, again["at"] + _DAY
    twice = again[["goods", "freight", *(() if play.shop.platform == "拼多多" else ("coupon",))]].sum(axis=1)
    if play.shop.platform == "拼多多":
        again["coupon"] = 0
    play.more.append(again)
    minor = -pd.Series(twice.to_numpy(), index=again["key"]).reindex(orders["key"]).to_numpy()
    play.tell("booked_twice", orders, type_="receipt", minor=minor, at=orders["at"].to_numpy() + _DAY)


def _cut_off(play: _Play, struck: Flags) -> None:
    """The settlement comes a week and more after it was due, in another period."""
    orders = play.owed.orders[struck]
    days = 9 + (8 * play.die("shift", orders)).astype(np.int64)
    theirs = play.of(orders)
    play.rows.loc[theirs, "at"] += pd.Series(days * _DAY, index=orders["key"]).loc[play.rows["key"][theirs]].to_numpy()
    none = np.zeros(len(orders), dtype=np.int64)
    at = orders["at"].to_numpy() + days * _DAY
    play.tell("cut_off", orders, type_="receipt", minor=none, at=at, due=orders["due"].to_numpy())
    charged = orders[orders["fee"] > 0]
    at = at[(orders["fee"] > 0).to_numpy()]
    play.tell("cut_off", charged, type_=play.terms.fee_type, minor=none[: len(charged)], at=at, due=charged["due"].to_numpy())


def _fee_not_booked(play: _Play, struck: Flags) -> None:
    """The platform charges a service that our books do not expect."""
    orders = play.owed.orders[struck]
    amount = np.maximum(30, shares(orders["receipt"].to_numpy(), 4_000 + (5 * play.die("service", orders)).astype(np.int64) * 2_000))
    first = play.of(orders) & ~play.rows.duplicated("key").to_numpy()
    play.rows.loc[first, "extra"] = -pd.Series(amount, index=orders["key"]).loc[play.rows["key"][first]].to_numpy()
    play.tell("fee_not_booked", orders, type_="fee" if play.shop.platform == "京东" else "commission", minor=amount)


def _exchange(play: _Play, struck: Flags) -> None:
    """An order in a foreign currency is settled in yuan, at a rate that is not the day's."""
    orders = play.owed.orders[struck]
    days = ((orders["at"] + rhythm.SHANGHAI_OFFSET) // _DAY).tolist()
    of_day = np.array([rate_of(play.shop.currency, day, seed=play.seed) for day in days])
    off = 1 + np.where(play.die("way", orders) < 0.5, -1, 1) * (0.008 + 0.02 * play.die("off", orders))
    rate = pd.Series(np.round(of_day * off * 10**6).astype(np.int64), index=orders["key"])
    theirs = play.of(orders)
    rates = rate.loc[play.rows["key"][theirs]].to_numpy()
    for name in MONEY:
        play.rows.loc[theirs, name] = (play.rows.loc[theirs, name].to_numpy() * rates + 500_000) // 1_000_000
    play.rows.loc[theirs, "rate"] = rates
    play.tell("exchange", orders, type_="receipt", minor=orders["receipt"].to_numpy())
    play.tell("exchange", orders, type_="fee", minor=-orders["fee"].to_numpy())


_APPLY: Mapping[str, Callable[[_Play, Flags], None]] = {
    "refund_not_synced": _refund_not_synced,
    "discount_not_booked": _discount_not_booked,
    "compensation_late": _compensation_late,
    "commission_rate": _commission_rate,
    "freight_subsidy": _freight_subsidy,
    "booked_twice": _booked_twice,
    "cut_off": _cut_off,
    "fee_not_booked": _fee_not_booked,
    "exchange": _exchange,
}


def equal_sums(played: Played, shops: Mapping[int, Shop], *, rates: Rates, seed: int) -> Played:
    """Return orders of which some have a coupon of the platform as large as their freight."""
    orders, lines = played.orders.copy(), played.lines.copy()
    struck = _equal(orders, shops, rates=rates, seed=seed)
    if not struck.any():
        return played
    more = pd.Series((orders["freight_minor"] - orders["platform_discount_minor"])[struck].to_numpy(), index=orders["key"][struck])
    orders.loc[struck, "platform_discount_minor"] = orders["freight_minor"][struck]
    orders.loc[struck, "paid_minor"] -= more.to_numpy()
    orders.loc[struck, "sent_back_minor"] = orders["paid_minor"][struck]
    first = (lines["line"] == 1) & lines["key"].isin(more.index)
    lines.loc[first, "discount_minor"] += more.loc[lines["key"][first]].to_numpy()
    return Played(orders, lines, played.parcels)


def _equal(orders: pd.DataFrame, shops: Mapping[int, Shop], *, rates: Rates, seed: int) -> Flags:
    if not rates["equal_sums"]:
        return np.zeros(len(orders), dtype=bool)
    # Half the freights are none: so that about as many are struck as are asked for, few others may be.
    chosen = dice(orders["key"].to_numpy(), seed=seed, name="equal_sums") < min(1.0, rates["equal_sums"] * _OF_REFUNDS)
    ours = orders["shop"].isin([number for number, shop in shops.items() if shop.platform in ("淘宝", "天猫", "拼多多", "抖音", "京东")])
    fits = (orders["freight_minor"] > 0) & (orders["kind"] == NORMAL) & (orders["goods_minor"] > 6 * orders["freight_minor"])
    equal: Flags = chosen & (ours & fits & (orders["shop_discount_minor"] != orders["freight_minor"])).to_numpy()
    return equal


def _merged(parts: list[pd.DataFrame]) -> pd.DataFrame:
    """Return one row a match: what two faults do to it adds up."""
    if not parts:
        return no_truth()
    together = pd.concat(parts, ignore_index=True).astype(np.int64)
    grouped = together.groupby(["key", "type"], sort=True)
    merged = grouped.agg(
        faults=("faults", "sum"), minor=("minor", "sum"), at=("at", "max"), due=("due", "max"), ambiguous=("ambiguous", "max")
    )
    return merged.reset_index()[list(TRUTH_COLUMNS)]
