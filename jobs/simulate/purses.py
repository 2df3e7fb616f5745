"""What lies in the merchant's account with each platform, what is paid out of it, and when does that reach the bank?

A purse is worked off day by day, however many days are asked for at once: the same days give the same payouts.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from jobs.simulate import rhythm
from jobs.simulate.dice import HOUR, Ints
from jobs.simulate.money_faults import BITS, TRUTH_COLUMNS, TYPES, Rates, dice, no_truth
from jobs.simulate.movements import COLUMNS, MONEY, PAID_OUT
from jobs.simulate.rhythm import DAY_SECONDS

# Which of the merchant's bank accounts; see ``bank.ACCOUNTS``.
HOME_BANK, FOREIGN_BANK = 0, 1
BANK_COLUMNS: tuple[str, ...] = ("account", "day", "shop", "payout_day", "last_day", "parts", "minor", "lost")


@dataclass(frozen=True)
class Purse:
    """How a platform's account is emptied.

    ``opening_minor`` is what lies there when the play begins, ``reserve_minor`` what is left there for refunds; ``keeps_balance`` tells
    platforms that pay out each day's settlements from those where the merchant draws on a balance at ``hour``. ``held_days`` are between a
    charge and its payout. ``bank_days`` later the bank books it, on a weekday where it ``rests`` on others; ``merges`` puts what comes
    on one day into one line.
    """

    bank: int
    keeps_balance: bool
    opening_minor: int = 0
    reserve_minor: int = 0
    hour: int = 10
    held_days: int = 0
    bank_days: int = 0
    rests: bool = True
    merges: bool = False
    # Days of the week (Monday = 0) on which the merchant draws.
    weekdays: tuple[int, ...] = (0, 1, 2, 3, 4, 5, 6)


PURSES: Mapping[str, Purse] = {
    "淘宝": Purse(HOME_BANK, keeps_balance=True, opening_minor=2_140_655, reserve_minor=1_500_000, rests=False),
    "天猫": Purse(HOME_BANK, keeps_balance=True, opening_minor=4_873_210, reserve_minor=2_500_000, rests=False),
    "京东": Purse(HOME_BANK, keeps_balance=False, bank_days=1),
    "拼多多": Purse(HOME_BANK, keeps_balance=True, opening_minor=1_032_487, reserve_minor=800_000, hour=15, bank_days=1, merges=True),
    "抖音": Purse(HOME_BANK, keeps_balance=True, opening_minor=1_520_933, reserve_minor=900_000, hour=11, bank_days=1, weekdays=(1, 4)),
    "Shopify": Purse(FOREIGN_BANK, keeps_balance=False, hour=9, held_days=2, bank_days=1, merges=True),
    # What Shopify settles in yuan goes to the account at home.
    "Shopify CNY": Purse(HOME_BANK, keeps_balance=False, hour=9, held_days=2, bank_days=1, merges=True),
}
# The bank keeps so much of a payout from abroad (US cents), where it keeps anything.
WIRE_FEE_MINOR = 1_500
_SATURDAY = 5


@dataclass(frozen=True)
class Drawn:
    """What some days brought of one purse.

    ``rows`` are its movements in the order of its statement, payouts among them, with ``day`` (the day in whose statement they stand) and,
    where it keeps one, ``balance`` after each; ``waiting`` is what is not stated yet; ``bank`` what will be booked.
    """

    rows: pd.DataFrame
    waiting: pd.DataFrame
    bank: pd.DataFrame
    balance_minor: int
    truth: pd.DataFrame


def draw_out(
    platform: str, shop: int, waiting: pd.DataFrame, *, first_day: int, until_day: int, balance_minor: int, rates: Rates, seed: int
) -> Drawn:
    """Work off the days [first_day, until_day) of one shop's purse."""
    purse = PURSES[platform]
    work = _from_balance if purse.keeps_balance else _by_batch
    rows, payouts, balance_minor = work(purse, shop, waiting, first_day, until_day, balance_minor)
    # A day without payouts would leave numbers that are none.
    rows = rows.astype(np.int64)
    stated = rows["day"] < until_day
    bank, truth = _booked(purse, shop, payouts, rates=rates, seed=seed)
    return Drawn(rows[stated].reset_index(drop=True), rows[~stated][list(COLUMNS)].reset_index(drop=True), bank, balance_minor, truth)


