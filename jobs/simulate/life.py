"""What becomes of an order once its parcels have left, and what of it can be seen at a given instant?"""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from jobs.simulate import rhythm
from jobs.simulate.dice import COD, HOUR, NEVER, VIRTUAL, Ints
from jobs.simulate.geography import WAREHOUSES
from jobs.simulate.merchant import Played, kept
from jobs.simulate.queues import serve
from jobs.simulate.story import QUIET, Story

# What can happen to an order, and to a parcel: columns of instants.
EVENTS: tuple[str, ...] = (
    "created",
    "paid",
    "held",
    "released",
    "reviewed",
    "allocated",
    "waybilled",
    "part_shipped",
    "part_posted",
    "shipped",
    "posted",
    "delivered",
    "completed",
    "closed",
    "refunded",
)
PARCEL_EVENTS: tuple[str, ...] = ("reviewed", "allocated", "waybilled", "left", "arrived", "stopped")
# Where the buyer does not confirm, his platform does, ten days after shipping.
_AUTO_CONFIRM_S = 10 * 24 * HOUR
_MORNING_S = 3 * HOUR
# An order at which nothing more can happen is remembered so long: an export shows the newest again.
_REMEMBERED_S = 24 * HOUR


def pass_warehouses(
    played: Played, *, until: int, capacity: Sequence[float], free_from: Sequence[float], story: Story = QUIET
) -> list[float]:
    """Let the warehouses work off every parcel that enters before ``until``; fills ``parcels.left`` in place.

    Returns until when each warehouse is busy; a parcel that waits for its carrier keeps nobody busy. Parcels that have
    left are not touched.
    """
    parcels = played.parcels
    waiting = ((parcels["left"] == NEVER) & (parcels["entered"] < until)).to_numpy()
    free = list(free_from)
    for warehouse, daily_capacity in enumerate(capacity):
        here = waiting & (parcels["warehouse"] == warehouse).to_numpy()
        left, free[warehouse] = serve(
            parcels[here],
            daily_capacity=daily_capacity,
            free_from=free_from[warehouse],
            night_shift=WAREHOUSES[warehouse].night_shift,
            strength=story.strength(warehouse),
        )
        parcels.loc[here, "left"] = left
    parcels.loc[waiting, "left"] = story.hold_up(parcels[waiting], played.orders)
    return free


def settle(played: Played) -> Played:
    """Work out all that follows from the parcels' departure; depends on nothing but the rows given.

    Adds ``waybilled``, ``part_shipped``, ``shipped``, when the platform learns these (``part_posted``, ``posted``), ``delivered``,
    ``completed``, ``refunded`` and ``refunded_minor`` to orders; ``waybilled``, ``arrived`` and ``stopped`` to parcels,
    whose ``left`` becomes ``NEVER`` where the buyer's cancellation came first.
    """
    orders, parcels = played.orders.copy(), played.parcels.copy()
    _stop(orders, parcels)
    parts = parcels.groupby("key", sort=False).agg(
        first=("left", "min"), last=("left", "max"), printed=("waybilled", "min"), arrived=("arrived", "max")
    )
    parts = parts.reindex(orders["key"]).fillna(NEVER).astype(np.int64).reset_index(drop=True)
    parts.index = orders.index
    virtual = orders["kind"] == VIRTUAL
    orders["waybilled"] = parts["printed"]
    orders["part_shipped"] = np.where(parts["first"] < parts["last"], parts["first"], NEVER)
    orders["shipped"] = np.where(virtual, _later(orders["paid"], 60), parts["last"])
    for told, done in (("posted", "shipped"), ("part_posted", "part_shipped")):
        orders[told] = _later(orders[done], orders["sync_s"])
    orders["delivered"] = np.where(orders["shipped"] < NEVER, parts["arrived"], NEVER)
    orders["paid"] = np.where(orders["kind"] == COD, orders["delivered"], orders["paid"])
    _end(orders)
    return Played(orders, played.lines, parcels)


def _later(instants: pd.Series, seconds: pd.Series | int) -> Ints:
    moved: Ints = np.where(instants < NEVER, np.minimum(instants.to_numpy() + np.asarray(seconds), NEVER), NEVER).astype(np.int64)
    return moved