def payout_number(shop: int, day: int) -> int:
    """Return the number under which a shop's payout of a day is known to its platform and the bank."""
    on = rhythm.day_of(day)
    return (on.year * 10_000 + on.month * 100 + on.day) * 10**8 + shop * 10**6 + day % 1_000 * 977 + 13


def no_bank_lines() -> pd.DataFrame:
    """Return no line of any bank."""
    return pd.DataFrame({name: np.zeros(0, dtype=np.int64) for name in BANK_COLUMNS})


def _from_balance(
    purse: Purse, shop: int, waiting: pd.DataFrame, first_day: int, until_day: int, balance_minor: int
) -> tuple[pd.DataFrame, pd.DataFrame, int]:
    """Draw at a fixed hour what lay there at midnight beyond the reserve."""
    rows = waiting.assign(day=_day_of(waiting["at"].to_numpy()), minor=waiting[list(MONEY)].sum(axis=1))
    days = until_day - first_day
    here = rows[(rows["day"] < until_day)]
    moved = np.bincount((here["day"] - first_day).clip(lower=0).to_numpy(), weights=here["minor"].to_numpy(), minlength=days)
    drawn, balance = [], balance_minor
    for place in range(days):
        amount = balance - purse.reserve_minor
        if amount > 0 and rhythm.day_of(first_day + place).weekday() in purse.weekdays:
            drawn.append((first_day + place, amount))
            balance -= amount
        balance += int(moved[place])
    payouts = pd.DataFrame(drawn, columns=["day", "amount"], dtype=np.int64)
    rows = pd.concat([rows, _payout_rows(payouts, shop, hour=purse.hour)], ignore_index=True)
    rows = rows.sort_values(["at", "what", "key", "line", "copy"], kind="stable", ignore_index=True)
    rows["balance"] = balance_minor + rows["minor"].cumsum()
    return rows, payouts, balance


def _by_batch(
    purse: Purse, shop: int, waiting: pd.DataFrame, first_day: int, until_day: int, balance_minor: int
) -> tuple[pd.DataFrame, pd.DataFrame, int]:
    """Pay out each day what was settled (``held_days`` before); what comes to nothing or less waits for the next day."""
    origin = _day_of(waiting["at"].to_numpy()) + purse.held_days
    rows = waiting.assign(minor=waiting[list(MONEY)].sum(axis=1)).sort_values(["at", "what", "key", "line", "copy"], kind="stable")
    origin = origin[rows.index.to_numpy()] if len(rows) else origin
    days = until_day - first_day
    place = np.clip(origin - first_day, 0, days)
    moved = np.bincount(place[place < days], weights=rows["minor"].to_numpy()[place < days], minlength=days)
    paid_on, drawn, carried, begun = np.full(days + 1, until_day), [], 0, 0
    for number in range(days):
        carried += int(moved[number])
        if carried > 0:
            drawn.append((first_day + number, carried))
            paid_on[begun : number + 1] = first_day + number
            carried, begun = 0, number + 1
    rows["day"] = paid_on[place]
    payouts = pd.DataFrame(drawn, columns=["day", "amount"], dtype=np.int64)
    numbers = {day: payout_number(shop, day) for day in payouts["day"].tolist()}
    rows["payout"] = [numbers.get(day, 0) for day in rows["day"].tolist()]
    if purse.held_days:
        rows = pd.concat([rows, _payout_rows(payouts, shop, hour=purse.hour)], ignore_index=True)
    return rows.sort_values(["day", "at", "what", "key", "line", "copy"], kind="stable", ignore_index=True), payouts, balance_minor


def _payout_rows(payouts: pd.DataFrame, shop: int, *, hour: int) -> pd.DataFrame:
    rows = pd.DataFrame({name: np.zeros(len(payouts), dtype=np.int64) for name in COLUMNS})
    rows["what"], rows["goods"] = PAID_OUT, -payouts["amount"]
    rows["at"] = payouts["day"] * DAY_SECONDS - rhythm.SHANGHAI_OFFSET + hour * HOUR
    rows["payout"] = [payout_number(shop, day) for day in payouts["day"].tolist()]
    rows["key"] = shop * 10**11
    return rows.assign(day=payouts["day"], minor=-payouts["amount"])


def _booked(purse: Purse, shop: int, payouts: pd.DataFrame, *, rates: Rates, seed: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the lines that the bank will book, and the truth where it books another amount."""
    day = payouts["day"].to_numpy() + purse.bank_days
    if purse.rests:
        weekday = (day + 3) % 7
        day = day + np.where(weekday >= _SATURDAY, 7 - weekday, 0)
    zero = np.zeros(len(payouts), dtype=np.int64)
    lines = pd.DataFrame(
        {
            "account": zero + purse.bank,
            "day": day,
            "shop": zero + shop,
            "payout_day": payouts["day"].to_numpy(),
            "last_day": payouts["day"].to_numpy(),
            "parts": zero + 1,
            "minor": payouts["amount"].to_numpy(),
            "lost": zero,
        }
    )
    truth = no_truth()
    if purse.bank == FOREIGN_BANK:
        lines, truth = _less_fee(lines, rates=rates, seed=seed)
    return lines, truth


def _less_fee(lines: pd.DataFrame, *, rates: Rates, seed: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Take the bank's fee from some payouts from abroad."""
    number = np.array([payout_number(*of) for of in zip(lines["shop"].tolist(), lines["payout_day"].tolist(), strict=True)], dtype=np.int64)
    struck = (dice(number, seed=seed, name="wire_fee") < rates["wire_fee"]) & (lines["minor"] > 60 * WIRE_FEE_MINOR).to_numpy()
    lines["minor"] -= np.where(struck, WIRE_FEE_MINOR, 0)
    theirs = lines[struck]
    truth = pd.DataFrame({name: np.zeros(len(theirs), dtype=np.int64) for name in TRUTH_COLUMNS})
    truth["key"], truth["type"], truth["faults"] = number[struck], TYPES.index("payout"), BITS["wire_fee"]
    truth["minor"], truth["at"] = WIRE_FEE_MINOR, theirs["day"].to_numpy() * DAY_SECONDS - rhythm.SHANGHAI_OFFSET
    return lines, truth


def merged(lines: pd.DataFrame, *, platforms: Mapping[int, str]) -> pd.DataFrame:
    """Put what a bank books of one platform on one day into one line, where it does so; ordered as the bank books."""
    merges = lines["shop"].map({number: PURSES[platform].merges for number, platform in platforms.items()}).to_numpy(dtype=bool)
    several = lines[merges].sort_values(["account", "day", "shop", "payout_day"], kind="stable")
    grouped = several.groupby(["account", "day", "shop"], sort=True)
    together = grouped.agg(
        payout_day=("payout_day", "min"), last_day=("last_day", "max"), parts=("parts", "sum"), minor=("minor", "sum"), lost=("lost", "max")
    )
    rows = pd.concat([lines[~merges], together.reset_index()[list(BANK_COLUMNS)]], ignore_index=True)
    return rows.sort_values(["account", "day", "shop", "payout_day"], kind="stable", ignore_index=True)


def _day_of(instants: Ints) -> Ints:
    days: Ints = (instants + rhythm.SHANGHAI_OFFSET) // DAY_SECONDS
    return days