def _stop(orders: pd.DataFrame, parcels: pd.DataFrame) -> None:
    """Undo what a cancellation came before; a parcel that stands in line keeps its place empty."""
    wish = orders["cancel_wish"]
    for name in ("held", "released", "reviewed", "allocated"):
        orders[name] = np.where(wish < orders[name], NEVER, orders[name])
    parcel_wish = pd.Series(wish.to_numpy(), index=orders["key"]).reindex(parcels["key"]).to_numpy()
    share = (parcels["print_share"] * (parcels["left"] - parcels["allocated"])).astype(np.int64)
    printed = np.where(parcels["left"] < NEVER, parcels["allocated"] + share, NEVER)
    stopped = parcel_wish < parcels["left"].to_numpy()
    parcels["waybilled"] = np.where(parcel_wish < printed, NEVER, printed)
    parcels["stopped"] = np.where(stopped, parcel_wish, NEVER)
    parcels["left"] = np.where(stopped, NEVER, parcels["left"])
    # What waits overnight is handed over in the course of the morning, not all at once.
    rounds = (parcels["stockout"] * 7_919 % _MORNING_S).to_numpy()
    there = rhythm.into_hours(_later(parcels["left"], parcels["road_s"]), 8.5, 21) + rounds
    parcels["arrived"] = np.where(parcels["left"] < NEVER, there, NEVER)


def _end(orders: pd.DataFrame) -> None:
    """Add ``completed``, ``refunded`` and ``refunded_minor``: money back before leaving, or after arriving."""
    confirmed = _later(orders["delivered"], orders["confirm_s"])
    arrived = np.where(orders["kind"] == VIRTUAL, orders["posted"], orders["delivered"])
    completed = np.maximum(np.minimum(confirmed, _later(orders["shipped"], _AUTO_CONFIRM_S)), arrived)
    stopped = (orders["cancel_wish"] < orders["shipped"]).to_numpy()
    sent_back = np.where(orders["sent_back_minor"] > 0, _later(orders["delivered"], orders["sent_back_s"]), NEVER)
    orders["refunded"] = np.where(stopped, orders["cancel_wish"], sent_back)
    given_back = np.where(stopped, orders["paid_minor"], orders["sent_back_minor"])
    orders["refunded_minor"] = np.where(orders["refunded"] < NEVER, given_back, 0)
    whole = given_back == orders["paid_minor"]
    orders["completed"] = np.where(whole & (orders["refunded"] < completed), NEVER, completed)


def as_seen(played: Played, *, at: int) -> Played:
    """Return the orders placed by an instant with what had happened to them by then; 0 where it had not.

    The instants of ``EVENTS`` and ``PARCEL_EVENTS`` become 0 where they lie ahead; ``refunded_minor`` counts only a
    refund already made; ``stage`` says where an order stands on its platform: unpaid, closed, to_ship,
    part_shipped, shipped, completed or refunded. Parcels are those the warehouse has begun to speak of.
    """
    orders = played.orders[played.orders["created"] <= at].copy()
    for name in EVENTS:
        orders[name] = np.where(orders[name] <= at, orders[name], 0)
    back = orders["refunded"] > 0
    orders["refunded_minor"] = np.where(back, orders["refunded_minor"], 0)
    ended = back & (orders["completed"] == 0) & (orders["refunded_minor"] == orders["paid_minor"])
    taken = (orders["paid"] > 0) | (orders["kind"] == COD)
    orders["stage"] = np.select(
        [orders["closed"] > 0, ended, orders["completed"] > 0, orders["posted"] > 0, orders["part_posted"] > 0, taken],
        ["closed", "refunded", "completed", "shipped", "part_shipped", "to_ship"],
        "unpaid",
    )
    parcels = played.parcels[played.parcels["reviewed"] <= at].copy()
    for name in PARCEL_EVENTS:
        parcels[name] = np.where(parcels[name] <= at, parcels[name], 0)
    return Played(orders, played.lines[played.lines["key"].isin(orders["key"])], parcels)


def finished_at(orders: pd.DataFrame) -> Ints:
    """Return when the last thing that will ever happen to each order happens; ``NEVER`` while that is open."""
    ends = np.maximum.reduce([np.where(orders[name] < NEVER, orders[name], 0) for name in EVENTS])
    over = (orders["closed"] < NEVER) | (orders["completed"] < NEVER) | (orders["refunded"] < NEVER)
    return np.where(over, ends, NEVER)


def remembered(played: Played, settled: Played, *, at: int) -> Played:
    """Return the orders, unsettled, to which something may yet happen or the last thing happened within a day."""
    return kept(played, played.orders[finished_at(settled.orders) > at - _REMEMBERED_S])
